import type { Interval } from "./intervals.js";
import { ofError } from "./intervals.js";
import { keyMargin } from "./keys.js";
import type { Bins } from "./sketch.js";

/** Positives and negatives by ascending score, one entry per bin: everything about order is read off this. */
export interface Ranking {
  readonly count: number;
  readonly score: Float64Array;
  readonly positives: Float64Array;
  readonly negatives: Float64Array;
  readonly allPositives: number;
  readonly allNegatives: number;
  /** Bins are as fine as the grid, so rows that share one count as ties. */
  readonly exact: boolean;
}

export const rankingOf = ({ level, count, middle, a, b }: Bins): Ranking => ({
  count,
  score: middle.map(keyMargin),
  positives: a,
  negatives: b,
  allPositives: total(a),
  allNegatives: total(b),
  exact: level === 0,
});

const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
export const probabilityOf = (margin: number): number => 1 / (1 + Math.exp(-margin));
/** The margin of a probability. */
export const logit = (probability: number): number => Math.log(probability / (1 - probability));

export interface Area {
  readonly value: number;
  readonly bound: number;
}

/** The area under the ROC curve: the share of (positive, negative) pairs in the right order, ties half (Mann and Whitney 1947). */
export function rocArea({ count, positives, negatives, allPositives, allNegatives, exact }: Ranking): Area {
  let right = 0;
  let shared = 0;
  let below = 0;
  for (let i = 0; i < count; i++) {
    right += positives[i]! * below;
    shared += positives[i]! * negatives[i]!;
    below += negatives[i]!;
  }
  const pairs = allPositives * allNegatives;
  return { value: (right + shared / 2) / pairs, bound: exact ? 0 : shared / 2 / pairs };
}

export const rocAreaInterval = (ranking: Ranking, area: number, positiveRows: number, negativeRows: number): Interval =>
  ofError(area, rocAreaError(ranking, area, positiveRows, negativeRows), 0, 1);

/** By DeLong's variance (1988), read off the bins; `positiveRows` and `negativeRows` are numbers of independent rows. */
export function rocAreaError(ranking: Ranking, area: number, positiveRows: number, negativeRows: number): number {
  const { count, positives, negatives, allPositives, allNegatives } = ranking;
  let ofPositives = 0;
  let ofNegatives = 0;
  let positivesBelow = 0;
  let negativesBelow = 0;
  for (let i = 0; i < count; i++) {
    const p = positives[i]!;
    const n = negatives[i]!;
    ofPositives += p * ((negativesBelow + n / 2) / allNegatives - area) ** 2;
    ofNegatives += n * (1 - (positivesBelow + p / 2) / allPositives - area) ** 2;
    positivesBelow += p;
    negativesBelow += n;
  }
  const variance =
    ofPositives / allPositives / Math.max(1, positiveRows - 1) +
    ofNegatives / allNegatives / Math.max(1, negativeRows - 1);
  return Math.sqrt(variance);
}

/**
 * Average precision: precision at each positive, from the highest score down; rows that share a score count together.
 * Where bins are wider than a score, the middle between the best and the worst order inside each bin, half their distance
 * being the bound (`heaviest` is the largest weight of one row: what the integral over a bin can miss).
 */
export function precisionArea(ranking: Ranking, heaviest: number): Area {
  const { count, positives, negatives, allPositives, exact } = ranking;
  let tied = 0;
  let best = 0;
  let worst = 0;
  let above = 0;
  let wrong = 0;
  for (let i = count - 1; i >= 0; i--) {
    const p = positives[i]!;
    const n = negatives[i]!;
    if (p > 0) {
      const whole = (p * (above + p)) / (above + p + wrong + n);
      tied += whole;
      if (n === 0 || p <= heaviest) {
        // One positive, or none to mix with: the first or the last place in the bin.
        best += (p * (above + p)) / (above + p + wrong);
        worst += n === 0 ? precisionSum(above, wrong, p) : whole;
      } else {
        const rise = (above + p) / (above + p + wrong) - above / Math.max(above + wrong, Number.MIN_VALUE);
        best += Math.min(p, precisionSum(above, wrong, p) + heaviest * Math.max(0, rise));
        worst += Math.min(whole, precisionSum(above, wrong + n, p));
      }
    }
    above += p;
    wrong += n;
  }
  if (exact) return { value: tied / allPositives, bound: 0 };
  return { value: (best + worst) / 2 / allPositives, bound: (best - worst) / 2 / allPositives };
}

/** The integral of (above + t) / (above + t + wrong) over t from 0 to p. */
const precisionSum = (above: number, wrong: number, p: number): number =>
  wrong === 0 ? p : p - wrong * Math.log1p(p / (above + wrong));

/** The largest distance between the score distributions of the classes (Kolmogorov and Smirnov), and where it is. */
export function greatestGap({ count, positives, negatives, allPositives, allNegatives, score }: Ranking): {
  gap: number;
  at: number;
} {
  let gap = 0;
  let at = 0.5;
  let p = 0;
  let n = 0;
  for (let i = 0; i < count; i++) {
    p += positives[i]!;
    n += negatives[i]!;
    const here = Math.abs(n / allNegatives - p / allPositives);
    if (here > gap) {
      gap = here;
      at = probabilityOf(score[i]!);
    }
  }
  return { gap, at };
}
