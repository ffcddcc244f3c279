import type { SparkSession } from "../connection/session.js";
import type { Frame } from "../frames/plan.js";
import { applyTransformer } from "./apply.js";
import { type FitAny, isTransformer, type Pipeline, type Stage } from "./estimator.js";
import type { Fitting } from "./fit-operator.js";
import type { Fitted } from "./model.js";
import type { Operator, TransformerName } from "./operator.js";

export const pipeline = (stages: readonly Stage[]): Pipeline => ({ operator: "Pipeline", stages });

type FittedStage = Operator<TransformerName> | Fitted;

/** A fitted pipeline: transformers as they were, and a model for each estimator. */
export class PipelineModel implements Fitted {
  readonly session: SparkSession;
  readonly stages: readonly FittedStage[];

  constructor(session: SparkSession, stages: readonly FittedStage[]) {
    this.session = session;
    this.stages = stages;
  }

  transform(rows: Frame): Frame {
    return this.stages.reduce((frame, stage) => applyStage(stage, frame), rows);
  }

  async dispose(): Promise<void> {
    for (const stage of this.stages) if (isFitted(stage)) await stage.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

export const isFitted = (stage: FittedStage): stage is Fitted => "transform" in stage;

const applyStage = (stage: FittedStage, rows: Frame): Frame =>
  isFitted(stage) ? stage.transform(rows) : applyTransformer(stage, rows);

export async function fitPipeline(
  fit: FitAny,
  session: SparkSession,
  { stages }: Pipeline,
  rows: Frame,
  options: Fitting,
): Promise<PipelineModel> {
  const fitted: FittedStage[] = [];
  let frame = rows;
  try {
    for (const stage of stages) {
      const made = isTransformer(stage) ? stage : await fit(session, stage, frame, options);
      fitted.push(made);
      frame = applyStage(made, frame);
    }
  } catch (error) {
    await new PipelineModel(session, fitted).dispose().catch(() => {});
    throw error;
  }
  return new PipelineModel(session, fitted);
}
