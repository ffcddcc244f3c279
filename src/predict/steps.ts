import type { Expr } from "../expr/expr.js";
import type { Model } from "../model/model.js";
import { outputsOf } from "./formulas.js";

/** About how many steps a row of a model takes: nodes passed in trees, and calls. */
export const stepsOfRow = (model: Model): number =>
  Object.values(outputsOf(model)).reduce((sum, expr) => sum + stepsOf(expr), 0);

function stepsOf(expr: Expr): number {
  const all = (parts: readonly Expr[]): number => parts.reduce((sum, part) => sum + stepsOf(part), 0);
  if (expr.kind === "call") return 1 + all(expr.args);
  if (expr.kind === "lookup") return 2 + stepsOf(expr.key);
  if (expr.kind === "weigh") return all(expr.slots) + 4 * expr.slots.length;
  if (expr.kind === "trees")
    return all(expr.inputs) + expr.trees.reduce((sum, { value }) => sum + 2 + 2 * Math.log2(value.length), 0);
  return 1;
}
