import { SluiceError } from "../base/errors.js";
import { integer, textParam } from "../base/params.js";
import { call, type Expr, lit } from "../expr/expr.js";
import { type Block, defineFeature, type Question } from "./contract.js";
import { asReal, isMissing } from "./formulas.js";

/** Ranges of a number as a category, so that a linear model can follow a bend. */
export const bucketise = defineFeature({
  name: "bucketise",
  doc: "The range a number falls in, as a category: between quantiles of a seeded sample of the training rows, or between given edges. The outer ranges are open, so every new number has one; a missing value adds nothing.",
  params: {
    bins: integer(2, 1000, 10, "ranges between quantiles; equal quantiles give fewer"),
    edges: textParam("", "edges to use instead, like '0 10 100'; each belongs to the range above it"),
  },
  inputs: { min: 1, max: 1, types: ["int64", "real", "decimal"] },
  questions: ([of], { bins, edges }): readonly Question[] =>
    edges ? [] : [{ ask: "quantiles", of: of!, at: Array.from({ length: bins - 1 }, (_, i) => (i + 1) / bins) }],
  fit: ([quantiles], _, { edges }) => ({
    edges: edges ? parseEdges(edges) : [...new Set((quantiles as readonly number[] | null) ?? [])],
  }),
  blocks: ({ edges }, [of], _, name): readonly Block[] => {
    const levels = [...edges, Number.POSITIVE_INFINITY].map((to, i) => rangeName(edges[i - 1], to));
    const expr = call("when", isMissing(asReal(of!)), lit(null), search(asReal(of!), edges, levels));
    return [{ kind: "category", name, expr, levels }];
  },
});

function parseEdges(text: string): number[] {
  const edges = text
    .split(/[\s;,]+/)
    .filter(Boolean)
    .map(Number);
  if (edges.length === 0 || edges.some((edge, i) => !Number.isFinite(edge) || (i > 0 && edge <= edges[i - 1]!)))
    throw new SluiceError(
      "bad_parameter",
      `bucketise: edges are "${text}"; they must be growing numbers like '0 10 100'`,
      { parameter: "edges", value: text },
    );
  return edges;
}

const rangeName = (from: number | undefined, to: number): string =>
  from === undefined
    ? to === Number.POSITIVE_INFINITY
      ? "all"
      : `< ${to}`
    : to === Number.POSITIVE_INFINITY
      ? `>= ${from}`
      : `${from} to ${to}`;

/** Halving search as nested conditions: `edges.length` of them, a logarithm deep. */
function search(of: Expr, edges: readonly number[], levels: readonly string[], from = 0, to = edges.length): Expr {
  if (from === to) return lit(levels[from]!);
  const middle = (from + to) >> 1;
  return call(
    "when",
    call("lt", of, lit(edges[middle]!)),
    search(of, edges, levels, from, middle),
    search(of, edges, levels, middle + 1, to),
  );
}
