import type { Task } from "../../learners/contract.js";
import type { MetricSet, Metrics } from "../../metrics/contract.js";
import { metricSet } from "../../metrics/index.js";
import type { Goal } from "../../metrics/threshold.js";
import type { Calibration } from "../../model/calibration.js";
import { definePass } from "../../pages/pass.js";
import { outputRoom } from "../../pages/scorer.js";
import { type ScoredModel, startScorer } from "./scoring.js";

/** A model among those that are judged, under the name that its figures get. */
export type Contender = ScoredModel & {
  readonly as: keyof Quality;
  /** Binary: a margin above it predicts the positive class. */
  readonly cut?: number;
  /** Each row counts as one, whatever its weight; rows without any do not count. */
  readonly unweighted?: boolean;
};

export interface QualityParams {
  readonly task: Task;
  readonly classes: number;
  /** Models judged on the same rows in the same scan. */
  readonly scorers: readonly Contender[];
  /** Binary: what a threshold shall reach; the model's figures tell the one that does. */
  readonly goal?: Goal;
}

/** A model beside its baseline on the same rows; of a calibrated model also what it was before, of weighted rows also their plain count. */
export interface Quality {
  readonly model: Metrics;
  readonly baseline: Metrics;
  readonly uncalibrated?: Metrics;
  readonly unweighted?: Metrics;
}

/** Who is judged beside a model: its baseline, the model before calibration, and the model with each row counting as one. */
export function contendersOf(
  model: ScoredModel,
  baseline: ScoredModel,
  {
    calibration,
    cut,
    weighted,
  }: { calibration?: Calibration | undefined; cut?: number | undefined; weighted: boolean },
): Contender[] {
  const own = { ...model, ...(calibration ? { calibration } : {}), ...(cut === undefined ? {} : { cut }) };
  return [
    { ...own, as: "model" },
    { ...baseline, as: "baseline" },
    ...(calibration ? [{ ...model, as: "uncalibrated" } as const] : []),
    ...(weighted ? [{ ...own, as: "unweighted", unweighted: true } as const] : []),
  ];
}

export const qualityOf = ({ scorers }: QualityParams, metrics: readonly Metrics[]): Quality =>
  Object.fromEntries(scorers.map(({ as }, i) => [as, metrics[i]!])) as unknown as Quality;

const setsOf = ({ task, classes, scorers, goal }: QualityParams): MetricSet[] =>
  scorers.map(({ as, cut }) =>
    metricSet(task, classes, { ...(cut === undefined ? {} : { cut }), ...(goal && as === "model" ? { goal } : {}) }),
  );

/** The metrics of several models over the same rows: their sums, one after the other. */
export const quality = definePass<QualityParams>({
  name: "quality",
  length: (params) => setsOf(params).reduce((sum, { length }) => sum + length, 0),
  start(params, layout, arena) {
    const sets = setsOf(params);
    const outputs = params.task === "multiclass" ? params.classes : 1;
    const room = outputRoom(arena, outputs);
    const steps = params.scorers.map((model) => startScorer(model, layout, arena));
    const plain = params.scorers.some(({ unweighted }) => unweighted) ? arena.f64(layout.pageRows) : undefined;
    return (page, into) => {
      if (plain) for (let i = 0; i < page.rows; i++) plain[i] = page.weight[i]! > 0 ? 1 : 0;
      let at = 0;
      steps.forEach((step, i) => {
        const rows = room(page.rows);
        step(page, rows);
        const weight = params.scorers[i]!.unweighted ? plain! : page.weight;
        const { length } = sets[i]!;
        sets[i]!.add(into.subarray(at, at + length), rows, page.label, weight, page.rows);
        at += length;
      });
    };
  },
  merge(into, part, params) {
    let at = 0;
    for (const { length, merge } of setsOf(params)) {
      merge(into.subarray(at, at + length), part.subarray(at, at + length));
      at += length;
    }
  },
});

export function readQuality(params: QualityParams, sum: Float64Array): Metrics[] {
  let at = 0;
  return setsOf(params).map(({ length, finish }) => {
    at += length;
    return finish(sum.subarray(at - length, at));
  });
}
