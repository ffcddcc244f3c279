import type { Space } from "../../../kernels/space.js";
import { type Asking, boundOf, type Factor, keyOf } from "./columns.js";

/** Sums of a weighted residual times each column, the intercept's last; `squares` is what the residuals' weighted squares cannot exceed. */
export function askGradient(
  asking: Asking,
  space: Space,
  factors: readonly Factor[],
  residual: string,
  { squares, weight }: { readonly squares: number; readonly weight: number },
  put: (at: number, value: number) => void,
): void {
  factors.forEach(({ name, squares: of }, j) => {
    asking.sum([residual, name!], boundOf(squares, of), (value) => put(j, value));
  });
  const all = boundOf(squares, weight);
  asking.sum([residual], all, (value) => put(space.width, value));
  space.categories.forEach(({ at }, c) => {
    asking.table([residual], [keyOf(c, space)], all, (value, level) => put(at + level, value));
  });
}
