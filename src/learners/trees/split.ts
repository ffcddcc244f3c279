import { type Bounds, leafValue } from "./leaf-value.js";
import type { BinFeature, NodeSums, Scales, Side, Split, SplitOptions } from "./split-contract.js";
import { scanLevels } from "./split-levels.js";
import { type Best, inUnits, scoreOfNode } from "./split-terms.js";
import { scanThresholds } from "./split-thresholds.js";

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
  const parent = scoreOfNode(terms);
  const least = parent + Math.max(options.minGain / terms.worth, parent * roundingShare, 0);
  const best: Best = {
    score: least,
    feature: -1,
    threshold: -1,
    missingLeft: false,
    missingEmpty: false,
    levels: [],
    g: 0,
    h: 0,
    l2: 0,
  };
  let room = new Float64Array(0);
  for (let index = 0; index < features.length; index++) {
    if (!allowed[index]) continue;
    const feature = features[index]!;
    if (feature.kind === "category") {
      if (room.length < feature.bins) room = new Float64Array(2 * feature.bins);
      scanLevels(histogram, feature, index, terms, options.category, room, best);
    } else scanThresholds(histogram, feature, index, terms, options.monotone[index] ?? 0, best);
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
  else for (let i = 0; i < best.levels.length; i++) goesLeft[best.levels[i]!] = 1;
  if (number && best.missingLeft) goesLeft[feature.bins - 1] = 1;
  // Of values that no row here has, and levels that training never met: to the larger side.
  if (!number && best.missingEmpty && 2 * best.h > node.h) goesLeft[feature.bins - 1] = 1;

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
