import { call, col } from "../../../expr/expr.js";
import type { Linear } from "../../../kernels/logistic.reference.js";
import { spaceOf } from "../../../kernels/space.js";
import type { PageLayout } from "../../../pages/page.js";
import type { EncodedRows, EngineSums } from "../../../pages/pass.js";
import { Asking, marginOf, marginSquares, readNumbers, real, squaresAbout, weighed } from "./columns.js";
import { askGradient } from "./gradient.js";

export function squaredInEngine(params: Linear, layout: PageLayout, about: EncodedRows): EngineSums {
  const space = spaceOf(layout);
  const { step, factors } = readNumbers(params, space, about);
  const { weights, intercept } = params;
  const asking = new Asking(3 + space.width);
  const { out } = asking;
  const { weight } = about;
  const margin = marginSquares(weights, intercept, space, factors, weight);
  const squares = (Math.sqrt(margin) + Math.sqrt(squaresAbout(about.label, 0, weight))) ** 2;
  asking.sum(["r", "half"], squares, (value) => {
    out[0] = value;
  });
  asking.weight(about, 1);
  askGradient(asking, space, factors, "r", { squares, weight }, asking.from(2));
  return asking.over([
    step,
    { error: call("sub", marginOf(weights, intercept, space), col("label")) },
    { r: weighed(col("error"), about), half: call("mul", col("error"), real(0.5)) },
  ]);
}
