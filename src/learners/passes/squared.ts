import type { Linear } from "../../kernels/logistic.reference.js";
import { spaceOf } from "../../kernels/space.js";
import { squaredReference } from "../../kernels/squared.reference.js";
import { definePass } from "../../pages/pass.js";
import type { LossSums } from "./logistic.js";

/** Half the squared error with its gradient, for least squares too wide for a Gram matrix: weighted sums, not means. */
export const squared = definePass<Linear>({
  name: "squared",
  length: (_, layout) => 3 + spaceOf(layout).width,
  start(params, layout) {
    const space = spaceOf(layout);
    return (page, into) => squaredReference(page, space, params, into);
  },
});

export const readSquared = (sum: Float64Array): LossSums => ({ loss: sum[0]!, weight: sum[1]!, gradient: sum.slice(2) });
