import { choice, integer } from "../base/params.js";
import { call, type Expr, lit } from "../expr/expr.js";
import { defineFeature } from "./contract.js";
import { isMissing } from "./formulas.js";
import { asLevel } from "./one-hot.js";
import { compareValues } from "./statistics/values.js";

type Counted = readonly { readonly value: string | number | boolean; readonly count: number }[];
const categories = { min: 1, max: 1, types: ["text", "bool", "int64", "real", "decimal"] } as const;
const listed = (values: unknown): Counted => (values as Counted | null) ?? [];

/** A category as the rank of its value. */
export const ordinal = defineFeature({
  name: "ordinal",
  doc: "0, 1, 2, ... by the order of the values (text by its bytes), or by how frequent they are. Missing values and values unseen in training, or beyond the limit, are -1.",
  params: {
    order: choice(["value", "frequency"], "value", "frequency: the most frequent value is 0"),
    limit: integer(1, 1_000_000, 10_000, "most values kept, the frequent ones first"),
  },
  inputs: categories,
  questions: ([of], { limit }) => [{ ask: "values", of: of!, limit }],
  fit: ([values], _, { order }) => {
    const levels = listed(values).map(({ value }) => value);
    return { levels: (order === "value" ? levels.sort(compareValues) : levels).map(asLevel) };
  },
  blocks: ({ levels }, [of], _, name) => [
    {
      kind: "number",
      name,
      expr: { kind: "lookup", key: of!, keys: levels, values: levels.map((_, i) => i), otherwise: -1 },
      fill: -1,
    },
  ],
});

/** A category as the share of training rows that have its value. */
export const frequency = defineFeature({
  name: "frequency",
  doc: "The share of training rows with this value. A missing value has the share of missing ones; a value unseen in training, or beyond the limit, is 0.",
  params: { limit: integer(1, 1_000_000, 10_000, "most values kept, the frequent ones first") },
  inputs: categories,
  questions: ([of], { limit }) => [
    { ask: "values", of: of!, limit },
    { ask: "count", of: of! },
    { ask: "missing", of: of! },
  ],
  fit: ([values, count, missing]) => {
    const rows = Math.max(1, Number(count) + Number(missing));
    const kept = listed(values);
    return {
      levels: kept.map(({ value }) => asLevel(value)),
      shares: kept.map((level) => level.count / rows),
      missing: Number(missing) / rows,
    };
  },
  blocks: ({ levels, shares, missing }, [of], _, name) => {
    const known: Expr = { kind: "lookup", key: of!, keys: levels, values: shares, otherwise: 0 };
    return [{ kind: "number", name, expr: call("when", isMissing(of!), lit(missing), known), fill: missing }];
  },
});
