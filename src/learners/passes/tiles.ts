import { type Kernels, kernelsOf } from "../../kernels/index.js";
import { centreOf, type Reading, type Space, spaceOf } from "../../kernels/space.js";
import type { Arena } from "../../pages/arena.js";
import type { Page, PageLayout } from "../../pages/page.js";

/** Rows that a tile holds; part of every result, since float32 sums run over one tile. */
export const blockRows = 256;

export interface Block {
  readonly row: number;
  readonly rows: number;
  /** Groups of 8 rows. */
  readonly panels: number;
  /** Pointers to the block's codes, one per category column. */
  readonly codes: readonly number[];
}

/** Numbers of the page as the kernels read them: in the arena, or the pass takes its reference. */
export const isIn = (arena: Arena, page: Page): boolean => page.label.buffer === arena.memory.buffer;

/** Pages cut into blocks: number columns packed into a tile beside `extra` columns, labels and weights as padded doubles. */
export class Tiles {
  readonly kernels: Kernels;
  readonly space: Space;
  /** Columns of the tile: the numbers, then the extra ones. */
  readonly width: number;
  readonly tile: number;
  readonly y: number;
  readonly w: number;
  readonly #columns: Uint32Array;
  readonly #fill: number;
  readonly #centre: number;

  constructor(arena: Arena, layout: PageLayout, reading: Reading, extra: number) {
    this.kernels = kernelsOf(arena);
    this.space = spaceOf(layout);
    const { numbers } = this.space;
    this.width = numbers + extra;
    this.tile = arena.take(this.width * blockRows * 4);
    this.y = arena.take(blockRows * 8);
    this.w = arena.take(blockRows * 8);
    this.#columns = new Uint32Array(arena.memory.buffer, arena.take(numbers * 4), numbers);
    this.#fill = floats(arena, reading.fill, numbers);
    this.#centre = floats(arena, centreOf(reading, numbers), numbers);
  }

  /** Visits the blocks in which some row counts; the tile, `y` and `w` then hold that block. */
  blocks(page: Page, visit: (block: Block) => void): void {
    this.bind(page);
    for (let row = 0; row < page.rows; row += blockRows)
      this.block(page, row, Math.min(blockRows, page.rows - row), visit);
  }

  /** Points at the columns of a page, before its blocks are taken one by one. */
  bind(page: Page): void {
    page.numbers.forEach(({ byteOffset }, j) => {
      this.#columns[j] = byteOffset;
    });
  }

  /** Rows `row` .. `row + rows - 1`, at most 256, and how many of them count; none, and `visit` is left out. */
  block(page: Page, row: number, rows: number, visit: (block: Block) => void): number {
    const active = this.kernels.takeRows(
      page.label.byteOffset + row * 8,
      page.weight.byteOffset + row * 8,
      rows,
      this.y,
      this.w,
    );
    if (active === 0) return 0;
    this.kernels.packTile(
      this.#columns.byteOffset,
      this.space.numbers,
      row,
      rows,
      this.#fill,
      this.#centre,
      this.tile,
      this.width,
    );
    visit({ row, rows, panels: (rows + 7) >> 3, codes: page.codes.map(({ byteOffset }) => byteOffset + row * 4) });
    return active;
  }
}

/** A copy in the arena as float32; `length` values. */
export function floats(arena: Arena, values: ArrayLike<number>, length = values.length): number {
  const to = arena.f32(length);
  for (let i = 0; i < length; i++) to[i] = values[i]!;
  return to.byteOffset;
}

/** The same as doubles. */
export function doubles(arena: Arena, values: ArrayLike<number>, length = values.length): number {
  const to = arena.f64(length);
  for (let i = 0; i < length; i++) to[i] = values[i]!;
  return to.byteOffset;
}
