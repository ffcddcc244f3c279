import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tableFromArrays, tableToIPC, utf8 } from "@uwdata/flechette";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Value } from "../../src/base/schema.js";
import type { SparkSession } from "../../src/engines/spark/connection/session.js";
import { local } from "../../src/engines/spark/frames/plan.js";
import { opNames } from "../../src/expr/ops.js";
import { exprSql } from "../../src/sql/expr.js";
import { sparkDialect } from "../../src/sql/spark.js";
import { compared } from "../support/equality.js";
import { disagreements, farthest, formsOf, nastyRows, nastySchema, within } from "../support/nasty.js";
import { needs } from "../support/needs.js";
import { openSpark, sparkRows } from "../support/spark.js";

/** A cell of text as the stored type. */
const casts: Readonly<Record<string, (cell: string) => string>> = {
  real: (cell) => `CAST(${cell} AS DOUBLE)`,
  int: (cell) => `CAST(${cell} AS BIGINT)`,
  small: (cell) => `CAST(${cell} AS TINYINT)`,
  text: (cell) => cell,
  bool: (cell) => `CAST(${cell} AS BOOLEAN)`,
  date: (cell) => `date_from_unix_date(CAST(${cell} AS INT))`,
  stamp: (cell) => `CAST(timestamp_micros(CAST(${cell} AS BIGINT)) AS TIMESTAMP_NTZ)`,
};
const cell = (value: Value): string | null => {
  if (value === null) return null;
  if (typeof value === "object" && "days" in value) return String(value.days);
  if (typeof value === "object" && "micros" in value) return String((value as { micros: bigint }).micros);
  return Object.is(value, -0) ? "-0" : String(value);
};

needs.spark()("spark", () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-nasty-"));
  let session: SparkSession;
  beforeAll(async () => {
    session = await openSpark();
    const names = ["n", ...nastySchema.columns.map(({ name }) => name)];
    const cells = Object.fromEntries(
      names.map((name) => [name, nastyRows.map((row, n) => (name === "n" ? String(n) : cell(row[name]!)))]),
    );
    const types = Object.fromEntries(names.map((name) => [name, utf8()]));
    const data = tableToIPC(tableFromArrays(cells, { types }), { format: "stream" })!;
    const columns = nastySchema.columns.map(({ name }) => `${casts[name.replace(/\d$/, "")]!(name)} AS ${name}`);
    // From a file: over a local table Spark would compute formulas while it plans, by other code than it runs on a cluster.
    await sparkRows(
      session,
      `INSERT OVERWRITE DIRECTORY '${folder}' USING parquet SELECT CAST(n AS INT) AS n, ${columns.join(", ")} FROM cells`,
      { cells: local(data, names.map((name) => `${name} STRING`).join(", ")) },
    );
  });
  afterAll(async () => {
    await session?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(opNames)("%s means the same as in the evaluator", async (op) => {
    const exprs = formsOf(op);
    expect(exprs.length).toBeGreaterThan(0);
    const formulas = exprs.map((expr, i) => `${exprSql(expr, sparkDialect, nastySchema)} AS f${i}`);
    const rows = await sparkRows(session, `SELECT ${formulas.join(", ")} FROM parquet.\`${folder}\` ORDER BY n`);
    expect(rows.length).toBe(nastyRows.length);
    const found = rows.map(Object.values);
    expect(disagreements(op, exprs, found, "Spark")).toEqual([]);
    compared("operation", op, farthest(exprs, found), within(op));
  });
});
