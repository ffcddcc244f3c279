import { call, col, type Expr } from "../../../expr/expr.js";
import { momentsHead, momentsOfNumber } from "../../../kernels/moments.reference.js";
import { spaceOf } from "../../../kernels/space.js";
import type { PageLayout } from "../../../pages/page.js";
import type { EncodedRows, EngineSums } from "../../../pages/pass.js";
import { Asking, boundOf, keyOf, real, weighed } from "./columns.js";

/** Sums about the middle of each column, which become means and centred squares here. */
export function momentsInEngine(
  { classes }: { readonly classes: number },
  layout: PageLayout,
  about: EncodedRows,
): EngineSums {
  const space = spaceOf(layout);
  const { weight, rows } = about;
  const weightName = about.weighted ? ["weight"] : [];
  const numbersAt = momentsHead + classes;
  const levelsAt = numbersAt + momentsOfNumber * space.numbers;
  const asking = new Asking(levelsAt + space.width - space.numbers);
  const { out } = asking;
  const values: Record<string, Expr> = {};
  const products: Record<string, Expr> = {};
  /** The weight, mean and centred squares of the rows that have the value, at out[at ..]. */
  const ask = (name: string, value: Expr, at: number, { middle, squares }: EncodedRows["label"]): void => {
    values[name] = call("sub", call("toReal", value), real(middle));
    products[`w${name}`] = weighed(col(name), about);
    asking.sum([`w${name}`], boundOf(weight, squares), (sum) => {
      const off = out[at]! > 0 ? sum / out[at]! : 0;
      out[at + 1] = middle + off;
      out[at + 2] = -sum * off;
    });
    asking.sum([`w${name}`, name], squares, (sum) => {
      out[at + 2] = Math.max(0, out[at + 2]! + sum);
    });
  };
  asking.weight(about, 0);
  asking.sum([], rows, (sum) => {
    out[3] = sum;
  });
  ask("y", col("label"), 0, about.label);
  if (classes > 0)
    asking.table(weightName, [{ column: "label", width: classes }], weight, (sum, code) => {
      out[momentsHead + code] = sum;
    });
  for (let j = 0; j < space.numbers; j++) {
    const at = numbersAt + momentsOfNumber * j;
    const value = col(`n${j}`);
    values[`has${j}`] = call("when", call("isNull", value), real(0), real(1));
    if (about.weighted) {
      products[`whas${j}`] = weighed(col(`has${j}`), about);
      asking.sum([`whas${j}`], weight, (sum) => {
        out[at] = sum;
      });
    }
    asking.sum([`has${j}`], rows, (sum) => {
      if (!about.weighted) out[at] = sum;
      out[at + 3] = out[3]! - sum;
    });
    ask(`z${j}`, value, at, about.numbers[j]!);
  }
  space.categories.forEach(({ at }, c) => {
    asking.table(weightName, [keyOf(c, space)], weight, (sum, level) => {
      out[levelsAt + at - space.numbers + level] = sum;
    });
  });
  return asking.over([values, products]);
}
