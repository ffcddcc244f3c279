import type { Page } from "../pages/page.js";
import { eachRow, inTriangle, type Numbers, type Reading, type Space } from "./space.js";

export interface Linear extends Reading {
  readonly weights: Numbers;
  readonly intercept: number;
}

/** [loss, weight, gradient (p + 1, intercept last), then with `hessian` its upper triangle] of the log loss of labels 0 and 1. */
export function logisticReference(
  page: Page,
  space: Space,
  params: Linear & { hessian?: boolean },
  into: Float64Array,
): void {
  const p = space.width;
  eachRow(page, space, params, (i, x) => {
    const weight = page.weight[i]!;
    let margin = params.intercept;
    for (let j = 0; j < p; j++) margin += params.weights[j]! * x[j]!;
    const e = Math.exp(-Math.abs(margin));
    const probability = (margin >= 0 ? 1 : e) / (1 + e);
    into[0]! += weight * (Math.max(margin, 0) + Math.log1p(e) - page.label[i]! * margin);
    into[1]! += weight;
    const residual = weight * (probability - page.label[i]!);
    for (let j = 0; j < p; j++) into[2 + j]! += residual * x[j]!;
    into[2 + p]! += residual;
    if (!params.hessian) return;
    const curvature = weight * probability * (1 - probability);
    const z = [...x, 1];
    for (let a = 0; a <= p; a++)
      for (let b = a; b <= p; b++) into[3 + p + inTriangle(a, b, p + 1)]! += curvature * z[a]! * z[b]!;
  });
}
