import type { Row, Schema, Type, Value } from "../../src/base/schema.js";
import { compile } from "../../src/expr/evaluate.js";
import { call, col, type Expr, lit } from "../../src/expr/expr.js";
import { nanAsMissing } from "../../src/expr/nan.js";
import { type OpName, operation } from "../../src/expr/ops.js";
import { printExpr } from "../../src/expr/print.js";
import { knownType } from "../../src/expr/type-of.js";

// Values that engines treat differently, in every combination: what each SQL dialect is held to the evaluator with.

const big = 9_223_372_036_854_775_807n;
const values: Readonly<Record<string, readonly Value[]>> = {
  real: [
    0,
    -0,
    1,
    -1,
    2.5,
    -2.5,
    0.5,
    0.49999999999999994,
    7,
    -7.25,
    1e-5,
    123456.789,
    1e15,
    1e16,
    1.5e300,
    -1e308,
    5e-324,
    3.4028235677973366e38,
    9.3e18,
    1e22,
    2e23,
    0.30000000000000004,
    720,
    Number.NaN,
    Infinity,
    -Infinity,
  ],
  int: [0, 1, -1, 2, 7, -7, 30, 2 ** 31, -(2 ** 31), 2 ** 53 - 1, -(2 ** 53) + 1, big, -big - 1n, 2n ** 53n + 1n],
  small: [0, 1, -1, 2, 3, -3, 100],
  text: [
    "",
    " ",
    "a",
    "A",
    "abc",
    "ABC",
    "a%c",
    "a_c",
    "  abc  ",
    "\tab\n",
    "ñandú",
    "Straße",
    "ŉ",
    "İI",
    "日本",
    "🦆x",
    "\uffff",
    "1",
    " 12 ",
    "-1.5",
    "+.5e3",
    "5.",
    "1e400",
    "1_000",
    "0x1F",
    "nan",
    "-Infinity",
    "inf",
    "9223372036854775807",
    "9223372036854775808",
    "true",
    "No",
    "T",
    "2024-02-29",
    "2023-02-29",
    "2024/3/5",
    "2024-03-05T10:20:30.5Z",
    "2024-03-05 23:59",
    "2024-03-05 10:00:00+02:00",
    "1969-12-31 23:59:59.999999",
    "2024-03-05x",
    "epoch",
    "24",
    "it's",
    "'\"",
    "a.c",
    "ΑΣ",
    "a\\c",
    "C:\\%",
  ],
  bool: [true, false],
  date: [0, -1, 19_000, -719_163, 11_016, -25_509, 10_956].map((days) => ({ days })),
  stamp: [0n, -1n, -86_400_000_001n, 1_700_000_000_123_456n, -11_644_473_600_000_000n, 253_402_300_799_999_999n].map(
    (micros) => ({ micros }),
  ),
};
const types: Readonly<Record<string, Type>> = {
  real: { kind: "real" },
  int: { kind: "int64" },
  small: { kind: "int64" },
  text: { kind: "text" },
  bool: { kind: "bool" },
  date: { kind: "date" },
  stamp: { kind: "timestamp", utc: false },
};
const kinds = Object.keys(values);

/** Every pair of two numbers, dates or truths, and many of two texts: columns `real` and `real2`, nulls among them. */
export const nastySchema: Schema = {
  columns: kinds.flatMap((kind) => ["", "2", "3"].map((n) => ({ name: `${kind}${n}`, type: types[kind]! }))),
};
export const nastyRows: Row[] = [];
const longest = Math.max(...kinds.map((kind) => values[kind]!.length)) + 1;
for (let i = 0; i < longest; i++)
  for (let j = 0; j <= values["real"]!.length; j++) {
    const row: Record<string, Value> = {};
    for (const kind of kinds) {
      const all = [null, ...values[kind]!];
      row[kind] = all[i % all.length]!;
      row[`${kind}2`] = all[(kind === "text" ? i + 2 * j : j) % all.length]!;
      row[`${kind}3`] = all[(i + j) % all.length]!;
    }
    nastyRows.push(row);
  }

