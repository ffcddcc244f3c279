import { SluiceError } from "../base/errors.js";
import type { Value } from "../base/schema.js";
import { formatBytes, formatCount } from "../base/units.js";
import { className, type Model } from "../model/model.js";
import {
  type ExplainedRow,
  explainedOutput,
  explainFile,
  explainRows,
  type FailedRow,
} from "../predict/contributions.js";
import { effectsOf, gainsOf, rulesOf } from "../predict/explain.js";
import { type Importances, permutationImportance, rowsToShuffle } from "../predict/importance.js";
import { type PartialDependence, partialDependence } from "../predict/partial.js";
import { sampleFor } from "../predict/sample.js";
import { loadKept } from "../train/kept.js";
import {
  type CommonFlags,
  type Context,
  dataOptionsOf,
  homeOf,
  openWorkspace,
  type SourceFlags,
  wholeNumber,
} from "./command.js";
import { text } from "./sql.js";
import { bar, table } from "./tables.js";
import { watching } from "./watch.js";

type ExplainFlags = CommonFlags &
  SourceFlags & {
    top: string;
    rows?: string | true;
    partial?: readonly string[];
    to?: string;
    overwrite?: boolean;
  };

export async function explain(
  ref: string,
  source: string | undefined,
  flags: ExplainFlags,
  context: Context,
): Promise<void> {
  const { model, ref: found } = loadKept(await homeOf(flags), ref);
  if (source === undefined && (flags.rows !== undefined || flags.partial || flags.to !== undefined))
    throw new SluiceError("usage", `--rows, --partial and --to need rows to look at: sluice explain ${ref} SOURCE`, {});
  if (flags.rows !== undefined || flags.to !== undefined) return rowByRow(model, found, source!, flags, context);

  const top = wholeNumber("top", flags.top)!;
  const out: Record<string, unknown> = { model: found, task: model.task, learner: model.learner };
  context.print(`${found}: ${model.learner}, ${model.task} of ${model.label.text}`);
  out["effects"] = printEffects(model, top, context);
  out["gains"] = printGains(model, top, context);
  const rules = rulesOf(model);
  if (rules !== undefined) {
    context.print(`\nthe tree as rules\n${rules}`);
    out["rules"] = rules;
  }
  if (source !== undefined) {
    await using workspace = await openWorkspace(flags, context.signal, { sources: [source] });
    const wanted = rowsToShuffle(model);
    const sample = await watching(workspace, flags, "taking a sample", () =>
      sampleFor(model, [source], dataOptionsOf(flags), workspace, wanted),
    );
    const { signal } = context;
    const importances = await watching(workspace, flags, "shuffling columns", () =>
      permutationImportance(model, sample, { signal }),
    );
    printImportances(importances, source, top, context);
    out["importance"] = importances.columns;
    out["rows"] = importances.rows;
    out["repeats"] = importances.repeats;
    if (importances.metric) out["metric"] = importances.metric;
    if (importances.doubts) out["doubts"] = importances.doubts;
    const partial: PartialDependence[] = [];
    for (const column of flags.partial ?? []) partial.push(await partialDependence(model, sample, column, { signal }));
    for (const one of partial) printPartial(one, context);
    if (partial.length > 0) out["partial"] = partial;
  }
  context.json(out);
}

function printEffects(model: Model, top: number, context: Context) {
  const effects = effectsOf(model);
  if (effects.length === 0) return effects;
  const largest = Math.max(...effects.map(({ standardised }) => Math.abs(standardised)), 0);
  const what = model.task === "regression" ? model.label.text : "log odds";
  context.print(`\neffects on ${what}, by the size of a usual change (one standard deviation) of the feature`);
  context.print(
    table(
      ["feature", ...(model.task === "multiclass" ? ["class"] : []), "per unit", "±95 %", "per deviation", ""],
      effects
        .slice(0, top)
        .map((effect) => [
          effect.level === undefined ? effect.feature : `${effect.feature} = ${effect.level}`,
          ...(model.task === "multiclass" ? [className(model.classes[effect.output ?? 0]!)] : []),
          short(effect.coefficient),
          effect.error === undefined ? "" : short(1.96 * effect.error),
          short(effect.standardised),
          bar(effect.standardised, largest),
        ]),
    ),
  );
  if (effects.length > top) context.print(`and ${effects.length - top} more (--top ${effects.length})`);
  return effects;
}

