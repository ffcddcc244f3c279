import { blocksOf } from "../features/fit.js";
import type { Effect, Gain, OutOfBag } from "../learners/contract.js";
import { learnerNamed } from "../learners/index.js";
import { className, type Model } from "../model/model.js";

/** Coefficients by the size of what they do for a usual change of their feature. */
export function effectsOf(model: Model): readonly Effect[] {
  const learner = learnerNamed(model.learner);
  const effects = learner.effects?.(model.state as never, blocksOf(model.features)) ?? [];
  return [...effects].sort((a, b) => Math.abs(b.standardised) - Math.abs(a.standardised));
}

/** What each feature did for the fit, largest first; empty for a learner that does not split. */
export const gainsOf = (model: Model): readonly Gain[] =>
  learnerNamed(model.learner).importance?.(model.state as never, blocksOf(model.features)) ?? [];

/** A model of one small tree as text. */
export const rulesOf = (model: Model): string | undefined =>
  learnerNamed(model.learner).rules?.(
    model.state as never,
    blocksOf(model.features),
    model.task,
    model.classes.map(className),
  );

/** A forest's estimate of its quality from the rows that each tree left out. */
export const outOfBagOf = (model: Model): OutOfBag | undefined =>
  learnerNamed(model.learner).outOfBag?.(model.state as never);
