import { type Bounds, leafValue } from "./leaf-value.js";
import { scanLevels } from "./split-levels.js";
import { type Best, inUnits, scoreOf } from "./split-terms.js";
import { scanThresholds } from "./split-thresholds.js";

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

/** A gain below this share of the node's own score is the rounding of a division, no gain. */
const roundingShare = 2 ** -40;

/**
 * The split of a node that lowers the objective most, or undefined where none gains enough. Of equal splits the first one in order of
 * feature, threshold, missing values right before left.
 */
export function bestSplit(
  histogram: Float64Array,
  scales: Scales,
  features: readonly BinFeature[],
  allowed: ArrayLike<number>,
  node: NodeSums,
  options: SplitOptions,
): Split | undefined {
  if (!(node.h > 0)) return undefined;
  const terms = inUnits(scales, node, options);
  const parent = scoreOf(node.g, node.h, terms, terms.l2);
  const least = parent + Math.max(options.minGain / terms.worth, parent * roundingShare, 0);
  const best: Best = {
    score: least,
    feature: -1,
    threshold: -1,
    missingLeft: false,
    levels: new Uint32Array(0),
    g: 0,
    h: 0,
    l2: 0,
  };
  for (let index = 0; index < features.length; index++) {
    if (!allowed[index]) continue;
    const feature = features[index]!;
    if (feature.kind === "category") scanLevels(histogram, feature, index, terms, options.category, best);
    else scanThresholds(histogram, feature, index, terms, options.monotone[index] ?? 0, best);
  }
  if (best.feature < 0) return undefined;
  return asSplit(best, features[best.feature]!, node, scales, options, (best.score - parent) * terms.worth);
}

function asSplit(
  best: Best,
  feature: BinFeature,
  node: NodeSums,
  scales: Scales,
  options: SplitOptions,
  gain: number,
): Split {
  const goesLeft = new Uint8Array(feature.bins);
  const number = feature.kind === "number";
  if (number) goesLeft.fill(1, 0, best.threshold + 1);
  else for (const bin of best.levels) goesLeft[bin] = 1;
  if (number && best.missingLeft) goesLeft[feature.bins - 1] = 1;

  const l2 = best.l2 * scales.h;
  const rows = Math.round((node.rows * best.h) / node.h);
  const left = { g: best.g, h: best.h, rows, l2 };
  const right = { g: node.g - best.g, h: node.h - best.h, rows: node.rows - rows, l2 };
  const bounds = boundsOfSides(left, right, node.bounds, scales, options, options.monotone[best.feature] ?? 0);
  return {
    feature: best.feature,
    goesLeft,
    threshold: number ? best.threshold : -1,
    missingLeft: goesLeft[feature.bins - 1] === 1,
    gain,
    left: { ...left, bounds: bounds.left },
    right: { ...right, bounds: bounds.right },
  };
}

type Plain = Omit<Side, "bounds">;

/** A constrained split parts the values of its sides at their middle for good (LightGBM's basic method). */
function boundsOfSides(
  left: Plain,
  right: Plain,
  bounds: Bounds,
  scales: Scales,
  { l1 }: SplitOptions,
  monotone: -1 | 0 | 1,
): { left: Bounds; right: Bounds } {
  if (monotone === 0) return { left: bounds, right: bounds };
  const value = ({ g, h, l2 }: Plain) => leafValue(g * scales.g, h * scales.h, { l1, l2 }, bounds);
  const middle = (value(left) + value(right)) / 2;
  const below = { lower: bounds.lower, upper: middle };
  const above = { lower: middle, upper: bounds.upper };
  return monotone > 0 ? { left: below, right: above } : { left: above, right: below };
}
