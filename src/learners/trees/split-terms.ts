import { shrink } from "./leaf-value.js";
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
  readonly lower: number;
  readonly upper: number;
  /** How far a step may go; some candidates have sides that would go further, and are judged by where they may go. */
  readonly mostStep: number;
  /** Whether any feature is: then all are judged by one formula, so that equal splits tie. */
  readonly constrained: boolean;
  readonly worth: number;
  /** What either side's h must reach. */
  readonly minSide: number;
  /** The h that so many rows have, half a row less so that an estimate rounds to them. */
  readonly ofRows: (rows: number) => number;
  readonly smooth: number;
  /** The l2 of groups of levels. */
  readonly groupL2: number;
}

/** The best cut so far. */
export interface Best {
  score: number;
  feature: number;
  threshold: number;
  missingLeft: boolean;
  /** Of a category: no row lacks it. */
  missingEmpty: boolean;
  /** The bins that go left, for a category. */
  levels: ArrayLike<number>;
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
    lower: (lower * h) / g,
    upper: (upper * h) / g,
    mostStep: (options.maxStep * h) / g,
    constrained: options.monotone.some((way) => way !== 0),
    worth: (g * g) / h,
    minSide: Math.max(options.minLeafHessian / h, ofRows(options.minLeafRows), 1),
    ofRows,
    smooth: options.category.smooth / h,
    groupL2: (options.l2 + options.category.l2) / h,
  };
}

/** The score of a node that is not split. */
export const scoreOfNode = ({ g, h, l1, l2, lower, upper }: Terms): number =>
  lowered(g, h + l2, l1, Math.min(upper, Math.max(lower, -shrink(g, l1) / (h + l2))));

/** Whether a side would go further than a step may. */
export const goesTooFar = (g: number, h: number, restG: number, restH: number, mostStep: number, l2: number): boolean =>
  Math.abs(g) > mostStep * (h + l2) || Math.abs(restG) > mostStep * (restH + l2);

/** The score of two sides that no bound holds, over one denominator: as fast as a division, and the same with sides changed. */
export function scoreOfSides(g: number, h: number, restG: number, restH: number, l1: number, l2: number): number {
  const left = l1 === 0 ? g : shrink(g, l1);
  const right = l1 === 0 ? restG : shrink(restG, l1);
  const leftH = h + l2;
  const rightH = restH + l2;
  return (left * left * rightH + right * right * leftH) / (leftH * rightH);
}

/** The score of two sides with their values within the node's bounds; -Infinity where the values are in the wrong order. */
export function scoreWithin(
  g: number,
  h: number,
  restG: number,
  restH: number,
  { l1, lower, upper }: Terms,
  l2: number,
  monotone: -1 | 0 | 1,
): number {
  const left = -shrink(g, l1) / (h + l2);
  const right = -shrink(restG, l1) / (restH + l2);
  if (monotone * (right - left) < 0) return -Infinity;
  return (
    lowered(g, h + l2, l1, Math.min(upper, Math.max(lower, left))) +
    lowered(restG, restH + l2, l1, Math.min(upper, Math.max(lower, right)))
  );
}

/** How much a leaf of this value lowers the objective, times two: T(g)^2 / h where no bound holds the value back. */
const lowered = (g: number, h: number, l1: number, value: number): number =>
  -value * (2 * g + h * value) - 2 * l1 * Math.abs(value);
