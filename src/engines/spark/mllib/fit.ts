import type { SparkSession } from "../connection/session.js";
import type { Frame } from "../frames/plan.js";
import { applyTransformer } from "./apply.js";
import type { CrossValidator, Estimator, OneVsRest, Pipeline, TrainValidationSplit } from "./estimator.js";
import { type Fitting, fitOperator } from "./fit-operator.js";
import type { Fitted, MllibModel } from "./model.js";
import { fitOneVsRest, type OneVsRestModel } from "./one-vs-rest.js";
import type { EstimatorName, Operator, TransformerName } from "./operator.js";
import { fitPipeline, type PipelineModel } from "./pipeline.js";
import { fitValidated, type ValidatedModel } from "./validation.js";

/** Fits on the cluster. What comes back is a handle: dispose of it, or let the session's end do so. */
export function fit(
  session: SparkSession,
  estimator: Operator<EstimatorName>,
  rows: Frame,
  options?: Fitting,
): Promise<MllibModel>;
export function fit(session: SparkSession, estimator: Pipeline, rows: Frame, options?: Fitting): Promise<PipelineModel>;
export function fit(
  session: SparkSession,
  estimator: OneVsRest,
  rows: Frame,
  options?: Fitting,
): Promise<OneVsRestModel>;
export function fit(
  session: SparkSession,
  estimator: CrossValidator | TrainValidationSplit,
  rows: Frame,
  options?: Fitting,
): Promise<ValidatedModel>;
export function fit(session: SparkSession, estimator: Estimator, rows: Frame, options?: Fitting): Promise<Fitted>;
export function fit(session: SparkSession, estimator: Estimator, rows: Frame, options: Fitting = {}): Promise<Fitted> {
  switch (estimator.operator) {
    case "Pipeline":
      return fitPipeline(fit, session, estimator, rows, options);
    case "OneVsRest":
      return fitOneVsRest(fit, session, estimator, rows, options);
    case "CrossValidator":
    case "TrainValidationSplit":
      return fitValidated(fit, session, estimator, rows, options);
    default:
      return fitOperator(session, estimator, rows, options);
  }
}

/** The rows with what a fitted model, or a transformer that needs no fitting, adds: lazy. */
export const transform = (by: Fitted | Operator<TransformerName>, rows: Frame): Frame =>
  "transform" in by ? by.transform(rows) : applyTransformer(by, rows);
