import type { Schema } from "../base/schema.js";
import { columnOf } from "../base/schema.js";
import { call, columnsOf, type Expr, lit } from "./expr.js";
import type { OpName } from "./ops.js";
import { knownType } from "./type-of.js";

/**
 * The formula with NaN read as missing, as features have it: the rule of every formula that people write. In the engines' order NaN is
 * above all numbers, so that `delay > 15` would be true of a delay that is not known. So what is compared, asked for, or turned into something
 * else is made missing first, a column's NaN and one that was computed; arithmetic hands NaN on, and what reads its result takes it for
 * missing. A formula that asks for NaN itself stays as it is.
 */
export const nanAsMissing = (expr: Expr, schema: Schema): Expr => (asksForNan(expr) ? expr : guarded(expr, schema));

const asksForNan = (expr: Expr): boolean =>
  expr.kind === "call"
    ? expr.op === "isNan" || expr.args.some(asksForNan)
    : expr.kind === "lookup" && asksForNan(expr.key);

/** Operations whose answer to NaN is no NaN. */
const answersNan: ReadonlySet<OpName> = new Set<OpName>([
  ...(["eq", "ne", "lt", "le", "gt", "ge", "between", "in", "notIn", "isNull", "isNotNull", "isFinite"] as const),
  ...(["coalesce", "least", "greatest", "pow", "toText", "toInt", "toBool"] as const),
]);

function guarded(expr: Expr, schema: Schema): Expr {
  if (expr.kind === "lookup") return { ...expr, key: known(guarded(expr.key, schema), schema) };
  if (expr.kind !== "call") return expr;
  const args = expr.args.map((arg) => guarded(arg, schema));
  return { ...expr, args: answersNan.has(expr.op) ? args.map((arg) => known(arg, schema)) : args };
}

/** The value itself, missing where it is NaN. */
export const known = (expr: Expr, schema: Schema): Expr =>
  mayBeNan(expr, schema) ? call("when", call("isNan", expr), lit(null), expr) : expr;

const mayBeNan = (expr: Expr, schema: Schema): boolean =>
  expr.kind === "col"
    ? columnOf(schema, expr.name)?.type.kind === "real"
    : expr.kind === "call" &&
      [...columnsOf(expr)].every((name) => columnOf(schema, name)) &&
      knownType(expr, schema)?.kind === "real";
