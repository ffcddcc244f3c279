import { flag } from "../base/params.js";
import { call, lit } from "../expr/expr.js";
import { defineFeature } from "./contract.js";
import { affine, asReal } from "./formulas.js";

const numbers = { min: 1, max: 1, types: ["int64", "real", "decimal", "bool"] } as const;

/** (x - mean) / deviation, as the training rows have them. */
export const standardise = defineFeature({
  name: "standardise",
  doc: "(x - mean) / standard deviation (of the population, as scikit-learn has it). A missing value counts as the mean; a constant column becomes 0.",
  params: {},
  inputs: numbers,
  questions: ([of]) => [
    { ask: "mean", of: of! },
    { ask: "deviation", of: of! },
  ],
  fit: ([mean, deviation]) => ({ mean: Number(mean ?? 0), deviation: Number(deviation ?? 0) }),
  blocks: ({ mean, deviation }, [of], _, name) => [
    { kind: "number", name, expr: affine(of!, mean, deviation), fill: 0 },
  ],
});

/** (x - median) / interquartile range: outliers do not move it. */
export const robustScale = defineFeature({
  name: "robustScale",
  doc: "(x - median) / (75 % quantile - 25 % quantile), from a seeded sample of the training rows. A missing value counts as the median; 0 throughout when the quartiles are equal.",
  params: {},
  inputs: numbers,
  questions: ([of]) => [{ ask: "quantiles", of: of!, at: [0.25, 0.5, 0.75] }],
  fit: ([quantiles]) => {
    const [low, median, high] = (quantiles as readonly number[] | null) ?? [0, 0, 0];
    return { median: median!, range: high! - low! };
  },
  blocks: ({ median, range }, [of], _, name) => [{ kind: "number", name, expr: affine(of!, median, range), fill: 0 }],
});

/** (x - min) / (max - min). */
export const minMax = defineFeature({
  name: "minMax",
  doc: "(x - min) / (max - min) of the training rows, so 0 to 1 there; new rows may lie outside unless clip. A missing value counts as the mean; a constant column becomes 0.",
  params: { clip: flag(false, "values outside the training range become 0 or 1") },
  inputs: numbers,
  questions: ([of]) => [
    { ask: "min", of: asReal(of!) },
    { ask: "max", of: asReal(of!) },
    { ask: "mean", of: of! },
  ],
  fit: ([min, max, mean]) => {
    const [low, high] = [Number(min ?? 0), Number(max ?? 0)];
    return { min: low, range: high - low, fill: high > low ? (Number(mean) - low) / (high - low) : 0 };
  },
  blocks: ({ min, range, fill }, [of], { clip }, name) => {
    const scaled = affine(of!, min, range);
    // least and greatest skip missing values in some dialects, so a missing value is kept apart
    const clipped = call(
      "when",
      call("lt", scaled, lit(0)),
      lit(0),
      call("when", call("gt", scaled, lit(1)), lit(1), scaled),
    );
    return [{ kind: "number", name, expr: clip ? clipped : scaled, fill }];
  },
});
