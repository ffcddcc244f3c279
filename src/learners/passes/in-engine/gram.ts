import { call, col } from "../../../expr/expr.js";
import { type Reading, spaceOf, triangle } from "../../../kernels/space.js";
import type { PageLayout } from "../../../pages/page.js";
import type { EncodedRows, EngineSums } from "../../../pages/pass.js";
import { Asking, readNumbers, real, squaresAbout } from "./columns.js";
import { askGramian } from "./gramian.js";

export function gramInEngine(
  params: Reading & { readonly labelCentre?: number },
  layout: PageLayout,
  about: EncodedRows,
): EngineSums {
  const space = spaceOf(layout);
  const { step, factors } = readNumbers(params, space, about);
  const centre = params.labelCentre ?? 0;
  const label = { name: "y", squares: squaresAbout(about.label, centre, about.weight) };
  const asking = new Asking(triangle(space.width + 2));
  const scaled = askGramian(
    asking,
    space,
    factors,
    [{ squares: about.weight }, label],
    { ...(about.weighted ? { name: "weight" } : {}), sum: about.weight, share: 1 },
    "a",
    asking.from(0),
  );
  return asking.over([{ ...step, y: call("sub", col("label"), real(centre)) }, scaled]);
}
