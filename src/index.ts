import { readFileSync, writeFileSync } from "node:fs";
import { SluiceError } from "./base/errors.js";
import type { Of, Params } from "./base/params.js";
import type { Schema, Type } from "./base/schema.js";
import { parseBytes, parseShare } from "./base/units.js";
import { type DataOptions, describeSource } from "./data/source.js";
import { type Profile, profile as profileScan } from "./features/profile.js";
import type { Task } from "./learners/contract.js";
import type * as learners from "./learners/index.js";
import type { Metrics } from "./metrics/contract.js";
import { type Model, readModel, writeModel } from "./model/model.js";
import { type ExplainedRow, explainRow } from "./predict/contributions.js";
import { type Evaluated, evaluateModel } from "./predict/evaluate.js";
import { effectsOf, gainsOf, rulesOf } from "./predict/explain.js";
import { type Importances, permutationImportance, rowsToShuffle } from "./predict/importance.js";
import { type Scored, scoreRow } from "./predict/one.js";
import { type PartialDependence, partialDependence } from "./predict/partial.js";
import { type Predicted, predictFile } from "./predict/predict.js";
import { rowReader } from "./predict/read-row.js";
import { type SampledRows, sampleFor } from "./predict/sample.js";
import { findModel, homeAt } from "./runs/home.js";
import { type Machine, type Scaled, type ScaleOptions, scaleTraining } from "./scale/scale.js";
import { rows as spoolRows } from "./sources/index.js";
import type { CsvOptions } from "./sources/options.js";
import { learnerBytesOf } from "./train/check.js";
import { planTraining } from "./train/plan.js";
import type { Plan, TrainDetails, TrainEvents, TrainSpec } from "./train/spec.js";
import { trainModel } from "./train/train.js";
import { Workspace } from "./workspace/workspace.js";

export type { ErrorCode } from "./base/errors.js";
export { CodedError, isError, SluiceError } from "./base/errors.js";
export type { Effect, Gain, Task } from "./learners/contract.js";
export type { Metrics } from "./metrics/contract.js";
export type { Model } from "./model/model.js";
export type { ExplainedRow } from "./predict/contributions.js";
export type { Importance, Importances } from "./predict/importance.js";
export type { Scored } from "./predict/one.js";
export type { PartialDependence } from "./predict/partial.js";
export type { Amdahl, Estimate, Scalability, Unsupported } from "./scale/laws.js";
export type { Scaled, ScaledRun, ScaledSize } from "./scale/scale.js";
export type { Plan, RowCounts, TrainDetails, TrainResult, Warning } from "./train/spec.js";

/** Column types of a source as the caller knows them: `{ distance: "real", late: "bool" }`. */
export type Columns = Readonly<Record<string, "bool" | "int64" | "real" | "text" | "date" | "timestamp">>;

/** Rows somewhere. With `C` known, labels, features and roles are checked against its names when the program compiles. */
export interface Source<C extends Columns = Columns> {
  readonly paths: readonly string[];
  readonly options: DataOptions;
  readonly rows?: AsyncIterable<object> | Iterable<object>;
  readonly columns?: C;
}

export interface SourceSettings<C extends Columns> extends Pick<DataOptions, "badRows"> {
  readonly schema?: C;
}
export interface CsvSettings<C extends Columns> extends SourceSettings<C>, CsvOptions {
  /** Names for the columns of a file without a header line. */
  readonly names?: readonly string[];
}

function source<C extends Columns>(
  format: DataOptions["format"],
  paths: string | readonly string[],
  { schema, badRows }: SourceSettings<C>,
  more: DataOptions = {},
): Source<C> {
  return {
    paths: typeof paths === "string" ? [paths] : paths,
    options: {
      ...(format ? { format } : {}),
      ...more,
      ...(badRows ? { badRows } : {}),
      ...(schema && format !== "parquet" ? { types: schema } : {}),
    },
    ...(schema ? { columns: schema } : {}),
  };
}

