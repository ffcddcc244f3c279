import { typeName } from "../base/schema.js";
import { formatBytes, formatCount, formatSeconds } from "../base/units.js";
import { className, type Model } from "../model/model.js";
import { outOfBagOf, rulesOf } from "../predict/explain.js";
import { besideOthers, compared, detailsOf, judgedAlike, keptModels, listed, loadKept } from "../train/kept.js";
import { type CommonFlags, type Context, homeOf } from "./command.js";
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

export async function models(flags: CommonFlags, context: Context): Promise<void> {
  const home = await homeOf(flags);
  const { models: all, damaged } = keptModels(home);
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
    models: all.map(listed),
  });
}

export async function show(ref: string, flags: CommonFlags, context: Context): Promise<void> {
  const home = await homeOf(flags);
  const { model, ref: found, run } = loadKept(home, ref);
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
  const all = besideOthers(home, refs);
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
  if (!judgedAlike(all))
    context.print(
      "\nthe models were not judged on the same rows: for a fair comparison, sluice evaluate each on one source",
    );
  context.json({ models: all.map(compared) });
}
