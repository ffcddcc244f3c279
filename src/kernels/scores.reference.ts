import type { Page } from "../pages/page.js";
import type { Numbers, Space } from "./space.js";

export interface Scoring {
  /** One vector per output, in page units. */
  readonly weights: readonly Numbers[];
  readonly intercepts: Numbers;
  readonly fill: Numbers;
}

/** Margins of every row, whatever its weight: `out[k * rows + i]`. */
export function scoresReference(
  page: Page,
  space: Space,
  { weights, intercepts, fill }: Scoring,
  out: Float64Array,
): void {
  weights.forEach((weight, k) => {
    for (let i = 0; i < page.rows; i++) {
      let margin = intercepts[k]!;
      for (let j = 0; j < space.numbers; j++) {
        const value = page.numbers[j]![i]!;
        margin += weight[j]! * (Number.isNaN(value) ? fill[j]! : value);
      }
      space.categories.forEach(({ at }, c) => {
        const code = page.codes[c]![i]!;
        if (code >= 0) margin += weight[at + code]!;
      });
      out[k * page.rows + i] = margin;
    }
  });
}
