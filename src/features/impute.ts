import { choice, flag, real } from "../base/params.js";
import type { Expr } from "../expr/expr.js";
import { call, lit } from "../expr/expr.js";
import { type Block, defineFeature, type Question } from "./contract.js";
import { asReal, missingFlag } from "./formulas.js";

/** Fills missing numbers with one value, and says in a second column where it did. */
export const impute = defineFeature({
  name: "impute",
  doc: "Missing numbers become the mean, median or most frequent value of the training rows, or a constant; with flag a second column is 1 where the value was missing. Values that are not finite count as missing.",
  params: {
    with: choice(["mean", "median", "mostFrequent", "constant"], "mean", "what fills the gap"),
    value: real(-1e300, 1e300, 0, "the constant"),
    flag: flag(false, "adds a column that is 1 where the value was missing"),
  },
  inputs: { min: 1, max: 1, types: ["int64", "real", "decimal", "bool"] },
  questions: ([of], { with: by }): readonly Question[] => fillQuestions(of!, by),
  fit: ([found], _, { with: by, value }) => ({ fill: by === "constant" ? value : fillOf(found) }),
  blocks: ({ fill }, [of], params, name): readonly Block[] => [
    { kind: "number", name, expr: call("coalesce", asReal(of!), lit(fill)), fill },
    ...(params.flag ? [missingFlag(of!, name)] : []),
  ],
});

function fillQuestions(of: Expr, by: "mean" | "median" | "mostFrequent" | "constant"): readonly Question[] {
  if (by === "mean") return [{ ask: "mean", of }];
  if (by === "median") return [{ ask: "quantiles", of, at: [0.5] }];
  return by === "mostFrequent" ? [{ ask: "values", of: asReal(of), limit: 1 }] : [];
}

/** A column without a single value is filled with 0. */
function fillOf(found: unknown): number {
  const first = Array.isArray(found) ? found[0] : found;
  const value = typeof first === "object" && first !== null ? (first as { value: unknown }).value : first;
  return Number(value ?? 0);
}
