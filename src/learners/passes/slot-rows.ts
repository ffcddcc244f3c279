import { type Kernels, kernelsOf } from "../../kernels/index.js";
import type { SlotSpace } from "../../kernels/slot-space.js";
import type { Arena } from "../../pages/arena.js";
import type { Page, PageLayout } from "../../pages/page.js";

/** Rows of a block: their features are listed before any of them is learned from. */
export const slotBlockRows = 128;

/** A page's rows as lists of slots and values, block by block. */
export class SlotRows {
  readonly kernels: Kernels;
  readonly space: SlotSpace;
  /** Rows of the page that the block has. */
  readonly order: Int32Array;
  readonly slots: number;
  readonly values: number;
  readonly #arena: Arena;
  readonly #logs: boolean;
  /** Of each number, what its values are divided by; 0 for nothing. */
  readonly scales: Float32Array;
  readonly #grows: boolean;
  readonly #room: number;
  readonly #columnBytes: number;
  #columns: { numbers: number[]; codes: number[]; hashed: number[] } = { numbers: [], codes: [], hashed: [] };

  constructor(arena: Arena, space: SlotSpace, layout: PageLayout, options: { logs: boolean; grows: boolean }) {
    this.kernels = kernelsOf(arena);
    this.space = space;
    this.#arena = arena;
    this.#logs = options.logs;
    this.#grows = options.grows;
    this.order = arena.i32(slotBlockRows);
    this.scales = arena.f32(space.numberCount);
    const cells = slotBlockRows * space.width;
    const slots = arena.i32(cells).fill(space.nothing);
    const values = arena.f32(cells);
    const unvalued = space.seeds.length + space.pairs.length;
    for (let i = 0; i < cells; i++) values[i] = i % space.width < unvalued ? 1 : 0;
    this.slots = slots.byteOffset;
    this.values = values.byteOffset;
    this.#columnBytes = (layout.pageRows * 4 + 15) & ~15;
    this.#room = options.grows ? arena.take(layout.columns.length * this.#columnBytes) : 0;
  }

  /** Bytes of an arena that holds the rows of such a space and copies of a page's columns. */
  static bytes(space: SlotSpace, layout: PageLayout): number {
    return slotBlockRows * (8 * space.width + 4) + layout.columns.length * (layout.pageRows * 4 + 16) + 4096;
  }

  /** Points at the columns of a page in this arena. */
  bind({ numbers, codes, hashed }: Page): void {
    const at = ({ byteOffset }: { byteOffset: number }): number => byteOffset;
    this.#columns = { numbers: numbers.map(at), codes: codes.map(at), hashed: hashed.map(at) };
  }

  /** Takes the columns of a page of another memory over. */
  copy({ numbers, codes, hashed }: Page): void {
    let room = this.#room;
    const taken = (column: Float32Array | Int32Array): number => {
      const at = room;
      const to = column instanceof Float32Array ? Float32Array : Int32Array;
      new to(this.#arena.memory.buffer, at, column.length).set(column);
      room += this.#columnBytes;
      return at;
    };
    this.#columns = { numbers: numbers.map(taken), codes: codes.map(taken), hashed: hashed.map(taken) };
  }

  /** Lists the features of the first `rows` rows that `order` names. */
  list(rows: number): void {
    const { kernels, space, slots, values } = this;
    const { numbers, codes, hashed } = this.#columns;
    const order = this.order.byteOffset;
    const mask = 2 ** space.bits - 1;
    const { width } = space;
    let f = 0;
    space.seeds.forEach((seed, c) => {
      kernels.slotsOfCodes(hashed[c]!, order, rows, seed, mask, slots + 4 * f++, width);
    });
    for (const { a, b, seed } of space.pairs)
      kernels.slotsOfPairs(hashed[a]!, hashed[b]!, order, rows, seed, mask, slots + 4 * f++, width);
    space.levels.forEach((first, c) => {
      kernels.slotsOfLevels(codes[c]!, order, rows, first, slots + 4 * f, values + 4 * f++, width);
    });
    for (let j = 0; j < space.numberCount; j++) {
      const [slot, scale] = [space.numbers + 2 * j, this.scales.byteOffset + 4 * j];
      const [log, grows] = [+this.#logs, +this.#grows];
      kernels.slotsOfNumbers(numbers[j]!, order, rows, slot, log, scale, grows, slots + 4 * f, values + 4 * f++, width);
    }
  }
}
