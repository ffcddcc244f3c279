import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { int64, real, type Schema, text } from "../base/schema.js";
import { call, col, lit } from "../expr/expr.js";
import type { Relation } from "../expr/relation.js";
import { type TestTables, testTables } from "../features/testing.js";
import { comparedColumns, contentOf, copiesWarning, countCopies } from "./copies.js";
import { inShare } from "./split.js";

const columns = { k: int64, word: text, x: real, y: int64 };
/** 1,000 rows of which those below 300 stand twice; k numbers the rows. */
const query = `SELECT k, CASE WHEN i % 5 > 0 THEN 'w' || i END AS word, i / 3 AS x, i % 2 AS y
  FROM (SELECT k, (CASE WHEN k < 1000 THEN k ELSE k - 1000 END) AS i FROM range(1300) r(k))`;
const schema: Schema = { columns: Object.entries(columns).map(([name, type]) => ({ name, type })) };

describe("copies", () => {
  let tables: TestTables;
  let rows: Relation;
  beforeAll(async () => {
    tables = await testTables();
    rows = await tables.table("rows", columns, query);
  });
  afterAll(() => tables[Symbol.asyncDispose]());
  const whole = comparedColumns(schema, ["k"]);
  const isValidation = call("ge", col("k"), lit(900));

  test("of training rows among those that judge are counted, over all rows or over runs of them", async () => {
    const all = await countCopies({ engine: tables.engine, rows, columns: whole, isValidation });
    expect(all).toEqual({ copied: 300, judged: 400, rows: 1300 });
    const half = (op: "lt" | "ge"): Relation => ({ kind: "filter", from: rows, where: call(op, col("k"), lit(600)) });
    const inRuns = await countCopies({
      engine: tables.engine,
      rows: [half("lt"), half("ge")],
      columns: whole,
      isValidation,
    });
    expect(inRuns).toEqual(all);
  });

  test("are none where a column numbers the rows", async () => {
    const columns = comparedColumns(schema, []);
    const { copied } = await countCopies({ engine: tables.engine, rows, columns, isValidation });
    expect(copied).toBe(0);
  });

  test("are looked for in so many columns that they tell, however wide the rows are", () => {
    const wide = { columns: Array.from({ length: 10_000 }, (_, i) => ({ name: `x${i}`, type: real })) };
    const found = comparedColumns(wide, ["x0"]);
    expect(found).toHaveLength(64);
    expect(new Set(found).size).toBe(64);
    expect([found[0], Number(found.at(-1)!.slice(1)) > 9_000]).toEqual(["x1", true]);
    expect(comparedColumns({ columns: wide.columns.slice(0, 64) }, [])).toHaveLength(64);
  });

  test("stay on one side of a split by what the rows hold", async () => {
    const { copied, judged } = await countCopies({
      engine: tables.engine,
      rows,
      columns: whole,
      isValidation: inShare(0.3, 7, contentOf(whole)),
    });
    expect(copied).toBe(0);
    expect(judged).toBeGreaterThan(300);
    expect(judged).toBeLessThan(480);
  });

  test("are told where they are many, and rows too narrow to be unlike are not", () => {
    expect(copiesWarning({ copied: 50, judged: 100, rows: 500 }, 6, true)?.message).toContain(
      "50 of 100 validation rows (50 %)",
    );
    expect(copiesWarning({ copied: 0, judged: 100, rows: 500 }, 6, true)).toBe(undefined);
    expect(copiesWarning({ copied: 50, judged: 100, rows: 500 }, 3, true)).toBe(undefined);
    expect(copiesWarning({ copied: 50, judged: 100, rows: 500 }, 6, false)?.message).toContain(
      "in a sample of 500 rows, at least 50",
    );
  });
});
