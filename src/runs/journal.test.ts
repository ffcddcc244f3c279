import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Journal } from "./journal.js";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "sluice-journal-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const file = (): string => join(dir, "journal.jsonl");
const never = (): Promise<never> => Promise.reject(new Error("it was finished before"));

/** Units a, b, c and the sums s. */
async function written(): Promise<void> {
  const journal = Journal.open(dir, "mine");
  for (const name of ["a", "b", "c"]) await journal.unit(name, async () => name.toUpperCase());
  journal.keepDoubles("s", [Float64Array.of(1, 2), Float64Array.of(3)], { pages: 4 });
  await journal.synced();
  journal.close();
}

function opened<T>(work: (journal: Journal) => T, onBegin?: (unit: string) => void): T {
  const journal = Journal.open(dir, "mine", onBegin);
  try {
    return work(journal);
  } finally {
    journal.close();
  }
}

test("gives what was finished before, and says what begins", async () => {
  await written();
  const begun: string[] = [];
  const journal = Journal.open(dir, "mine", (unit) => begun.push(unit));
  expect(await journal.unit("b", never)).toBe("B");
  expect(await journal.unit("d", async () => 4)).toBe(4);
  expect(journal.doubles("s")).toEqual([Float64Array.of(1, 2), Float64Array.of(3)]);
  expect(journal.value("s")).toEqual({ pages: 4 });
  expect(journal.units).toEqual({ reused: 1, done: 1 });
  expect(begun).toEqual(["d"]);
  journal.close();
});

test("a last line that was cut short is done again, and is no damage", async () => {
  await written();
  writeFileSync(file(), readFileSync(file(), "utf8").slice(0, -5));
  opened((journal) => {
    expect([journal.has("c"), journal.has("s"), journal.damagedLines]).toEqual([true, false, 0]);
  });
});

test("a changed byte takes its line and all behind it, and is told", async () => {
  await written();
  writeFileSync(file(), readFileSync(file(), "utf8").replace('"B"', '"X"'));
  opened((journal) => {
    expect([journal.has("a"), journal.has("b"), journal.has("c"), journal.damagedLines]).toEqual([
      true,
      false,
      false,
      3,
    ]);
  });
});

test("sums with a changed byte are not taken", async () => {
  await written();
  const [name] = readdirSync(join(dir, "units"));
  const bytes = readFileSync(join(dir, "units", name!));
  bytes[3]! ^= 1;
  writeFileSync(join(dir, "units", name!), bytes);
  expect(opened((journal) => journal.doubles("s"))).toBeUndefined();
});

test("the journal of another run is refused; one that says of nobody whose it is counts for nothing", async () => {
  await written();
  expect(() => Journal.open(dir, "another's")).toThrow(expect.objectContaining({ code: "run_mismatch" }));
  writeFileSync(file(), readFileSync(file(), "utf8").split("\n").slice(1).join("\n"));
  opened((journal) => {
    expect([journal.has("a"), journal.damagedLines]).toEqual([false, 4]);
  });
});
