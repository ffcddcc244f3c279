import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DuckDBEngine } from "../../src/engines/duckdb.js";
import { lit } from "../../src/expr/expr.js";
import { duckdbDialect } from "../../src/sql/duckdb.js";
import { exprSql } from "../../src/sql/expr.js";
import { sparkDialect } from "../../src/sql/spark.js";

const root = join(import.meta.dirname, "../../src");
const sources = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !name.includes(".test.") && !name.endsWith("testing.ts"))
  .map((name) => ({ name, text: readFileSync(join(root, name), "utf8") }));

/** Quotes of other languages: our formulas, the shell, cells of CSV. */
const otherQuotes = [
  "expr/print.ts",
  "base/shell.ts",
  "features/formulas.ts",
  "model/model.ts",
  "engines/spark/tables/write-there.ts",
];

test("names and texts become SQL in one place for each dialect", () => {
  const byHand = sources.filter(
    ({ name, text }) =>
      /replaceAll\((['"`])(\\?['"`])\1, /.test(text) &&
      !/^sql\/\w+\/literals\.ts$/.test(name) &&
      !otherQuotes.includes(name) &&
      !/replaceAll\('"', '""'\)\}",?`/.test(text), // a cell of CSV
  );
  expect(byHand.map(({ name }) => name)).toEqual([]);
});

test("DuckDB is given statements in one place, one a call", () => {
  const elsewhere = sources.filter(
    ({ name, text }) =>
      /\b\w*onnection\s*\.\s*(run|stream|runAnd\w+|streamAnd\w+)\(/.test(text) &&
      name !== "engines/duckdb/statement.ts",
  );
  // The session's own setting, before any text of others.
  expect(elsewhere.map(({ name }) => name)).toEqual([]);
});

test.each([
  ["a query", "SELECT 1; SELECT 2"],
  ["what ends our parenthesis", "SELECT 1 AS x) AS t; CREATE TABLE owned AS SELECT 1; SELECT * FROM (SELECT 1 AS x"],
])("%s of several statements is refused, and none of them runs", async (_, text) => {
  const spillDir = join(tmpdir(), `sluice-sql-text-${process.pid}`);
  await using engine = await DuckDBEngine.open({ threads: 1, memoryBytes: 1e8, spillDir, cacheDir: tmpdir() });
  await expect(engine.rows({ kind: "sql", text }, 10)).rejects.toThrow();
  await expect(engine.schema({ kind: "sql", text })).rejects.toThrow();
  const tables = await engine.rows({ kind: "sql", text: "SELECT table_name FROM information_schema.tables" }, 10);
  expect(tables).toEqual([]);
});

test.each([duckdbDialect, sparkDialect])("$name writes without quotes only what is a number", (dialect) => {
  const evil = "0); DROP TABLE x; --" as unknown as number;
  const key = { kind: "col", name: "a" } as const;
  for (const expr of [
    lit({ days: evil }),
    lit({ micros: evil as unknown as bigint }),
    { kind: "lookup", key, keys: [1, 2], values: [1, [evil] as unknown as number], otherwise: null },
    { kind: "lookup", key, keys: [1, 2], values: [1, 2.5], otherwise: [evil] as unknown as number },
    { kind: "trees", inputs: [key], base: [evil] as unknown as number, trees: [] },
    {
      kind: "trees",
      inputs: [key],
      base: 0,
      trees: [{ feature: [], test: [], missingLeft: [], left: [], right: [], value: [[evil] as unknown as number] }],
    },
  ] as const)
    expect(() => exprSql(expr, dialect)).toThrow("where SQL takes");
});
