import { writeFileSync } from "node:fs";
import { SluiceError } from "../base/errors.js";
import type { Schema, Type } from "../base/schema.js";
import { parseShare } from "../base/units.js";
import type { NamedFile } from "../data/named-files.js";
import { askQuery, plainValue } from "../data/query.js";
import { type DataOptions, describeSource } from "../data/source.js";
import { type Profile, profile as profileScan } from "../features/profile.js";
import type { Task } from "../learners/contract.js";
import type { Metrics } from "../metrics/contract.js";
import { type Model, writeModel } from "../model/model.js";
import { type ExplainedRow, explainRow } from "../predict/contributions.js";
import { type Evaluated, evaluateModel } from "../predict/evaluate.js";
import { effectsOf, gainsOf, rulesOf } from "../predict/explain.js";
import { type Importances, permutationImportance, rowsToShuffle } from "../predict/importance.js";
import { type Scored, scoreRow } from "../predict/one.js";
import { type PartialDependence, partialDependence } from "../predict/partial.js";
import { type Predicted, predictFile } from "../predict/predict.js";
import { rowReader } from "../predict/read-row.js";
import { type SampledRows, sampleFor } from "../predict/sample.js";
import { insightOfRun, reportable, writeReport } from "../report/write.js";
import { type Home, homeAt, type Stray } from "../runs/home.js";
import { type Scaled, type ScaleOptions, scaleTraining } from "../scale/scale.js";
import { rows as spoolRows } from "../sources/index.js";
import { learnerBytesOf } from "../train/check.js";
import {
  besideOthers,
  type ComparedModel,
  compared,
  judgedAlike,
  keptModels,
  type ListedModel,
  listed,
  loadKept,
} from "../train/kept.js";
import { planTraining } from "../train/plan.js";
import { begunRun } from "../train/resume.js";
import type { Plan, TrainDetails, TrainEvents, TrainSpec } from "../train/spec.js";
import { trainModel } from "../train/train.js";
import { Workspace, type WorkspaceOptions } from "../workspace/workspace.js";

import {
  type Columns,
  type EngineChoice,
  type FeatureCall,
  type Formula,
  type LearnerChoice,
  type NameOf,
  type Source,
  textOf,
} from "./words.js";

export interface Place {
  readonly on?: EngineChoice;
  /** Where runs and models live; `.sluice` here unless said. */
  readonly home?: string;
  /** Where encoded pages and landed text live; the OS cache folder unless said. */
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

/** Gives a call its workspace: one of its own, or that of a session. */
export type Host = <T>(learnerBytes: number, work: (workspace: Workspace) => Promise<T>) => Promise<T>;
const hosts = new WeakMap<Place, Host>();
/** Settings of a call that works where `host` says. */
export function hosted<P extends Place>(place: P, host: Host): P {
  hosts.set(place, host);
  return place;
}

const homeOf = ({ home, cache }: Pick<Place, "home" | "cache">): Home => homeAt({ home, cache });

export const workspaceOptions = ({ on, signal, ...folders }: Place, learnerBytes: number): WorkspaceOptions => ({
  learnerBytes,
  ...(on?.memoryBytes === undefined ? {} : { memoryBytes: on.memoryBytes }),
  ...(on?.threads === undefined ? {} : { threads: on.threads }),
  ...(on?.remote ? { on: on.remote } : {}),
  home: homeOf(folders),
  ...(signal ? { signal } : {}),
});

async function inWorkspace<T>(
  place: Place & { readonly learner?: LearnerChoice },
  work: (workspace: Workspace) => Promise<T>,
  learner: Pick<TrainSpec, "learner" | "params"> | undefined = place.learner,
): Promise<T> {
  const learnerBytes = learner ? learnerBytesOf(learner) : 0;
  const host = hosts.get(place);
  if (host) return host(learnerBytes, work);
  await using workspace = await Workspace.open(workspaceOptions(place, learnerBytes));
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
    return trained(await trainModel(await specOf(settings, workspace), workspace, settings.events));
  });

const trained = (details: TrainDetails): Trained => ({ ...details, metrics: details.quality["validation"]?.model });