function printGains(model: Model, top: number, context: Context) {
  const gains = gainsOf(model);
  if (gains.length === 0) return gains;
  const total = gains.reduce((sum, { gain }) => sum + gain, 0) || 1;
  context.print("\nwhat the splits gained, by feature: its share of how much all of them lowered the objective");
  context.print(
    table(
      ["feature", "share", "splits", ""],
      gains
        .slice(0, top)
        .map(({ feature, gain, splits }) => [
          feature,
          `${((100 * gain) / total).toFixed(1)} %`,
          formatCount(splits),
          bar(gain, gains[0]!.gain),
        ]),
    ),
  );
  if (gains.length > top) context.print(`and ${gains.length - top} more (--top ${gains.length})`);
  return gains;
}

function printImportances(
  { columns, rows, repeats, metric, doubts }: Importances,
  source: string,
  top: number,
  context: Context,
): void {
  const most = Math.max(...columns.map(({ change, loss }) => loss ?? change), 0);
  context.print(
    `\nwhat matters on ${source} (${formatCount(rows)} rows, ${repeats} shuffles): ${metric ? `growth of the ${metric}` : "mean change of the output"} when a column takes other rows' values`,
  );
  context.print(
    table(
      ["column", ...(metric ? [metric, "±95 %"] : []), "change of output", ""],
      columns
        .slice(0, top)
        .map(({ column, change, loss, error }) => [
          column,
          ...(metric ? [short(loss!), short(1.96 * error!)] : []),
          short(change),
          bar(Math.max(0, loss ?? change), most),
        ]),
    ),
  );
  for (const doubt of doubts ?? []) context.print(`doubtful: ${doubt}`);
}

function printPartial({ column, names, points, doubts }: PartialDependence, context: Context): void {
  const most = Math.max(...points.flatMap(({ answers }) => answers), 0);
  context.print(
    `\nmean ${names.length > 1 ? "probability" : names[0] === "prediction" ? "prediction" : `probability of ${names[0]}`} as ${column} goes through its values, all else as it is`,
  );
  context.print(
    table(
      [column, ...names, ...(names.length === 1 ? [""] : [])],
      points.map(({ value, answers }) => [
        value === null ? "missing" : text(value as Value),
        ...answers.map(short),
        ...(names.length === 1 ? [bar(answers[0]!, most)] : []),
      ]),
    ),
  );
  for (const doubt of doubts ?? []) context.print(`doubtful: ${doubt}`);
}

/** `--rows`: what each feature adds to the output of each row. */
async function rowByRow(
  model: Model,
  found: string,
  source: string,
  flags: ExplainFlags,
  context: Context,
): Promise<void> {
  const said = flags.rows === true ? undefined : wholeNumber("rows", flags.rows);
  const options = dataOptionsOf(flags);
  await using workspace = await openWorkspace(flags, context.signal, { sources: [source] });
  if (flags.to === "-")
    throw new SluiceError("usage", "--to -: name a file, or leave --to out and say --json for standard output", {});
  const about = { model: found, task: model.task, learner: model.learner, output: explainedOutput(model) };
  if (flags.to !== undefined) {
    const to = { to: flags.to, ...(flags.overwrite ? { overwrite: true } : {}) };
    const done = await watching(workspace, flags, "taking rows apart", () =>
      explainFile(model, [source], { ...options, ...to }, workspace, said ?? Infinity),
    );
    const failed =
      done.errors > 0 ? `; ${formatCount(done.errors)} rows could not be read: their "error" says why` : "";
    context.print(`${formatCount(done.rows)} rows taken apart to ${flags.to} (${formatBytes(done.bytes)})${failed}`);
    return context.json({ ...about, ...done, to: flags.to });
  }
  const rows: (ExplainedRow | FailedRow)[] = [];
  for await (const some of explainRows(model, [source], options, workspace, said ?? 10)) rows.push(...some);
  const top = wholeNumber("top", flags.top)!;
  context.print(`${found}: ${about.output} of each row = base + what its features add`);
  for (const one of rows) {
    if ("error" in one) {
      context.print(`\nrow ${one.row}: ${one.error}`);
      continue;
    }
    const { row, class: of, base, output, contributions } = one;
    const sorted = Object.entries(contributions).sort(([, a], [, b]) => Math.abs(b) - Math.abs(a));
    const largest = Math.abs(sorted[0]?.[1] ?? 0);
    context.print(`\nrow ${row}${of === undefined ? "" : `, ${of}`}: ${short(output)} = ${short(base)} and`);
    context.print(
      table(
        ["feature", "adds", ""],
        sorted.slice(0, top).map(([feature, value]) => [feature, short(value), bar(value, largest)]),
      ),
    );
  }
  context.json({ ...about, rows });
}

const short = (value: number): string =>
  value === 0 ? "0" : Math.abs(value) >= 1e5 || Math.abs(value) < 1e-4 ? value.toExponential(2) : value.toPrecision(4);