// Arguments that each operation is tried on; all operations that take a number are tried on reals, integers and a mix.
const forms: readonly (readonly string[])[] = [
  ...kinds.flatMap((kind) => [[kind], [kind, `${kind}2`], [kind, `${kind}2`, `${kind}3`]]),
  ["real", "int"],
  ["int", "real"],
  ["int", "small"],
  ["small", "int2"],
  ["small", "small2"],
  ["date", "stamp"],
  ["text", "small"],
  ["text", "small", "small2"],
  ["bool", "real", "int"],
  ["bool", "text", "text2"],
  ["bool", "int"],
  ["bool", "int", "bool2", "real"],
  ["bool", "date", "bool2", "date2", "date3"],
  ["text", "text2", "text3", "text"],
  ["real", "int", "small"],
];
const nanIsMissing = (of: Expr) => call("when", call("isNan", of), lit(null), of);
const literals: readonly Value[] = [0, 2, -3, 0.5, big, "abc", "a%", "2000-01-01", true, { days: 3 }, { micros: 5n }];
const fits = (expr: Expr): boolean => {
  try {
    return knownType(expr, nastySchema) !== undefined;
  } catch {
    return false;
  }
};
/** The operation over all that it takes: columns, literals on either side, formulas, nulls. */
export function formsOf(op: OpName): Expr[] {
  const [min, max] = operation(op).arity;
  const ofColumns = forms
    .filter((form) => form.length >= min && form.length <= max)
    .map((form) => call(op, ...form.map(col)));
  const ofLiterals =
    max < 2
      ? []
      : kinds.flatMap((kind) =>
          literals.flatMap((value) => [call(op, col(kind), lit(value)), call(op, lit(value), col(kind))]),
        );
  const nested = kinds.map((kind) =>
    call(
      op,
      ...Array.from({ length: min }, (_, i) =>
        i === 0 ? call("coalesce", col(kind), col(`${kind}2`)) : col(`${kind}${i + 1}`),
      ),
    ),
  );
  const missing =
    min < 2 ? [] : kinds.map((kind) => call(op, col(kind), ...Array.from({ length: min - 1 }, () => lit(null))));
  if (op === "when")
    ofColumns.push(nanIsMissing(call("toReal", col("real"))), nanIsMissing(call("toReal", call("neg", col("real")))));
  const asWritten = [...ofColumns, ...ofLiterals, ...nested, ...missing].filter(fits);
  const withoutNan = asWritten
    .map((expr) => ({ expr, guarded: nanAsMissing(expr, nastySchema) }))
    .filter(({ expr, guarded }) => printExpr(expr) !== printExpr(guarded));
  return [...asWritten, ...withoutNan.map(({ guarded }) => guarded)];
}

// libm and V8 round the last digit of these differently; pow of a large exponent grows that error.
const rounded: ReadonlySet<OpName> = new Set(["ln", "log2", "log10", "exp", "pow", "sin", "cos", "tan"]);
/** How far numbers may be apart, over the larger of them. */
export const within = (op: OpName): number => (rounded.has(op) ? 4e-15 : 0);
const same = (a: Value, b: Value, op: OpName): boolean => {
  if (typeof a === "number" && typeof b === "number")
    return (
      a === b ||
      (Number.isNaN(a) && Number.isNaN(b)) ||
      (rounded.has(op) && Math.abs(a - b) <= within(op) * Math.max(Math.abs(a), Math.abs(b)))
    );
  if (typeof a === "object" && typeof b === "object" && a && b)
    return JSON.stringify(a, plain) === JSON.stringify(b, plain);
  return a === b;
};
const plain = (_: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);

/** Where an engine's values (of each row, of each formula) are not the evaluator's: the first few, in words. */
export function disagreements(
  op: OpName,
  exprs: readonly Expr[],
  found: readonly (readonly Value[])[],
  engine: string,
): string[] {
  const wrong: string[] = [];
  exprs.forEach((expr, e) => {
    const step = compile(expr, nastySchema);
    const text = printExpr(expr);
    nastyRows.forEach((row, r) => {
      if (wrong.length >= 5) return;
      const [ours, theirs] = [step(row), found[r]![e]!];
      if (same(ours, theirs, op)) return;
      const named = Object.entries(row).filter(([name]) => text.includes(name));
      const shown = JSON.stringify(Object.fromEntries(named), (k, v) =>
        typeof v === "number" ? String(v) : plain(k, v),
      );
      wrong.push(`${text} of ${shown}: evaluator ${show(ours)}, ${engine} ${show(theirs)}`);
    });
  });
  return wrong;
}
/** The largest difference of two numbers over the larger of them, where the engine's values are not the evaluator's. */
export function farthest(exprs: readonly Expr[], found: readonly (readonly Value[])[]): number {
  const steps = exprs.map((expr) => compile(expr, nastySchema));
  let far = 0;
  nastyRows.forEach((row, r) => {
    steps.forEach((step, e) => {
      const [a, b] = [step(row), found[r]![e]!];
      if (typeof a === "number" && typeof b === "number" && Number.isFinite(a) && a !== b)
        far = Math.max(far, Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b)));
    });
  });
  return far;
}

const show = (value: Value): string =>
  typeof value === "object"
    ? JSON.stringify(value, plain)
    : typeof value === "string"
      ? JSON.stringify(value)
      : String(value);