/**
 * Goes on with a training that was interrupted, from its last finished unit to the same model; one that had finished gives its model
 * again. `run` is a run, a model's name or `last`. Refused as `unknown_name` where there is none, as `changed_source` where its source
 * is no longer what it was, as `damaged` where its plan cannot be read, and as `usage` while another process works on it.
 */
export async function resume(run: string, settings: Place & { readonly events?: TrainEvents } = {}): Promise<Trained> {
  const begun = begunRun(homeOf(settings), run);
  return inWorkspace(
    settings,
    async (workspace) => trained(await trainModel(begun.spec, workspace, settings.events, begun.run)),
    begun.spec,
  );
}

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
      home: homeOf(settings),
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

export interface Reported {
  /** late/2 */
  readonly model: string;
  /** The path of the HTML file. */
  readonly report: string;
  /** What the report does without, and why. */
  readonly notes: readonly string[];
}

/**
 * Writes a model's report, one HTML file that needs nothing else: into its run's folder, or to the file `to`; `against` sets other
 * models beside it. `model` is what `train` gave, or a name, name/version, run or `last`. A report is made from the run: where that is
 * not in this home, it is refused as `missing_file`, and a model that is not there as `unknown_name`.
 */
export async function report(
  model: string | Trained,
  place: Place & { readonly to?: string; readonly against?: readonly (string | Trained)[] } = {},
): Promise<Reported> {
  const home = homeOf(place);
  const found = (one: string | Trained): TrainDetails =>
    reportable(home, typeof one === "string" ? one : one.result.run);
  const details = found(model);
  const against = (place.against ?? []).map(found);
  const notes: string[] = [];
  const insight = await insightOfRun(
    details,
    home,
    (work) => inWorkspace(place, work),
    (text) => notes.push(text),
  );
  return {
    model: details.result.model,
    report: await writeReport(details, home, { to: place.to, against, insight }),
    notes,
  };
}

/** The models of a home, newest first; `damaged` names what lies there and cannot be read, with its problem. */
export function models(place: Pick<Place, "home"> = {}): {
  readonly models: readonly ListedModel[];
  readonly damaged: readonly Stray[];
} {
  const { models: kept, damaged } = keptModels(homeOf(place));
  return { models: kept.map(listed), damaged };
}

/**
 * Models side by side, in the order given: quality, rows, seconds, bytes, passes. `judgedAlike` is false where they were judged on
 * other rows or another label, so that their figures do not compare. A model that is not there is refused as `unknown_name`.
 */
export function compare(
  given: readonly (string | Trained)[],
  place: Pick<Place, "home"> = {},
): { readonly models: readonly ComparedModel[]; readonly judgedAlike: boolean } {
  const all = besideOthers(
    homeOf(place),
    given.map((one) => (typeof one === "string" ? one : one.result.model)),
  );
  return { models: all.map(compared), judgedAlike: judgedAlike(all) };
}

export interface QueryRows {
  /** A value per column by its name: numbers (whole ones beyond 2^53 as bigint), texts, booleans, null; dates and times as ISO text. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** There are more rows than `limit`. */
  readonly more: boolean;
  /** Text files that the query names: what was assumed of each, and how many of its rows did not fit and are set aside. */
  readonly files: readonly NamedFile[];
}

/**
 * The first rows of one query that reads, 1,000 unless `limit` says; files are tables: `SELECT count(*) FROM 'rides.parquet'`. With
 * `on: spark()` the cluster answers in its own SQL. What does not run, or writes, is refused as `bad_formula`.
 */
export const sql = (query: string, place: Place & { readonly limit?: number } = {}): Promise<QueryRows> =>
  inWorkspace(place, async (workspace) => {
    const { limit = 1000 } = place;
    if (!Number.isInteger(limit) || limit < 0)
      throw new SluiceError("usage", `limit ${limit}: it must be a whole number`, { value: limit });
    const { rows, more, files } = await askQuery(query, limit, workspace);
    const readable = rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plainValue(value)])),
    );
    return { rows: readable, more, files };
  });

/** A model by its name, name/version, run, or `last`. */
export const loadModel = (ref: string, place: Pick<Place, "home"> = {}): Model => loadKept(homeOf(place), ref).model;
export const saveModel = (model: Model | Trained, path: string): void =>
  writeFileSync(path, writeModel(modelOf(model)));
