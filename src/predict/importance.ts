import { breathing } from "../base/breath.js";
import type { Row } from "../base/schema.js";
import { permutation, subSeed } from "../base/seeds.js";
import { lossOf } from "../metrics/loss.js";
import type { Model } from "../model/model.js";
import { outputsOfRow } from "./answers.js";
import { doubtsOf } from "./doubt.js";
import type { SampledRows } from "./sample.js";
import { stepsOfRow } from "./steps.js";

export interface Importance {
  readonly column: string;
  /** How much the outputs move, on average, when the column's values are those of other rows: in margins or label units. */
  readonly change: number;
  /** On rows with a label: by how much the loss grows, and the standard deviation of that over the repeats. */
  readonly loss?: number;
  readonly spread?: number;
  /** The standard error of `loss` over these rows and shuffles: large where it hangs on few rows. */
  readonly error?: number;
}

export interface Importances {
  readonly rows: number;
  readonly repeats: number;
  /** What `loss` is in. */
  readonly metric?: "log loss" | "rmse";
  readonly columns: readonly Importance[];
  /** Why the figures may be worth less than they look. */
  readonly doubts?: readonly string[];
}

export const repeats = 5;
const rowsABreath = 16;

/** Rows for which all columns can be shuffled in some seconds, half a minute at most: the more trees a model has, the fewer. */
export function rowsToShuffle(model: Model): number {
  const shuffles = repeats * Math.max(1, model.inputs.columns.length);
  return Math.max(
    500,
    Math.min(20_000, Math.floor(500_000 / shuffles), Math.floor(1e9 / (shuffles * stepsOfRow(model)))),
  );
}

/** How much worse a model is when a column's values are shuffled among the rows (Breiman 2001), largest first. */
export async function permutationImportance(
  model: Model,
  sample: SampledRows,
  {
    columns = sample.columns,
    signal,
  }: { readonly columns?: readonly string[]; readonly signal?: AbortSignal | undefined } = {},
): Promise<Importances> {
  const { rows, labels, drawn = rows.length } = sample;
  const outputs = outputsOfRow(model);
  const scores = rows.map(outputs);
  const weight = (row: number): number => sample.weights?.[row] ?? 1;
  const weights = rows.reduce((sum, _, row) => sum + weight(row), 0);
  const costs = (of: readonly (readonly number[])[]): number[] =>
    of.map((values, row) => lossOf(model.task, values, labels![row]!));
  const meanOf = (values: readonly number[]): number =>
    values.reduce((sum, value, row) => sum + weight(row) * value, 0) / weights;
  const inMetric = model.task === "regression" ? Math.sqrt : (loss: number) => loss;
  const own = labels ? costs(scores) : [];
  const whole = inMetric(meanOf(own));

  const breath = breathing(signal);
  const shuffledBy = async (column: string): Promise<Importance> => {
    const losses: number[] = [];
    const grown = rows.map(() => 0);
    let moved = 0;
    const changed: Record<string, Row[string]>[] = rows.map((row) => ({ ...row }));
    for (let repeat = 0; repeat < repeats; repeat++) {
      const order = permutation(drawn, subSeed(repeat, column));
      const shuffled: number[][] = [];
      for (const [i, row] of changed.entries()) {
        row[column] = rows[order[i % drawn]!]![column]!;
        shuffled.push(outputs(row));
        if (i % rowsABreath === 0) await breath();
      }
      shuffled.forEach((values, i) => {
        const far = values.reduce((sum, value, k) => sum + Math.abs(value - scores[i]![k]!), 0) / values.length;
        moved += weight(i) * far;
      });
      if (!labels) continue;
      const cost = costs(shuffled);
      losses.push(inMetric(meanOf(cost)) - whole);
      for (const [row, one] of cost.entries()) grown[row]! += (one - own[row]!) / repeats;
    }
    const change = rows.length > 0 ? moved / (weights * repeats) : 0;
    if (!labels) return { column, change };
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / repeats;
    const square = losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0) / (repeats - 1);
    const middle = meanOf(grown);
    const overRows = Math.sqrt(grown.reduce((sum, one, row) => sum + (weight(row) * (one - middle)) ** 2, 0)) / weights;
    // A root grows by what is under it over twice its size.
    const inUnits = model.task === "regression" ? overRows / Math.max(2 * whole + mean, Number.MIN_VALUE) : overRows;
    return {
      column,
      change,
      loss: mean,
      spread: Math.sqrt(square),
      error: Math.hypot(inUnits, Math.sqrt(square / repeats)),
    };
  };
  const found: Importance[] = [];
  for (const column of columns) found.push(await shuffledBy(column));
  const doubts = doubtsOf(model, labels);
  return {
    rows: rows.length,
    repeats,
    ...(labels ? { metric: model.task === "regression" ? "rmse" : "log loss" } : {}),
    columns: found.sort((a, b) => (b.loss ?? b.change) - (a.loss ?? a.change)),
    ...(doubts.length > 0 ? { doubts } : {}),
  };
}
