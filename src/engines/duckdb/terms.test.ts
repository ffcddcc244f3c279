import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Row } from "../../base/schema.js";
import { evaluate } from "../../expr/evaluate.js";
import { call, col, type Expr, lit, type WeighTerms } from "../../expr/expr.js";
import { packCounts, packSlots } from "../../expr/slots.js";
import { separators, type TermWeights } from "../../expr/terms.js";
import { kernelTermCoder } from "../../kernels/term-codes.js";
import { duckdbDialect } from "../../sql/duckdb.js";
import { exprSql } from "../../sql/expr.js";
import { DuckDBEngine } from "../duckdb.js";

const edges = separators.flatMap(([first, last]) => [first - 1, first, last, last + 1]);
const points = edges.filter((point) => point >= 0 && point <= 0x10ffff && !(point >= 0xd800 && point < 0xe000));
const texts: (string | null)[] = [
  null,
  "",
  " ",
  "a",
  "ab",
  "Hello, WORLD: it's 42 o'clock",
  "nul\0in\0the middle \0",
  "🦆🦆 duck🦆duck 👩‍👩‍👧 a🦆",
  "ÀÉÎ ŒUVRE straße ΑΣ ΣΑΣ İstanbul ǅ naïve cafe\u0301",
  "日本語のテキスト、「引用」。中文 文字",
  "Привет, мир! Привет МИР",
  "one one one two two three",
  "x".repeat(55),
  `${"y".repeat(56)} ${"z".repeat(63)} ${"q".repeat(64)} ${"w".repeat(65)}`,
  `${"é".repeat(59)} aa ${"b".repeat(119)} ${"c".repeat(120)} ${"d".repeat(500)}`,
  "two words\tand\r\nmore   words\u00a0here\u2003there\u200dzwj",
  "under_score dash-dash dot.dot a/b e-mail@host.example 3.14",
  Array.from({ length: 60 }, (_, i) => `word${i}`).join(" "),
  // Each code point beside which a separator begins or ends, between letters: it joins them or parts them.
  points.map((point) => `a${String.fromCodePoint(point)}b`).join(" "),
];

const weights: readonly TermWeights[] = [
  { bits: 4, signed: false, count: "log", norm: "l2" },
  { bits: 5, signed: true, count: "count", norm: "none" },
  { bits: 10, signed: true, count: "log", norm: "l2" },
  {
    bits: 5,
    signed: false,
    count: "binary",
    norm: "l2",
    documents: { rows: 40, counts: packCounts(Array.from({ length: 32 }, (_, i) => i)), least: 3, most: 30 },
  },
];
const codes = (ngrams: number, most = 40): Expr => call("termCodes", call("lower", col("t")), lit(ngrams), lit(most));
const weigh = (terms: TermWeights): WeighTerms[] => {
  const table = (k: number) =>
    packSlots(Float32Array.from({ length: 2 ** terms.bits }, (_, i) => ((i * 7 + k) % 5) - 2));
  const tables = [table(0), table(1), table(2)];
  return [0, 1, 2].map((output) => ({ kind: "weighTerms", codes: codes(2), terms, tables, output }));
};

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
    `SELECT i, ${duckdbDialect.literal(null)}::VARCHAR AS t FROM (SELECT 0 AS i) ${texts
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
    const columns = { one: codes(1), three: codes(3), few: codes(2, 3), none: codes(0) };
    const [byLent, bySql] = [await lent(columns), await alone(columns)];
    for (const [i, t] of texts.entries())
      for (const [name, expr] of Object.entries(columns)) {
        const ours = evaluate(expr, { t });
        expect(byLent[i]![name]).toEqual(ours);
        expect(bySql[i]![name]).toEqual(ours);
      }
    expect((byLent.at(-1)!["one"] as readonly number[]).length).toBe(40);
  });

  test.each(weights)("add to outputs what the evaluator says: %o", async (terms) => {
    const columns = Object.fromEntries(weigh(terms).map((expr, k) => [`m${k}`, expr]));
    const [byLent, bySql] = [await lent(columns), await alone(columns)];
    for (const [i, t] of texts.entries())
      for (const [name, expr] of Object.entries(columns)) {
        const ours = evaluate(expr, { t }) as number;
        expect(byLent[i]![name]).toBe(ours); // one code
        expect(bySql[i]![name]).toBeCloseTo(ours, 10); // SQL adds in another order, and its logarithm is its own
      }
    expect(byLent[0]!["m0"]).toBe(0);
    expect(byLent.some((row) => row["m0"] !== 0)).toBe(true);
  });
});