/** Parquet files: a path, several, a glob, or a folder with `name=value` parts. */
export const parquet = <const C extends Columns = Columns>(
  paths: string | readonly string[],
  settings: SourceSettings<C> = {},
): Source<C> => source("parquet", paths, settings);

/** CSV or TSV files, gzipped or not. What is not said is sniffed. */
export function csv<const C extends Columns = Columns>(
  paths: string | readonly string[],
  settings: CsvSettings<C> = {},
): Source<C> {
  const { schema, badRows, names, ...dialect } = settings;
  return source(
    "csv",
    paths,
    { ...(schema ? { schema } : {}), ...(badRows ? { badRows } : {}) },
    {
      ...(names ? { columns: names } : {}),
      ...(Object.keys(dialect).length > 0 ? { csv: dialect } : {}),
    },
  );
}
export const jsonLines = <const C extends Columns = Columns>(
  paths: string | readonly string[],
  settings: SourceSettings<C> = {},
): Source<C> => source("jsonl", paths, settings);
export const arrow = <const C extends Columns = Columns>(
  paths: string | readonly string[],
  settings: SourceSettings<C> = {},
): Source<C> => source("arrow", paths, settings);
export const libsvm = (paths: string | readonly string[]): Source => source("libsvm", paths, {});
/** A table in a DuckDB file. */
export const table = <const C extends Columns = Columns>(
  file: string,
  name: string,
  settings: SourceSettings<C> = {},
): Source<C> => source("table", `${file}:${name}`, settings);
/** A table of a Spark cluster. */
export const sparkTable = <const C extends Columns = Columns>(
  name: string,
  settings: SourceSettings<C> = {},
): Source<C> => source(undefined, `sc:${name}`, settings);
/** Files that a Spark cluster sees: paths or globs with a "/" in them. */
export const sparkFiles = <const C extends Columns = Columns>(
  paths: string | readonly string[],
  settings: SourceSettings<C> = {},
): Source<C> =>
  source(
    undefined,
    (typeof paths === "string" ? [paths] : paths).map((path) => `sc:${path}`),
    settings,
  );
/** A query in a Spark cluster's SQL. */
export const sparkSql = <const C extends Columns = Columns>(
  query: string,
  settings: SourceSettings<C> = {},
): Source<C> => source(undefined, `sc:${query}`, settings);
/** Anything the command line would take: the form is found out. */
export const files = <const C extends Columns = Columns>(
  paths: string | readonly string[],
  settings: SourceSettings<C> = {},
): Source<C> => source(undefined, paths, settings);
/** Rows of an iterator, spooled to disk once. */
export const rows = <const C extends Columns = Columns>(
  from: AsyncIterable<object> | Iterable<object>,
  settings: SourceSettings<C> = {},
): Source<C> => ({
  paths: [],
  options: settings.schema ? { types: settings.schema } : {},
  rows: from,
  ...(settings.schema ? { columns: settings.schema } : {}),
});

/** A formula in SQL's expression syntax, where a column's name could stand: `formula("delay > 15")`. */
export interface Formula {
  readonly formula: string;
}
export const formula = (text: string): Formula => ({ formula: text });
type NameOf<C extends Columns> = string extends keyof C ? string : keyof C & string;
const textOf = (given: string | Formula | FeatureCall): string =>
  typeof given === "string" ? given : "formula" in given ? given.formula : given.call;

/** A stage of preparation by name: `stage("bucketise", "distance", { bins: 10 })`. `sluice` docs list them all. */
export interface FeatureCall {
  readonly call: string;
}
export function stage(
  name: string,
  columns: string | readonly string[],
  params: Readonly<Record<string, number | string | boolean>> = {},
): FeatureCall {
  const inputs = (typeof columns === "string" ? [columns] : columns).map((column) =>
    /^[A-Za-z_]\w*$/.test(column) ? column : `"${column}"`,
  );
  const settings = Object.entries(params).map(
    ([key, value]) => `${key}=${typeof value === "string" ? `'${value}'` : value}`,
  );
  return { call: `${name}(${[...inputs, ...settings].join(", ")})` };
}
export const standardise = (column: string): FeatureCall => stage("standardise", column);
export const oneHot = (column: string, params: { readonly limit?: number } = {}): FeatureCall =>
  stage("oneHot", column, params);
