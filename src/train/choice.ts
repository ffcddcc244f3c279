import { rmSync } from "node:fs";
import { join } from "node:path";
import { CodedError, type ErrorCode, exitCodes, isError, SluiceError } from "../base/errors.js";
import { resolveParams } from "../base/params.js";
import type { Schema } from "../base/schema.js";
import { subSeed } from "../base/seeds.js";
import { formatCount } from "../base/units.js";
import { call, col, columnsOf, type Expr, lit } from "../expr/expr.js";
import type { Relation } from "../expr/relation.js";
import { tellsAsCode } from "../features/leak/codes.js";
import { asReal } from "../features/statistics/ask.js";
import { readNumbers } from "../features/statistics/sample.js";
import type { Task } from "../learners/contract.js";
import { learnerNamed } from "../learners/index.js";
import { figure } from "../metrics/figure.js";
import type { Model } from "../model/model.js";
import type { Census } from "./census.js";
import { type Comparison, compareModels } from "./choice/compare.js";
import { writeSample } from "./choice/sample.js";
import { type Weight, weightOf } from "./roles.js";
import { type OpenData, openData } from "./source.js";
import type { Candidate, Choice, TrainDetails, TrainSpec } from "./spec.js";
import { parseSplit, validateOf } from "./split.js";
import type { Workspace } from "./workspace.js";

/** The sample's size: by rows, and by rows times columns times classes, so that the work has a bound. */
const mostRows = 25_000;
const mostCells = 5e6;
/** A wide table's sample has so many rows all the same: of digits in 784 pixels, 640 rows do not tell trees from a plane, and 2,500 do. */
const rowsOfWide = 2_500;
const leastRows = 1_000;
const mostColumns = 2_000;
/** Columns times classes. */
const mostWidth = 10_000;
const mostClasses = 40;
/** Another learner must be better by this share of the simpler one's loss, and by more than a standard error of the difference. */
const leastGain = 0.01;
/** A text of so many words in the middle is one that learners of words read better than others. */
const leastWords = 4;

/** 0 where rows are too few, or columns and classes too many, to try anything on a sample. */
export function sampleRowsFor(rows: number, columns: number, outputs: number): number {
  const width = Math.max(1, columns * outputs);
  if (rows < leastRows || columns > mostColumns || width > mostWidth || outputs > mostClasses) return 0;
  return Math.floor(Math.min(rows, mostRows, Math.max(rowsOfWide, mostCells / width)));
}

export const simplestFor = (task: Task): string => (task === "regression" ? "linear" : "logistic");

/** The learners that may be taken when none is named: those that know all the parameters that are given, the simplest first. */
export function candidatesFor(task: Task, params: TrainSpec["params"] = {}, hasTexts = false): readonly string[] {
  const ofTexts = task === "regression" ? "sparseLinear" : "sparseLogistic";
  const all = [simplestFor(task), ...(hasTexts ? [ofTexts] : []), "boosting"];
  const able = all.filter((name) => Object.keys(params).every((param) => param in learnerNamed(name).params));
  const simplest = able[0] ?? all[0]!;
  resolveParams(simplest, learnerNamed(simplest).params, params);
  return able;
}

export interface ChoiceOptions {
  readonly spec: TrainSpec;
  readonly task: Task;
  readonly classes: number;
  /** Rows of each class; none of a quantity. */
  readonly counts: readonly number[];
  readonly data: OpenData;
  readonly label: Expr;
  /** Rows that may be tried on: those that pass the filter and have a label. */
  readonly labelled: Expr;
  /** The label as a number: the class code, or the target. */
  readonly numeric: Expr;
  /** Columns that may become features. */
  readonly usable: readonly string[];
  readonly census: Census;
  readonly seed: number;
  readonly workspace: Workspace;
  /** The run's folder: the sample and what is tried on it lie there while the choice is made. */
  readonly dir: string;
  readonly train: (spec: TrainSpec, workspace: Workspace) => Promise<TrainDetails>;
}

