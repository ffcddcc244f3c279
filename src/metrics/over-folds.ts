import type { Metrics } from "./contract.js";
import { studentT } from "./student.js";

/** A figure over the folds: its mean, standard deviation, and 95 % interval; null where fewer than two folds have it. */
export interface FoldMetric {
  readonly mean: number;
  readonly sd: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** By fold; null where a fold has none. */
  readonly values: readonly (number | null)[];
}

/** The mean's 95 % interval, where there is one. */
export const intervalOf = ({ low, high }: FoldMetric): readonly [low: number, high: number] | undefined =>
  low === null || high === null ? undefined : [low, high];

/** Each figure over the folds; where a fold has none (one class alone has no AUC), over the others. */
export function overFolds(folds: readonly Pick<Metrics, "values">[]): Readonly<Record<string, FoldMetric>> {
  const names = [...new Set(folds.flatMap(({ values }) => Object.keys(values)))];
  return Object.fromEntries(
    names.map((name) => {
      const values = folds.map(({ values }) => values[name] ?? null);
      return [name, { ...spreadOf(values.filter((value) => value !== null)), values }];
    }),
  );
}

/**
 * Mean, standard deviation (n - 1) and the mean's 95 % interval by Student's t. The folds' training rows overlap, so the interval is
 * too narrow rather than too wide (Bengio and Grandvalet, 2004: no unbiased estimate of the variance exists).
 */
function spreadOf(values: readonly number[]): Omit<FoldMetric, "values"> {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return { mean, sd: null, low: null, high: null };
  const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1));
  const off = (studentT(0.95, n - 1) * sd) / Math.sqrt(n);
  return { mean, sd, low: mean - off, high: mean + off };
}
