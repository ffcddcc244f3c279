import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { me, Presence } from "../base/owner.js";
import { cacheEntries, tidyCache, trimCache } from "./cache.js";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "sluice-cache-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function entry(name: string, hours: number): string {
  const path = join(dir, name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "pages.bin"), Buffer.alloc(1000));
  const used = new Date(Date.now() - hours * 3_600_000);
  utimesSync(join(path, "pages.bin"), used, used);
  utimesSync(path, used, used);
  return path;
}

test("the least recently used goes first", () => {
  for (const [name, hours] of Object.entries({ old: 5, older: 9, fresh: 0 })) entry(`pages/${name}`, hours);
  expect(trimCache(dir, 2000)).toBe(1000);
  expect(existsSync(join(dir, "pages/older"))).toBe(false);
  expect(trimCache(dir, 1000)).toBe(1000);
  expect(cacheEntries(dir).map(({ path }) => path)).toEqual([join(dir, "pages/fresh")]);
  expect(trimCache(dir, 0)).toBe(1000);
});

test("what a process that lives is using stays, however long it has not touched it", () => {
  const [used, landed, unused] = [entry("pages/used", 9), entry("landed/used", 9), entry("pages/unused", 0)];
  {
    using presence = new Presence(dir);
    presence.use(used);
    presence.use(landed);
    expect(trimCache(dir, 0)).toBe(1000);
    expect([used, landed, unused].map(existsSync)).toEqual([true, true, false]);
  }
  expect(trimCache(dir, 0)).toBe(2000);
  expect(readdirSync(join(dir, "pages"))).toEqual([]);
});

test("a landing that is under way in another container stays", () => {
  const partial = entry("landed/ab.partial-p1-2-zz0123456789-0", 9);
  mkdirSync(join(dir, "owners"));
  writeFileSync(join(dir, "owners/p1-2-zz0123456789.0"), "");
  expect(trimCache(dir, 0)).toBe(0);
  rmSync(join(dir, "owners"), { recursive: true });
  expect(trimCache(dir, 0)).toBe(1000);
  expect(existsSync(partial)).toBe(false);
});

test("what killed processes left goes, whatever the limit; that of living ones stays", () => {
  const [, began, where] = me.split("-");
  const { pid } = spawnSync(process.execPath, ["-e", "0"]);
  const ended = `p${pid}-${began}-${where}`;
  const places = (owner: string): string[] => [
    entry(`spill/${owner}-a`, 0),
    entry(`pages/ab/manifest.json.${owner}`, 0),
    entry(`predict-${owner}.csv`, 0),
    entry(`facts/x.json.partial-${owner}`, 0),
  ];
  const [left, living] = [places(ended), places(me)];
  expect(tidyCache(dir)).toBe(4000);
  expect(left.map(existsSync)).toEqual([false, false, false, false]);
  expect(living.map(existsSync)).toEqual([true, true, true, true]);
});
