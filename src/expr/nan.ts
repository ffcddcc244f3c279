import type { Schema } from "../base/schema.js";
import { columnOf } from "../base/schema.js";
import { call, type Expr, lit } from "./expr.js";

/**
 * The formula with NaN read as missing, as features have it. In the engines' order NaN is above all numbers, so that `delay > 15`
 * would be true of a delay that is not known. A formula that asks for NaN itself stays as it is.
 */
export const nanAsMissing = (expr: Expr, schema: Schema): Expr => (asksForNan(expr) ? expr : guarded(expr, schema));

const asksForNan = (expr: Expr): boolean =>
  expr.kind === "call"
    ? expr.op === "isNan" || expr.args.some(asksForNan)
    : expr.kind === "lookup" && asksForNan(expr.key);

function guarded(expr: Expr, schema: Schema): Expr {
  if (expr.kind === "call") return { ...expr, args: expr.args.map((arg) => guarded(arg, schema)) };
  if (expr.kind === "lookup") return { ...expr, key: guarded(expr.key, schema) };
  const isReal = expr.kind === "col" && columnOf(schema, expr.name)?.type.kind === "real";
  return isReal ? call("when", call("isNan", expr), lit(null), expr) : expr;
}
