import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codesOf, nastyTexts, outputsOf, someWeights } from "../../../test/support/words.js";
import type { Row } from "../../base/schema.js";
import { evaluate } from "../../expr/evaluate.js";
import type { Expr } from "../../expr/expr.js";
import { kernelTermCoder } from "../../kernels/term-codes.js";
import { duckdbDialect } from "../../sql/duckdb.js";
import { exprSql } from "../../sql/expr.js";
import { DuckDBEngine } from "../duckdb.js";

describe.each([
  ["a kernel", kernelTermCoder()],
  ["plain code", undefined],
] as const)("texts in DuckDB by %s", (_, termCoder) => {
  let dir: string;
  let engine: DuckDBEngine;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "sluice-terms-"));
    const options = { memoryBytes: 200e6, threads: 2, spillDir: join(dir, "spill"), cacheDir: dir };
    engine = await DuckDBEngine.open(termCoder ? { ...options, termCoder } : options);
  });
  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  });

  const rows = (): string =>
    `SELECT i, ${duckdbDialect.literal(null)}::VARCHAR AS t FROM (SELECT 0 AS i) ${nastyTexts
      .slice(1)
      .map((text, i) => `UNION ALL SELECT ${i + 1}, ${duckdbDialect.literal(text)}`)
      .join(" ")} ORDER BY i`;
  const schema = {
    columns: [
      { name: "i", type: { kind: "int64" } },
      { name: "t", type: { kind: "text" } },
    ],
  } as const;
  const lent = async (columns: Record<string, Expr>): Promise<Row[]> =>
    engine.rows({ kind: "project", from: { kind: "sql", text: rows(), schema }, columns }, 1000);
  const alone = async (columns: Record<string, Expr>): Promise<Row[]> => {
    const items = Object.entries(columns).map(([name, expr]) => `${exprSql(expr, duckdbDialect, schema)} AS ${name}`);
    return engine.rows({ kind: "sql", text: `SELECT ${items.join(", ")} FROM (${rows()})` }, 1000);
  };

  test("have the codes that the evaluator gives them, lent and as SQL alone", async () => {
    const columns = { one: codesOf(1), three: codesOf(3), few: codesOf(2, 3), none: codesOf(0) };
    const [byLent, bySql] = [await lent(columns), await alone(columns)];
    for (const [i, t] of nastyTexts.entries())
      for (const [name, expr] of Object.entries(columns)) {
        const ours = evaluate(expr, { t });
        expect(byLent[i]![name]).toEqual(ours);
        expect(bySql[i]![name]).toEqual(ours);
      }
    expect((byLent.at(-1)!["one"] as readonly number[]).length).toBe(40);
  });

  test.each(someWeights)("add to outputs what the evaluator says: %o", async (terms) => {
    const columns = Object.fromEntries(outputsOf(terms).map((expr, k) => [`m${k}`, expr]));
    const [byLent, bySql] = [await lent(columns), await alone(columns)];
    for (const [i, t] of nastyTexts.entries())
      for (const [name, expr] of Object.entries(columns)) {
        const ours = evaluate(expr, { t }) as number;
        expect(byLent[i]![name]).toBe(ours); // one code
        expect(bySql[i]![name]).toBeCloseTo(ours, 10); // SQL adds in another order, and its logarithm is its own
      }
    expect(byLent[0]!["m0"]).toBe(0);
    expect(byLent.some((row) => row["m0"] !== 0)).toBe(true);
  });
});
