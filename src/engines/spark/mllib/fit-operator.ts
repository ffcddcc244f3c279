import { randomUUID } from "node:crypto";
import { SluiceError } from "../../../base/errors.js";
import type { Executing } from "../connection/execute.js";
import type { SparkSession } from "../connection/session.js";
import type { Frame } from "../frames/plan.js";
import { ask, type MlAnswer } from "./ask.js";
import { deleteModels, deleteOrphans, holdingsOf } from "./cache.js";
import { paramLiterals } from "./literal.js";
import { MllibModel } from "./model.js";
import { type EstimatorName, factsOf, modelNameOf, type Operator, typeNumbers, uidFor } from "./operator.js";

export interface Fitting extends Pick<Executing, "signal" | "onProgress"> {
  /** What Spark warns of, beside `warning` of the model: trees that it stopped growing early because the model became too big. */
  readonly onWarning?: (message: string) => void;
}

/** How long a cancelled fit may take to end before it is left to the server. */
const endMs = 30_000;

/** Fits one estimator on the cluster. The model stays there until it is disposed of or the session ends. */
export async function fitOperator<N extends EstimatorName>(
  session: SparkSession,
  operator: Operator<N>,
  frame: Frame,
  { signal, onProgress, onWarning }: Fitting = {},
): Promise<MllibModel> {
  signal?.throwIfAborted();
  const name = operator.operator;
  const { jvm, params, kind, call } = factsOf(name);
  if (kind !== "estimator")
    throw new SluiceError(
      "usage",
      `mllib.${call} is ${kind === "evaluator" ? "an evaluator: ask evaluate(...)" : "a transformer: ask transform(...)"}; it learns nothing`,
      { operator: name },
    );
  const uid = uidFor(name);
  const command = {
    case: "fit",
    value: {
      estimator: { name: jvm, uid, type: typeNumbers.estimator },
      params: paramLiterals(params, operator.params),
      dataset: frame,
    },
  } as const;
  const held = holdingsOf(session);
  held.fits++;
  try {
    const operationId = randomUUID();
    const cancel = cancelling(session, operationId, signal);
    let answer: MlAnswer;
    try {
      answer = await ask(session, command, {
        operationId,
        signal: cancel.giveUp,
        ...(onProgress ? { onProgress } : {}),
      });
    } catch (error) {
      if (!signal?.aborted) throw error;
      held.orphans = true;
      throw signal.reason;
    } finally {
      cancel.done();
    }
    const info = answer.case === "operatorInfo" ? answer.value : undefined;
    const id = info?.type.case === "objRef" ? info.type.value.id : undefined;
    if (id === undefined) throw new SluiceError("cluster_error", `Spark fitted ${name} and gave no model`);
    held.ids.add(id);
    if (signal?.aborted) {
      await deleteModels(session, [id]);
      throw signal.reason;
    }
    if (info?.warningMessage) onWarning?.(info.warningMessage);
    return new MllibModel(session, {
      id,
      name: modelNameOf(operator),
      uid,
      operator: name,
      params: operator.params,
      ...(info?.warningMessage ? { warning: info.warningMessage } : {}),
      trainedOn: frame,
    });
  } finally {
    held.fits--;
    await deleteOrphans(session).catch(() => {}); // they end with the session
  }
}

/**
 * A cancelled fit is read to its end: only then it is known whether it left a model. `giveUp` fires when that takes too long.
 * An interrupt that comes before the operation is known there is asked for again.
 */
function cancelling(
  session: SparkSession,
  operationId: string,
  signal: AbortSignal | undefined,
): { giveUp: AbortSignal; done: () => void } {
  const giveUp = new AbortController();
  let over = false;
  const interrupt = async (): Promise<void> => {
    for (const began = Date.now(); !over && Date.now() - began < endMs; ) {
      await session.interrupt(operationId).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    if (!over) giveUp.abort(signal?.reason);
  };
  const onAbort = (): void => void interrupt();
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  return {
    giveUp: giveUp.signal,
    done: () => {
      over = true;
      signal?.removeEventListener("abort", onAbort);
    },
  };
}
