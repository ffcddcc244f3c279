import { binaryMetrics } from "./binary.js";
import type { MetricOptions, MetricSet } from "./contract.js";
import { multiclassMetrics } from "./multiclass.js";
import { regressionMetrics } from "./regression.js";

export type { MetricOptions, MetricSet, Metrics } from "./contract.js";

/** The figures for a task. `classes` is 2 for binary, the number of classes for multiclass, 1 for regression. */
export function metricSet(
  task: "binary" | "multiclass" | "regression",
  classes: number,
  options: MetricOptions = {},
): MetricSet {
  if (task === "binary") return binaryMetrics(options);
  return task === "multiclass" ? multiclassMetrics(classes, options) : regressionMetrics();
}
