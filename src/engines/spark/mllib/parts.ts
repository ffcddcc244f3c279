import { SluiceError } from "../../../base/errors.js";
import { quote } from "../../../sql/spark/literals.js";
import type { SparkSession } from "../connection/session.js";
import { type Frame, filter, formula, sql, withColumns } from "../frames/plan.js";
import { collect } from "./collect.js";
import type { CrossValidator, TrainValidationSplit } from "./estimator.js";

export interface Part {
  readonly training: Frame;
  readonly validation: Frame;
}

/** The rows with what parts them, once: a column of chance, or of the fold's number. The same seed parts them as PySpark does. */
export async function partsOf(
  session: SparkSession,
  of: CrossValidator | TrainValidationSplit,
  rows: Frame,
): Promise<{ readonly split: Frame; readonly parts: readonly Part[] }> {
  const by = of.operator === "CrossValidator" ? of.foldColumn : undefined;
  if (by !== undefined && of.operator === "CrossValidator") {
    const fold = quote(by);
    await checkFolds(session, rows, by, of.folds);
    return { split: rows, parts: Array.from({ length: of.folds }, (_, i) => partOf(rows, `${fold} = ${i}`)) };
  }
  const chance = "__sluice_chance";
  const split = withColumns(rows, { [chance]: formula(`rand(${of.seed}L)`) });
  if (of.operator === "TrainValidationSplit")
    return { split, parts: [partOf(split, `${chance} >= ${real(of.trainRatio)}`)] };
  const width = 1 / of.folds;
  const parts = Array.from({ length: of.folds }, (_, i) =>
    partOf(split, `${chance} >= ${real(i * width)} AND ${chance} < ${real((i + 1) * width)}`),
  );
  return { split, parts };
}

const partOf = (rows: Frame, condition: string): Part => ({
  training: filter(rows, `NOT (${condition})`),
  validation: filter(rows, condition),
});

/** A double with all its digits: SQL reads 0.1 as a decimal. */
const real = (value: number): string => `${value.toExponential()}D`;

async function checkFolds(session: SparkSession, rows: Frame, column: string, folds: number): Promise<void> {
  const fold = quote(column);
  const counts = await collect(
    session,
    sql(`SELECT ${fold} AS fold, count(*) AS n FROM parted GROUP BY 1 ORDER BY 1`, {}, { parted: rows }),
  );
  const found = counts.map((row) => row["fold"]);
  const wrong = found.find((one) => typeof one !== "number" || !Number.isInteger(one) || one < 0 || one >= folds);
  if (wrong !== undefined)
    throw new SluiceError(
      "bad_row",
      `column "${column}" has a row of fold ${String(wrong)}; folds are the numbers 0 to ${folds - 1}`,
      { column, value: wrong },
    );
  const empty = Array.from({ length: folds }, (_, i) => i).find((i) => !found.includes(i));
  if (empty !== undefined)
    throw new SluiceError(
      "no_rows",
      `fold ${empty} of column "${column}" has no rows; say folds: ${found.length}, or number them anew`,
      { column, fold: empty },
    );
}
