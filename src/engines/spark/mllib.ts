import { operatorCalls } from "./mllib/calls.js";
import { oneVsRest } from "./mllib/one-vs-rest.js";
import { pipeline } from "./mllib/pipeline.js";
import { combinations, crossValidator, trainValidationSplit } from "./mllib/validation.js";

/**
 * MLlib's estimators, transformers and evaluators as functions that give plain data: `mllib.gbtClassifier({ maxIter: 50 })`.
 * `fit`, `transform` and `evaluate` take them to a session.
 */
export const mllib = {
  ...operatorCalls,
  pipeline,
  crossValidator,
  trainValidationSplit,
  oneVsRest,
  combinations,
} as const;

export { parseRemote, type Remote } from "./connection/remote.js";
export { SparkSession } from "./connection/session.js";
// What a program needs besides: a session, and frames to fit to.
export { type Frame, files, sql, table } from "./frames/plan.js";
export { evaluate, largerIsBetter } from "./mllib/apply.js";
export { type CachedModel, cachedModels, clearModels, deleteModels } from "./mllib/cache.js";
export { collect } from "./mllib/collect.js";
export type { CrossValidator, Estimator, OneVsRest, Pipeline, Stage, TrainValidationSplit } from "./mllib/estimator.js";
export { readModel, readOperator, writeOperator } from "./mllib/files.js";
export { fit, transform } from "./mllib/fit.js";
export type { Fitting } from "./mllib/fit-operator.js";
export * as statistics from "./mllib/helper.js";
export * from "./mllib/home.js";
export { type Fitted, MllibModel } from "./mllib/model.js";
export { type MllibData, type MllibLearner, mllibNamed, mllibNames } from "./mllib/named.js";
export type { OneVsRestModel } from "./mllib/one-vs-rest.js";
export type {
  EstimatorName,
  EvaluatorName,
  ModelName,
  Operator,
  OperatorName,
  ParamsOf,
  TransformerName,
} from "./mllib/operator.js";
export type { PipelineModel } from "./mllib/pipeline.js";
export { readPipeline, writePipeline } from "./mllib/pipeline-files.js";
export type { MllibSummary } from "./mllib/summary.js";
export type { ValidatedModel } from "./mllib/validation.js";
export { type Written, write } from "./mllib/write.js";
