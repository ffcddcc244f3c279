import { describe, expect, test } from "vitest";
import { int64, real, type Schema, text } from "../base/schema.js";
import { coerceRow } from "./coerce.js";
import { compile, evaluate } from "./evaluate.js";
import { call, col } from "./expr.js";
import { parseExpr } from "./parse.js";
import { civilOf, dayOfYear, daysOf, isoWeek, parseTimestamp, printTimestamp } from "./time.js";
import { typeOf } from "./type-of.js";
import { compareText } from "./values.js";

const schema: Schema = {
  columns: [
    { name: "n", type: int64 },
    { name: "x", type: real },
    { name: "s", type: text },
    { name: "b", type: { kind: "bool" } },
    { name: "d", type: { kind: "date" } },
    { name: "t", type: { kind: "timestamp", utc: true } },
    { name: "m", type: { kind: "decimal", precision: 10, scale: 2 } },
  ],
};
const parse = (formula: string) =>
  parseExpr(
    formula,
    schema.columns.map(({ name }) => name),
  );

// Agreement with engines, operation by operation, is tested in sql/duckdb.test.ts.
describe("evaluate", () => {
  test("64-bit integers stay exact where the schema says that they are integers", () => {
    const sum = parse("n * n + 1");
    expect(evaluate(sum, { n: 2 ** 31 + 1 }, schema)).toBe(4611686022722355202n);
    expect(evaluate(sum, { n: 2 ** 40 }, schema)).toBe(null);
    expect(evaluate(parse("n + x"), { n: 2n ** 60n, x: 0.5 }, schema)).toBe(2 ** 60);
  });
  test("a missing column is missing", () => expect(evaluate(parse("coalesce(x, 3)"), {})).toBe(3));
  test("and, or and not know missing values", () => {
    const of = (formula: string): unknown => evaluate(parse(formula), { b: null });
    expect([of("b and false"), of("b and true"), of("b or true"), of("b or false"), of("not b")]).toEqual([
      false,
      null,
      true,
      null,
      null,
    ]);
  });
  test("conditions that are missing are not true", () =>
    expect(evaluate(parse("case when n > 1 then 'a' when n is null then 'b' end"), { n: null })).toBe("b"));
  test("text beside a date is read as one", () =>
    expect(
      evaluate(
        parse("d >= '2024-01-01' and t < '2024-01-01 12:00'"),
        { d: { days: 19_723 }, t: { micros: 0n } },
        schema,
      ),
    ).toBe(true));
  test("constant formulas are computed once", () => expect(compile(parse("2 * 3 + 1"))({})).toBe(7));
  test("a row by itself has no identity", () =>
    expect(() => compile({ kind: "rowHash", seed: 1 })).toThrow(/no identity/));
  test("text sorts by its UTF-8 bytes", () => {
    const words = ["z", "é", "\uffff", "🦆", "a", "", "aa", "\ue000"];
    const sorted = [...words].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect([...words].sort(compareText)).toEqual(sorted);
  });
});

describe("typeOf", () => {
  test.each([
    ["n + 1", "int64"],
    ["n + 1.5", "real"],
    ["n + m", "real"],
    ["n / 2", "real"],
    ["n // 2", "int64"],
    ["x > 1", "bool"],
    ["case when b then 1 else 0.5 end", "real"],
    ["case when b then null else s end", "text"],
    ["hour(t)", "int64"],
    ["d::timestamp", "timestamp"],
    ["coalesce(d, t)", "timestamp"],
    ["d >= '2024-01-01'", "bool"],
    ["least(n, 3)", "int64"],
    ["m", "decimal"],
    ["floor(x)", "real"],
    ["null", "other"],
    ["row_hash(3)", "int64"],
    ["lookup(s, 'a', 1, 'b', 2.5, null)", "real"],
  ])("%s is %s", (formula, kind) => expect(typeOf(parse(formula), schema).kind).toBe(kind));
  test.each([
    ["s + 1", 'column "s" is text; s + 1 needs a number there'],
    ["hour(x)", 'column "x" is real; hour(x) needs a date or timestamp there'],
    ["x and b", 'column "x" is real; x AND b needs true or false (a condition) there'],
    ["s > 3", "3 is int64; s > 3 needs text, as beside it there"],
    ["case when n then 1 end", 'column "n" is int64; CASE WHEN n THEN 1 END needs true or false (a condition) there'],
    ["d > 'soon'", "'soon' is text; d > 'soon' needs a date or timestamp, as beside it there"],
    ["upper(n)", 'column "n" is int64; upper(n) needs text there'],
  ])("%s is refused", (formula, message) => {
    expect(() => typeOf(parse(formula), schema)).toThrow(expect.objectContaining({ code: "wrong_type", message }));
  });
  test("columns that are not there are named", () =>
    expect(() => typeOf(call("neg", col("xx")), schema)).toThrow(/no column "xx"/));
});

describe("coerceRow", () => {
  test("takes what JSON can say", () => {
    expect(
      coerceRow(schema, {
        n: "9007199254740993",
        x: 1,
        s: "a",
        b: false,
        d: "2024-03-31",
        t: "2024-03-31T10:00:00+02:00",
        m: 1.25,
        extra: 1,
      }),
    ).toEqual({
      n: 9007199254740993n,
      x: 1,
      s: "a",
      b: false,
      d: { days: 19_813 },
      t: { micros: 1_711_872_000_000_000n },
      m: 1.25,
    });
    expect(coerceRow(schema, { d: new Date("1969-12-31T12:00:00Z"), t: new Date(5), n: null })).toEqual({
      n: null,
      x: null,
      s: null,
      b: null,
      d: { days: -1 },
      t: { micros: 5000n },
      m: null,
    });
  });
  test.each([
    [{ x: "1.5" }, 'column "x" is "1.5" here; it must be a number; write it without quotes'],
    [{ n: 1.5 }, 'column "n" is 1.5 here; it must be a whole number'],
    [{ s: 5 }, 'column "s" is 5 here; it must be text in quotes'],
    [{ b: "true" }, 'column "b" is "true" here; it must be true or false; write it without quotes'],
    [{ d: "31.3.2024" }, 'column "d" is "31.3.2024" here; it must be a date like "2024-03-31"'],
    [{ t: 5 }, 'column "t" is 5 here; it must be a time like "2024-03-31T17:45:00"'],
  ])("%j is refused", (row, message) => {
    expect(() => coerceRow(schema, row)).toThrow(expect.objectContaining({ code: "wrong_type", message }));
  });
});

test("the calendar agrees with JavaScript's over four thousand years", () => {
  for (let days = daysOf(1, 1, 1); days < daysOf(4000, 1, 1); days += 997) {
    const there = new Date(days * 86_400_000);
    expect(civilOf(days)).toEqual({
      year: there.getUTCFullYear(),
      month: there.getUTCMonth() + 1,
      day: there.getUTCDate(),
    });
    expect(parseTimestamp(there.toISOString())?.days).toBe(days);
    expect(dayOfYear(days)).toBe(
      1 +
        Math.round(
          (there.getTime() -
            Date.UTC(2000, 0, 1) +
            (Date.UTC(2000, 0, 1) - new Date(there.getTime()).setUTCMonth(0, 1))) /
            86_400_000,
        ),
    );
  }
  expect([daysOf(2021, 1, 3), daysOf(2021, 1, 4), daysOf(2020, 12, 31), daysOf(2018, 12, 31)].map(isoWeek)).toEqual([
    53, 1, 53, 1,
  ]);
  expect(printTimestamp(-1n)).toBe("1969-12-31 23:59:59.999999");
});
