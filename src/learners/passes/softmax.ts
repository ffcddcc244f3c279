import { type Multinomial, softmaxReference } from "../../kernels/softmax.reference.js";
import { inTriangle, spaceOf, triangle } from "../../kernels/space.js";
import type { PageLayout } from "../../pages/page.js";
import { definePass } from "../../pages/pass.js";

/** Margin of class k = intercepts[k] + weights[k] · (x - centre). */
export interface SoftmaxParams extends Multinomial {
  readonly hessian?: boolean;
}

/** Multinomial log loss with its gradient and, if asked, its Hessian: weighted sums over rows, not means. */
export const softmax = definePass<SoftmaxParams>({
  name: "softmax",
  length({ weights: { length: classes }, hessian }, layout) {
    const order = spaceOf(layout).width + 1;
    return 2 + classes * order + (hessian ? triangle(classes - 1) * triangle(order) : 0);
  },
  start(params, layout) {
    const space = spaceOf(layout);
    return (page, into) => softmaxReference(page, space, params, into);
  },
});

export interface SoftmaxSums {
  readonly loss: number;
  readonly weight: number;
  /** K times p + 1, class after class, the intercept last in each. */
  readonly gradient: Float64Array;
  /** The whole symmetric matrix of order K (p + 1), row after row, in the order of the gradient. */
  readonly hessian?: Float64Array;
}

export function readSoftmax(sum: Float64Array, { weights: { length: classes }, hessian }: SoftmaxParams, layout: PageLayout): SoftmaxSums {
  const order = spaceOf(layout).width + 1;
  const gradient = sum.slice(2, 2 + classes * order);
  const head = { loss: sum[0]!, weight: sum[1]!, gradient };
  return hessian ? { ...head, hessian: wholeHessian(sum.subarray(2 + classes * order), classes, order) } : head;
}

function wholeHessian(blocks: Float64Array, classes: number, order: number): Float64Array {
  const size = classes * order;
  const whole = new Float64Array(size * size);
  let at = 0;
  for (let k = 0; k < classes; k++)
    for (let l = k + 1; l < classes; l++, at += triangle(order))
      for (let i = 0; i < order; i++)
        for (let j = 0; j < order; j++) {
          const value = blocks[at + inTriangle(Math.min(i, j), Math.max(i, j), order)]!;
          const put = (a: number, b: number, sign: number): void => {
            whole[(a * order + i) * size + b * order + j]! += sign * value;
          };
          put(k, l, 1);
          put(l, k, 1);
          put(k, k, -1);
          put(l, l, -1);
        }
  return whole;
}
