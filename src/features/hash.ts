import { integer } from "../base/params.js";
import { call, lit } from "../expr/expr.js";
import { defineFeature } from "./contract.js";

/** A category with more values than weights. */
export const hash = defineFeature({
  name: "hash",
  doc: "A category as one of `buckets` weights, chosen by a hash of its text: no levels to keep, values unseen in training share a bucket with seen ones. A missing value adds nothing.",
  params: { buckets: integer(2, 1_000_000, 1024, "weights; more make fewer values share one") },
  inputs: { min: 1, max: 1, types: ["text", "int64", "bool"] },
  questions: () => [],
  fit: () => ({}),
  blocks: (_, [of], { buckets }, name) => [
    {
      kind: "category",
      name,
      expr: call("mod", call("hash32", call("toText", of!), lit(0)), lit(buckets)),
      levels: Array.from({ length: buckets }, (_, i) => i),
    },
  ],
});
