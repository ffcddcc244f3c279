import { readFileSync } from "node:fs";
import { shellWord } from "../base/shell.js";
import { className } from "../model/model.js";
import { effectsOf, gainsOf, rulesOf } from "../predict/explain.js";
import type { Insight } from "../predict/insight.js";
import { givenOptions } from "../train/options.js";
import type { TrainDetails, TrainSpec } from "../train/spec.js";
import { reportInsight } from "./from-insight.js";
import type { ReportComparison, ReportInput } from "./input.js";

/** What to type to train this model again. */
export const commandOf = (spec: TrainSpec): string =>
  ["sluice", "train", ...spec.sources, ...givenOptions(spec).flatMap(({ typed }) => typed)].map(shellWord).join(" ");

/** What a finished run knows, as the report shows it. */
export function reportOf(
  { result, model, ...details }: TrainDetails,
  spec: TrainSpec,
  { comparisons = [], insight }: { comparisons?: readonly ReportComparison[]; insight?: Insight | undefined } = {},
): ReportInput {
  const { rows } = result;
  const rules = rulesOf(model);
  const on = details.quality["validation"] ? "validation" : "test";
  return {
    model: result.model,
    task: model.task,
    label: model.label.text,
    classes: model.classes.map(className),
    learner: model.learner,
    ...(result.choice ? { chosen: result.choice.why } : {}),
    params: model.params,
    created: String(model.about["created"]),
    sources: spec.sources,
    rows: {
      read: rows.read,
      train: rows.train,
      validation: rows.validation,
      test: rows.test,
      "set aside": rows.setAside,
      "without a label": rows.unlabelled,
      filtered: rows.filtered,
      "sampled out": rows.sampledOut,
    },
    split: details.validate,
    columns: details.decisions,
    assumed: details.assumed,
    warnings: result.warnings,
    plan: {
      seconds: details.plan.seconds,
      bytes: details.plan.bytes,
      peakBytes: details.plan.peakBytes,
      passes: details.plan.passes,
    },
    reality: {
      seconds: result.seconds,
      bytesRead: result.bytesRead,
      peakRssBytes: result.peakRssBytes,
      budgetBytes: result.budgetBytes,
      passes: result.passes,
      spillBytes: result.spillBytes,
      threads: details.threads,
    },
    steps: details.steps,
    quality: details.quality,
    ...(result.folds ? { folds: result.folds } : {}),
    ...(result.outOfBag ? { outOfBag: result.outOfBag } : {}),
    effects: effectsOf(model),
    gains: gainsOf(model),
    ...(rules === undefined ? {} : { rules }),
    ...(insight ? { insight: reportInsight(insight, "validation") } : {}),
    slices: details.slices.map((slice) => ({ ...slice, split: on })),
    comparisons,
    reproduce: {
      command: commandOf(spec),
      run: result.run,
      stateHash: result.stateHash,
      seed: details.seed,
      data: details.data,
      versions: { sluice: ownVersion(), node: process.versions.node },
    },
  };
}

export const ownVersion = (): string =>
  (JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string }).version;
