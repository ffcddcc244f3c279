import { readFileSync } from "node:fs";
import { shellWord } from "../base/shell.js";
import { className } from "../model/model.js";
import { effectsOf, gainsOf, rulesOf } from "../predict/explain.js";
import type { Insight } from "../predict/insight.js";
import type { TrainDetails, TrainSpec } from "../train/spec.js";
import { reportInsight } from "./from-insight.js";
import type { ReportComparison, ReportInput } from "./input.js";

/** The flags that say the same as a spec: what to type to train this model again. */
export function commandOf(spec: TrainSpec): string {
  const flags: string[] = [];
  const flag = (name: string, value: string | number | undefined): void =>
    void (value !== undefined && flags.push(`--${name} ${shellWord(String(value))}`));
  flag("label", spec.label);
  for (const name of [
    "task",
    "positive",
    "learner",
    "features",
    "id",
    "time",
    "group",
    "weight",
    "where",
    "validate",
    "together",
    "calibrate",
    "threshold",
  ] as const)
    flag(name, spec[name]);
  flag("class-weights", spec.classWeights);
  if (spec.drop?.length) flag("drop", spec.drop.join(","));
  if (spec.allowLeak?.length) flag("allow-leak", spec.allowLeak.join(","));
  for (const test of spec.test ?? []) flag("test", test);
  flag("sample", spec.sample);
  flag("seed", spec.seed);
  flag("name", spec.name);
  for (const [name, value] of Object.entries(spec.params ?? {})) flag("param", `${name}=${value}`);
  for (const [column, type] of Object.entries(spec.types ?? {})) flag("type", `${column}=${type}`);
  flag("bad-rows", spec.badRows);
  return `sluice train ${spec.sources.map(shellWord).join(" ")} ${flags.join(" ")}`;
}

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
