import { type Bounds, leafValue, lowered } from "./leaf-value.js";
import type { NodeSums, Scales, SplitOptions } from "./split-contract.js";

/**
 * The node and the options in the histogram's own units, where a score T(g)^2 / (h + l2) is to be multiplied by `worth`: so the
 * scans add up integers and equal sides have equal scores to the last bit.
 */
export interface Terms {
  readonly g: number;
  readonly h: number;
  readonly l1: number;
  readonly l2: number;
  readonly bounds: Bounds;
  readonly bounded: boolean;
  readonly worth: number;
  /** What either side's h must reach. */
  readonly minSide: number;
  /** The h that so many rows have, half a row less so that an estimate rounds to them. */
  readonly ofRows: (rows: number) => number;
  readonly levels: { readonly smooth: number; readonly l2: number };
}

/** The best cut so far. */
export interface Best {
  score: number;
  feature: number;
  threshold: number;
  missingLeft: boolean;
  /** The bins that go left, for a category. */
  levels: Uint32Array;
  /** Sums of the left side, and the penalty on both values. */
  g: number;
  h: number;
  l2: number;
}

export function inUnits({ g, h }: Scales, node: NodeSums, options: SplitOptions): Terms {
  const { lower, upper } = node.bounds;
  const ofRows = (rows: number) => ((rows - 0.5) * node.h) / node.rows;
  return {
    g: node.g,
    h: node.h,
    l1: options.l1 / g,
    l2: options.l2 / h,
    bounds: { lower: (lower * h) / g, upper: (upper * h) / g },
    bounded: lower > -Infinity || upper < Infinity,
    worth: (g * g) / h,
    minSide: Math.max(options.minLeafHessian / h, ofRows(options.minLeafRows), 1),
    ofRows,
    levels: { smooth: options.category.smooth / h, l2: (options.l2 + options.category.l2) / h },
  };
}

/** The score of one side, its value kept within the node's bounds. */
export function scoreOf(g: number, h: number, { l1, bounds, bounded }: Terms, l2: number): number {
  if (bounded) return lowered(g, h, { l1, l2 }, leafValue(g, h, { l1, l2 }, bounds));
  const pull = Math.max(Math.abs(g) - l1, 0);
  return (pull * pull) / (h + l2);
}
