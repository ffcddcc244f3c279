import { call, col, type Expr, lit, sumOf } from "../../../expr/expr.js";
import { centreOf, type Numbers, type Reading, type Space } from "../../../kernels/space.js";
import type { EncodedRows, EngineSum, EngineSums, Spread } from "../../../pages/pass.js";

/** A value of a row that is multiplied, and what its weighted squares cannot exceed. The one without a name is 1. */
export interface Factor {
  readonly name?: string;
  readonly squares: number;
}

/** Weighted squares about another place: the triangle inequality, so that a bound stays one. */
export const squaresAbout = ({ middle, squares }: Spread, place: number, weight: number): number =>
  (Math.sqrt(squares) + Math.abs(middle - place) * Math.sqrt(weight)) ** 2;

/** By Cauchy and Schwarz: |sum of w a b| is at most the root of the sums of w a² and w b². */
export const boundOf = (a: number, b: number): number => Math.sqrt(a) * Math.sqrt(b);

/** The number columns as a pass reads them, `z0`, `z1`, ...: a missing value is filled, and the centre taken off. */
export function readNumbers(
  reading: Reading,
  space: Space,
  about: EncodedRows,
): { readonly step: Record<string, Expr>; readonly factors: readonly Factor[] } {
  const centre = centreOf(reading, space.numbers);
  const step: Record<string, Expr> = {};
  const factors = about.numbers.slice(0, space.numbers).map((spread, j): Factor => {
    const value = col(`n${j}`);
    const fill = reading.fill[j]!;
    const filled = Number.isNaN(fill) ? value : call("coalesce", value, real(fill));
    step[`z${j}`] = centre[j] === 0 ? call("toReal", filled) : call("sub", call("toReal", filled), real(centre[j]!));
    return {
      name: `z${j}`,
      squares: squaresAbout(spread, centre[j]!, about.weight) + missingSquares(fill, centre[j]!, about),
    };
  });
  return { step, factors };
}

/** Every row might lack the value. */
const missingSquares = (fill: number, centre: number, { weight }: EncodedRows): number =>
  Number.isNaN(fill) ? 0 : (fill - centre) ** 2 * weight;

/** A literal that is a real in every dialect. */
export const real = (value: number): Expr => call("toReal", lit(value));

/** intercept + weights · z + the weights of the row's levels. */
export function marginOf(weights: Numbers, intercept: number, { numbers, categories }: Space): Expr {
  const terms: Expr[] = [real(intercept)];
  for (let j = 0; j < numbers; j++) if (weights[j] !== 0) terms.push(call("mul", col(`z${j}`), real(weights[j]!)));
  categories.forEach(({ at, width }, c) => {
    const values = Array.from({ length: width }, (_, level) => weights[at + level]!);
    if (values.every((value) => value === 0)) return;
    const keys = values.map((_, level) => level);
    terms.push(call("toReal", { kind: "lookup", key: col(`k${c}`), keys, values, otherwise: 0 }));
  });
  return sumOf(terms);
}

/** What the weighted squares of such a margin cannot exceed. */
export function marginSquares(
  weights: Numbers,
  intercept: number,
  { numbers, categories }: Space,
  factors: readonly Factor[],
  weight: number,
): number {
  let root = Math.abs(intercept) * Math.sqrt(weight);
  for (let j = 0; j < numbers; j++) root += Math.abs(weights[j]!) * Math.sqrt(factors[j]!.squares);
  for (const { at, width } of categories) {
    let largest = 0;
    for (let level = 0; level < width; level++) largest = Math.max(largest, Math.abs(weights[at + level]!));
    root += largest * Math.sqrt(weight);
  }
  return root * root;
}

/** `name` times the row's weight, where rows have weights. */
export const weighed = (expr: Expr, { weighted }: EncodedRows): Expr =>
  weighted ? call("mul", expr, col("weight")) : expr;

export const keyOf = (category: number, { categories }: Space): EngineSum["by"][number] => ({
  column: `k${category}`,
  width: categories[category]!.width,
});

/** Sums that are asked for one after the other, each with what becomes of its values in `out`. */
export class Asking {
  readonly out: Float64Array;
  readonly #sums: EngineSum[] = [];
  readonly #puts: ((values: Float64Array) => void)[] = [];

  constructor(length: number) {
    this.out = new Float64Array(length);
  }

  sum(of: readonly string[], bound: number, put: (value: number) => void): void {
    this.#sums.push({ of, bound, by: [] });
    this.#puts.push((values) => put(values[0]!));
  }

  table(of: readonly string[], by: EngineSum["by"], bound: number, put: (value: number, place: number) => void): void {
    this.#sums.push({ of, bound, by });
    this.#puts.push((values) => values.forEach(put));
  }

  /** The sum of the rows' weights, at out[at]. */
  weight({ weighted, weight }: EncodedRows, at: number): void {
    this.sum(weighted ? ["weight"] : [], weight, (value) => this.from(at)(0, value));
  }

  /** Puts values one after the other, from out[start] on. */
  from(start: number): (at: number, value: number) => void {
    return (at, value) => {
      this.out[start + at] = value;
    };
  }

  /** What is asked, over columns that these steps make. */
  over(steps: EngineSums["steps"]): EngineSums {
    const read = (values: readonly Float64Array[]): Float64Array => {
      values.forEach((each, i) => void this.#puts[i]!(each));
      return this.out;
    };
    return { steps, sums: this.#sums, read };
  }
}