export const bucketise = (column: string, params: { readonly bins?: number } = {}): FeatureCall =>
  stage("bucketise", column, params);

/** A learner with its parameters; what is not given takes its default. */
export interface LearnerChoice {
  readonly learner: string;
  readonly params: Readonly<Record<string, number | string | boolean>>;
}
/** Parameters of a learner as it declares them: a name or a kind that it does not have does not compile. */
type ParamsOf<L extends { readonly params: Params }> = Partial<Of<L["params"]>>;
const choice = (learner: string, params: object): LearnerChoice => ({
  learner,
  params: params as LearnerChoice["params"],
});
/** Least squares with an L2 penalty, an L1 penalty or both. */
export const linear = (params: ParamsOf<typeof learners.linear> = {}): LearnerChoice => choice("linear", params);
/** Logistic regression for two or more classes: `logistic({ penalty: 1e-4 })`. */
export const logistic = (params: ParamsOf<typeof learners.logistic> = {}): LearnerChoice => choice("logistic", params);
/** The linear models by stochastic gradient descent. */
export const sgd = (params: ParamsOf<typeof learners.sgd> = {}): LearnerChoice => choice("sgd", params);
/** Gradient boosted trees: `boosting({ trees: 300, leaves: 63 })`. */
export const boosting = (params: ParamsOf<typeof learners.boosting> = {}): LearnerChoice => choice("boosting", params);
/** A random forest: `forest({ trees: 200 })`. */
export const forest = (params: ParamsOf<typeof learners.forest> = {}): LearnerChoice => choice("forest", params);
/** One decision tree, small enough to be read. */
export const tree = (params: ParamsOf<typeof learners.tree> = {}): LearnerChoice => choice("tree", params);
/** Classes from words and hashed features, row by row. */
export const sparseLogistic = (params: ParamsOf<typeof learners.sparseLogistic> = {}): LearnerChoice =>
  choice("sparseLogistic", params);
/** Numbers from words and hashed features, row by row. */
export const sparseLinear = (params: ParamsOf<typeof learners.sparseLinear> = {}): LearnerChoice =>
  choice("sparseLinear", params);
export const baseline = (): LearnerChoice => choice("baseline", {});

/** Where relations run, and the memory budget of this process. */
export interface EngineChoice {
  readonly engine: "duckdb" | "spark";
  readonly memoryBytes?: number;
  readonly threads?: number;
  /** Of Spark: `sc://host:port/;name=value`. */
  readonly remote?: NonNullable<Machine["on"]>;
}
/** The embedded engine inside a memory budget for the whole process. */
export const duckdb = (settings: { readonly memory?: string; readonly threads?: number } = {}): EngineChoice => ({
  engine: "duckdb",
  ...(settings.memory === undefined ? {} : { memoryBytes: parseBytes(settings.memory) }),
  ...(settings.threads === undefined ? {} : { threads: settings.threads }),
});

/**
 * A Spark cluster (4.1 or newer) through Spark Connect. `remote` is its address, SPARK_REMOTE unless said; the token may stand in
 * it, in `token` or in SPARK_CONNECT_AUTHENTICATE_TOKEN.
 */
