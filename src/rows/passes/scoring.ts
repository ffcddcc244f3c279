import { scorers } from "../../learners/registry.js";
import { type Calibration, calibrated } from "../../model/calibration.js";
import type { Arena } from "../../pages/arena.js";
import type { Page, PageLayout } from "../../pages/page.js";

/** A model as workers score it: its learner's registered scorer, and what its margin goes through afterwards. */
export interface ScoredModel {
  readonly name: string;
  readonly params: unknown;
  readonly calibration?: Calibration;
}

export function startScorer(
  { name, params, calibration }: ScoredModel,
  layout: PageLayout,
  arena: Arena,
): (page: Page, out: Float64Array) => void {
  const scorer = scorers[name];
  if (!scorer) throw new Error(`no scorer is registered as ${name}`);
  const step = scorer.start(params as never, layout, arena);
  if (!calibration) return step;
  const map = calibrated(calibration);
  return (page, out) => {
    step(page, out);
    for (let i = 0; i < page.rows; i++) out[i] = map(out[i]!);
  };
}
