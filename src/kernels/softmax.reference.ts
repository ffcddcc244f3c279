import type { Page } from "../pages/page.js";
import { eachRow, inTriangle, type Numbers, type Reading, type Space, triangle } from "./space.js";

export interface Multinomial extends Reading {
  /** One vector per class. */
  readonly weights: readonly Numbers[];
  readonly intercepts: Numbers;
}

/**
 * [loss, weight, gradient (K times p + 1, intercept last), then with `hessian` the blocks k < l, each an upper triangle].
 * A block is -X'diag(w p_k p_l)X; those on the diagonal follow, since p_k (1 - p_k) is the sum of p_k p_l over the others.
 */
export function softmaxReference(
  page: Page,
  space: Space,
  params: Multinomial & { hessian?: boolean },
  into: Float64Array,
): void {
  const p = space.width;
  const classes = params.weights.length;
  const margins = new Float64Array(classes);
  eachRow(page, space, params, (i, x) => {
    const weight = page.weight[i]!;
    for (let k = 0; k < classes; k++) {
      margins[k] = params.intercepts[k]!;
      for (let j = 0; j < p; j++) margins[k]! += params.weights[k]![j]! * x[j]!;
    }
    const top = Math.max(...margins);
    const terms = margins.map((margin) => Math.exp(margin - top));
    const total = terms.reduce((sum, term) => sum + term, 0);
    into[0]! += weight * (Math.log(total) + top - margins[page.label[i]!]!);
    into[1]! += weight;
    for (let k = 0; k < classes; k++) {
      const at = 2 + k * (p + 1);
      const residual = weight * (terms[k]! / total - (page.label[i] === k ? 1 : 0));
      for (let j = 0; j < p; j++) into[at + j]! += residual * x[j]!;
      into[at + p]! += residual;
    }
    if (!params.hessian) return;
    const z = [...x, 1];
    let at = 2 + classes * (p + 1);
    for (let k = 0; k < classes; k++)
      for (let l = k + 1; l < classes; l++, at += triangle(p + 1)) {
        const curvature = (-weight * terms[k]! * terms[l]!) / total ** 2;
        for (let a = 0; a <= p; a++)
          for (let b = a; b <= p; b++) into[at + inTriangle(a, b, p + 1)]! += curvature * z[a]! * z[b]!;
      }
  });
}
