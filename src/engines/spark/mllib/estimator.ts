import type { SparkSession } from "../connection/session.js";
import type { Frame } from "../frames/plan.js";
import type { Fitting } from "./fit-operator.js";
import type { Fitted } from "./model.js";
import { type EstimatorName, type EvaluatorName, factsOf, type Operator, type TransformerName } from "./operator.js";

/** Whatever can be fitted: an estimator of Spark's, or one that is put together here. All of it is plain data. */
export type Estimator = Operator<EstimatorName> | Pipeline | CrossValidator | TrainValidationSplit | OneVsRest;
export type Stage = Estimator | Operator<TransformerName>;

/** Stages one after the other: each estimator learns from rows that the stages before it have changed. */
export interface Pipeline {
  readonly operator: "Pipeline";
  readonly stages: readonly Stage[];
}

/** Several estimators tried on the same parts of the rows; the best of them is then fitted on all rows. */
interface Trying {
  readonly candidates: readonly Estimator[];
  readonly evaluator: Operator<EvaluatorName>;
  readonly seed: number;
  /** How many are fitted at the same time. */
  readonly parallel: number;
  /** Keeps the models of the trials; else they are deleted once they are judged. */
  readonly keepAll: boolean;
}
export interface CrossValidator extends Trying {
  readonly operator: "CrossValidator";
  readonly folds: number;
  /** A column with the number of each row's fold, in place of chance. */
  readonly foldColumn?: string;
}
export interface TrainValidationSplit extends Trying {
  readonly operator: "TrainValidationSplit";
  readonly trainRatio: number;
}

/** Several classes by a binary classifier: one model for each class against all others. */
export interface OneVsRest {
  readonly operator: "OneVsRest";
  readonly classifier: Operator<EstimatorName>;
  readonly parallel: number;
}

/** How what is put together fits its parts. */
export type FitAny = (session: SparkSession, estimator: Estimator, rows: Frame, options: Fitting) => Promise<Fitted>;

export const isTransformer = (stage: Stage): stage is Operator<TransformerName> =>
  "params" in stage && factsOf(stage.operator).kind === "transformer";
