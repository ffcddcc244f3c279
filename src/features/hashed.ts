import { call } from "../expr/expr.js";
import { defineFeature } from "./contract.js";

/** A category of any number of values, for learners of hashed features. */
export const hashed = defineFeature({
  name: "hashed",
  doc: "A category of any number of values as a hash of its text: no levels to keep and none to count. Learners of hashed features (sparseLogistic, sparseLinear) give it a weight by that hash; values that training never saw have mostly none. A missing value is a value of its own.",
  params: {},
  inputs: { min: 1, max: 1, types: ["text", "int64", "bool", "date"] },
  questions: () => [],
  fit: () => ({}),
  blocks: (_, [of], __, name) => [{ kind: "hashed", name, expr: call("hash31", call("toText", of!)) }],
});
