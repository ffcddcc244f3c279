export type { ErrorCode } from "./base/errors.js";
export { CodedError, isError, SluiceError } from "./base/errors.js";
export type { Effect, Gain, Task } from "./learners/contract.js";
export type { QueryRows, Reported, ScaleSettings, Trained, TrainSettings } from "./library/calls.js";
export {
  compare,
  evaluate,
  explain,
  explainer,
  gains,
  importance,
  loadModel,
  models,
  partial,
  plan,
  predict,
  profile,
  report,
  resume,
  rules,
  saveModel,
  scale,
  scorer,
  sql,
  train,
} from "./library/calls.js";
export type { OpenSettings, Session } from "./library/session.js";
export { open } from "./library/session.js";
export type {
  Columns,
  CsvSettings,
  EngineChoice,
  FeatureCall,
  Formula,
  LearnerChoice,
  Source,
  SourceSettings,
} from "./library/words.js";
export {
  arrow,
  baseline,
  boosting,
  bucketise,
  csv,
  duckdb,
  files,
  forest,
  formula,
  jsonLines,
  libsvm,
  linear,
  logistic,
  oneHot,
  parquet,
  rows,
  sgd,
  spark,
  sparkFiles,
  sparkSql,
  sparkTable,
  sparseLinear,
  sparseLogistic,
  stage,
  standardise,
  table,
  tree,
} from "./library/words.js";
export type { Metrics } from "./metrics/contract.js";
export type { Model } from "./model/model.js";
export type { ExplainedRow } from "./predict/contributions.js";
export type { Importance, Importances } from "./predict/importance.js";
export type { Scored } from "./predict/one.js";
export type { PartialDependence } from "./predict/partial.js";
export type { Amdahl, Estimate, Scalability, Unsupported } from "./scale/laws.js";
export type { Scaled, ScaledRun, ScaledSize } from "./scale/scale.js";
export type { ComparedModel, ListedModel } from "./train/kept.js";
export type { Plan, RowCounts, TrainDetails, TrainResult, Warning } from "./train/spec.js";
