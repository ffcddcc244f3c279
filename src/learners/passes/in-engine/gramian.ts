import { call, col, type Expr } from "../../../expr/expr.js";
import { inTriangle, type Space } from "../../../kernels/space.js";
import { type Asking, boundOf, type Factor, keyOf } from "./columns.js";

/** What weighs a row: a column's name (none = 1), and what its sum over the rows cannot exceed. */
export interface RowWeight {
  readonly name?: string;
  readonly sum: number;
  /** What it is at most, as a share of the row's own weight: squares shrink with it. */
  readonly share: number;
}

/**
 * Z'DZ of rows z = [numbers, levels, extras], as in Gramian: products of numbers over all rows, and those with levels as sums over the
 * rows of each level. Gives the step that makes `prefix0`, `prefix1`, ... = D times each factor.
 */
export function askGramian(
  asking: Asking,
  space: Space,
  numbers: readonly Factor[],
  extras: readonly Factor[],
  weight: RowWeight,
  prefix: string,
  put: (at: number, value: number) => void,
): Record<string, Expr> {
  const factors = [...numbers, ...extras];
  const order = space.width + extras.length;
  const place = (f: number): number => (f < space.numbers ? f : f + space.width - space.numbers);
  const at = (a: number, b: number): number => inTriangle(Math.min(a, b), Math.max(a, b), order);
  const step: Record<string, Expr> = {};
  const squares = ({ squares, name }: Factor): number => (name === undefined ? weight.sum : squares * weight.share);
  /** D times a factor, as one column; nothing for 1 times 1. */
  const scaled = factors.map(({ name }, f): string | undefined => {
    if (name === undefined) return weight.name;
    if (weight.name === undefined) return name;
    step[`${prefix}${f}`] = call("mul", col(name), col(weight.name));
    return `${prefix}${f}`;
  });
  for (const [a, b] of pairsInTiles(factors.length)) {
    const of = [scaled[a], factors[b]!.name].filter((name) => name !== undefined);
    const bound = boundOf(squares(factors[a]!), squares(factors[b]!));
    const to = at(place(a), place(b));
    asking.sum(factors[a]!.name === undefined ? names(scaled[b]) : of, bound, (value) => put(to, value));
  }
  space.categories.forEach((category, c) => {
    const by = [keyOf(c, space)];
    factors.forEach((factor, f) => {
      const bound = boundOf(squares(factor), weight.sum);
      asking.table(names(scaled[f]), by, bound, (value, level) => {
        put(at(place(f), category.at + level), value);
        if (factor.name === undefined) put(at(category.at + level, category.at + level), value);
      });
    });
    for (let other = c + 1; other < space.categories.length; other++) {
      const next = space.categories[other]!;
      asking.table(names(weight.name), [...by, keyOf(other, space)], weight.sum, (value, pair) => {
        put(at(category.at + Math.floor(pair / next.width), next.at + (pair % next.width)), value);
      });
    }
  });
  return step;
}

const names = (name: string | undefined): readonly string[] => (name === undefined ? [] : [name]);

/** Sums of one query stand near each other, so that it reads few columns. */
const tile = 14;

function pairsInTiles(count: number): (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = [];
  for (let rows = 0; rows < count; rows += tile)
    for (let columns = rows; columns < count; columns += tile)
      for (let a = rows; a < Math.min(count, rows + tile); a++)
        for (let b = Math.max(a, columns); b < Math.min(count, columns + tile); b++) pairs.push([a, b]);
  return pairs;
}
