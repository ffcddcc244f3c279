import { SluiceError } from "../../../base/errors.js";
import type { Executing } from "../connection/execute.js";
import type { SparkSession } from "../connection/session.js";
import { fromLiteral } from "../frames/literals.js";
import { type Frame, frame } from "../frames/plan.js";
import { ask } from "./ask.js";
import { paramLiterals } from "./literal.js";
import {
  type EvaluatorName,
  factsOf,
  type Operator,
  paramOf,
  type TransformerName,
  typeNumbers,
  uidFor,
} from "./operator.js";

/** The rows with what a transformer adds: lazy, nothing runs. */
export function applyTransformer({ operator, params }: Operator<TransformerName>, rows: Frame): Frame {
  const { jvm, params: facts } = factsOf(operator);
  return frame({
    case: "mlRelation",
    value: {
      mlType: {
        case: "transform",
        value: {
          operator: { case: "transformer", value: { name: jvm, uid: uidFor(operator), type: typeNumbers.transformer } },
          input: rows,
          params: paramLiterals(facts, params),
        },
      },
    },
  });
}

/** An evaluator's number for rows that carry predictions. */
export async function evaluate(
  session: SparkSession,
  { operator, params }: Operator<EvaluatorName>,
  rows: Frame,
  options: Executing = {},
): Promise<number> {
  const { jvm, params: facts } = factsOf(operator);
  const answer = await ask(
    session,
    {
      case: "evaluate",
      value: {
        evaluator: { name: jvm, uid: uidFor(operator), type: typeNumbers.evaluator },
        params: paramLiterals(facts, params),
        dataset: rows,
      },
    },
    options,
  );
  const value = answer.case === "param" ? fromLiteral(answer.value) : undefined;
  if (typeof value !== "number") throw new SluiceError("cluster_error", `Spark gave no number for ${operator}`);
  return value;
}

/** Metrics of which less is better; Spark does not tell a client. */
const losses: Readonly<Partial<Record<EvaluatorName, readonly string[]>>> = {
  RegressionEvaluator: ["rmse", "mse", "mae"],
  MulticlassClassificationEvaluator: [
    "logLoss",
    "hammingLoss",
    "weightedFalsePositiveRate",
    "falsePositiveRateByLabel",
  ],
  MultilabelClassificationEvaluator: ["hammingLoss"],
};

export const largerIsBetter = (of: Operator<EvaluatorName>): boolean =>
  !losses[of.operator]?.includes(paramOf(of, "metricName") as string);
