import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isError } from "../base/errors.js";
import type { Value } from "../base/schema.js";
import { compile } from "./evaluate.js";
import { call, col, type Expr, lit } from "./expr.js";
import { parseCall, parseList } from "./lists.js";
import { type OpName, operation, opNames } from "./ops.js";
import { parseExpr } from "./parse.js";
import { printExpr } from "./print.js";

const columns = ["delay", "distance", "a b", 'say "hi"', "Origin", "origin", "CASE", "date", "log(distance)"];
const parse = (text: string): Expr => parseExpr(text, columns);

describe("parseExpr", () => {
  test.each<[string, Expr]>([
    ["1 + 2 * 3", call("add", lit(1), call("mul", lit(2), lit(3)))],
    ["(1 + 2) * 3", call("mul", call("add", lit(1), lit(2)), lit(3))],
    ["2 - 3 - 4", call("sub", call("sub", lit(2), lit(3)), lit(4))],
    ["-delay", call("neg", col("delay"))],
    ["-3 - -1e3", call("sub", lit(-3), lit(-1000))],
    ["9223372036854775807", lit(9223372036854775807n)],
    ["'it''s'", lit("it's")],
    ["not delay > 3 or true", call("or", call("not", call("gt", col("delay"), lit(3))), lit(true))],
    [
      "delay > 1 AND delay <= 2 OR delay <> 3",
      call(
        "or",
        call("and", call("gt", col("delay"), lit(1)), call("le", col("delay"), lit(2))),
        call("ne", col("delay"), lit(3)),
      ),
    ],
    ["delay == 3", call("eq", col("delay"), lit(3))],
    ["delay IS NOT NULL", call("isNotNull", col("delay"))],
    ["delay between 1 and 2 and true", call("and", call("between", col("delay"), lit(1), lit(2)), lit(true))],
    ["origin NOT IN ('a', 'b')", call("notIn", col("origin"), lit("a"), lit("b"))],
    ["origin not like 'S%'", call("not", call("like", col("origin"), lit("S%")))],
    [
      "CASE WHEN delay > 1 THEN 'x' WHEN delay > 0 THEN 'y' END",
      call("when", call("gt", col("delay"), lit(1)), lit("x"), call("gt", col("delay"), lit(0)), lit("y")),
    ],
    [
      "case delay when 1 then 'one' else 'more' end",
      call("when", call("eq", col("delay"), lit(1)), lit("one"), lit("more")),
    ],
    [
      "cast(delay as DECIMAL(10, 2)) + distance::int",
      call("add", call("toReal", col("delay")), call("toInt", col("distance"))),
    ],
    ["extract(dow from date)", call("dayOfWeek", col("date"))],
    ["date_part('hour', date)", call("hour", col("date"))],
    ["DATE '1970-01-02' + 0", call("add", lit({ days: 1 }), lit(0))],
    ["TIMESTAMP '1970-01-01 00:00:01'", lit({ micros: 1_000_000n })],
    [
      "log(delay) + power(delay, 2) + if(delay > 1, 2, 3)",
      call(
        "add",
        call("add", call("ln", col("delay")), call("pow", col("delay"), lit(2))),
        call("when", call("gt", col("delay"), lit(1)), lit(2), lit(3)),
      ),
    ],
    ["nullif(delay, 0)", call("when", call("eq", col("delay"), lit(0)), lit(null), col("delay"))],
    ["DELAY", col("delay")],
    ['"a b" * 2', call("mul", col("a b"), lit(2))],
    ["'a' || 'b' = 'ab'", call("eq", call("concat", lit("a"), lit("b")), lit("ab"))],
    ["delay -- minutes\n + 1", call("add", col("delay"), lit(1))],
  ])("%s", (text, expected) => expect(parse(text)).toEqual(expected));

  test("a column whose name is the whole text wins over the formula", () => {
    expect(parse("log(distance)")).toEqual(col("log(distance)"));
    expect(parse("a b")).toEqual(col("a b"));
    expect(parse("log( distance )")).toEqual(call("ln", col("distance")));
  });

  test("names match exactly before they match without capital letters", () => {
    expect(parse("Origin = 'x'")).toEqual(call("eq", col("Origin"), lit("x")));
    expect(() => parse("ORIGIN = 'x'")).toThrow(/"ORIGIN" could be "Origin" or "origin"/);
  });

  test.each([
    ["dely + 1", "unknown_column", 'did you mean "delay"'],
    ["sqr(delay)", "unknown_function", 'did you mean "sqrt"'],
    ["delay +", "bad_formula", "the formula ends where a value is expected:\n  delay +\n         ^"],
    ["delay > > 2", "bad_formula", 'a value is expected here, not ">":\n  delay > > 2\n          ^'],
    ["(delay", "bad_formula", "expected here, not the end"],
    ["delay 5", "bad_formula", 'could end before "5"'],
    ["'abc", "bad_formula", "no closing '"],
    ["delay ? 1", "bad_formula", '"?" has no meaning here'],
    ["12abc", "bad_formula", '"12abc" is no number'],
    ["pow(delay)", "bad_formula", "pow takes 2 arguments, and was given 1"],
    ["cast(delay as money)", "bad_formula", '"money" is no type'],
    ["DATE '2024-02-30'", "bad_formula", "'2024-02-30' is no date"],
    ["", "bad_formula", "the formula is empty"],
    ["(".repeat(5000), "bad_formula", "nested too deeply"],
  ])("%s is refused", (text, code, message) => {
    let thrown: unknown;
    try {
      parse(text);
    } catch (error) {
      thrown = error;
    }
    expect(isError(thrown, code as "bad_formula")).toBe(true);
    expect((thrown as Error).message).toContain(message);
  });
});

