import type { Warning } from "../base/warning.js";
import type { DataOptions } from "../data/source.js";
import type { Expr } from "../expr/expr.js";
import type { Decision } from "../features/automatic.js";
import type { OutOfBag, Task } from "../learners/contract.js";
import type { Metrics } from "../metrics/contract.js";
import type { FoldMetric } from "../metrics/over-folds.js";
import type { Model } from "../model/model.js";
import type { LearningStep } from "../rows/learn.js";
import type { Quality } from "../rows/passes/quality.js";
import type { Slice } from "../rows/passes/slices.js";
import type { Summing } from "../rows/where-summed.js";

/** Everything that decides a training, as plain data: kept in the run, so that `resume` can do it again. */
export interface TrainSpec extends DataOptions {
  readonly sources: readonly string[];
  readonly label: string;
  readonly task?: Task;
  readonly positive?: string;
  readonly learner?: string;
  readonly params?: Readonly<Record<string, string | number | boolean>>;
  readonly features?: string;
  /** Columns of whole numbers that automatic features take for categories. */
  readonly codes?: readonly string[];
  readonly drop?: readonly string[];
  readonly allowLeak?: readonly string[];
  readonly id?: string;
  readonly time?: string;
  readonly group?: string;
  readonly weight?: string;
  /** balanced: all classes weigh the same in training, whatever their numbers of rows. */
  readonly classWeights?: "balanced";
  readonly where?: string;
  readonly validate?: string;
  /** The training is judged by so many folds (5, group:5, time:5), and the model is fitted on all rows. */
  readonly folds?: string;
  /** Of folds by time: rows so little before those that judge are not learned from (7d, 12h). */
  readonly gap?: string;
  /** Rows that are copies of each other stay on one side of the split. */
  readonly together?: "duplicates";
  /** Of a binary model, on the validation rows: isotonic or platt. */
  readonly calibrate?: string;
  /** Of a binary model, from which probability on a row is positive: a number, or what shall be reached on validation rows. */
  readonly threshold?: string;
  readonly test?: readonly string[];
  /** Where linear and logistic sum over rows of a cluster: on pages here, or there. Without a word the size of the rows decides. */
  readonly sums?: Summing["where"];
  readonly sample?: number;
  readonly seed?: number;
  readonly name?: string;
  /** Tests make pages small, so that merging has an order to get wrong. */
  readonly pageRows?: number;
}

/** Which learner a training took that named none, and why. */
export interface Choice {
  readonly learner: string;
  readonly why: string;
  /** Columns of whole numbers that tell clearly more as categories, where the learner took them as numbers. */
  readonly codes?: readonly string[];
  /** What each made of the sample's held-back rows; empty where nothing had to be tried. */
  readonly candidates: readonly Candidate[];
  /** Of the sample. */
  readonly rows: number;
  readonly seconds: number;
}

export interface Candidate {
  readonly learner: string;
  readonly codes?: readonly string[];
  readonly metric: "logLoss" | "rmse";
  readonly value: number;
  /** Its standard error. */
  readonly error: number;
}

/** How good models of the same training are on rows that they did not learn from. */
export interface Folds {
  readonly k: number;
  readonly by: "random" | "group" | "time";
  readonly gap?: string;
  readonly rows: readonly { readonly train: number; readonly validation: number }[];
  /** Over the rows, of all folds together. */
  readonly passes: number;
  readonly metrics: Readonly<Record<string, FoldMetric>>;
  /** The same of always saying the mean, or the shares of the classes. */
  readonly baseline: Readonly<Record<string, FoldMetric>>;
}

export interface RowCounts {
  readonly read: number;
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  readonly setAside: number;
  readonly unlabelled: number;
  readonly filtered: number;
  readonly sampledOut: number;
}

/** What `train --json` prints; outside checks rely on these names. */
export interface TrainResult {
  readonly run: string;
  readonly model: string;
  readonly task: Task;
  readonly learner: string;
  /** Where no learner was named. */
  readonly choice?: Choice;
  readonly rows: RowCounts;
  readonly features: readonly { readonly name: string; readonly kind: string; readonly width: number }[];
  /** Columns that are no features, and why. */
  readonly dropped: readonly { readonly column: string; readonly reason: string }[];
  readonly metrics: {
    readonly validation?: Metrics["values"];
    readonly test?: Metrics["values"];
    readonly baseline: Readonly<Record<string, Metrics["values"]>>;
    /** By the rows judged on, what a calibrated model was before. */
    readonly uncalibrated?: Readonly<Record<string, Metrics["values"]>>;
    /** Of weighted rows, by the rows judged on: each row counted as one. */
    readonly unweighted?: Readonly<Record<string, Metrics["values"]>>;
  };
  /** Where folds were asked for. */
  readonly folds?: Folds;
  /** Of a binary model with a threshold of its own: the probability above which a row is positive. */
  readonly threshold?: { readonly goal: string; readonly probability: number };
  /** Of a forest: its quality on training rows, each judged by the trees that did not grow on it. */
  readonly outOfBag?: OutOfBag;
  readonly seconds: number;
  readonly passes: number;
  /** Of a cluster's rows: where the passes over them ran. */
  readonly sums?: Summing;
  readonly bytesRead: number;
  readonly spillBytes: number;
  readonly peakRssBytes: number;
  readonly budgetBytes: number;
  readonly stateHash: string;
  readonly units: { readonly reused: number; readonly done: number };
  readonly warnings: readonly Warning[];
}

/** What the report and the terminal show beside the result. */
export interface TrainDetails {
  readonly result: TrainResult;
  readonly model: Model;
  readonly decisions: readonly Decision[];
  readonly assumed: readonly string[];
  readonly steps: readonly LearningStep[];
  readonly quality: Readonly<Record<string, Quality>>;
  readonly slices: readonly Slice[];
  readonly plan: Plan;
  readonly data: readonly { readonly path: string; readonly bytes: number; readonly fingerprint: string }[];
  readonly seed: number;
  readonly validate: string;
  /** Which rows of the source judged the model, where some did, and how many rows its files have. */
  readonly validation?: { readonly rows: Expr; readonly rowsPerFile: readonly number[] };
  readonly pages: { readonly read: number; readonly encoded: number; readonly encodedBytes: number };
  readonly threads: number;
}

export interface TrainEvents {
  stage?(name: string): void;
  rows?(progress: { stage: string; rows: number; of: number; pass: number }): void;
  /** Work begins on a unit that is not in the journal. */
  unit?(name: string): void;
}

/** What a training will read, take and cost, told before it runs. */
export interface Plan {
  readonly rows: number;
  /** Counted from a footer or a table, not estimated from a part of a text file. */
  readonly rowsExact: boolean;
  /** Bytes of the source's files. */
  readonly bytes: number;
  readonly passes: number;
  readonly peakBytes: number;
  readonly seconds: readonly [low: number, high: number];
  /** Bytes that landing and pages will take in the cache. */
  readonly cacheBytes: number;
  readonly columns: number;
  /** Of a cluster's rows: where passes over them will run, as far as the columns are known. */
  readonly sums?: Summing;
  /** Of a training whose rows a cluster reads: its queries, their time on so many cores, and the bytes that come here. */
  readonly cluster?: {
    readonly cores: number;
    readonly queries: number;
    readonly seconds: number;
    readonly travelBytes: number;
  };
  readonly stages: readonly { readonly what: string; readonly seconds: number }[];
  readonly advice: readonly string[];
  readonly warnings: readonly Warning[];
  /** At the price of a small cloud machine, in US dollars. */
  readonly cost: number;
}

export type { Warning } from "../base/warning.js";
