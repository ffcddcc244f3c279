import type { Page, PageLayout } from "../pages/page.js";

/** Where each coefficient stands: number columns in order, then each category's levels. The intercept is apart. */
export interface Space {
  readonly numbers: number;
  /** Of each category column, the coefficient of its level 0 and how many levels it has. */
  readonly categories: readonly { readonly at: number; readonly width: number }[];
  /** All coefficients, p. */
  readonly width: number;
}

export type Numbers = ArrayLike<number>;

/** How the number columns are read, in page units: a missing value counts as `fill[j]`, and `centre[j]` (default 0) is taken off. */
export interface Reading {
  readonly fill: Numbers;
  readonly centre?: Numbers;
}

export function spaceOf({ columns }: PageLayout): Space {
  const numbers = columns.filter(({ kind }) => kind === "number").length;
  const categories: { at: number; width: number }[] = [];
  let width = numbers;
  for (const column of columns) {
    if (column.kind !== "category") continue;
    categories.push({ at: width, width: column.width });
    width += column.width;
  }
  return { numbers, categories, width };
}

/** Doubles in the upper triangle of a symmetric matrix of order m, row after row. */
export const triangle = (m: number): number => (m * (m + 1)) / 2;

/** The place of (i, j), i <= j, in such a triangle. */
export const inTriangle = (i: number, j: number, m: number): number => i * m - (i * (i - 1)) / 2 + (j - i);

/** The centre as the float32 that kernels subtract: sums about a centre are about exactly this one. */
export const centreOf = ({ centre }: Reading, numbers: number): Float32Array =>
  centre ? Float32Array.from(centre) : new Float32Array(numbers);

/** What the references share: each row of weight above 0 as a plain vector in coefficient space. */
export function eachRow(
  page: Page,
  space: Space,
  reading: Reading,
  visit: (row: number, x: Float64Array) => void,
): void {
  const centre = centreOf(reading, space.numbers);
  const x = new Float64Array(space.width);
  for (let i = 0; i < page.rows; i++) {
    if (!(page.weight[i]! > 0)) continue;
    x.fill(0);
    for (let j = 0; j < space.numbers; j++) {
      const value = page.numbers[j]![i]!;
      x[j] = (Number.isNaN(value) ? reading.fill[j]! : value) - centre[j]!;
    }
    space.categories.forEach(({ at }, c) => {
      const code = page.codes[c]![i]!;
      if (code >= 0) x[at + code] = 1;
    });
    visit(i, x);
  }
}