export function spark(
  settings: {
    readonly remote?: string;
    readonly token?: string;
    /** Into how many parts the cluster shall cut each query (for `scale`); Spark decides unless said. */
    readonly partitions?: number;
    readonly memory?: string;
    readonly threads?: number;
  } = {},
): EngineChoice {
  const { SPARK_REMOTE, SPARK_CONNECT_AUTHENTICATE_TOKEN } = process.env;
  const address = settings.remote ?? SPARK_REMOTE;
  const token = settings.token ?? SPARK_CONNECT_AUTHENTICATE_TOKEN;
  if (address === undefined)
    throw new SluiceError(
      "usage",
      "spark(): name the cluster with { remote } or in SPARK_REMOTE, like sc://host:15002",
    );
  const { partitions } = settings;
  return {
    ...duckdb(settings),
    engine: "spark",
    remote: { address, ...(token ? { token } : {}), ...(partitions === undefined ? {} : { partitions }) },
  };
}

interface Place {
  readonly on?: EngineChoice;
  /** Where runs and models live; `.sluice` here unless said. */
  readonly home?: string;
  readonly cache?: string;
  readonly signal?: AbortSignal;
}

export interface TrainSettings<C extends Columns = Columns> extends Place {
  readonly data: Source<C>;
  readonly label: NameOf<C> | Formula;
  readonly features?: readonly (NameOf<C> | Formula | FeatureCall)[];
  readonly learner?: LearnerChoice;
  readonly task?: Task;
  readonly positive?: string;
  readonly drop?: readonly NameOf<C>[];
  readonly allowLeak?: readonly NameOf<C>[];
  readonly id?: NameOf<C>;
  readonly time?: NameOf<C>;
  readonly group?: NameOf<C>;
  /** A column, or a formula. */
  readonly weight?: NameOf<C> | Formula;
  /** All classes weigh the same in training, whatever their numbers of rows. */
  readonly classWeights?: "balanced";
  readonly where?: string;
  /** random:0.2, time:0.2, group:0.2 or none. */
  readonly validate?: string;
  /** 5, group:5 or time:5: the training is judged on every row by models that did not learn from it; the model is fitted on all rows. */
  readonly folds?: number | string;
  /** Of folds by time: rows so little before those that judge are not learned from, like "7d" or "12h". */
  readonly gap?: string;
  /** Rows that are copies of each other stay on one side of a random split. */
  readonly together?: "duplicates";
  /** Of two classes, from which probability on a row is positive: "0.3", "best-f1", "precision>=0.9", "recall>=0.8" or "top:1%". */
  readonly threshold?: string;
  /** Of two classes, on the validation rows. */
  readonly calibrate?: "isotonic" | "platt";
  readonly test?: Source;
  /** Where linear and logistic sum over rows of a cluster: "pages" brings the encoded rows here, "cluster" only sums. By size when not said. */
  readonly sums?: "pages" | "cluster";
  readonly sample?: number | string;
  readonly seed?: number;
  readonly name?: string;
  readonly events?: TrainEvents;
}

export interface Trained extends TrainDetails {
  /** The quality on validation rows. */
  readonly metrics: Metrics | undefined;
}

async function inWorkspace<T>(
  place: Place & { readonly learner?: LearnerChoice },
  work: (workspace: Workspace) => Promise<T>,
): Promise<T> {
  await using workspace = await Workspace.open({
    learnerBytes: place.learner ? learnerBytesOf(place.learner) : 0,
    ...(place.on?.memoryBytes === undefined ? {} : { memoryBytes: place.on.memoryBytes }),
    ...(place.on?.threads === undefined ? {} : { threads: place.on.threads }),
    ...(place.on?.remote ? { on: place.on.remote } : {}),
    home: homeAt({ home: place.home, cache: place.cache }),
    ...(place.signal ? { signal: place.signal } : {}),
  });
  return await work(workspace);
}

/** Paths of a source; rows of an iterator become a file in the cache first. */
async function pathsOf(
  { paths, rows: given, columns }: Source,
  workspace: Workspace,
): Promise<{ paths: readonly string[]; options: DataOptions }> {
  if (!given) return { paths, options: {} };
  const schema: Schema | undefined = columns && {
    columns: Object.entries(columns).map(([name, kind]) => ({
      name,
      type: (kind === "timestamp" ? { kind, utc: false } : { kind }) as Type,
    })),
  };
  const scan = await spoolRows(
    given,
    { cacheDir: workspace.home.cache, ...(workspace.signal ? { signal: workspace.signal } : {}) },
    schema,
  );
  return { paths: scan.files.map(({ path }) => path), options: { format: "jsonl" } };
}

