import type { Linear } from "../../kernels/logistic.reference.js";
import { spaceOf } from "../../kernels/space.js";
import { squaredReference } from "../../kernels/squared.reference.js";
import { definePass } from "../../pages/pass.js";
import { squaredInEngine } from "./in-engine/squared.js";
import type { LossSums } from "./logistic.js";
import { Outputs } from "./outputs.js";
import { isIn, Tiles } from "./tiles.js";

/** Half the squared error with its gradient, for least squares too wide for a Gram matrix: weighted sums, not means. */
export const squared = definePass<Linear>({
  name: "squared",
  length: (_, layout) => 3 + spaceOf(layout).width,
  start(params, layout, arena) {
    const tiles = new Tiles(arena, layout, params, 1);
    const output = new Outputs(arena, tiles, 1);
    output.set(0, params.weights, params.intercept);
    const sums = arena.f64(2);
    return (page, into) => {
      if (!isIn(arena, page)) return squaredReference(page, tiles.space, params, into);
      sums.fill(0);
      output.clear();
      tiles.blocks(page, (block) => {
        output.forward(block);
        tiles.kernels.squaredLink(
          output.margins.byteOffset,
          tiles.y,
          tiles.w,
          block.panels,
          output.residuals,
          sums.byteOffset,
        );
        output.backward(block);
      });
      into[0]! += sums[0]!;
      into[1]! += sums[1]!;
      output.addTo(into, 2);
    };
  },
  inEngine: squaredInEngine,
});

export const readSquared = (sum: Float64Array): LossSums => ({
  loss: sum[0]!,
  weight: sum[1]!,
  gradient: sum.slice(2),
});
