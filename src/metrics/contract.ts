/**
 * Quality as sums over rows: `length` doubles that add up elementwise in page order, and a finish that turns them into figures.
 * `outputs` is [k * rows + i]: binary one margin (log odds), multiclass one margin per class, regression the prediction.
 */
export interface MetricSet {
  readonly length: number;
  add(into: Float64Array, outputs: Float64Array, label: Float64Array, weight: Float64Array, rows: number): void;
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
  /** Bounds on the error that the fixed histogram brings, by metric name. */
  readonly errorBounds: Readonly<Record<string, number>>;
  /** Tables and curves for the report: roc, pr, calibration, lift, confusion, residuals, quantiles. */
  readonly curves: Readonly<Record<string, readonly Readonly<Record<string, number | string>>[]>>;
}
