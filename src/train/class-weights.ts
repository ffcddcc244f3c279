import { SluiceError } from "../base/errors.js";
import type { LabelFound } from "../data/label.js";
import { call, type Expr, lit } from "../expr/expr.js";
import type { BaselineState } from "../learners/baseline.js";
import type { TrainSpec } from "./spec.js";

/** `classWeights` among the learner's parameters means the training's: every learner of classes takes weighted rows. */
export function withClassWeights(spec: TrainSpec): TrainSpec {
  const { classWeights, ...params } = spec.params ?? {};
  if (classWeights === undefined) return spec;
  return { ...spec, params, classWeights: String(classWeights) as "balanced" };
}

/** rows / (classes * rows of the class), as in scikit-learn: all classes weigh the same in training. */
export function balancedWeights({ task, counts }: Pick<LabelFound, "task" | "counts">, label: string): number[] {
  if (task === "regression")
    throw new SluiceError("usage", `--class-weights is for classes, and the label "${label}" makes this regression`, {
      task,
    });
  const rows = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => rows / (counts.length * count));
}

/** Rows that judge keep the weight that they have: figures are about the rows as they come. */
export function weightByClass(
  weights: readonly number[],
  label: Expr,
  { classes }: Pick<LabelFound, "classes">,
  isValidation: Expr,
  own: Expr = lit(1),
): Expr {
  const ofClass: Expr = { kind: "lookup", key: label, keys: classes, values: weights, otherwise: null };
  return call("when", isValidation, call("toReal", own), call("mul", call("toReal", own), ofClass));
}

/** What the baseline would be without class weights: the shares of the classes as they come. */
export function sharesAsTheyCome({ shares }: BaselineState, weights: readonly number[]): BaselineState {
  const counts = shares.map((share, k) => share / weights[k]!);
  const all = counts.reduce((sum, count) => sum + count, 0);
  return { shares: counts.map((count) => count / all) };
}
