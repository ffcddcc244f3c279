import type { Row, Value } from "../base/schema.js";
import { compile } from "../expr/evaluate.js";
import { calibrated } from "../model/calibration.js";
import { className, type Model } from "../model/model.js";
import { outputsOf } from "./formulas.js";
import { rowReader } from "./read-row.js";

export interface Scored {
  readonly prediction: Value;
  /** The positive class (binary). */
  readonly probability?: number;
  /** By class name (multiclass). */
  readonly probabilities?: Readonly<Record<string, number>>;
}

/** A function that scores one row in this process: plain objects in (dates as ISO text), microseconds each. */
export function scoreRow(model: Model): (row: Readonly<Record<string, unknown>>) => Scored {
  const outputs = Object.values(outputsOf(model)).map((expr) => compile(expr) as (row: Row) => number);
  const map = calibrated(model.calibration);
  const read = rowReader(model);
  return (given) => {
    const row = read(given);
    const values = outputs.map((output) => output(row));
    if (model.task === "regression") return { prediction: values[0]! };
    if (model.task === "binary") {
      const margin = map(values[0]!);
      const probability = margin >= 0 ? 1 / (1 + Math.exp(-margin)) : Math.exp(margin) / (1 + Math.exp(margin));
      return { prediction: model.classes[margin > 0 ? 1 : 0]!, probability };
    }
    const largest = Math.max(...values);
    const parts = values.map((value) => Math.exp(value - largest));
    const total = parts.reduce((sum, part) => sum + part, 0);
    return {
      prediction: model.classes[values.indexOf(largest)]!,
      probabilities: Object.fromEntries(model.classes.map((value, k) => [className(value), parts[k]! / total])),
    };
  };
}
