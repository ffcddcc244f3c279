import { packTrees, sumTrees } from "../expr/evaluate/trees.js";
import type { DecisionTree } from "../expr/expr.js";
import type { Page } from "../pages/page.js";

export interface ScoredTree extends DecisionTree {
  readonly output: number;
}

/** Trees over the columns of pages: a feature is a column (numbers first), a threshold is in page units. */
export interface TreesScoring {
  readonly base: readonly number[];
  readonly link: "identity" | "exp" | "logit" | "log";
  readonly trees: readonly ScoredTree[];
}

/** Sums of leaf values of every row, before the link: `out[k * rows + i]`. */
export function treeSumsReference(page: Page, { base, trees }: TreesScoring, out: Float64Array): void {
  const columns = [...page.numbers, ...page.codes];
  const x = new Float64Array(columns.length);
  base.forEach((each, k) => {
    const packed = packTrees({ base: each, trees: trees.filter(({ output }) => output === k) });
    for (let i = 0; i < page.rows; i++) {
      columns.forEach((column, c) => {
        const value = column[i]!;
        x[c] = c >= page.numbers.length && value < 0 ? Number.NaN : value;
      });
      out[k * page.rows + i] = sumTrees(packed, x);
    }
  });
}
