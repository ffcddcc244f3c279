import { rmSync } from "node:fs";
import { join } from "node:path";
import { CodedError, type ErrorCode, exitCodes, isError, SluiceError } from "../base/errors.js";
import { resolveParams } from "../base/params.js";
import type { Schema } from "../base/schema.js";
import { subSeed } from "../base/seeds.js";
import { formatCount } from "../base/units.js";
import { columnsOf, type Expr } from "../expr/expr.js";
import type { Task } from "../learners/contract.js";
import { learnerNamed } from "../learners/index.js";
import { figure } from "../metrics/figure.js";
import type { Census } from "./census.js";
import { writeSample } from "./choice/sample.js";
import type { OpenData } from "./source.js";
import type { Candidate, Choice, TrainDetails, TrainSpec } from "./spec.js";
import { parseSplit, validateOf } from "./split.js";
import type { Workspace } from "./workspace.js";

/** The sample's size: by rows, and by rows times columns times classes, so that the work has a bound. */
const mostRows = 25_000;
const mostCells = 5e6;
const leastRows = 1_000;
const mostWidth = 2_000;
const mostClasses = 40;
/** Boosting must be better by this share of the linear model's loss, and by more than a standard error. */
const leastGain = 0.01;

/** 0 where rows are too few, or columns and classes too many, to try anything on a sample. */
export function sampleRowsFor(rows: number, columns: number, outputs: number): number {
  if (rows < leastRows || columns * outputs > mostWidth || outputs > mostClasses) return 0;
  return Math.floor(Math.min(rows, mostRows, mostCells / Math.max(1, columns * outputs)));
}

export const simplestFor = (task: Task): string => (task === "regression" ? "linear" : "logistic");

/** The learners that may be taken when none is named: those that know all the parameters that are given, the simplest first. */
export function candidatesFor(task: Task, params: TrainSpec["params"] = {}): readonly string[] {
  const all = [simplestFor(task), "boosting"];
  const able = all.filter((name) => Object.keys(params).every((param) => param in learnerNamed(name).params));
  const simplest = able[0] ?? all[0]!;
  resolveParams(simplest, learnerNamed(simplest).params, params);
  return able;
}

export interface ChoiceOptions {
  readonly spec: TrainSpec;
  readonly task: Task;
  readonly classes: number;
  readonly data: OpenData;
  readonly label: Expr;
  /** Rows that take part and have a label. */
  readonly labelled: Expr;
  /** Columns that may become features. */
  readonly usable: readonly string[];
  readonly census: Census;
  readonly seed: number;
  readonly workspace: Workspace;
  /** The run's folder: the sample and what is tried on it lie there while the choice is made. */
  readonly dir: string;
  readonly train: (spec: TrainSpec, workspace: Workspace) => Promise<TrainDetails>;
}

