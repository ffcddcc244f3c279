import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CodedError } from "../base/errors.js";
import { fromJson } from "../base/json.js";
import { typeName } from "../base/schema.js";
import { formatBytes, formatCount, formatSeconds } from "../base/units.js";
import { className, type Model } from "../model/model.js";
import { outOfBagOf, rulesOf } from "../predict/explain.js";
import { type Home, modelsAndStrays, runDir, type Stray, straysOfRuns } from "../runs/home.js";
import type { TrainDetails } from "../train/spec.js";
import { type CommonFlags, type Context, homeOf } from "./command.js";
import { loadModel } from "./evaluate.js";
import { metricsTable, outOfBagLine, table } from "./tables.js";

const trainedOn = ({ about }: Model): string => {
  const rows = (about["rows"] as { train?: unknown } | undefined)?.train;
  return typeof rows === "number" ? formatCount(rows) : "";
};

const headline = (model: Model): string => {
  const judged = Object.entries((model.about["metrics"] ?? {}) as Record<string, { model: Record<string, number> }>)[0];
  if (!judged?.[1]?.model) return "";
  const [on, { model: values }] = judged;
  for (const name of ["auc", "accuracy", "rmse"])
    if (typeof values[name] === "number") return `${name} ${values[name].toPrecision(4)} (${on})`;
  return "";
};

export function detailsOf(home: Home, run: string): TrainDetails | undefined {
  const file = join(runDir(home, run), "result.json");
  return run !== "" && existsSync(file) ? fromJson<TrainDetails>(readFileSync(file, "utf8")) : undefined;
}

export async function models(flags: CommonFlags, context: Context): Promise<void> {
  const home = await homeOf(flags);
  const { models: kept, strays } = modelsAndStrays(home);
  const damaged: Stray[] = [...strays, ...straysOfRuns(home)];
  const all = kept.flatMap((one) => {
    try {
      return [{ kept: one, model: loadModel(home, one.ref).model }];
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      damaged.push({ ref: one.ref, problem: error.message });
      return [];
    }
  });
  if (all.length === 0) context.print("no models yet: sluice train SOURCE --label COLUMN");
  else
    context.print(
      table(
        ["model", "task", "label", "learner", "rows", "quality", "made"],
        all.map(({ kept, model }) => [
          kept.ref,
          model.task,
          model.label.text,
          model.learner,
          trainedOn(model),
          headline(model),
          new Date(kept.keptMs).toISOString().slice(0, 16).replace("T", " "),
        ]),
      ),
    );
  for (const { ref, problem } of damaged) context.print(`\n${ref}: ${problem}`);
  context.json({
    ...(damaged.length > 0 ? { damaged } : {}),
    models: all.map(({ kept, model }) => ({
      model: kept.ref,
      run: kept.run,
      task: model.task,
      label: model.label.text,
      learner: model.learner,
      rows: model.about["rows"],
      metrics: model.about["metrics"],
      stateHash: model.stateHash,
      created: model.about["created"],
    })),
  });
}

export async function show(ref: string, flags: CommonFlags, context: Context): Promise<void> {
  const home = await homeOf(flags);
  const { model, ref: found, run } = loadModel(home, ref);
  const details = detailsOf(home, run);
  context.print(
    `${found} · ${model.learner} · ${model.task} of ${model.label.text}${model.classes.length > 0 ? ` (${model.classes.map(className).slice(0, 12).join(", ")})` : ""}`,
  );
  context.print(
    `made ${String(model.about["created"])} from ${[model.about["sources"] ?? []].flat().join(", ")}, run ${run || "unknown"}`,
  );
  context.print(
    `params ${Object.entries(model.params)
      .map(([name, value]) => `${name}=${value}`)
      .join(" ")}`,
  );
  if (model.about["chosen"] !== undefined) context.print(`chosen ${String(model.about["chosen"])}`);
  context.print(`state  ${model.stateHash}`);
  context.print(
    `\nreads\n${table(
      ["column", "type"],
      model.inputs.columns.map(({ name, type }) => [name, typeName(type)]),
    )}`,
  );
  if (details) {
    context.print(
      `\nfeatures\n${table(
        ["column", "type", "use", "reason"],
        details.decisions.map(({ column, type, use, reason }) => [column, type, use, reason]),
      )}`,
    );
    for (const [on, { model: own, baseline, ...others }] of Object.entries(details.quality))
      context.print(`\nquality on ${on} rows\n${metricsTable(own, baseline, others)}`);
  }
  const outOfBag = outOfBagOf(model);
  if (outOfBag) context.print(`\n${outOfBagLine(outOfBag)}`);
  const rules = rulesOf(model);
  if (rules !== undefined) context.print(`\nthe tree as rules\n${rules}`);
  context.json({
    model: found,
    run,
    ...model,
    ...(rules === undefined ? {} : { rules }),
    ...(details ? { result: details.result, decisions: details.decisions } : {}),
  });
}

export async function compare(refs: readonly string[], flags: CommonFlags, context: Context): Promise<void> {
  const home = await homeOf(flags);
  const all = refs.map((ref) => {
    const loaded = loadModel(home, ref);
    return { ...loaded, details: detailsOf(home, loaded.run) };
  });
  const rows: string[][] = [];
  const row = (name: string, cell: (one: (typeof all)[number]) => string | undefined): void => {
    const cells = all.map((one) => cell(one) ?? "");
    if (cells.some((text) => text !== "")) rows.push([name, ...cells]);
  };
  row("label", ({ model }) => model.label.text);
  row("learner", ({ model }) => model.learner);
  row("features", ({ model }) => String(model.features.length));
  row("training rows", ({ model }) => trainedOn(model));
  for (const on of ["validation", "test"] as const) {
    const names = new Set(all.flatMap(({ details }) => Object.keys(details?.quality[on]?.model.values ?? {})));
    for (const name of names)
      row(`${name} (${on})`, ({ details }) => details?.quality[on]?.model.values[name]?.toPrecision(5));
  }
  row("time", ({ details }) => details && formatSeconds(details.result.seconds));
  row("passes", ({ details }) => details && String(details.result.passes));
  row("bytes read", ({ details }) => details && formatBytes(details.result.bytesRead));
  row(
    "peak memory",
    ({ details }) =>
      details && `${formatBytes(details.result.peakRssBytes)} of ${formatBytes(details.result.budgetBytes)}`,
  );
  row("state", ({ model }) => model.stateHash.slice(0, 12));
  context.print(table(["", ...all.map(({ ref }) => ref)], rows));
  const judgedAlike = new Set(
    all.map(({ model }) =>
      JSON.stringify([
        model.label.text,
        model.about["cut"],
        (model.about["rows"] as { validation: number }).validation,
      ]),
    ),
  );
  if (judgedAlike.size > 1)
    context.print(
      "\nthe models were not judged on the same rows: for a fair comparison, sluice evaluate each on one source",
    );
  context.json({
    models: all.map(({ ref, model, details }) => ({
      model: ref,
      label: model.label.text,
      learner: model.learner,
      stateHash: model.stateHash,
      rows: model.about["rows"],
      metrics: model.about["metrics"],
      ...(details
        ? {
            seconds: details.result.seconds,
            bytesRead: details.result.bytesRead,
            peakRssBytes: details.result.peakRssBytes,
            passes: details.result.passes,
          }
        : {}),
    })),
  });
}