/** The simplest learner of the task, or another where it is clearly better on held-back rows of a sample. */
export async function chooseLearner(options: ChoiceOptions): Promise<Choice> {
  const { spec, task, classes, census, data, workspace } = options;
  const started = performance.now();
  const at = (learner: string, why: string, rows = 0, candidates: readonly Candidate[] = []): Choice => {
    const seconds = Math.round(performance.now() - started) / 1000;
    return { learner, why: `${learner}: ${why}`, candidates, rows, seconds };
  };
  const mayHaveTexts = options.usable.some((name) => isText(data.schema, name) && !spec.drop?.includes(name));
  const able = candidatesFor(task, spec.params, mayHaveTexts);
  const [simple = simplestFor(task)] = able;
  const other = able.at(-1);
  if (able.length === 1) return at(simple, `it has the parameters ${Object.keys(spec.params ?? {}).join(", ")}`);
  const columns = columnsTried(options);
  const outputs = outputsOf(options);
  // A share of the rows that is asked for is no reason to look at less: the sample is drawn from all of them.
  const kept = census.train + census.validation + census.sampledOut;
  const wanted =
    sampleRowsFor(census.train + census.validation, columns, outputs) && sampleRowsFor(kept, columns, outputs);
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
      engine: workspace.engine,
      local: workspace.local,
      scan: data.scan,
      where: options.labelled,
      columns: neededColumns(options),
      rowsPerFile: census.rowsPerFile,
      rows: wanted,
      label: options.numeric,
      counts: options.counts,
      share: kept / census.read,
      seed: subSeed(options.seed, "choice"),
      dir,
      ...(workspace.signal ? { signal: workspace.signal } : {}),
    });
    await data.unchanged();
    if (sample.rows < leastRows)
      return at(simple, `a sample has ${formatCount(sample.rows)} rows, too few to try ${other} on`, sample.rows);
    const place = workspace.at({ root: dir, cache: join(dir, "cache") });
    const { scan } = await openData([sample.file], { format: "parquet" }, place, dir);
    const hasTexts = mayHaveTexts && (await wordyColumns(options, { kind: "scan", scan }));
    const learners = candidatesFor(task, spec.params, hasTexts);
    const trials: Trial[] = [];
    for (const learner of learners)
      try {
        trials.push(await tried(learner, options, sample.file, place));
        const codes = learner === simplestFor(task) ? await codesIn(options, { kind: "scan", scan }, place) : [];
        if (codes.length > 0)
          trials.push(await tried(learner, { ...options, spec: { ...spec, codes } }, sample.file, place));
      } catch (error) {
        // One that has no column to learn from (text is one to learners of words alone) leaves the field to the others.
        if (isError(error, "no_features")) continue;
        return at(simple, `${learner} could not be tried on a sample: ${excuse(error, learner, simple)}`, sample.rows);
      }
    const candidates = trials.map(({ candidate }) => candidate);
    if (trials.length === 0) return at(simple, "no learner found a column to learn from on a sample", sample.rows);
    let best = 0;
    let why = "no other learner found a column to learn from on a sample";
    for (let i = 1; i < trials.length; i++) {
      const held: Relation = { kind: "filter", from: { kind: "scan", scan }, where: trials[i]!.held };
      const models = [trials[best]!.model, trials[i]!.model] as const;
      const compared = await compareModels(
        models,
        held,
        { numeric: options.numeric, weight: weightIn(options)?.expr },
        place,
      );
      const decided = decide(candidates[best]!, candidates[i]!, compared);
      if (decided.clear) best = i;
      const { codes } = candidates[i]!;
      if (codes && !decided.clear) continue;
      why = codes
        ? `${named(codes)} as categories, ${decided.why.replace(/ of \w+ on/, " as numbers on")}`
        : decided.why;
      const kept = candidates[best]!.codes;
      if (kept && !codes) why += `; ${named(kept)} as categories`;
    }
    const { learner, codes } = candidates[best]!;
    return { ...at(learner, why, sample.rows, candidates), ...(codes ? { codes } : {}) };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

interface Trial {
  readonly candidate: Candidate;
  readonly model: Model;
  /** True for the sample's rows that were held back. */
  readonly held: Expr;
}

/** One learner on the sample, with less work than a training; one whose steps were too large is tried with smaller ones. */
async function tried(learner: string, options: ChoiceOptions, file: string, place: Workspace): Promise<Trial> {
  const { task, spec, train } = options;
  const outputs = outputsOf(options);
  const columns = columnsTried(options);
  const trees = Math.floor(Math.min(40, Math.max(16, Math.min(800 / outputs, 80_000 / (columns * outputs)))));
  const boosted = (learningRate: number) => ({ trees, leaves: 15, learningRate });
  const ways: Readonly<Record<string, readonly Record<string, number>[]>> = {
    boosting: [boosted(0.2), boosted(0.05)],
    linear: [{ tolerance: 1e-3 }],
    logistic: [{ tolerance: 1e-3 }],
  };
  let best: Trial | undefined;
  for (const way of ways[learner] ?? [{}]) {
    const trial = { ...trialOf(options, file), learner, params: { ...way, ...spec.params } };
    const { quality, model, validation } = await train(trial, place);
    const { model: own, baseline } = quality["validation"]!;
    const candidate = { ...candidateOf(learner, task, own), ...(spec.codes ? { codes: spec.codes } : {}) };
    if (!best || candidate.value < best.candidate.value) best = { candidate, model, held: validation!.rows };
    if (best.candidate.value < candidateOf(learner, task, baseline).value) break;
  }
  return best!;
}

