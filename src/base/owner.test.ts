import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { isAlive, me, ownerIn, Presence, usedIn } from "./owner.js";

const dir = mkdtempSync(join(tmpdir(), "sluice-owner-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test("a name in a file's name is found again, and nothing else is taken for one", () => {
  expect(ownerIn(`scored.parquet.partial-${me}`)).toBe(me);
  expect(ownerIn(`1.partial-${me}-7`)).toBe(me);
  for (const name of ["20261121-143005-a1b2", "3f2a-12-34-ab", "part-00001.parquet"])
    expect(ownerIn(name)).toBe(undefined);
});

test("this process is alive, one that has ended is not, nor one whose number was given to another", () => {
  const [, began, where] = me.split("-");
  const { pid } = spawnSync(process.execPath, ["-e", "0"]);
  expect(isAlive(me, dir)).toBe(true);
  expect(isAlive(`p${pid}-${began}-${where}`, dir)).toBe(false);
  if (Number(began) > 0) expect(isAlive(`p${process.pid}-${Number(began) - 1}-${where}`, dir)).toBe(false);
});

test("another process that runs is alive until it ends", async () => {
  const script = `import(${JSON.stringify(new URL("../../dist/base/owner.js", import.meta.url).href)}).then(({ me }) => { console.log(me); setTimeout(() => {}, 60_000); })`;
  const child = spawn(process.execPath, ["-e", script]);
  const name = await new Promise<string>((resolve) =>
    child.stdout.once("data", (data) => resolve(String(data).trim())),
  );
  expect(isAlive(name, dir)).toBe(true);
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("close", resolve));
  expect(isAlive(name, dir)).toBe(false);
});

test("a process of another container lives as long as its sign is fresh, and what it uses counts so long", () => {
  const other = "p1-4711-zz0123456789";
  expect(isAlive(other, dir)).toBe(false);
  const sign = join(dir, "owners", `${other}.0`);
  using own = new Presence(dir);
  own.use("/cache/pages/mine");
  writeFileSync(sign, '"/cache/pages/theirs"\n"/cache/pa');
  expect(isAlive(other, dir)).toBe(true);
  expect([...usedIn(dir)].sort()).toEqual(["/cache/pages/mine", "/cache/pages/theirs"]);
  const longAgo = new Date(Date.now() - 600_000);
  utimesSync(sign, longAgo, longAgo);
  expect(isAlive(other, dir)).toBe(false);
  expect([...usedIn(dir)]).toEqual(["/cache/pages/mine"]);
  expect(readdirSync(join(dir, "owners"))).toHaveLength(1);
});
