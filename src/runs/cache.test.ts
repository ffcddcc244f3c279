import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { cacheEntries, trimCache } from "./cache.js";

const dir = mkdtempSync(join(tmpdir(), "sluice-cache-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test("the least recently used goes first, and what was used in the last hour stays", () => {
  const ages = { old: 5, older: 9, fresh: 0 };
  for (const [name, hours] of Object.entries(ages)) {
    const entry = join(dir, "pages", name);
    mkdirSync(entry, { recursive: true });
    writeFileSync(join(entry, "pages.bin"), Buffer.alloc(1000));
    const used = new Date(Date.now() - hours * 3_600_000);
    utimesSync(join(entry, "pages.bin"), used, used);
    utimesSync(entry, used, used);
  }
  expect(cacheEntries(dir)).toHaveLength(3);
  expect(trimCache(dir, 2000)).toBe(1000);
  expect(existsSync(join(dir, "pages/older"))).toBe(false);
  expect(trimCache(dir, 0)).toBe(1000);
  expect(cacheEntries(dir).map(({ path }) => path)).toEqual([join(dir, "pages/fresh")]);
  expect(trimCache(dir, 0, false)).toBe(1000);
});

test("what a killed process spilled goes, whatever the limit; that of a living one stays", () => {
  const child = spawnSync(process.execPath, ["-e", "0"]);
  const ended = join(dir, "spill", `${child.pid}-a`);
  const living = join(dir, "spill", `${process.pid}-a`);
  const recent = join(dir, "spill", `${child.pid}-b`);
  const hoursAgo = new Date(Date.now() - 2 * 3_600_000);
  for (const folder of [ended, living, recent]) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "scratch"), Buffer.alloc(10));
  }
  for (const path of [ended, living].flatMap((folder) => [join(folder, "scratch"), folder]))
    utimesSync(path, hoursAgo, hoursAgo);
  expect(trimCache(dir, 1e9)).toBe(10);
  expect([existsSync(ended), existsSync(living), existsSync(recent)]).toEqual([false, true, true]);
});