const mostCodes = 200;

const named = (columns: readonly string[]): string =>
  [...columns.slice(0, 3), ...(columns.length > 3 ? [`${columns.length - 3} more`] : [])].join(", ");

/** Columns of whole numbers that tell more of the label by their values than by their size: tried both ways where features are automatic. */
async function codesIn(options: ChoiceOptions, from: Relation, place: Workspace): Promise<string[]> {
  const { spec, task, data, usable, numeric, seed } = options;
  if (spec.features !== undefined || spec.codes || task === "multiclass") return [];
  const names = data.schema.columns
    .filter(({ name, type }) => type.kind === "int64" && usable.includes(name) && !spec.drop?.includes(name))
    .map(({ name }) => name)
    .slice(0, mostCodes);
  if (names.length === 0) return [];
  const asked = { engine: place.local, relation: from, seed, ...(place.signal ? { signal: place.signal } : {}) };
  const [label, ...columns] = await readNumbers([numeric, ...names.map((name) => asReal(col(name)))], [from], asked);
  return names.filter((_, i) => tellsAsCode(columns[i]!, label!));
}
const outputsOf = ({ task, classes }: ChoiceOptions): number => (task === "multiclass" ? classes : 1);
const columnsTried = ({ usable, spec }: ChoiceOptions): number =>
  usable.filter((name) => !spec.drop?.includes(name)).length;

const isText = ({ columns }: Schema, name: string): boolean =>
  columns.find((column) => column.name === name)?.type.kind === "text";

/** Whether a column is free text: of several words, and hardly ever the same ones. */
async function wordyColumns({ usable, data, spec, workspace }: ChoiceOptions, from: Relation): Promise<boolean> {
  for (const name of usable) {
    if (!isText(data.schema, name) || spec.drop?.includes(name)) continue;
    if (spec.features !== undefined && !spec.features.includes(name)) continue;
    const value = col(name);
    const words = call(
      "add",
      lit(1),
      call("sub", call("length", value), call("length", call("replace", value, lit(" "), lit("")))),
    );
    const columns = {
      rows: { agg: "count", arg: value },
      distinct: { agg: "countDistinct", arg: value },
      wordy: { agg: "count", arg: call("when", call("ge", words, lit(leastWords)), lit(1), lit(null)) },
    } as const;
    const [found] = await workspace.local.rows({ kind: "aggregate", from, by: {}, columns }, 1, workspace.signal);
    const [rows, distinct, wordy] = [found?.["rows"], found?.["distinct"], found?.["wordy"]].map(Number) as [
      number,
      number,
      number,
    ];
    if (rows > 0 && wordy * 2 > rows && distinct * 3 > rows) return true;
  }
  return false;
}

const weightIn = ({ spec: { weight }, data: { schema } }: ChoiceOptions): Weight | undefined =>
  weight === undefined ? undefined : weightOf(weight, schema);

/** The one-standard-error rule (Breiman et al. 1984) on paired differences: the simpler model, unless the other is better by more than chance explains. */
export function decide(
  simple: Candidate,
  other: Candidate,
  { gain, error, rows }: Comparison,
): { learner: string; why: string; clear: boolean } {
  // Of squared errors half the share is that of their root.
  const least = simple.metric === "rmse" ? 2 * leastGain * simple.value ** 2 : leastGain * simple.value;
  const clear = gain > least && gain > error;
  const [best, rest] = clear ? [other, simple] : [simple, other];
  const metric = best.metric === "rmse" ? "RMSE" : "log loss";
  const judged = `${metric} ${figure(best.value)} against ${figure(rest.value)} of ${rest.learner} on ${formatCount(rows)} held-back rows of a sample`;
  const unclear = !clear && gain > 0 ? ", which is not better by 1 % and a standard error" : "";
  return { learner: best.learner, why: judged + unclear, clear };
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
function neededColumns(options: ChoiceOptions): string[] {
  const {
    spec,
    data: { schema },
    label,
    usable,
  } = options;
  const named = columnsOf(label);
  for (const role of [spec.id, spec.time, spec.group]) if (role !== undefined) named.add(role);
  const weight = weightIn(options);
  if (weight) columnsOf(weight.expr, named);
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
    ...(spec.codes ? { codes: spec.codes } : {}),
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