async function specOf<C extends Columns>(settings: TrainSettings<C>, workspace: Workspace): Promise<TrainSpec> {
  const {
    data,
    label,
    features,
    learner,
    test,
    sample,
    weight,
    folds,
    events: _events,
    on: _on,
    home: _home,
    cache: _cache,
    signal: _signal,
    ...rest
  } = settings;
  const found = await pathsOf(data, workspace);
  return {
    ...data.options,
    ...found.options,
    ...rest,
    ...(folds === undefined ? {} : { folds: String(folds) }),
    sources: found.paths,
    label: textOf(label),
    ...(weight === undefined ? {} : { weight: textOf(weight) }),
    ...(features ? { features: features.map((one) => textOf(one as string | Formula | FeatureCall)).join(", ") } : {}),
    ...(learner ? { learner: learner.learner, params: learner.params } : {}),
    ...(test ? { test: (await pathsOf(test, workspace)).paths } : {}),
    ...(sample === undefined ? {} : { sample: typeof sample === "number" ? sample : parseShare(sample) }),
  };
}

/** What a training would read, take and cost. */
export const plan = <C extends Columns>(settings: TrainSettings<C>): Promise<Plan> =>
  inWorkspace(settings, async (workspace) => planTraining(await specOf(settings, workspace), workspace));

/** Learns a model from a source inside the engine's memory budget, judges it beside a baseline, and keeps it. */
export const train = <C extends Columns>(settings: TrainSettings<C>): Promise<Trained> =>
  inWorkspace(settings, async (workspace) => {
    const details = await trainModel(await specOf(settings, workspace), workspace, settings.events);
    return { ...details, metrics: details.quality["validation"]?.model };
  });

export interface ScaleSettings<C extends Columns = Columns> extends Omit<TrainSettings<C>, "on" | "events"> {
  /** `[duckdb({ threads: 1 }), duckdb({ threads: 2 })]`, several clusters, or one with several `partitions`. */
  readonly on: readonly EngineChoice[];
  /** Counted runs of each size, after one that is not; 3 unless said. */
  readonly repeats?: number;
  readonly events?: NonNullable<ScaleOptions["events"]>;
}

/**
 * Runs the same training on several sizes of machine and says how it scales: seconds, speed-up and efficiency of each size, the serial
 * fraction of Amdahl's law and the contention and coherency of Gunther's, each with its 95 % interval or why the runs do not tell it.
 */
export async function scale<C extends Columns>({
  on,
  repeats,
  events,
  ...settings
}: ScaleSettings<C>): Promise<Scaled> {
  const spec = await inWorkspace(settings, (workspace) => specOf(settings, workspace));
  return scaleTraining(
    spec,
    on.map(({ memoryBytes, threads, remote }) => ({
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      ...(threads === undefined ? {} : { threads }),
      ...(remote ? { on: remote } : {}),
    })),
    {
      home: homeAt({ home: settings.home, cache: settings.cache }),
      ...(repeats === undefined ? {} : { repeats }),
      ...(settings.signal ? { signal: settings.signal } : {}),
      ...(events ? { events } : {}),
    },
  );
}

const modelOf = (given: Model | Trained): Model => ("result" in given ? given.model : given);

/** The quality of a model, beside its baseline's, on labelled rows. */
export const evaluate = (
  model: Model | Trained,
  data: Source,
  place: Place & { readonly where?: string } = {},
): Promise<Evaluated> =>
  inWorkspace(place, async (workspace) => {
    const found = await pathsOf(data, workspace);
    return evaluateModel(
      modelOf(model),
      found.paths,
      { ...data.options, ...found.options, ...(place.where === undefined ? {} : { where: place.where }) },
      workspace,
    );
  });

