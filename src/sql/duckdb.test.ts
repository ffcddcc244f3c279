import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { disagreements, formsOf, nastyRows, nastySchema } from "../../test/support/nasty.js";
import type { Value } from "../base/schema.js";
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
});
