import { call, col, type Expr, sumOf } from "../../../expr/expr.js";
import type { Multinomial } from "../../../kernels/softmax.reference.js";
import { spaceOf, triangle } from "../../../kernels/space.js";
import type { PageLayout } from "../../../pages/page.js";
import type { EncodedRows, EngineSums } from "../../../pages/pass.js";
import { Asking, marginOf, marginSquares, readNumbers, real, weighed } from "./columns.js";
import { askGradient } from "./gradient.js";
import { askGramian } from "./gramian.js";

export function softmaxInEngine(
  params: Multinomial & { readonly hessian?: boolean },
  layout: PageLayout,
  about: EncodedRows,
): EngineSums {
  const space = spaceOf(layout);
  const order = space.width + 1;
  const { step, factors } = readNumbers(params, space, about);
  const { weights, intercepts, hessian } = params;
  const classes = Array.from(weights, (_, k) => k);
  const { weight } = about;
  const asking = new Asking(
    2 + classes.length * order + (hessian ? triangle(classes.length - 1) * triangle(order) : 0),
  );
  const { out } = asking;
  const far = classes.reduce(
    (sum, k) => sum + Math.sqrt(marginSquares(weights[k]!, intercepts[k]!, space, factors, weight)),
    0,
  );
  asking.sum(["loss"], weight * (1 + Math.log(classes.length)) + 2 * far * Math.sqrt(weight), (value) => {
    out[0] = value;
  });
  asking.weight(about, 1);
  for (const k of classes)
    askGradient(asking, space, factors, `r${k}`, { squares: weight, weight }, asking.from(2 + k * order));
  const isClass = (k: number) => call("eq", col("label"), real(k));
  const shared: Record<string, Expr> = {};
  let scaled = {};
  if (hessian) {
    let base = 2 + classes.length * order;
    for (const k of classes)
      for (const l of classes.slice(k + 1)) {
        const name = `d${k}_${l}`;
        const from = base;
        shared[name] = weighed(call("mul", col(`p${k}`), col(`p${l}`)), about);
        const made = askGramian(
          asking,
          space,
          factors,
          [{ squares: weight }],
          { name, sum: weight / 4, share: 1 / 4 },
          `a${k}_${l}_`,
          (at, value) => {
            out[from + at] = -value;
          },
        );
        scaled = { ...scaled, ...made };
        base += triangle(order);
      }
  }
  const named = <T>(make: (k: number) => readonly [string, T]): Record<string, T> =>
    Object.fromEntries(classes.map(make));
  const all = (prefix: string) => classes.map((k) => col(`${prefix}${k}`));
  return asking.over([
    step,
    named((k) => [`m${k}`, marginOf(weights[k]!, intercepts[k]!, space)]),
    { top: call("greatest", ...all("m")) },
    named((k) => [`e${k}`, call("exp", call("sub", col(`m${k}`), col("top")))]),
    { total: sumOf(all("e")) },
    named((k) => [`p${k}`, call("div", col(`e${k}`), col("total"))]),
    {
      loss: weighed(
        sumOf([
          call("ln", col("total")),
          col("top"),
          ...classes.map((k) => call("when", isClass(k), call("neg", col(`m${k}`)), real(0))),
        ]),
        about,
      ),
      ...named((k) => [`r${k}`, weighed(call("sub", col(`p${k}`), call("when", isClass(k), real(1), real(0))), about)]),
      ...shared,
    },
    scaled,
  ]);
}
