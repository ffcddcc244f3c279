import { call, col } from "../../../expr/expr.js";
import type { Linear } from "../../../kernels/logistic.reference.js";
import { spaceOf, triangle } from "../../../kernels/space.js";
import type { PageLayout } from "../../../pages/page.js";
import type { EncodedRows, EngineSums } from "../../../pages/pass.js";
import { Asking, boundOf, marginOf, marginSquares, readNumbers, real, weighed } from "./columns.js";
import { askGradient } from "./gradient.js";
import { askGramian } from "./gramian.js";

export function logisticInEngine(
  params: Linear & { readonly hessian?: boolean },
  layout: PageLayout,
  about: EncodedRows,
): EngineSums {
  const space = spaceOf(layout);
  const p = space.width;
  const { step, factors } = readNumbers(params, space, about);
  const { weights, intercept, hessian } = params;
  const asking = new Asking(3 + p + (hessian ? triangle(p + 1) : 0));
  const { out } = asking;
  const m = col("m");
  const far = marginSquares(weights, intercept, space, factors, about.weight);
  asking.sum(["loss"], about.weight + boundOf(far, about.weight), (value) => {
    out[0] = value;
  });
  asking.weight(about, 1);
  askGradient(asking, space, factors, "r", { squares: about.weight, weight: about.weight }, asking.from(2));
  const scaled = hessian
    ? askGramian(
        asking,
        space,
        factors,
        [{ squares: about.weight }],
        { name: "d", sum: about.weight / 4, share: 1 / 4 },
        "a",
        asking.from(3 + p),
      )
    : {};
  const one = real(1);
  return asking.over([
    step,
    { m: marginOf(weights, intercept, space) },
    { e: call("exp", call("neg", call("abs", m))) },
    { share: call("div", call("when", call("ge", m, real(0)), one, col("e")), call("add", one, col("e"))) },
    {
      loss: weighed(
        call(
          "sub",
          call("add", call("when", call("gt", m, real(0)), m, real(0)), call("ln", call("add", one, col("e")))),
          call("mul", col("label"), m),
        ),
        about,
      ),
      r: weighed(call("sub", col("share"), col("label")), about),
      ...(hessian ? { d: weighed(call("mul", col("share"), call("sub", one, col("share"))), about) } : {}),
    },
    scaled,
  ]);
}
