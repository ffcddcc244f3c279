import { SluiceError } from "../../../base/errors.js";
import type { SparkSession } from "../connection/session.js";
import type { Frame } from "../frames/plan.js";
import { evaluate, largerIsBetter } from "./apply.js";
import type { CrossValidator, Estimator, FitAny, TrainValidationSplit } from "./estimator.js";
import type { Fitting } from "./fit-operator.js";
import { inParallel } from "./in-parallel.js";
import type { Fitted } from "./model.js";
import type { EvaluatorName, Operator } from "./operator.js";
import { type Part, partsOf } from "./parts.js";
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
  await inParallel(candidates.length, parallel, async (j) => {
    const model = await fit(session, candidates[j]!, training, options);
    models[j] = model;
    const { signal } = options;
    metrics[j] = await evaluate(session, evaluator, model.transform(validation), signal ? { signal } : {});
    if (!keepAll) await model.dispose();
  });
  return metrics;
}
