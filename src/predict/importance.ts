import type { Row } from "../base/schema.js";
import { permutation, subSeed } from "../base/seeds.js";
import { lossOf } from "../metrics/loss.js";
import type { Model } from "../model/model.js";
import { outputsOfRow } from "./answers.js";
import type { SampledRows } from "./sample.js";

export interface Importance {
  readonly column: string;
  /** How much the outputs move, on average, when the column's values are those of other rows: in margins or label units. */
  readonly change: number;
  /** On rows with a label: by how much the loss grows, and the standard deviation of that over the repeats. */
  readonly loss?: number;
  readonly spread?: number;
}

export interface Importances {
  readonly rows: number;
  readonly repeats: number;
  /** What `loss` is in. */
  readonly metric?: "log loss" | "rmse";
  readonly columns: readonly Importance[];
}

export const repeats = 5;

/** Rows for which all columns can be shuffled in some seconds. */
export const rowsToShuffle = (columns: number): number =>
  Math.max(500, Math.min(20_000, Math.floor(500_000 / (repeats * Math.max(1, columns)))));

/** How much worse a model is when a column's values are shuffled among the rows (Breiman 2001), largest first. */
export function permutationImportance(
  model: Model,
  { columns: all, rows, labels }: SampledRows,
  columns: readonly string[] = all,
): Importances {
  const outputs = outputsOfRow(model);
  const scores = rows.map(outputs);
  const whole = labels ? quality(model, scores, labels) : 0;
  const found = columns.map((column): Importance => {
    const losses: number[] = [];
    let moved = 0;
    const changed: Record<string, Row[string]>[] = rows.map((row) => ({ ...row }));
    for (let repeat = 0; repeat < repeats; repeat++) {
      const order = permutation(rows.length, subSeed(repeat, column));
      const shuffled = changed.map((row, i) => {
        row[column] = rows[order[i]!]![column]!;
        return outputs(row);
      });
      shuffled.forEach((values, i) => {
        moved += values.reduce((sum, value, k) => sum + Math.abs(value - scores[i]![k]!), 0) / values.length;
      });
      if (labels) losses.push(quality(model, shuffled, labels) - whole);
    }
    const change = rows.length > 0 ? moved / (rows.length * repeats) : 0;
    if (!labels) return { column, change };
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / repeats;
    const square = losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0);
    return { column, change, loss: mean, spread: Math.sqrt(square / (repeats - 1)) };
  });
  return {
    rows: rows.length,
    repeats,
    ...(labels ? { metric: model.task === "regression" ? "rmse" : "log loss" } : {}),
    columns: found.sort((a, b) => (b.loss ?? b.change) - (a.loss ?? a.change)),
  };
}

function quality({ task }: Model, scores: readonly (readonly number[])[], labels: readonly number[]): number {
  const mean = scores.reduce((sum, outputs, i) => sum + lossOf(task, outputs, labels[i]!), 0) / scores.length;
  return task === "regression" ? Math.sqrt(mean) : mean;
}
