import { className } from "../model/model.js";
import { effectsOf, importances } from "../predict/explain.js";
import {
  type CommonFlags,
  type Context,
  dataOptionsOf,
  homeOf,
  openWorkspace,
  type SourceFlags,
  wholeNumber,
} from "./command.js";
import { loadModel } from "./evaluate.js";
import { bar, table } from "./tables.js";

export async function explain(
  ref: string,
  source: string | undefined,
  flags: CommonFlags & SourceFlags & { top: string },
  context: Context,
): Promise<void> {
  const { model, ref: found } = loadModel(await homeOf(flags), ref);
  const top = wholeNumber("top", flags.top)!;
  const effects = effectsOf(model);
  const largest = Math.max(...effects.map(({ standardised }) => Math.abs(standardised)), 0);
  const what = model.task === "regression" ? model.label.text : "log odds";
  context.print(`${found}: ${model.learner}, ${model.task} of ${model.label.text}`);
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
  const out: Record<string, unknown> = { model: found, task: model.task, learner: model.learner, effects };
  if (source !== undefined) {
    await using workspace = await openWorkspace(flags, context.signal);
    const { rows, columns } = await importances(model, [source], dataOptionsOf(flags), workspace);
    const most = Math.max(...columns.map(({ change }) => change), 0);
    context.print(
      `\nwhat matters on ${source} (${rows} sampled rows): mean change of the output when a column takes another row's value`,
    );
    context.print(
      table(
        ["column", "change", ""],
        columns.map(({ column, change }) => [column, short(change), bar(change, most)]),
      ),
    );
    out["importance"] = columns;
    out["rows"] = rows;
  }
  context.json(out);
}

const short = (value: number): string =>
  value === 0 ? "0" : Math.abs(value) >= 1e5 || Math.abs(value) < 1e-4 ? value.toExponential(2) : value.toPrecision(4);
