import { type Linear, logisticReference } from "../../kernels/logistic.reference.js";
import { spaceOf, triangle } from "../../kernels/space.js";
import type { PageLayout } from "../../pages/page.js";
import { definePass } from "../../pages/pass.js";

/** Margin = intercept + weights · (x - centre); weights in page units. */
export interface LogisticParams extends Linear {
  readonly hessian?: boolean;
}

/** Log loss of labels 0 and 1 with its gradient and, if asked, its Hessian: weighted sums over rows, not means. */
export const logistic = definePass<LogisticParams>({
  name: "logistic",
  length({ hessian }, layout) {
    const p = spaceOf(layout).width;
    return 3 + p + (hessian ? triangle(p + 1) : 0);
  },
  start(params, layout) {
    const space = spaceOf(layout);
    return (page, into) => logisticReference(page, space, params, into);
  },
});

export interface LossSums {
  readonly loss: number;
  readonly weight: number;
  /** p + 1, the intercept's last. */
  readonly gradient: Float64Array;
}

/** `hessian` is the upper triangle of order p + 1, the intercept last. */
export function readLogistic(sum: Float64Array, { hessian }: LogisticParams, layout: PageLayout): LossSums & { readonly hessian?: Float64Array } {
  const end = 3 + spaceOf(layout).width;
  return { loss: sum[0]!, weight: sum[1]!, gradient: sum.slice(2, end), ...(hessian ? { hessian: sum.slice(end) } : {}) };
}
