import { SluiceError } from "../../../base/errors.js";
import { type Frame, filter, formula, sql, withColumns } from "../plan.js";
import type { SparkSession } from "../session.js";
import { evaluate, largerIsBetter } from "./apply.js";
import { collect } from "./collect.js";
import type { CrossValidator, Estimator, FitAny, TrainValidationSplit } from "./estimator.js";
import type { Fitting } from "./fit-operator.js";
import type { Fitted } from "./model.js";
import type { EvaluatorName, Operator } from "./operator.js";
import { persisted } from "./persist.js";

interface TryingOptions {
  readonly candidates: readonly Estimator[];
  readonly evaluator: Operator<EvaluatorName>;
  readonly seed?: number;
  readonly parallel?: number;
  readonly keepAll?: boolean;
}

/** Each candidate on `folds` parts of the rows in turn: fitted on the others, judged on this one. */
export function crossValidator({
  folds = 3,
  foldColumn,
  ...rest
}: TryingOptions & { readonly folds?: number; readonly foldColumn?: string }): CrossValidator {
  if (!Number.isInteger(folds) || folds < 2) throw refuse("folds", folds, "a whole number of at least 2");
  return { operator: "CrossValidator", folds, ...(foldColumn === undefined ? {} : { foldColumn }), ...filled(rest) };
}

/** Each candidate once: fitted on about `trainRatio` of the rows, judged on the rest. */
export function trainValidationSplit({
  trainRatio = 0.75,
  ...rest
}: TryingOptions & { readonly trainRatio?: number }): TrainValidationSplit {
  if (!(trainRatio > 0 && trainRatio < 1)) throw refuse("trainRatio", trainRatio, "a number between 0 and 1");
  return { operator: "TrainValidationSplit", trainRatio, ...filled(rest) };
}

function filled({
  candidates,
  evaluator,
  seed = 0,
  parallel = 1,
  keepAll = false,
}: TryingOptions): Required<TryingOptions> {
  if (candidates.length === 0) throw refuse("candidates", candidates, "at least one estimator");
  if (!Number.isSafeInteger(seed)) throw refuse("seed", seed, "a whole number");
  if (!Number.isInteger(parallel) || parallel < 1) throw refuse("parallel", parallel, "a whole number of at least 1");
  return { candidates, evaluator, seed, parallel, keepAll };
}

const refuse = (name: string, value: unknown, right: string): SluiceError =>
  new SluiceError("bad_parameter", `${name} is ${JSON.stringify(value)}; it must be ${right}`, {
    parameter: name,
    value,
  });

/** All combinations of the values: `combinations({ maxDepth: [3, 5], maxIter: [20, 50] })` gives four. */
export function combinations<T extends Readonly<Record<string, readonly unknown[]>>>(
  values: T,
): readonly { readonly [K in keyof T]: T[K][number] }[] {
  let all: Record<string, unknown>[] = [{}];
  for (const [name, options] of Object.entries(values))
    all = all.flatMap((one) => options.map((value) => ({ ...one, [name]: value })));
  return all as { readonly [K in keyof T]: T[K][number] }[];
}

/** The best candidate fitted on all rows, and how all of them did. */
export class ValidatedModel implements Fitted {
  readonly best: Fitted;
  readonly bestIndex: number;
  /** Of each candidate, the mean of its metrics over the parts. */
  readonly metrics: readonly number[];
  /** Of each candidate, their standard deviation (of the parts as a whole, not as a sample). */
  readonly deviations: readonly number[];
  /** Of each part, each candidate's metric. */
  readonly byPart: readonly (readonly number[])[];
  /** Of each part, each candidate's model, where `keepAll` was said. */
  readonly trials: readonly (readonly Fitted[])[];

  constructor(
    best: Fitted,
    bestIndex: number,
    byPart: readonly (readonly number[])[],
    trials: readonly (readonly Fitted[])[],
  ) {
    this.best = best;
    this.bestIndex = bestIndex;
    this.byPart = byPart;
    this.metrics = means(byPart);
    this.deviations = this.metrics.map((mean, j) =>
      Math.sqrt(byPart.reduce((sum, part) => sum + (part[j]! - mean) ** 2, 0) / byPart.length),
    );
    this.trials = trials;
  }

  transform(rows: Frame): Frame {
    return this.best.transform(rows);
  }

  async dispose(): Promise<void> {
    for (const model of [this.best, ...this.trials.flat()]) await model.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

const means = (byPart: readonly (readonly number[])[]): number[] =>
  (byPart[0] ?? []).map((_, j) => byPart.reduce((sum, part) => sum + part[j]!, 0) / byPart.length);

interface Part {
  readonly training: Frame;
  readonly validation: Frame;
}

export async function fitValidated(
  fit: FitAny,
  session: SparkSession,
  of: CrossValidator | TrainValidationSplit,
  rows: Frame,
  options: Fitting,
): Promise<ValidatedModel> {
  const { split, parts } = await partsOf(session, of, rows);
  const byPart: number[][] = [];
  const trials: Fitted[][] = [];
  try {
    await persisted(session, split, async () => {
      for (const part of parts) {
        const models: Fitted[] = [];
        trials.push(models);
        byPart.push(await judge(fit, session, of, part, options, models));
      }
    });
    const score = means(byPart).map((mean) =>
      Number.isNaN(mean) ? -Infinity : largerIsBetter(of.evaluator) ? mean : -mean,
    );
    const bestIndex = score.indexOf(Math.max(...score));
    const best = await fit(session, of.candidates[bestIndex]!, rows, options);
    return new ValidatedModel(best, bestIndex, byPart, of.keepAll ? trials : []);
  } catch (error) {
    for (const model of trials.flat()) await model.dispose().catch(() => {});
    throw error;
  }
}

/** The metric of each candidate on one part; `parallel` of them are on their way at a time. */
async function judge(
  fit: FitAny,
  session: SparkSession,
  { candidates, evaluator, parallel, keepAll }: CrossValidator | TrainValidationSplit,
  { training, validation }: Part,
  options: Fitting,
  models: Fitted[],
): Promise<number[]> {
  const metrics: number[] = [];
  let next = 0;
  let failed = false;
  const work = async (): Promise<void> => {
    while (next < candidates.length && !failed) {
      const j = next++;
      const model = await fit(session, candidates[j]!, training, options);
      models[j] = model;
      const { signal } = options;
      metrics[j] = await evaluate(session, evaluator, model.transform(validation), signal ? { signal } : {});
      if (!keepAll) await model.dispose();
    }
  };
  const workers = Array.from({ length: Math.min(parallel, candidates.length) }, () =>
    work().catch((error) => {
      failed = true;
      throw error;
    }),
  );
  const ended = await Promise.allSettled(workers);
  for (const one of ended) if (one.status === "rejected") throw one.reason;
  return metrics;
}

/** The rows with what parts them, once: a column of chance, or of the fold's number. The same seed parts them as PySpark does. */
async function partsOf(
  session: SparkSession,
  of: CrossValidator | TrainValidationSplit,
  rows: Frame,
): Promise<{ readonly split: Frame; readonly parts: readonly Part[] }> {
  const by = of.operator === "CrossValidator" ? of.foldColumn : undefined;
  if (by !== undefined && of.operator === "CrossValidator") {
    const fold = quoted(by);
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

const quoted = (name: string): string => `\`${name.replaceAll("`", "``")}\``;
/** A double with all its digits: SQL reads 0.1 as a decimal. */
const real = (value: number): string => `${value.toExponential()}D`;

async function checkFolds(session: SparkSession, rows: Frame, column: string, folds: number): Promise<void> {
  const fold = quoted(column);
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
