import type { Bounds } from "./leaf-value.js";

/** A column of bins. Codes are 0 .. bins-1; the last one is the bin of missing (and unknown) values and may be empty. */
export interface BinFeature {
  readonly kind: "number" | "category";
  readonly bins: number;
  /** Its first bin in a histogram. */
  readonly offset: number;
}

export interface SplitOptions {
  readonly minLeafRows: number;
  readonly minLeafHessian: number;
  readonly l1: number;
  readonly l2: number;
  readonly minGain: number;
  /** A leaf's value goes this far from 0 at most; Infinity sets no limit. */
  readonly maxStep: number;
  /** By feature: 1 makes the value rise with the feature, -1 fall. Only numbers can be constrained. */
  readonly monotone: readonly (-1 | 0 | 1)[];
  readonly category: CategoryOptions;
}

/** LightGBM's cat_smooth, cat_l2, max_cat_to_onehot, min_data_per_group, max_cat_threshold. */
export interface CategoryOptions {
  readonly smooth: number;
  readonly l2: number;
  readonly oneAgainstRest: number;
  readonly minGroupRows: number;
  readonly maxLevels: number;
}

/** What one unit of a histogram's integers is worth. */
export interface Scales {
  readonly g: number;
  readonly h: number;
}

/** The rows of a node: g and h are sums of the histogram's integers. */
export interface NodeSums {
  readonly g: number;
  readonly h: number;
  readonly rows: number;
  readonly bounds: Bounds;
}

export interface Side extends NodeSums {
  /** The L2 penalty of this side's value: more than usual where levels were grouped by their gradients. */
  readonly l2: number;
  /** All its rows are of one class: nothing is left to split. */
  readonly pure?: boolean;
}

export interface Split {
  readonly feature: number;
  /** By bin: 1 goes left. */
  readonly goesLeft: Uint8Array;
  /** Of a number, the last bin that goes left (the last one that is not missing: all that is not missing); -1 for a category. */
  readonly threshold: number;
  readonly missingLeft: boolean;
  readonly gain: number;
  /** Rows of the sides are estimated from their share of h, as in LightGBM: exact where every row has the same h. */
  readonly left: Side;
  readonly right: Side;
}
