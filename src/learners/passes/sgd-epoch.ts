import type { Numbers } from "../../kernels/space.js";
import { spaceOf } from "../../kernels/space.js";
import { defineFold } from "../../pages/pass.js";

/**
 * Weights are those of standardised columns, (x - centre) / scale in page units. One step of batch t (from 0):
 * rate = start / (1 + decay * t) ** power; the batch's mean gradient plus l2 * weight; momentum; then for l1 a soft
 * threshold at rate * l1 (a proximal step: with dense columns nothing is gained by putting it off). Intercepts go free.
 */
export interface SgdParams {
  readonly loss: "logistic" | "squared" | "softmax";
  /** Of softmax; 1 otherwise. */
  readonly outputs: number;
  readonly rate: { readonly start: number; readonly decay: number; readonly power: number };
  readonly batchRows: number;
  readonly l1: number;
  readonly l2: number;
  /** 0 for none; then the state carries velocities. */
  readonly momentum: number;
  /** Mean weight of training rows, so that weights of any size leave the rate alone. */
  readonly meanWeight: number;
  /** p values each, in page units; 0 and 1 leave a coefficient as it is. */
  readonly centre: Numbers;
  readonly scale: Numbers;
  readonly fill: Numbers;
}

/** [batches done, loss and weight of this epoch so far, then per output weights (p) and intercept, then as many velocities]. */
export const sgdHead = 3;

/** Mini-batch SGD over the pages in the order it is given; a batch is `batchRows` consecutive rows and ends with its page. */
export const sgdEpoch = defineFold<SgdParams>({
  name: "sgdEpoch",
  length: ({ outputs, momentum }, layout) => sgdHead + (momentum > 0 ? 2 : 1) * outputs * (spaceOf(layout).width + 1),
  start() {
    throw new Error("sgdEpoch: not yet");
  },
});

export function readSgd(state: Float64Array, { outputs }: SgdParams, width: number): { readonly step: number; readonly meanLoss: number; readonly weights: readonly Float64Array[]; readonly intercepts: Float64Array } {
  const at = (k: number): number => sgdHead + k * (width + 1);
  return {
    step: state[0]!,
    meanLoss: state[1]! / state[2]!,
    weights: Array.from({ length: outputs }, (_, k) => state.slice(at(k), at(k) + width)),
    intercepts: Float64Array.from({ length: outputs }, (_, k) => state[at(k) + width]!),
  };
}
