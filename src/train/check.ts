import { SluiceError } from "../base/errors.js";
import { resolveParams } from "../base/params.js";
import { foldsAsked, parseSplit, validateOf } from "../data/split.js";
import type { Learner } from "../learners/contract.js";
import { learnerNamed, learners } from "../learners/index.js";
import { parseGoal } from "../metrics/threshold.js";
import { calibrations } from "../model/calibration.js";
import { refuseUnsummed, summings } from "../rows/where-summed.js";
import { checkModelName } from "../runs/home.js";
import type { TrainSpec } from "./spec.js";

/** What is wrong with a spec whatever the source holds: said before anything is read. */
export function checkSpec(spec: TrainSpec, learner?: Learner): void {
  checkModelName(spec.name ?? "model");
  const { by } = parseSplit(validateOf(spec));
  const folds = foldsAsked(spec);
  if (folds) checkFolds(spec);
  if (spec.gap !== undefined && folds?.by !== "time")
    throw new SluiceError("usage", "--gap goes with --folds time:K", {});
  if (spec.together !== undefined) {
    if (spec.together !== "duplicates")
      throw new SluiceError("usage", `--together ${spec.together}: it must be duplicates`, { value: spec.together });
    if ((folds?.by ?? by) !== "random")
      throw new SluiceError("usage", `--together duplicates goes with --validate random:SHARE, not with ${by}`, {});
  }
  if (spec.classWeights !== undefined && spec.classWeights !== "balanced")
    throw new SluiceError("usage", `--class-weights ${spec.classWeights}: it must be balanced`, {
      value: spec.classWeights,
    });
  if (spec.threshold !== undefined) {
    const { kind } = parseGoal(spec.threshold);
    if (by === "none" && kind !== "probability")
      throw new SluiceError("usage", "--threshold needs validation rows to find it on; leave --validate none out", {});
  }
  if (spec.calibrate !== undefined) {
    if (!(calibrations as readonly string[]).includes(spec.calibrate))
      throw new SluiceError("usage", `--calibrate ${spec.calibrate}: it must be ${calibrations.join(" or ")}`, {
        value: spec.calibrate,
      });
    if (by === "none")
      throw new SluiceError("usage", "--calibrate needs validation rows to fit on; leave --validate none out", {});
  }
  if (spec.sums !== undefined && !summings.includes(spec.sums))
    throw new SluiceError("usage", `--sums ${spec.sums}: it must be ${summings.join(" or ")}`, { value: spec.sums });
  const named = learner ?? (spec.learner === undefined ? undefined : learnerNamed(spec.learner));
  if (spec.sums === "cluster")
    refuseUnsummed(named?.name ?? "a learner that is chosen on a sample", named?.needs ?? chosenNeeds);
  if (named) resolveParams(named.name, named.params, spec.params);
  else if (spec.params) refuseForAll(spec.params);
}

/** Folds judge on every row, and leave none to find anything on for the model that is fitted on all. */
function checkFolds(spec: TrainSpec): void {
  const goal = spec.threshold === undefined ? undefined : parseGoal(spec.threshold);
  const without = [
    ["--validate", spec.validate !== undefined],
    ["--calibrate", spec.calibrate !== undefined],
    ["--threshold with a goal", goal !== undefined && goal.kind !== "probability"],
    ["--param patience", Number(spec.params?.["patience"] ?? 0) > 0],
  ] as const;
  for (const [flag, given] of without)
    if (given)
      throw new SluiceError(
        "usage",
        `${flag} does not go with --folds: the model is fitted on all rows, so that none are left for it; leave one of them out`,
        {},
      );
}

/** Nobody knows yet which learner it will be. */
const chosenNeeds: Learner["needs"] = { pages: "bins", passes: "many" };

/** The task chooses the learner later: some learner must take these params. */
function refuseForAll(params: NonNullable<TrainSpec["params"]>): void {
  let told: unknown;
  let knowing = false;
  for (const { name, params: known } of [learnerNamed("logistic"), ...learners])
    try {
      resolveParams(name, known, params);
      return;
    } catch (error) {
      // One that knows all the names has more to say of their values.
      const knows = Object.keys(params).every((param) => param in known);
      if (told === undefined || (knows && !knowing)) told = error;
      knowing ||= knows;
    }
  throw told;
}

/** What the named learner holds beside the pages, for one output. */
export function learnerBytesOf(spec: Pick<TrainSpec, "learner" | "params">): number {
  const learner = spec.learner === undefined ? undefined : learnerNamed(spec.learner);
  return learner?.memory?.(resolveParams(learner.name, learner.params, spec.params), 1) ?? 0;
}
