import type { Goal } from "./threshold.js";

/**
 * Quality as sums over rows: `length` doubles, zeros for no rows. One sum is made per page, parts merge in page order, and
 * a finish turns them into figures. `outputs` is [k * rows + i]: binary one margin (log odds), multiclass one margin per
 * class, regression the prediction. Rows of weight 0 do not count; a row whose output is not finite is counted as unscored.
 */
export interface MetricSet {
  readonly length: number;
  add(into: Float64Array, outputs: Float64Array, label: Float64Array, weight: Float64Array, rows: number): void;
  merge(into: Float64Array, part: Float64Array): void;
  finish(sum: Float64Array): Metrics;
}

/** What `evaluate` prints and `--json` carries. Names: auc, prAuc, logLoss, brier, accuracy, f1, rmse, mae, r2, ... */
export interface Metrics {
  readonly rows: number;
  readonly weight: number;
  /** The headline figures by name. */
  readonly values: Readonly<Record<string, number>>;
  /** 95 % confidence intervals of some of them. */
  readonly intervals: Readonly<Record<string, readonly [low: number, high: number]>>;
  /** Binary: the margin that reaches the goal that was asked for, if one does. */
  readonly cut?: number;
  /** Bounds on the error that the histograms bring, by metric name. */
  readonly errorBounds: Readonly<Record<string, number>>;
  /** Tables and curves for the report: roc, pr, calibration, lift, thresholds, confusion, classes, residuals, quantiles. */
  readonly curves: Readonly<Record<string, readonly Readonly<Record<string, number | string>>[]>>;
}

export interface MetricOptions {
  /** Classes as they are printed, in order of their codes; for binary the second one is the positive class. */
  readonly classNames?: readonly string[];
  /** Bins of a score histogram at most: more of them, and the error bounds shrink. */
  readonly bins?: number;
  /** Binary: a margin above it predicts the positive class; 0 unless said, which is a probability of one half. */
  readonly cut?: number;
  /** Binary: what a threshold shall reach; the one that does is in `cut` of the figures. */
  readonly goal?: Goal;
}