/** Scores rows into a file: one row in, one row out, in order. */
export const predict = (
  model: Model | Trained,
  data: Source,
  place: Place & { readonly to: Source | string; readonly keep?: readonly string[]; readonly overwrite?: boolean },
): Promise<Predicted> =>
  inWorkspace(place, async (workspace) => {
    const found = await pathsOf(data, workspace);
    const to = typeof place.to === "string" ? place.to : place.to.paths[0]!;
    return predictFile(
      modelOf(model),
      found.paths,
      {
        ...data.options,
        ...found.options,
        to,
        ...(place.keep ? { keep: place.keep } : {}),
        ...(place.overwrite ? { overwrite: true } : {}),
      },
      workspace,
    );
  });

/** A function that scores one plain object in this process, in microseconds. */
export const scorer = (model: Model | Trained): ((row: Readonly<Record<string, unknown>>) => Scored) =>
  scoreRow(modelOf(model));

/** Coefficients by the size of what they do. */
export const explain = (model: Model | Trained) => effectsOf(modelOf(model));

/** What each feature did for the fit of a model that splits, largest first. */
export const gains = (model: Model | Trained) => gainsOf(modelOf(model));

/** A model of one small tree as text; nothing for any other. */
export const rules = (model: Model | Trained): string | undefined => rulesOf(modelOf(model));

/**
 * A function that takes the output of a plain object apart: `base` and the contributions of all features (exact Shapley values for
 * trees, weight times distance from the mean for linear models) add up to it. One answer, or one per class.
 */
export function explainer(model: Model | Trained): (row: Readonly<Record<string, unknown>>) => ExplainedRow[] {
  const found = modelOf(model);
  const explained = explainRow(found);
  const read = rowReader(found);
  return (row) => explained(read(row));
}

/** How much worse a model is on rows when a column's values are shuffled among them, largest first. */
export const importance = (model: Model | Trained, data: Source, place: Place = {}): Promise<Importances> =>
  inWorkspace(place, async (workspace) => {
    const found = modelOf(model);
    return permutationImportance(found, await sampleOf(found, data, workspace), { signal: workspace.signal });
  });

/** The mean prediction over some rows as one column goes through its values. */
export const partial = (
  model: Model | Trained,
  data: Source,
  column: string,
  place: Place = {},
): Promise<PartialDependence> =>
  inWorkspace(place, async (workspace) => {
    const found = modelOf(model);
    return partialDependence(found, await sampleOf(found, data, workspace), column, { signal: workspace.signal });
  });

async function sampleOf(model: Model, data: Source, workspace: Workspace): Promise<SampledRows> {
  const { paths, options } = await pathsOf(data, workspace);
  const wanted = rowsToShuffle(model);
  return sampleFor(model, paths, { ...data.options, ...options }, workspace, wanted);
}

/** Types, missing values, ranges and frequent values of a source. */
export const profile = (
  data: Source,
  place: Place & { readonly exact?: boolean; readonly seed?: number } = {},
): Promise<Profile> =>
  inWorkspace(place, async (workspace) => {
    const found = await pathsOf(data, workspace);
    const scan = await workspace.engine.land(
      await describeSource(found.paths, { ...data.options, ...found.options }, workspace),
      { badRows: data.options.badRows ?? "stop", asideDir: `${workspace.home.root}/aside` },
    );
    return profileScan(workspace.engine, scan, {
      ...(place.exact ? { exact: true } : {}),
      ...(place.seed === undefined ? {} : { seed: place.seed }),
    });
  });

/** A model by its name, name/version, run, or `last`. */
export function loadModel(ref: string, place: Pick<Place, "home"> = {}): Model {
  const { file } = findModel(homeAt({ home: place.home }), ref);
  return readModel(readFileSync(file, "utf8"), file);
}
export const saveModel = (model: Model | Trained, path: string): void =>
  writeFileSync(path, writeModel(modelOf(model)));
