import { generator } from "../../base/seeds.js";
import type { GrowingRows } from "./grow.js";
import type { BinFeature, SplitOptions } from "./split-contract.js";

export const defaults: SplitOptions = {
  minLeafRows: 1,
  minLeafHessian: 1e-3,
  l1: 0,
  l2: 1,
  minGain: 0,
  maxStep: Infinity,
  monotone: [],
  category: { smooth: 1, l2: 1, oneAgainstRest: 4, minGroupRows: 1, maxLevels: 32 },
};

export interface Table {
  readonly features: readonly BinFeature[];
  /** By feature and row. */
  readonly codes: readonly Uint16Array[];
  readonly g: Int32Array;
  readonly h: Int32Array;
  readonly rows: number;
}

/**
 * Numbers and categories whose gradients depend on the codes; a tenth of the values is missing in every other column. Gradients are so
 * wide that different splits hardly gain the same.
 */
export function randomTable(
  seed: number,
  rows: number,
  columns: readonly { readonly kind: BinFeature["kind"]; readonly bins: number }[],
  weighted = true,
): Table {
  const next = generator(seed);
  const below = (n: number) => Math.floor(next() * n);
  let offset = 0;
  const features = columns.map(({ kind, bins }) => {
    offset += bins;
    return { kind, bins, offset: offset - bins };
  });
  const codes = features.map(({ bins }, f) =>
    Uint16Array.from({ length: rows }, () => (f % 2 === 1 && below(10) === 0 ? bins - 1 : below(bins - 1))),
  );
  const effects = features.map(({ bins }) => Array.from({ length: bins }, () => below(2001) - 1000));
  const h = Int32Array.from({ length: rows }, () => (weighted ? below(30) : 1));
  const g = Int32Array.from(
    { length: rows },
    (_, row) => h[row]! * codes.reduce((sum, column, f) => sum + effects[f]![column[row]!]!, below(1001) - 500),
  );
  return { features, codes, g, h, rows };
}

export interface CountedRows extends GrowingRows {
  /** How many histograms each round was asked for. */
  readonly asked: number[];
}

/** Rows held in this thread: what a keeper does on the workers, in few words. */
export function rowsOf({ features, codes, g, h, rows }: Table): CountedRows {
  const bins = features.reduce((sum, feature) => sum + feature.bins, 0);
  const nodes = new Map([[0, Array.from({ length: rows }, (_, row) => row)]]);
  return {
    asked: [],
    async round(splits, wanted) {
      this.asked.push(wanted.length);
      const counts = splits.map(({ node, left, right, feature, goesLeft }) => {
        const own = nodes.get(node)!;
        const sides = [1, 0].map((side) => own.filter((row) => goesLeft[codes[feature]![row]!] === side));
        nodes.delete(node);
        nodes.set(left, sides[0]!).set(right, sides[1]!);
        return [sides[0]!.length, sides[1]!.length] as const;
      });
      const histograms = wanted.map((node) => {
        const histogram = new Float64Array(2 * bins);
        for (const row of nodes.get(node)!)
          for (const [f, { offset }] of features.entries()) {
            const at = 2 * (offset + codes[f]![row]!);
            histogram[at]! += g[row]!;
            histogram[at + 1]! += h[row]!;
          }
        return histogram;
      });
      return { rows: counts, histograms };
    },
  };
}
