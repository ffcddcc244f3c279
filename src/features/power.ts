import { real } from "../base/params.js";
import { call, lit } from "../expr/expr.js";
import { defineFeature } from "./contract.js";
import { asReal } from "./formulas.js";

const numbers = { min: 1, max: 1, types: ["int64", "real", "decimal", "bool"] } as const;

/** The natural logarithm, moved so that it exists for the training rows. */
export const log = defineFeature({
  name: "log",
  doc: "ln(x) when every training value is above 0, else ln(x - min + 1). Missing, and new values for which that does not exist, count as the logarithm of the mean.",
  params: {},
  inputs: numbers,
  questions: ([of]) => [
    { ask: "min", of: asReal(of!) },
    { ask: "mean", of: of! },
  ],
  fit: ([min, mean]) => {
    const shift = Number(min ?? 1) > 0 ? 0 : 1 - Number(min);
    return { shift, mean: Number(mean ?? 0) };
  },
  blocks: ({ shift, mean }, [of], _, name) => {
    const moved = shift === 0 ? asReal(of!) : call("add", asReal(of!), lit(shift));
    return [{ kind: "number", name, expr: call("ln", moved), fill: mean + shift > 0 ? Math.log(mean + shift) : 0 }];
  },
});

/** A power that keeps the sign. */
export const power = defineFeature({
  name: "power",
  doc: "sign(x) * |x|^exponent: 0.5 is a square root that negative numbers have too. A missing value counts as the mean.",
  params: { exponent: real(0.01, 10, 0.5, "the power") },
  inputs: numbers,
  questions: ([of]) => [{ ask: "mean", of: of! }],
  fit: ([mean]) => ({ mean: Number(mean ?? 0) }),
  blocks: ({ mean }, [of], { exponent }, name) => {
    const size = call("pow", call("abs", asReal(of!)), lit(exponent));
    const expr = call("when", call("lt", asReal(of!), lit(0)), call("neg", size), size);
    return [{ kind: "number", name, expr, fill: Math.sign(mean) * Math.abs(mean) ** exponent }];
  },
});
