import { breathing } from "../base/breath.js";
import { UnknownColumnError } from "../base/errors.js";
import type { Row, Value } from "../base/schema.js";
import { compareValues, keyOf } from "../expr/values.js";
import type { Model } from "../model/model.js";
import { answerNames, answersOfOutputs, outputsOfRow } from "./answers.js";
import { doubtsOf } from "./doubt.js";
import type { SampledRows } from "./sample.js";

export interface PartialDependence {
  readonly column: string;
  /** What `answers` are: the prediction, the positive class, or all classes. */
  readonly names: readonly string[];
  /** Of the rows as they are. */
  readonly mean: readonly number[];
  /** The mean answer when every row had this value. */
  readonly points: readonly { readonly value: Value; readonly answers: readonly number[] }[];
  /** Why it may be worth less than it looks. */
  readonly doubts?: readonly string[];
}

export const gridPoints = 20;

/** The mean prediction over some rows as one column goes through its values (Friedman 2001): quantiles, or the most frequent ones. */
export async function partialDependence(
  model: Model,
  { columns, rows, drawn = rows.length }: SampledRows,
  column: string,
  { averagedRows = 1000, signal }: { readonly averagedRows?: number; readonly signal?: AbortSignal | undefined } = {},
): Promise<PartialDependence> {
  if (!columns.includes(column)) throw new UnknownColumnError(column, columns);
  const outputs = outputsOfRow(model);
  const names = answerNames(model);
  const some = rows.slice(0, Math.min(drawn, averagedRows));
  const breath = breathing(signal);
  const meanOf = async (change: (row: Row) => Row): Promise<number[]> => {
    const sums = names.map(() => 0);
    for (const [i, row] of some.entries()) {
      answersOfOutputs(model.task, outputs(change(row))).forEach((answer, k) => {
        sums[k]! += answer;
      });
      if (i % 16 === 0) await breath();
    }
    return sums.map((sum) => sum / some.length);
  };
  const points: { value: Value; answers: number[] }[] = [];
  for (const value of gridOf(rows.slice(0, drawn).map((row) => row[column] ?? null)))
    points.push({ value, answers: await meanOf((row) => ({ ...row, [column]: value })) });
  const doubts = doubtsOf(model, undefined);
  return { column, names, mean: await meanOf((row) => row), points, ...(doubts.length > 0 ? { doubts } : {}) };
}

/** Quantiles of what can be ordered; of text, booleans and few values, the most frequent. A missing value is one of them. */
function gridOf(values: readonly Value[]): Value[] {
  const counts = new Map<unknown, { value: Value; count: number }>();
  for (const value of values) {
    const at = counts.get(keyOf(value));
    if (at) at.count++;
    else counts.set(keyOf(value), { value, count: 1 });
  }
  const missing = counts.has(null) ? [null] : [];
  const present = [...counts.values()].filter(({ value }) => value !== null);
  const isNamed = present.every(({ value }) => typeof value === "string" || typeof value === "boolean");
  if (isNamed) {
    present.sort((a, b) => b.count - a.count || compareValues(a.value, b.value));
    return [...present.slice(0, gridPoints).map(({ value }) => value), ...missing];
  }
  const sorted = values.filter((value) => value !== null).sort(compareValues);
  const quantiles = Array.from(
    { length: gridPoints },
    (_, i) => sorted[Math.round((i * (sorted.length - 1)) / (gridPoints - 1))]!,
  );
  const few = present.length <= gridPoints ? present.map(({ value }) => value).sort(compareValues) : quantiles;
  return [...new Map(few.map((value) => [keyOf(value), value])).values(), ...missing];
}
