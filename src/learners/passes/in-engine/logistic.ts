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
  const out = new Float64Array(3 + p + (hessian ? triangle(p + 1) : 0));
  const asking = new Asking();
  const m = col("m");
  const far = marginSquares(weights, intercept, space, factors, about.weight);
  asking.sum(["loss"], about.weight + boundOf(far, about.weight), (value) => {
    out[0] = value;
  });
  asking.sum(about.weighted ? ["weight"] : [], about.weight, (value) => {
    out[1] = value;
  });
  askGradient(asking, space, factors, "r", { squares: about.weight, weight: about.weight }, (at, value) => {
    out[2 + at] = value;
  });
  const scaled = hessian
    ? askGramian(
        asking,
        space,
        factors,
        [{ squares: about.weight }],
        { name: "d", sum: about.weight / 4, share: 1 / 4 },
        "a",
        (at, value) => {
          out[3 + p + at] = value;
        },
      )
    : {};
  const one = real(1);
  return {
    steps: [
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
    ],
    sums: asking.sums,
    read(values) {
      asking.take(values);
      return out;
    },
  };
}
