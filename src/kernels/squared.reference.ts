import type { Page } from "../pages/page.js";
import type { Linear } from "./logistic.reference.js";
import { eachRow, type Space } from "./space.js";

/** [loss, weight, gradient (p + 1, intercept last)] of half the squared error. */
export function squaredReference(page: Page, space: Space, params: Linear, into: Float64Array): void {
  const p = space.width;
  eachRow(page, space, params, (i, x) => {
    let margin = params.intercept;
    for (let j = 0; j < p; j++) margin += params.weights[j]! * x[j]!;
    const error = margin - page.label[i]!;
    const residual = page.weight[i]! * error;
    into[0]! += 0.5 * residual * error;
    into[1]! += page.weight[i]!;
    for (let j = 0; j < p; j++) into[2 + j]! += residual * x[j]!;
    into[2 + p]! += residual;
  });
}