describe("printExpr", () => {
  const value = fc.oneof(
    fc.constantFrom<Value>(
      null,
      true,
      false,
      0,
      -1,
      2 ** 53,
      1e300,
      -0,
      5e-324,
      Infinity,
      -9223372036854775808n,
      "",
      "it's",
      '"',
      { days: -3 },
      { micros: -1n },
    ),
    fc.double({ noNaN: true }),
    fc.integer(),
    fc.string(),
    fc.integer({ min: -700_000, max: 2_900_000 }).map((days) => ({ days })),
    fc.bigInt({ min: -62_000_000_000_000_000n, max: 253_000_000_000_000_000n }).map((micros) => ({ micros })),
  );
  const leaf: fc.Arbitrary<Expr> = fc.oneof(
    value.map(lit),
    fc.constantFrom(...columns.map(col)),
    fc.constant<Expr>({ kind: "rowHash", seed: 7 }),
  );
  const expr = fc.letrec<{ expr: Expr }>((tie) => ({
    expr: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      leaf,
      fc.constantFrom(...opNames).chain((op: OpName) => {
        const [min, max] = operation(op).arity;
        return fc
          .array(tie("expr"), { minLength: min, maxLength: Math.min(max, 5) })
          .map((args): Expr => call(op, ...args));
      }),
      tie("expr").map((key): Expr => ({ kind: "lookup", key, keys: ["a", "b"], values: [1.5, null], otherwise: 2 })),
    ),
  })).expr;

  test("what is printed reads back as the same formula", () => {
    fc.assert(
      fc.property(expr, (tree) => {
        expect(parse(printExpr(tree))).toEqual(folded(tree));
      }),
      { numRuns: 2000, seed: 5 },
    );
  });

  test("a day of the year 0 reads back", () => {
    const printed = printExpr(parse("DATE '0-01-31' is null"));
    expect(printed).toBe("DATE '0000-01-31' IS NULL");
    expect(printExpr(parse(printed))).toBe(printed);
    expect(printExpr(parse("TIMESTAMP '0-01-31 10:00'"))).toBe("TIMESTAMP '0000-01-31 10:00:00'");
  });

  test("reads like SQL", () => {
    expect(printExpr(parse("(delay+1)*2 > 3 and not (Origin in ('a') or \"a b\" is null)"))).toBe(
      "(delay + 1) * 2 > 3 AND NOT (Origin IN ('a') OR \"a b\" IS NULL)",
    );
  });
});

/** Flat conjunctions print as chains of two, infinities as casts: the parser gives those. */
function folded(expr: Expr): Expr {
  if (expr.kind === "lit" && typeof expr.value === "number" && Math.abs(expr.value) === Infinity)
    return call("toReal", lit(expr.value > 0 ? "inf" : "-inf"));
  if (expr.kind === "lookup") return { ...expr, key: folded(expr.key) };
  if (expr.kind !== "call") return expr;
  const [first, ...rest] = expr.args.map(folded);
  const chain = (expr.op === "and" || expr.op === "or" || expr.op === "concat") && rest.length > 1;
  return chain
    ? rest.reduce((left, right) => call(expr.op, left, right), first!)
    : { ...expr, args: [first!, ...rest] };
}

describe("lists", () => {
  test("split at top-level commas", () => {
    expect(parseList(`log(distance), onehot(origin, min=3), "a, b", 'c,d' , in(1,2)`)).toEqual([
      "log(distance)",
      "onehot(origin, min=3)",
      '"a, b"',
      "'c,d'",
      "in(1,2)",
    ]);
    expect(parseList("  ")).toEqual([]);
  });
  test("a call has a name, arguments and named arguments", () => {
    expect(parseCall(' bucketise("a, b", x + 1, bins = 10, at="p=1") ')).toEqual({
      name: "bucketise",
      args: ['"a, b"', "x + 1"],
      named: { bins: "10", at: '"p=1"' },
    });
    expect(parseCall("f(x == 1)")).toEqual({ name: "f", args: ["x == 1"], named: {} });
    expect(parseCall("a(x) + b(y)")).toBeUndefined();
    expect(parseCall("distance")).toBeUndefined();
    expect(parseCall("f(x")).toBeUndefined();
  });
});

test("a deep formula is compiled and evaluated without running out of stack", () => {
  const deep = Array.from({ length: 900 }).reduce<Expr>((inner) => call("add", inner, lit(1)), col("delay"));
  expect(compile(deep)({ delay: 1 })).toBe(901);
});
