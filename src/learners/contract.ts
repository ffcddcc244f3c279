import type { Of, Params } from "../base/params.js";
import type { Row } from "../base/schema.js";
import type { Expr } from "../expr/expr.js";
import type { Block } from "../features/contract.js";
import type { Keeper } from "../pages/keeper.js";
import type { PageLayout } from "../pages/page.js";
import type { Fold, Pass } from "../pages/pass.js";

export type Task = "binary" | "multiclass" | "regression";

/** What a learner may ask of the rows it learns from. It never holds the rows, so size is someone else's worry. */
export interface TrainingData {
  readonly task: Task;
  /** 2 for binary, the number of classes for multiclass, 1 for regression. Class codes in `page.label` are 0 .. classes-1. */
  readonly classes: number;
  readonly layout: PageLayout;
  readonly blocks: readonly Block[];
  /** Training rows: labelled, of weight above 0. */
  readonly rows: number;
  /** Rows have weights of their own. */
  readonly weighted: boolean;
  /** Labelled rows kept for validation. */
  readonly validationRows: number;
  /** Runs over the training rows; `rows: "sample"` over a seeded sample of them that fits in memory (to start from). */
  pass<P>(
    pass: Pass<P>,
    params: P,
    options?: { readonly rows?: "train" | "validation" | "sample" },
  ): Promise<Float64Array>;
  /** One epoch in the seeded order of `epoch`; gives the state after the last page. */
  fold<P>(
    fold: Fold<P>,
    params: P,
    state: Float64Array,
    options: { readonly epoch: number; readonly seed: number },
  ): Promise<Float64Array>;
  /** Hands all labelled rows to keepers on the workers, page by page; they answer questions until the learner is done. */
  keep<P>(keeper: Keeper<P>, params: P): Promise<KeptRows>;
  /**
   * The same to `shards` instances: instance s takes the pages s, s + shards, ... in their order, whatever the number of workers.
   * So what an instance makes of its rows may depend on their order. Answers come in the order of the shards. With `spread`, so many
   * pages that follow each other come from parts of the source that lie evenly apart (`pages/spread.ts`).
   */
  walk<P>(keeper: Keeper<P>, params: P, shards: number, spread?: number): Promise<WalkedRows>;
  /** Fits one of the engine's own learners to the training rows, where it has any; gives its outputs as formulas over f0, f1, ... */
  fitBy?(learner: string, params: unknown, seed: number): Promise<Readonly<Record<string, Expr>>>;
  /** A piece of work with plain data as its result: a resumed run that finished it before gets the result at once. */
  unit<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** What a user should know of this training, though it goes through. */
  warn(warning: { readonly code: string; readonly message: string }): void;
  /** What a learner wants shown while it works; also the learning curve of the report. */
  report(step: { readonly step: number; readonly loss?: number; readonly note?: string }): void;
}

/** Rows that workers keep for a learner: an answer from each, in no order that means anything. The next question may overwrite it. */
export interface KeptRows {
  ask(question: string, params: unknown): Promise<readonly Float64Array[]>;
  release(): Promise<void>;
}

export interface WalkedRows extends KeptRows {
  /** All pages once more, to the same instances. */
  again(): Promise<void>;
}

/** What a learner needs of the data, so that train prepares just that. Later: a relation on an engine that owns the learner. */
export type Needs = {
  /** dense: numbers with a value for every row, levels with a weight each. bins: numbers and levels as they are, for trees. hashed: codes too. */
  readonly pages: "dense" | "bins" | "hashed";
  readonly passes: "one" | "many";
  /** All its passes can be queries of an engine (Pass.inEngine), so that the rows may stay there. */
  readonly inEngine?: boolean;
};

/**
 * A learner turns passes into a fitted state, and that state into a formula. State is plain data (numbers, arrays of
 * numbers), so it is saved as JSON and hashed.
 */
export interface Learner<P extends Params = Params, S = unknown> {
  readonly name: string;
  readonly doc: string;
  readonly tasks: readonly Task[];
  readonly needs: Needs;
  readonly params: P;
  /**
   * Bytes that it holds beside the pages while rows are read, in the whole process: a budget without room for them is refused. Blocks are
   * not known yet when the budget is shared out.
   */
  memory?(params: Of<P>, outputs: number, blocks?: readonly Block[], threads?: number): number;
  /** In place of `needs.passes`, where it depends on the params and on how many rows there are. */
  passes?(params: Of<P>, rows: number): Needs["passes"];
  /** Bytes that each worker and the main thread must at least hold, however few the rows: a smaller budget is refused before work. */
  holds?(blocks: readonly Block[], params: Of<P>): number;
  fit(data: TrainingData, params: Of<P>, seed: number, earlier?: S): Promise<S>;
  /**
   * Named outputs as formulas over the blocks: `prediction` for regression; `margin` for binary (log odds);
   * `margin_<k>` per class code for multiclass. predict/ turns margins into probabilities and the prediction.
   */
  score(state: S, blocks: readonly Block[], task: Task, classes: number): Readonly<Record<string, Expr>>;
  /** The same outputs by kernel: `{ name, params }` of a registered scorer that fills outputs for a page (metrics use it). */
  scorer(
    state: S,
    blocks: readonly Block[],
    layout: PageLayout,
    task: Task,
    classes: number,
  ): { readonly name: string; readonly params: unknown };
  /** The effect of each coefficient or feature, for explain and the report; standardised so that they compare. */
  effects?(state: S, blocks: readonly Block[]): readonly Effect[];
  /** How much each feature did for the fit, where fitting tells. */
  importance?(state: S, blocks: readonly Block[]): readonly Gain[];
  /** What each block adds to a row's outputs. */
  contributions?(state: S, blocks: readonly Block[]): Contributions;
  /** How well training rows are predicted by those parts of the state that did not learn from them. */
  outOfBag?(state: S): OutOfBag | undefined;
  /** A state that is small enough to be read, as text. */
  rules?(state: S, blocks: readonly Block[], task: Task, classes: readonly string[]): string | undefined;
}

export interface Gain {
  readonly feature: string;
  /** By how much its splits lowered the objective, summed. */
  readonly gain: number;
  readonly splits: number;
}

/** A forest's estimate of its own quality: each training row is judged by the trees that did not grow on it. */
export interface OutOfBag {
  /** Rows that some tree did not grow on. */
  readonly rows: number;
  /** The share of rows whose class is the likeliest, and the surprise at their classes in nats a row. */
  readonly accuracy?: number;
  readonly logLoss?: number;
  /** In units of the label. */
  readonly rmse?: number;
}

/** Outputs of a row taken apart: for each output, `base` and the contributions of all blocks add up to it. */
export interface Contributions {
  /** What they add up to: the learner's output (a margin, a prediction), the logarithm of a prediction, or a class's share. */
  readonly of: "output" | "log" | "share";
  readonly base: readonly number[];
  /** For each output, a value per block. */
  explain(row: Row): readonly Float64Array[];
}

export interface Effect {
  readonly feature: string;
  readonly level?: string;
  /** Class name's code for multiclass. */
  readonly output?: number;
  /** Per unit of the feature. */
  readonly coefficient: number;
  /** Per standard deviation of the feature. */
  readonly standardised: number;
  /** Standard error of the coefficient, where the learner knows it. */
  readonly error?: number;
}

export const defineLearner = <P extends Params, S>(learner: Learner<P, S>): Learner<P, S> => learner;
