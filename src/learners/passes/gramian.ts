import { inTriangle, triangle } from "../../kernels/space.js";
import type { Arena } from "../../pages/arena.js";
import { type Block, blockRows, type Tiles } from "./tiles.js";

/**
 * Z'DZ of rows z = [numbers, levels, extra columns of the tile], as the upper triangle of that order. The numbers and
 * extras multiply in the tile; a level only picks rows, so its products are sums of those. The first extra column is ones.
 */
export class Gramian {
  readonly #tiles: Tiles;
  readonly #roots: number;
  readonly #dense: Float64Array;
  /** Per category, [level][tile column]; per pair of categories, [level][level]. */
  readonly #crossed: readonly Float64Array[];
  readonly #pairs: readonly { readonly one: number; readonly other: number; readonly table: Float64Array }[];

  constructor(arena: Arena, tiles: Tiles) {
    const { categories } = tiles.space;
    this.#tiles = tiles;
    this.#roots = arena.take(blockRows * 4);
    this.#dense = arena.f64(triangle(tiles.width));
    this.#crossed = categories.map(({ width }) => arena.f64(width * tiles.width));
    this.#pairs = categories.flatMap(({ width }, one) =>
      categories.slice(one + 1).map((next, i) => ({ one, other: one + 1 + i, table: arena.f64(width * next.width) })),
    );
  }

  get order(): number {
    return this.#tiles.space.width + this.#tiles.width - this.#tiles.space.numbers;
  }

  clear(): void {
    for (const sums of [this.#dense, ...this.#crossed, ...this.#pairs.map(({ table }) => table)]) sums.fill(0);
  }

  /** Takes in a block whose row i weighs `values[i]` (doubles at that pointer, rounded here); `scaled` is overwritten, and may be the tile. */
  add({ rows, panels, codes }: Block, values: number, scaled = this.#tiles.tile): void {
    const { kernels, tile, width, space } = this.#tiles;
    const allOnes = kernels.rootsOf(values, panels, this.#roots);
    const ready = allOnes ? tile : scaled;
    if (!allOnes) kernels.scaleTile(tile, width, panels, this.#roots, scaled);
    kernels.gramTile(ready, width, panels, this.#dense.byteOffset);
    codes.forEach((at, c) => {
      kernels.crossColumns(at, rows, ready, width, this.#roots, this.#crossed[c]!.byteOffset);
    });
    for (const { one, other, table } of this.#pairs)
      kernels.crossLevels(codes[one]!, codes[other]!, rows, space.categories[other]!.width, values, table.byteOffset);
  }

  /** into += sign times the sums since `clear`. */
  addTo(into: Float64Array, sign = 1): void {
    const { space, width } = this.#tiles;
    const { order } = this;
    const place = (column: number): number => (column < space.numbers ? column : column + space.width - space.numbers);
    const put = (a: number, b: number, value: number): void => {
      into[inTriangle(Math.min(a, b), Math.max(a, b), order)]! += sign * value;
    };
    for (let a = 0, i = 0; a < width; a++) for (let b = a; b < width; b++) put(place(a), place(b), this.#dense[i++]!);
    this.#crossed.forEach((table, c) => {
      const { at, width: levels } = space.categories[c]!;
      for (let level = 0; level < levels; level++) {
        for (let column = 0; column < width; column++) put(place(column), at + level, table[level * width + column]!);
        put(at + level, at + level, table[level * width + space.numbers]!);
      }
    });
    for (const { one, other, table } of this.#pairs) {
      const [a, b] = [space.categories[one]!, space.categories[other]!];
      for (let i = 0; i < a.width; i++)
        for (let j = 0; j < b.width; j++) put(a.at + i, b.at + j, table[i * b.width + j]!);
    }
  }
}
