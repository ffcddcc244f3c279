import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { disagreements, formsOf, nastyRows, nastySchema } from "../../test/support/nasty.js";
import type { Schema, Value } from "../base/schema.js";
import { compile } from "../expr/evaluate.js";
import { call, col, lit } from "../expr/expr.js";
import { opNames } from "../expr/ops.js";
import { printDate, printTimestamp } from "../expr/time.js";
import { duckdbDialect } from "./duckdb.js";
import { exprSql } from "./expr.js";
import { testDatabase } from "./testing.js";

const stored: Readonly<Record<string, string>> = {
  real: "DOUBLE",
  int: "BIGINT",
  small: "TINYINT",
  text: "VARCHAR",
  bool: "BOOLEAN",
  date: "DATE",
  stamp: "TIMESTAMP",
};

/** The cell as text that DuckDB casts back to the same bits. */
const cell = (value: Value): string => {
  if (value === null) return "NULL";
  if (typeof value === "object" && "days" in value) return `'${printDate(value.days)}'`;
  if (typeof value === "object" && "micros" in value)
    return `'${printTimestamp((value as { micros: bigint }).micros)}'`;
  return duckdbDialect.literal(String(Object.is(value, -0) ? "-0" : value));
};

describe("duckdb", () => {
  let db: Awaited<ReturnType<typeof testDatabase>>;
  beforeAll(async () => {
    db = await testDatabase();
    const { columns } = nastySchema;
    const casts = columns.map(({ name }, i) => `CAST(c${i} AS ${stored[name.replace(/\d$/, "")]}) AS "${name}"`);
    const tuples = nastyRows.map((row, n) => `(${[n, ...columns.map(({ name }) => cell(row[name]!))].join(", ")})`);
    await db.run(
      `CREATE TABLE nasty AS SELECT n, ${casts.join(", ")} FROM (VALUES ${tuples.join(", ")}) v(n, ${columns.map((_, i) => `c${i}`).join(", ")})`,
    );
  });
  afterAll(() => db[Symbol.dispose]());

  test.each(opNames)("%s means the same as in the evaluator", async (op) => {
    const exprs = formsOf(op);
    expect(exprs.length).toBeGreaterThan(0);
    const found = await db.rows(
      `SELECT ${exprs.map((expr) => exprSql(expr, duckdbDialect, nastySchema)).join(", ")} FROM nasty ORDER BY n`,
    );
    expect(disagreements(op, exprs, found, "DuckDB")).toEqual([]);
  });

  // DuckDB takes a place before the text in one way where all values of a column are ASCII, and in another where they are not.
  test.each([["ASCII", "ab"] as const, ["other text", "aß"] as const])(
    "substring counts from the end of %s, and a place before the first is the first",
    async (_, text) => {
      const schema: Schema = { columns: [{ name: "t", type: { kind: "text" } }] };
      const places = [-4, -3, -2, -1, 0, 1, 2];
      const exprs = places.map((place) => call("substring", col("t"), lit(place), lit(1)));
      await db.run(`CREATE OR REPLACE TABLE texts AS SELECT '${text}' AS t`);
      const [found] = await db.rows(
        `SELECT ${exprs.map((e) => exprSql(e, duckdbDialect, schema)).join(", ")} FROM texts`,
      );
      expect(found).toEqual([text[0], text[0], text[0], text[1], "", text[0], text[1]]);
      expect(exprs.map((expr) => compile(expr, schema)({ t: text }))).toEqual(found);
    },
  );

  test("a zero below zero is a real number, so that what is left by it is missing", async () => {
    const left = call("mod", col("n"), lit(-0));
    const schema: Schema = { columns: [{ name: "n", type: { kind: "int64" } }] };
    expect(await db.rows(`SELECT ${exprSql(left, duckdbDialect, schema)} FROM (VALUES (7::BIGINT)) v(n)`)).toEqual([
      [null],
    ]);
    expect(compile(left, schema)({ n: 7 })).toBe(null);
  });

  test("what is 32 bits wide on its way into a page is as wide as all numbers within a formula", async () => {
    const schema: Schema = { columns: ["x", "y"].map((name) => ({ name, type: { kind: "real" } })) };
    const narrow = call("toFloat32", col("x"));
    const sum = call("hash31", lit("a"));
    const exprs = [
      call("coalesce", narrow, lit(18_176_497)),
      call("add", narrow, lit(18_176_497)),
      call("add", sum, call("add", sum, sum)),
    ];
    await db.run("CREATE OR REPLACE TABLE reals AS SELECT NULL::DOUBLE AS x, 1::DOUBLE AS y UNION ALL SELECT 1.0, 2.0");
    const found = await db.rows(
      `SELECT ${exprs.map((e) => exprSql(e, duckdbDialect, schema)).join(", ")} FROM reals ORDER BY y`,
    );
    expect(found).toEqual([null, 1].map((x) => exprs.map((expr) => compile(expr, schema)({ x }))));
    expect(found[0]![0]).toBe(18_176_497);
  });
});
