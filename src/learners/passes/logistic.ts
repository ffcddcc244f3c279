import { type Linear, logisticReference } from "../../kernels/logistic.reference.js";
import { spaceOf, triangle } from "../../kernels/space.js";
import type { PageLayout } from "../../pages/page.js";
import { definePass } from "../../pages/pass.js";
import { Gramian } from "./gramian.js";
import { logisticInEngine } from "./in-engine/logistic.js";
import { Outputs } from "./outputs.js";
import { blockRows, isIn, Tiles } from "./tiles.js";

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
  start(params, layout, arena) {
    const tiles = new Tiles(arena, layout, params, 1);
    const { kernels, space } = tiles;
    const output = new Outputs(arena, tiles, 1);
    output.set(0, params.weights, params.intercept);
    const gramian = params.hessian ? new Gramian(arena, tiles) : undefined;
    const curvatures = gramian ? arena.take(blockRows * 8) : 0;
    const sums = arena.f64(2);
    return (page, into) => {
      if (!isIn(arena, page)) return logisticReference(page, space, params, into);
      sums.fill(0);
      output.clear();
      gramian?.clear();
      tiles.blocks(page, (block) => {
        output.forward(block);
        kernels.logisticLink(
          output.margins.byteOffset,
          tiles.y,
          tiles.w,
          block.panels,
          output.residuals,
          curvatures,
          sums.byteOffset,
        );
        output.backward(block);
        gramian?.add(block, curvatures);
      });
      into[0]! += sums[0]!;
      into[1]! += sums[1]!;
      output.addTo(into, 2);
      gramian?.addTo(into.subarray(3 + space.width));
    };
  },
  inEngine: logisticInEngine,
});

export interface LossSums {
  readonly loss: number;
  readonly weight: number;
  /** p + 1, the intercept's last. */
  readonly gradient: Float64Array;
}

/** `hessian` is the upper triangle of order p + 1, the intercept last. */
export function readLogistic(
  sum: Float64Array,
  { hessian }: LogisticParams,
  layout: PageLayout,
): LossSums & { readonly hessian?: Float64Array } {
  const end = 3 + spaceOf(layout).width;
  return {
    loss: sum[0]!,
    weight: sum[1]!,
    gradient: sum.slice(2, end),
    ...(hessian ? { hessian: sum.slice(end) } : {}),
  };
}
