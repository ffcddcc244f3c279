import { columnsOf } from "../expr/expr.js";
import { blocksOf } from "../features/fit.js";
import type { Model } from "../model/model.js";
import type { TrainDetails, TrainSpec } from "../train/spec.js";
import type { Workspace } from "../train/workspace.js";
import { effectsOf, gainsOf } from "./explain.js";
import { type Importances, permutationImportance, repeats } from "./importance.js";
import { gridPoints, type PartialDependence, partialDependence } from "./partial.js";
import { stepsOfRow } from "./steps.js";
import { validationRows } from "./validation-rows.js";

/** What matters on the validation rows, for the report. */
export interface Insight {
  readonly importance: Importances;
  /** How many columns the model reads; of very many only those are shuffled that do most in the model. */
  readonly columns: number;
  readonly partial: readonly PartialDependence[];
}

const mostColumns = 40;
const mostPartial = 6;
const mostRows = 2000;
/** Steps of tree walks and formulas that a second or two has room for. */
const mostSteps = 1e8;

/** Shuffles the columns of some validation rows and walks the largest through their values: a second or two, whatever the model. */
export async function insightOf(
  details: TrainDetails,
  spec: TrainSpec,
  workspace: Workspace,
): Promise<Insight | undefined> {
  const { model, result } = details;
  const inputs = model.inputs.columns.map(({ name }) => name);
  if (result.rows.validation === 0 || !details.validation || inputs.length === 0) return undefined;
  const scored = Math.floor(mostSteps / stepsOfRow(model));
  // Of a model of thousands of columns, a few are shuffled: each row takes as many steps as it has columns.
  const few = Math.max(4, Math.floor(scored / (repeats * 100)));
  const columns = strongest(model, inputs).slice(0, Math.min(mostColumns, few));
  const wanted = Math.max(100, Math.min(mostRows, Math.floor(scored / (repeats * columns.length))));
  const sample = await validationRows(details, spec, workspace, wanted);
  if (sample.rows.length === 0) return undefined;
  const breathed = { signal: workspace.signal };
  const importance = await permutationImportance(model, sample, { columns, ...breathed });
  const moving = importance.columns.filter(({ change }) => change > 0).slice(0, mostPartial);
  if (moving.length === 0) return undefined;
  const averaged = Math.max(50, Math.min(500, Math.floor(scored / (gridPoints * moving.length))));
  const partial: PartialDependence[] = [];
  for (const { column } of moving)
    partial.push(await partialDependence(model, sample, column, { averagedRows: averaged, ...breathed }));
  return { importance, columns: inputs.length, partial };
}

/** Columns by what the features made of them do in the model, the largest first. */
function strongest(model: Model, inputs: readonly string[]): string[] {
  const reads = new Map(blocksOf(model.features).map(({ name, expr }) => [name, columnsOf(expr)]));
  const weight = new Map<string, number>();
  const add = (feature: string, size: number): void => {
    for (const column of reads.get(feature) ?? []) weight.set(column, (weight.get(column) ?? 0) + size);
  };
  for (const { feature, standardised } of effectsOf(model)) add(feature, Math.abs(standardised));
  for (const { feature, gain } of gainsOf(model)) add(feature, gain);
  return [...inputs].sort((a, b) => (weight.get(b) ?? 0) - (weight.get(a) ?? 0));
}
