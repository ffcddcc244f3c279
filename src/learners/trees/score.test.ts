import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generator } from "../../base/seeds.js";
import { DuckDBEngine } from "../../engines/duckdb.js";
import { plainTreeSums } from "../../expr/evaluate/trees.js";
import { compile } from "../../expr/evaluate.js";
import { col } from "../../expr/expr.js";
import { parseExpr } from "../../expr/parse.js";
import { printExpr } from "../../expr/print.js";
import type { Block, CategoryBlock } from "../../features/contract.js";
import type { Scorer } from "../../pages/scorer.js";
import { duckdbDialect } from "../../sql/duckdb.js";
import { toSql } from "../../sql/relation.js";
import { testDatabase } from "../../sql/testing.js";
import { kernelTreeSums } from "../passes/tree-sums.js";
import { scorers } from "../registry.js";
import { memoryData } from "../testing.js";
import { type MadeColumn, randomTrees } from "./random.js";
import { treesScore, treesScorer } from "./score.js";
import type { TreesState } from "./tree.js";

const columns: readonly MadeColumn[] = [
  { kind: "category", width: 5 },
  { kind: "number", shift: 0, exponent: 0 },
  { kind: "number", shift: 1999.7, exponent: 0 },
  { kind: "category", width: 70 },
  { kind: "number", shift: 3e-30, exponent: 90 },
];
const blocks: readonly Block[] = columns.map((column, i) =>
  column.kind === "number"
    ? { kind: "number", name: `x${i}`, expr: col(`x${i}`), fill: 0 }
    : {
        kind: "category",
        name: `x${i}`,
        expr: col(`x${i}`),
        levels: Array.from({ length: column.width }, (_, code) => `level ${code}`),
      },
);

/** Rows that hit thresholds and their neighbours, with missing values and levels that nobody knows. */
function rowsFor(state: TreesState, rows: number, seed: number) {
  const next = generator(seed);
  const below = (n: number): number => Math.floor(next() * n);
  const tests = columns.map((_, f) =>
    state.trees.flatMap(({ feature, test }) => test.filter((_, i) => feature[i] === f)),
  );
  return Array.from({ length: rows }, () =>
    Object.fromEntries(
      columns.map((column, f): [string, number | string | null] => {
        if (next() < 0.1) return [`x${f}`, null];
        if (column.kind === "category") return [`x${f}`, next() < 0.1 ? "new" : `level ${below(column.width)}`];
        const near = (tests[f]![below(tests[f]!.length)] as number | undefined) ?? 0.5;
        const steps = [0, 1, -1, 1e6, -1e6, 1e15, -1e15];
        return [`x${f}`, near + steps[below(steps.length)]! * Number.EPSILON * Math.abs(near)];
      }),
    ),
  );
}
type Rows = ReturnType<typeof rowsFor>;

function pagesOf(rows: Rows, pageRows: number) {
  const of = (kind: MadeColumn["kind"]) => columns.flatMap((column, f) => (column.kind === kind ? [f] : []));
  return memoryData({
    numbers: of("number").map((f) => rows.map((row) => (row[`x${f}`] as number | null) ?? Number.NaN)),
    coding: of("number").map((f) => columns[f] as { shift: number; exponent: number }),
    categories: of("category").map((f) => ({
      codes: rows.map((row) => (blocks[f] as CategoryBlock).levels.indexOf(String(row[`x${f}`]))),
      width: (columns[f] as { width: number }).width,
    })),
    label: rows.map(() => 0),
    task: "regression",
    pageRows,
  });
}

const cases = {
  "one leaf": randomTrees(columns, { trees: 3, leaves: 1, seed: 1 }),
  "two leaves": randomTrees(columns, { trees: 4, leaves: 2, seed: 2 }),
  "64 leaves": randomTrees(columns, { trees: 12, leaves: 64, seed: 3 }),
  "200 leaves": randomTrees(columns, { trees: 5, leaves: 200, seed: 4 }),
  "more leaves than masks are for": randomTrees(columns, { trees: 1, leaves: 1300, seed: 6 }),
  "several outputs": randomTrees(columns, { trees: 9, leaves: 20, outputs: 3, seed: 5 }),
};

