import type { Task } from "../learners/contract.js";
import type { Metrics } from "../metrics/contract.js";
import { metricSet } from "../metrics/index.js";
import { definePass } from "../pages/pass.js";
import { outputRoom } from "../pages/scorer.js";
import { type ScoredModel, startScorer } from "./scoring.js";

export interface QualityParams {
  readonly task: Task;
  readonly classes: number;
  /** Models judged on the same rows in the same scan. */
  readonly scorers: readonly ScoredModel[];
}

/** A model beside its baseline on the same rows; of a calibrated model also what it was before. */
export interface Quality {
  readonly model: Metrics;
  readonly baseline: Metrics;
  readonly uncalibrated?: Metrics;
}

/** Of the metrics in the order of being judged: the model, its baseline, and the model before calibration. */
export const qualityOf = ([model, baseline, uncalibrated]: readonly Metrics[]): Quality => ({
  model: model!,
  baseline: baseline!,
  ...(uncalibrated ? { uncalibrated } : {}),
});

/** The metrics of several models over the same rows: their sums, one after the other. */
export const quality = definePass<QualityParams>({
  name: "quality",
  length: ({ task, classes, scorers: models }) => metricSet(task, classes).length * models.length,
  start({ task, classes, scorers: models }, layout, arena) {
    const metrics = metricSet(task, classes);
    const outputs = task === "multiclass" ? classes : 1;
    const room = outputRoom(arena, outputs);
    const steps = models.map((model) => startScorer(model, layout, arena));
    return (page, into) =>
      steps.forEach((step, i) => {
        const rows = room(page.rows);
        step(page, rows);
        metrics.add(
          into.subarray(i * metrics.length, (i + 1) * metrics.length),
          rows,
          page.label,
          page.weight,
          page.rows,
        );
      });
  },
  merge(into, part, { task, classes, scorers: models }) {
    const metrics = metricSet(task, classes);
    for (let at = 0; at < metrics.length * models.length; at += metrics.length)
      metrics.merge(into.subarray(at, at + metrics.length), part.subarray(at, at + metrics.length));
  },
});

export function readQuality({ task, classes, scorers: models }: QualityParams, sum: Float64Array): Metrics[] {
  const metrics = metricSet(task, classes);
  return models.map((_, i) => metrics.finish(sum.subarray(i * metrics.length, (i + 1) * metrics.length)));
}
