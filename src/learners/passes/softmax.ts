import { type Multinomial, softmaxReference } from "../../kernels/softmax.reference.js";
import { inTriangle, spaceOf, triangle } from "../../kernels/space.js";
import type { PageLayout } from "../../pages/page.js";
import { definePass } from "../../pages/pass.js";
import { Gramian } from "./gramian.js";
import { softmaxInEngine } from "./in-engine/softmax.js";
import { Outputs } from "./outputs.js";
import { blockRows, isIn, Tiles } from "./tiles.js";

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
  start(params, layout, arena) {
    const tiles = new Tiles(arena, layout, params, 1);
    const { kernels, space } = tiles;
    const classes = params.weights.length;
    const outputs = new Outputs(arena, tiles, classes);
    for (let k = 0; k < classes; k++) outputs.set(k, params.weights[k]!, params.intercepts[k]!);
    const gramians = params.hessian
      ? Array.from({ length: triangle(classes - 1) }, () => new Gramian(arena, tiles))
      : [];
    const scaled = params.hessian ? arena.take(tiles.width * blockRows * 4) : 0;
    const shared = arena.take(blockRows * 8);
    const sums = arena.f64(2);
    return (page, into) => {
      if (!isIn(arena, page)) return softmaxReference(page, space, params, into);
      sums.fill(0);
      outputs.clear();
      for (const gramian of gramians) gramian.clear();
      tiles.blocks(page, (block) => {
        const margins = outputs.margins.byteOffset;
        outputs.forward(block);
        kernels.softmaxLink(margins, classes, tiles.y, tiles.w, block.panels, outputs.residuals, sums.byteOffset);
        outputs.backward(block);
        if (!params.hessian) return;
        for (let k = 0, pair = 0; k < classes; k++)
          for (let l = k + 1; l < classes; l++, pair++) {
            kernels.productOf(tiles.w, margins + k * blockRows * 8, margins + l * blockRows * 8, block.panels, shared);
            gramians[pair]!.add(block, shared, scaled);
          }
      });
      into[0]! += sums[0]!;
      into[1]! += sums[1]!;
      outputs.addTo(into, 2);
      const order = space.width + 1;
      gramians.forEach((gramian, pair) => {
        gramian.addTo(into.subarray(2 + classes * order + pair * triangle(order)), -1);
      });
    };
  },
  inEngine: softmaxInEngine,
});

export interface SoftmaxSums {
  readonly loss: number;
  readonly weight: number;
  /** K times p + 1, class after class, the intercept last in each. */
  readonly gradient: Float64Array;
  /** The whole symmetric matrix of order K (p + 1), row after row, in the order of the gradient. */
  readonly hessian?: Float64Array;
}

export function readSoftmax(
  sum: Float64Array,
  { weights: { length: classes }, hessian }: SoftmaxParams,
  layout: PageLayout,
): SoftmaxSums {
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
