import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openData } from "../../data/source.js";
import { call, col, lit } from "../../expr/expr.js";
import { homeAt } from "../../runs/home.js";
import { Workspace } from "../../workspace/workspace.js";
import { writeSample } from "./sample.js";

const [rows, rare] = [40_000, 600];
const wanted = 2_000;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "sluice-sample-"));
  // The rare class ends the one file, and stands at every 66th row of the other.
  const lines = (isRare: (i: number) => boolean) => Array.from({ length: rows }, (_, i) => `${i},${isRare(i) ? 1 : 0}`);
  writeFileSync(join(dir, "sorted.csv"), `x,y\n${lines((i) => i >= rows - rare).join("\n")}\n`);
  writeFileSync(join(dir, "mixed.csv"), `x,y\n${lines((i) => i % 66 === 0 && i < 66 * rare).join("\n")}\n`);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function sampled(name: string, seed: number) {
  const home = homeAt({ home: join(dir, "home"), cache: join(dir, "cache") });
  await using workspace = await Workspace.open({ memoryBytes: 1e9, threads: 2, home });
  const { scan } = await openData([join(dir, name)], {}, workspace, dir);
  const place = join(dir, `${name}-${seed}`);
  const { file } = await writeSample({
    engine: workspace.engine,
    local: workspace.local,
    scan,
    where: lit(true),
    share: 1,
    columns: ["x", "y"],
    rowsPerFile: [rows],
    rows: wanted,
    seed,
    dir: place,
    label: call("toReal", col("y")),
    counts: [rows - rare, rare],
  });
  const from = { kind: "sql", text: `SELECT * FROM '${file}'` } as const;
  const [found] = await workspace.local.rows(
    { kind: "aggregate", from, by: {}, columns: { rows: { agg: "count" }, rare: { agg: "sum", arg: col("y") } } },
    1,
  );
  return { rows: Number(found!["rows"]), rare: Number(found!["rare"]), file };
}

describe("a sample of a source", () => {
  test.each([1, 2, 3])("has a rare class that stands at the end of it (seed %i)", async (seed) => {
    const sample = await sampled("sorted.csv", seed);
    expect(sample.rows).toBeGreaterThan(wanted * 0.85);
    expect(sample.rows).toBeLessThan(wanted * 1.15);
    // 30 are expected, and of 16 runs of 125 rows mostly none has any
    expect(sample.rare).toBeGreaterThanOrEqual(10);
    expect(sample.rare).toBeLessThanOrEqual(60);
  });

  test("is runs of its rows, read where they lie, if the classes are mixed", async () => {
    const sample = await sampled("mixed.csv", 1);
    expect(sample.file).toMatch(/sample\.parquet$/);
    expect(sample.rows).toBe(wanted);
  });
});
