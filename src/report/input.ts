import type { Effect, Gain, OutOfBag, Task } from "../learners/contract.js";
import type { Metrics } from "../metrics/contract.js";
import type { Importance } from "../predict/importance.js";
import type { Folds } from "../train/spec.js";

/** Everything a report shows, as plain data; what is absent is left out of the page. */
export interface ReportInput {
  /** late/2 */
  readonly model: string;
  readonly task: Task;
  readonly label: string;
  /** Classes as they are printed, in order of their codes; for binary the second one is the positive class. */
  readonly classes: readonly string[];
  readonly learner: string;
  /** Why this learner, where none was named. */
  readonly chosen?: string;
  readonly params: Readonly<Record<string, string | number | boolean>>;
  /** ISO time. */
  readonly created: string;
  readonly sources: readonly string[];
  /** Where rows went, in the order of showing: read, train, validation, test, set aside, ... */
  readonly rows: Readonly<Record<string, number>>;
  /** How validation rows were chosen, in words. */
  readonly split?: string;
  readonly columns: readonly ReportColumn[];
  readonly assumed: readonly string[];
  readonly warnings: readonly { readonly code?: string; readonly message: string }[];
  readonly plan?: {
    readonly seconds: readonly [low: number, high: number];
    readonly bytes?: number;
    readonly peakBytes?: number;
    readonly passes?: number;
    readonly spillBytes?: number;
  };
  readonly reality: {
    readonly seconds: number;
    readonly bytesRead: number;
    readonly peakRssBytes: number;
    readonly budgetBytes: number;
    readonly passes: number;
    readonly spillBytes: number;
    readonly threads?: number;
  };
  readonly steps: readonly { readonly step: number; readonly loss?: number; readonly note?: string }[];
  /** By split (validation, test), the model and its baseline on the same rows. The last one is the one the headline quotes. */
  readonly quality: Readonly<
    Record<
      string,
      {
        readonly model: Metrics;
        readonly baseline?: Metrics;
        readonly uncalibrated?: Metrics;
        readonly unweighted?: Metrics;
      }
    >
  >;
  /** How good models of the same training are on rows that they did not learn from. */
  readonly folds?: Folds;
  /** Of a forest. */
  readonly outOfBag?: OutOfBag;
  /** Largest first. */
  readonly effects: readonly Effect[];
  /** Of a model that splits: what its splits gained by feature, largest first. */
  readonly gains?: readonly Gain[];
  /** A model of one small tree as text. */
  readonly rules?: string;
  /** What matters on the rows that judged it. */
  readonly insight?: ReportInsight;
  readonly slices?: readonly ReportSlice[];
  /** Quality with and without something: a group of features, a part of the rows. */
  readonly comparisons?: readonly ReportComparison[];
  readonly reproduce: {
    readonly command: string;
    readonly run?: string;
    readonly stateHash: string;
    readonly seed?: number;
    readonly data: readonly { readonly path: string; readonly bytes?: number; readonly fingerprint: string }[];
    readonly versions: Readonly<Record<string, string>>;
  };
}

export interface ReportColumn {
  readonly column: string;
  readonly type: string;
  readonly use: string;
  readonly reason: string;
  /** Share of rows. */
  readonly missing?: number;
}

export interface ReportInsight {
  readonly split: string;
  readonly rows: number;
  readonly repeats: number;
  readonly metric?: string;
  /** How many the model reads; of very many, `importance` has those that do most in it. */
  readonly columns: number;
  /** Largest first. */
  readonly importance: readonly Importance[];
  /** Why its figures may be worth less than they look. */
  readonly doubts?: readonly string[];
  readonly partial: readonly ReportPartial[];
}

/** The mean answer as a column goes through its values. */
export interface ReportPartial {
  readonly column: string;
  /** What is answered: the prediction, the positive class, or all classes. */
  readonly names: readonly string[];
  /** Times are in days since 1970-01-01. */
  readonly form: "number" | "time" | "level";
  /** Of the rows as they are. */
  readonly mean: readonly number[];
  /** `at` is missing for a level, and for missing values. */
  readonly points: readonly { readonly at?: number; readonly text: string; readonly answers: readonly number[] }[];
  readonly doubts?: readonly string[];
}

/** One metric on the rows of each value of a column. */
export interface ReportSlice {
  readonly column: string;
  readonly metric: string;
  readonly split: string;
  readonly values: readonly {
    readonly value: string;
    readonly rows: number;
    readonly model: number;
    readonly interval?: readonly [low: number, high: number];
    readonly baseline?: number;
  }[];
}

export interface ReportComparison {
  readonly title: string;
  readonly paragraphs: readonly string[];
  readonly rows: readonly { readonly name: string; readonly values: Readonly<Record<string, number>> }[];
}
