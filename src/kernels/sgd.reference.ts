import type { Page } from "../pages/page.js";
import { logisticReference } from "./logistic.reference.js";
import { softmaxReference } from "./softmax.reference.js";
import type { Numbers, Reading, Space } from "./space.js";
import { squaredReference } from "./squared.reference.js";

export type SgdLoss = "logistic" | "squared" | "softmax";

/** [loss, weight, gradient] of one batch of a page under weights in page units: what a step of SGD asks for. */
export function batchReference(
  page: Page,
  space: Space,
  reading: Reading,
  loss: SgdLoss,
  weights: readonly Numbers[],
  intercepts: Numbers,
  rows: { readonly from: number; readonly to: number },
): Float64Array {
  const { from, to } = rows;
  const batch: Page = {
    ...page,
    rows: to - from,
    numbers: page.numbers.map((each) => each.subarray(from, to)),
    codes: page.codes.map((each) => each.subarray(from, to)),
    label: page.label.subarray(from, to),
    weight: page.weight.subarray(from, to),
  };
  const sum = new Float64Array(2 + weights.length * (space.width + 1));
  const one = { ...reading, weights: weights[0]!, intercept: intercepts[0]! };
  if (loss === "softmax") softmaxReference(batch, space, { ...reading, weights, intercepts }, sum);
  else if (loss === "logistic") logisticReference(batch, space, one, sum);
  else squaredReference(batch, space, one, sum);
  return sum;
}
