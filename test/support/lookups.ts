import { int64, real, type Schema, text } from "../../src/base/schema.js";
import { col, type Lookup } from "../../src/expr/expr.js";

// Lookups of every form that a dialect may write in its own way, and rows that meet their keys or miss them.

const table = (
  key: string,
  keys: Lookup["keys"],
  values: Lookup["values"],
  otherwise: Lookup["otherwise"],
): Lookup => ({ kind: "lookup", key: col(key), keys, values, otherwise });
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
export const lookupSchema: Schema = {
  columns: [
    { name: "s", type: text },
    { name: "n", type: int64 },
    { name: "x", type: real },
    { name: "b", type: { kind: "bool" } },
  ],
};
export const many = 5000;

export const lookups: Readonly<Record<string, Lookup>> = {
  "text to weights": table("s", ["k1", "it's", "", "é"], [1.5, -2, null, 0.25], 9),
  "text to codes": table("s", ["k0", "k1", "k2"], [0, 1, 2], -1),
  "text to text": table("s", ["k1", "k2"], ["one", "it's"], null),
  "text to nothing": table("s", [], [], 3),
  "true and false": table("b", [false, true], [0.5, 2], null),
  "dense numbers": table("n", [3, 1, 2], [30, 10.5, 20], 0),
  "dense numbers with a gap": table("n", [-2, 5], [1, 2], null),
  "codes of a range": table("n", range(50), range(50), -1),
  "codes of an offset range": table(
    "n",
    range(50).map((i) => i + 10),
    range(50),
    null,
  ),
  "scattered numbers": table("n", [1, 5_000_000, -7], [1, 2, 3], null),
  "real numbers": table("x", [0.5, 2, -7.25], [1, 2, 3], 4),
  "many texts": table(
    "s",
    range(many).map((i) => `k${i}`),
    range(many).map((i) => i / 4),
    -1,
  ),
  "few odd texts": table("s", ["\0", 'a\\"b'], [1, 2], -1),
  "many texts, odd ones too": table(
    "s",
    [...range(many).map((i) => `k${i}`), "\0", 'a\\"b', "it's", "é"],
    range(many + 4).map((i) => i + 1),
    null,
  ),
  "many texts to codes": table(
    "s",
    range(many).map((i) => `k${i}`),
    range(many),
    null,
  ),
  "many texts, some to nothing": table(
    "s",
    range(many).map((i) => `k${i}`),
    range(many).map((i) => (i % 2 ? i : null)),
    -1,
  ),
  "many numbers": table(
    "n",
    range(many).map((i) => i * 1001),
    range(many).map((i) => i + 0.5),
    -1,
  ),
  "many real numbers": table(
    "x",
    range(many).map((i) => i / 2),
    range(many),
    null,
  ),
  "many dense numbers": table(
    "n",
    range(many),
    range(many).map((i) => i * 1.5),
    7,
  ),
};

export const lookupRows = [null, ...["", "k0", "k1", "k2", "k4999", "k5000", "it's", "é", "zz", "\0", 'a\\"b']].flatMap(
  (s) =>
    [null, -7, -2, 0, 1, 3, 5, 10, 59, 60, 1001, 4999, 5_000_000].map((n) => ({
      s,
      n,
      x: n === null ? null : n / 2 - 6.25 + 2.75 * (n % 3),
      b: n === null ? null : n > 2,
    })),
);
