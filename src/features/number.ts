import { defineFeature } from "./contract.js";
import { asReal } from "./formulas.js";
import { smallSample } from "./statistics/ask.js";

/** A column as the number it is. */
export const number = defineFeature({
  name: "number",
  doc: "The value as a number, unscaled. Missing stays missing for learners that can take it; others see the median of a sample of the training rows.",
  params: {},
  inputs: { min: 1, max: 1, types: ["int64", "real", "decimal", "bool"] },
  questions: ([of]) => [{ ask: "quantiles", of: of!, at: [0.5], sample: smallSample }],
  fit: ([quantiles]) => ({ fill: (quantiles as readonly number[] | null)?.[0] ?? 0 }),
  blocks: ({ fill }, [of], _, name) => [{ kind: "number", name, expr: asReal(of!), fill }],
});
