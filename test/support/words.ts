import { call, col, type Expr, lit, type WeighTerms } from "../../src/expr/expr.js";
import { packCounts, packSlots } from "../../src/expr/slots.js";
import type { TermWeights } from "../../src/expr/terms.js";
import { separators } from "../../src/expr/words.js";

const edges = separators.flatMap(([first, last]) => [first - 1, first, last, last + 1]);
const points = edges.filter((point) => point >= 0 && point <= 0x10ffff && !(point >= 0xd800 && point < 0xe000));

/** What may stand in a text, the first one missing. */
export const nastyTexts: readonly (string | null)[] = [
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

export const someWeights: readonly TermWeights[] = [
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

/** Codes of the column t. */
export const codesOf = (ngrams: number, most = 40): Expr =>
  call("termCodes", call("lower", col("t")), lit(ngrams), lit(most));

/** What the column t adds to each of three outputs. */
export function outputsOf(terms: TermWeights): WeighTerms[] {
  const table = (k: number) =>
    packSlots(Float32Array.from({ length: 2 ** terms.bits }, (_, i) => ((i * 7 + k) % 5) - 2));
  const tables = [table(0), table(1), table(2)];
  return [0, 1, 2].map((output) => ({ kind: "weighTerms", codes: codesOf(2), terms, tables, output }));
}