describe.each(Object.entries(cases))("trees of %s", (_, state) => {
  const rows = rowsFor(state, 700, 9);
  const [task, classes] =
    state.base.length > 1 ? (["multiclass", state.base.length] as const) : (["binary", 2] as const);
  const outputs = treesScore(state, blocks, task, classes);
  const expected = Object.values(outputs).map((output) => {
    const step = compile(output);
    return rows.map((row) => step(row) as number);
  });

  test.each([64, 640])("in pages of %i rows end each row in the leaf of the formula", (pageRows) => {
    const data = pagesOf(rows, pageRows);
    const { name, params } = treesScorer(state, blocks, data.layout);
    const scores = data.scores(scorers[name] as unknown as Scorer<unknown>, params);
    expect(scores.map((score) => Array.from(score))).toEqual(expected);
  });

  test("are the same formula when printed and read", () => {
    const [output] = Object.values(outputs);
    expect(
      parseExpr(
        printExpr(output!),
        columns.map((_, f) => `x${f}`),
      ),
    ).toEqual(output);
  });

  describe("in SQL", () => {
    let db: Awaited<ReturnType<typeof testDatabase>>;
    beforeAll(async () => {
      db = await testDatabase();
      const cells = rows.map(
        (row, i) => `(${i}, ${columns.map((_, f) => duckdbDialect.literal(row[`x${f}`]!)).join(", ")})`,
      );
      await db.run(`CREATE TABLE rows AS SELECT * FROM (VALUES ${cells.join(", ")}) v(i, ${Object.keys(rows[0]!)})`);
    });
    afterAll(() => db[Symbol.dispose]());

    test("add up to the same", async () => {
      const from = { kind: "sql", text: "FROM rows ORDER BY i" } as const;
      const found = await db.rows(toSql({ kind: "project", from, columns: outputs }, duckdbDialect));
      expect(found).toEqual(rows.map((_, i) => expected.map((output) => output[i])));
    });

    test.each([
      ["single rows", plainTreeSums],
      ["kernels", kernelTreeSums],
    ])("add up to the same in an engine that lends DuckDB the loop of %s", async (_, treeSums) => {
      const dir = mkdtempSync(join(tmpdir(), "sluice-trees-"));
      await using engine = await DuckDBEngine.open({
        memoryBytes: 256e6,
        threads: 2,
        spillDir: dir,
        cacheDir: dir,
        treeSums,
      });
      const path = join(dir, "rows.parquet");
      await db.run(`COPY (FROM rows ORDER BY i) TO '${path}'`);
      const from = { kind: "sql", text: `FROM '${path}'` } as const;
      const found = await engine.rows({ kind: "project", from, columns: outputs }, rows.length);
      expect(found.map((row) => Object.values(row))).toEqual(rows.map((_, i) => expected.map((output) => output[i])));
    });
  });
});

test("trees to walk among more trees than tables are kept for count once", () => {
  const parts = [600, 1300, 600].map((leaves, i) => randomTrees(columns, { trees: i === 1 ? 2 : 40, leaves, seed: i }));
  const state: TreesState = { ...parts[0]!, trees: parts.flatMap(({ trees }) => trees) };
  const rows = rowsFor(state, 100, 9);
  const data = pagesOf(rows, 64);
  const { name, params } = treesScorer(state, blocks, data.layout);
  const formula = compile(treesScore(state, blocks, "regression", 1)["prediction"]!);
  expect(Array.from(data.scores(scorers[name] as unknown as Scorer<unknown>, params)[0]!)).toEqual(
    rows.map((row) => formula(row)),
  );
});

describe("the link", () => {
  const leaf = (value: number): TreesState["trees"][number] => ({
    output: 0,
    feature: [],
    test: [],
    missingLeft: [],
    left: [],
    right: [],
    gain: [],
    nodeRows: [],
    leafRows: [1],
    value: [value],
  });
  test.each([
    ["exp", 0.5, Math.exp(0.75)],
    ["logit", 0.5, Math.log(3)],
    ["logit", 1, Math.log((1 - 1e-15) / (1 - (1 - 1e-15)))],
    ["log", 0.25, Math.log(0.5)],
    ["log", -1, Math.log(1e-15)],
  ] as const)("%s of 0.25 + %f", (link, value, expected) => {
    const state: TreesState = { base: [0.25], link, trees: [leaf(value)] };
    const { prediction } = treesScore(state, blocks, "regression", 1);
    expect(compile(prediction!)({})).toBe(expected);
    const data = pagesOf(rowsFor(state, 3, 1), 64);
    const { name, params } = treesScorer(state, blocks, data.layout);
    expect(Array.from(data.scores(scorers[name] as unknown as Scorer<unknown>, params)[0]!)).toEqual(
      new Array(3).fill(expected),
    );
  });
});