/** The linear model of the task, or boosted trees where they are clearly better on held-back rows of a sample. */
export async function chooseLearner(options: ChoiceOptions): Promise<Choice> {
  const { spec, task, classes, census, data } = options;
  const started = performance.now();
  const [simple = simplestFor(task), other] = candidatesFor(task, spec.params);
  const at = (learner: string, why: string, rows = 0, candidates: readonly Candidate[] = []): Choice => {
    const seconds = Math.round(performance.now() - started) / 1000;
    return { learner, why: `${learner}: ${why}`, candidates, rows, seconds };
  };
  if (other === undefined) return at(simple, `it has the parameters ${Object.keys(spec.params ?? {}).join(", ")}`);
  const columns = options.usable.filter((name) => !spec.drop?.includes(name)).length;
  const outputs = task === "multiclass" ? classes : 1;
  const kept = census.train + census.validation;
  const wanted = sampleRowsFor(kept, columns, outputs);
  if (wanted === 0) {
    const few = kept < leastRows && `${formatCount(kept)} rows are too few`;
    const wide =
      outputs > 1 ? `${columns} columns for ${classes} classes are too many` : `${columns} columns are too many`;
    return at(simple, `${few || wide} to try ${other} on a sample`);
  }

  const dir = join(options.dir, "choice");
  rmSync(dir, { recursive: true, force: true });
  try {
    const sample = await writeSample({
      engine: options.workspace.engine,
      local: options.workspace.local,
      scan: data.scan,
      where: options.labelled,
      columns: neededColumns(options),
      rowsPerFile: census.rowsPerFile,
      rows: wanted,
      share: kept / census.read,
      seed: subSeed(options.seed, "choice"),
      dir,
      ...(options.workspace.signal ? { signal: options.workspace.signal } : {}),
    });
    await data.unchanged();
    if (sample.rows < leastRows)
      return at(simple, `a sample has ${formatCount(sample.rows)} rows, too few to try ${other} on`, sample.rows);
    const trial = trialOf(options, sample.file);
    const place = options.workspace.at({ root: dir, cache: join(dir, "cache") });
    // Enough to compare, not to keep: a linear model that stops early, few trees of few leaves.
    const light = {
      [simple]: { tolerance: 1e-3 },
      [other]: { trees: Math.min(30, Math.floor(400 / outputs)), leaves: 15, learningRate: 0.2 },
    };
    const candidates: Candidate[] = [];
    let rows = 0;
    for (const learner of [simple, other])
      try {
        const params = { ...light[learner], ...spec.params };
        const { quality } = await options.train({ ...trial, learner, params }, place);
        const { model } = quality["validation"]!;
        rows = model.rows;
        candidates.push(candidateOf(learner, task, model));
      } catch (error) {
        return at(simple, `${learner} could not be tried on a sample: ${excuse(error, learner, simple)}`, sample.rows);
      }
    const { learner, why } = decide(candidates[0]!, candidates[1]!, rows);
    return at(learner, why, sample.rows, candidates);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The one-standard-error rule (Breiman et al. 1984): the simpler model, unless the other is better by more than chance explains. */
export function decide(simple: Candidate, other: Candidate, rows: number): { learner: string; why: string } {
  const gain = simple.value - other.value;
  const clear = gain > leastGain * simple.value && gain > Math.max(simple.error, other.error);
  const [best, rest] = clear ? [other, simple] : [simple, other];
  const metric = best.metric === "rmse" ? "RMSE" : "log loss";
  const judged = `${metric} ${figure(best.value)} against ${figure(rest.value)} of ${rest.learner} on ${formatCount(rows)} held-back rows of a sample`;
  const unclear = !clear && gain > 0 ? ", which is not better by 1 % and a standard error" : "";
  return { learner: best.learner, why: judged + unclear };
}

function candidateOf(learner: string, task: Task, model: TrainDetails["quality"][string]["model"]): Candidate {
  const metric = task === "regression" ? "rmse" : "logLoss";
  const value = model.values[metric] ?? Number.POSITIVE_INFINITY;
  const [, high] = model.intervals[metric] ?? [value, value];
  return { learner, metric, value, error: (high - value) / 1.96 };
}

/** A sample that cannot be learned from (one class, a value out of place) leaves the choice to the simplest; all else stops. */
function excuse(error: unknown, learner: string, simple: string): string {
  if (isError(error, "budget_too_small"))
    throw new SluiceError(
      "budget_too_small",
      `${error.message}; or name the learner: --learner ${simple}`,
      { learner },
      { cause: error },
    );
  const ofData = error instanceof CodedError && [2, 3].includes(exitCodes[error.code as ErrorCode]);
  if (!ofData || isError(error, "changed_source")) throw error;
  return error.message;
}

const unusable = ["list", "struct", "bytes", "other"];

/** Columns that the trial can use: those that may become features, the label's, the roles'. */
function neededColumns({ spec, data: { schema }, label, usable }: ChoiceOptions): string[] {
  const named = columnsOf(label);
  for (const role of [spec.id, spec.time, spec.group, spec.weight]) if (role !== undefined) named.add(role);
  const mayBe = ({ name, type }: Schema["columns"][number]): boolean =>
    spec.features === undefined
      ? usable.includes(name) && !spec.drop?.includes(name) && !unusable.includes(type.kind)
      : spec.features.includes(name);
  return schema.columns.filter((column) => named.has(column.name) || mayBe(column)).map(({ name }) => name);
}

/** The same training on the sample: rows are chosen already, and a fifth of them is held back in the way that was asked for. */
function trialOf(options: ChoiceOptions, source: string): TrainSpec {
  const { spec, task, seed } = options;
  const columns = neededColumns(options);
  const { by } = parseSplit(validateOf(spec));
  const drop = spec.drop?.filter((name) => columns.includes(name));
  return {
    sources: [source],
    format: "parquet",
    label: spec.label,
    task,
    ...(spec.positive === undefined ? {} : { positive: spec.positive }),
    ...(spec.features === undefined ? {} : { features: spec.features }),
    ...(drop ? { drop } : {}),
    allowLeak: columns, // the training itself looks for leaks
    ...(spec.id === undefined ? {} : { id: spec.id }),
    ...(spec.time === undefined ? {} : { time: spec.time }),
    ...(spec.group === undefined ? {} : { group: spec.group }),
    ...(spec.weight === undefined ? {} : { weight: spec.weight }),
    ...(spec.pageRows === undefined ? {} : { pageRows: spec.pageRows }),
    validate: `${by === "none" ? "random" : by}:0.2`,
    seed: subSeed(seed, "trial"),
    name: "trial",
  };
}
