import { choice } from "../base/params.js";
import { defineFeature, type Question } from "./contract.js";
import { asReal } from "./formulas.js";

/** A column as the number it is. */
export const number = defineFeature({
  name: "number",
  doc: "The value as a number, unscaled. Missing stays missing for learners that can take it; others see the mean, or the median of the first 1,000 training rows where automatic features found none missing.",
  params: {
    fill: choice(["mean", "firstRows"], "mean", "what a missing value counts as; firstRows costs no look at all rows"),
  },
  inputs: { min: 1, max: 1, types: ["int64", "real", "decimal", "bool"] },
  questions: ([of], { fill }): readonly Question[] =>
    fill === "mean" ? [{ ask: "mean", of: of! }] : [{ ask: "quantiles", of: of!, at: [0.5], first: 1000 }],
  fit: ([found]) => ({ fill: Number((Array.isArray(found) ? found[0] : found) ?? 0) }),
  blocks: ({ fill }, [of], _, name) => [{ kind: "number", name, expr: asReal(of!), fill }],
});
