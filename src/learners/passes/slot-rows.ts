import { eachCount } from "../../expr/slots.js";
import type { TermWeights } from "../../expr/terms.js";
import { type Kernels, kernelsOf } from "../../kernels/index.js";
import type { SlotSpace } from "../../kernels/slot-space.js";
import type { Arena } from "../../pages/arena.js";
import { type Page, type PageLayout, termColumns } from "../../pages/page.js";

/** Rows of a block at most: their features are listed before any of them is learned from. */
export const slotBlockRows = 128;
/** Features of a block at most, where one row has no more. */
const blockFeatures = 2 ** 16;

export interface SlotReading {
  /** How the terms of each text count. */
  readonly terms: readonly TermWeights[];
  /** What the values of a text of norm l2 are multiplied by. */
  readonly textUnit: number;
  readonly logs: boolean;
  /** The scales of numbers grow with what is seen. */
  readonly grows: boolean;
  /** Pages of other memories that are copied at a time; none where rows are read where they are. */
  readonly copies: number;
}

/** A page's columns in the arena of the rows. */
export interface SlotPage {
  readonly numbers: readonly number[];
  readonly codes: readonly number[];
  readonly hashed: readonly number[];
  readonly terms: readonly {
    readonly at: number;
    readonly ends: Int32Array;
    readonly slots: number;
    readonly counts: number;
  }[];
}

/** A page's rows as lists of slots and values, block by block. */
export class SlotRows {
  readonly kernels: Kernels;
  readonly space: SlotSpace;
  /** Rows of the page that the block may have. */
  readonly order: Int32Array;
  /** Where each row's features start. */
  readonly starts: Int32Array;
  readonly slots: number;
  readonly values: number;
  /** Of each number, what its values are divided by; 0 for nothing. */
  readonly scales: Float32Array;
  readonly #arena: Arena;
  readonly #reading: SlotReading;
  readonly #places: Int32Array;
  readonly #factors: readonly number[];
  readonly #most: number;
  readonly #rooms: readonly number[];
  readonly #unvalued: number;
  #page: SlotPage = { numbers: [], codes: [], hashed: [], terms: [] };

  constructor(arena: Arena, space: SlotSpace, layout: PageLayout, reading: SlotReading) {
    this.kernels = kernelsOf(arena);
    this.space = space;
    this.#arena = arena;
    this.#reading = reading;
    this.order = arena.i32(slotBlockRows);
    this.starts = arena.i32(slotBlockRows + 1);
    this.#places = arena.i32(slotBlockRows);
    this.scales = arena.f32(space.numberCount);
    this.#most = mostFeatures(space);
    this.slots = arena.i32(this.#most).fill(space.nothing).byteOffset;
    this.values = arena.f32(this.#most).byteOffset;
    this.#unvalued = space.seeds.length + space.pairs.length;
    this.#factors = reading.terms.map((terms) => this.#factorsOf(terms));
    this.#rooms = Array.from({ length: reading.copies }, () => arena.take(columnBytes(layout)));
    if (space.terms.length > 0) return;
    // Rows of one width: where they stand and what hash codes count never changes.
    for (let i = 0; i <= slotBlockRows; i++) this.starts[i] = i * space.width;
    for (let i = 0; i < slotBlockRows; i++) this.#ones(i * space.width);
  }

  /** Bytes of an arena that holds the rows of such a space and copies of so many pages' columns. */
  static bytes(space: SlotSpace, layout: PageLayout, copies: number): number {
    const factors = space.terms.reduce((sum, { width }) => sum + 8 * width, 0);
    return 8 * mostFeatures(space) + 12 * slotBlockRows + copies * columnBytes(layout) + factors + 4096;
  }

  /** What is listed next are rows of this page. */
  use(page: SlotPage): void {
    this.#page = page;
  }

  /** The columns of a page in this arena, where they are. */
  static of({ numbers, codes, hashed, terms }: Page): SlotPage {
    const at = ({ byteOffset }: { byteOffset: number }): number => byteOffset;
    return {
      numbers: numbers.map(at),
      codes: codes.map(at),
      hashed: hashed.map(at),
      terms: terms.map(({ ends, slots, counts }) => ({ at: at(ends), ends, slots: at(slots), counts: at(counts) })),
    };
  }

  /** Takes the columns of a page of another memory over, in the place of an earlier copy of this number. */
  copy({ numbers, codes, hashed, terms }: Page, copy: number): SlotPage {
    let room = this.#rooms[copy]!;
    const { buffer } = this.#arena.memory;
    const taken = (column: Float32Array | Int32Array | Int16Array): number => {
      const at = room;
      const bytes = new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
      new Uint8Array(buffer, at, bytes.length).set(bytes);
      room += (bytes.length + 15) & ~15;
      return at;
    };
    return {
      numbers: numbers.map(taken),
      codes: codes.map(taken),
      hashed: hashed.map(taken),
      terms: terms.map(({ ends, slots, counts }) => {
        const at = taken(ends);
        return { at, ends: new Int32Array(buffer, at, ends.length), slots: taken(slots), counts: taken(counts) };
      }),
    };
  }

  /** Lists the features of the first rows that `order` names, up to `rows` of them, as many as there is room for; gives how many. */
  list(rows: number): number {
    const { space } = this;
    if (space.terms.length === 0) {
      this.#dense(rows);
      return rows;
    }
    const listed = this.#parted(rows);
    this.#dense(listed);
    this.#terms(listed);
    return listed;
  }

  /** Where rows with terms start. */
  #parted(rows: number): number {
    let at = 0;
    for (let i = 0; i < rows; i++) {
      const row = this.order[i]!;
      let count = this.space.features;
      for (const { ends } of this.#page.terms) count += ends[row]! - (row > 0 ? ends[row - 1]! : 0);
      const padded = Math.max(4, (count + 3) & ~3);
      if (i > 0 && at + padded > this.#most) return i;
      this.starts[i] = at;
      this.#places[i] = at + this.space.features;
      this.#ones(at);
      at += padded;
      this.starts[i + 1] = at;
    }
    return rows;
  }

  #ones(at: number): void {
    new Float32Array(this.#arena.memory.buffer, this.values + 4 * at, this.#unvalued).fill(1);
  }

  #dense(rows: number): void {
    const { kernels, space, slots, values } = this;
    const { numbers, codes, hashed } = this.#page;
    const [order, starts] = [this.order.byteOffset, this.starts.byteOffset];
    const mask = 2 ** space.bits - 1;
    let f = 0;
    space.seeds.forEach((seed, c) => {
      kernels.slotsOfCodes(hashed[c]!, order, rows, seed, mask, slots + 4 * f++, starts);
    });
    for (const { a, b, seed } of space.pairs)
      kernels.slotsOfPairs(hashed[a]!, hashed[b]!, order, rows, seed, mask, slots + 4 * f++, starts);
    space.levels.forEach((first, c) => {
      kernels.slotsOfLevels(codes[c]!, order, rows, first, slots + 4 * f, values + 4 * f++, starts);
    });
    for (let j = 0; j < space.numberCount; j++) {
      const [slot, scale] = [space.numbers + 2 * j, this.scales.byteOffset + 4 * j];
      const [log, grows] = [+this.#reading.logs, +this.#reading.grows];
      kernels.slotsOfNumbers(
        numbers[j]!,
        order,
        rows,
        slot,
        log,
        scale,
        grows,
        slots + 4 * f,
        values + 4 * f++,
        starts,
      );
    }
  }

  #terms(rows: number): void {
    const { kernels, space, slots, values } = this;
    const [order, starts, places] = [this.order.byteOffset, this.starts.byteOffset, this.#places.byteOffset];
    space.terms.forEach(({ at }, t) => {
      const { at: ends, slots: terms, counts } = this.#page.terms[t]!;
      const { count, norm } = this.#reading.terms[t]!;
      const by = { count: 0, binary: 1, log: 2 }[count];
      const [isNormed, unit] = norm === "l2" ? [1, this.#reading.textUnit] : [0, 1];
      const about = [ends, terms, counts, order, rows, at, by, this.#factors[t]!, isNormed, unit] as const;
      kernels.slotsOfTerms(...about, slots, values, places);
    });
    kernels.slotsOfNothing(rows, space.nothing, slots, values, starts, places);
  }

  #factorsOf({ documents }: TermWeights): number {
    if (!documents) return 0;
    const { rows, counts, least, most } = documents;
    const table = this.#arena.f64(counts.size);
    eachCount(counts, (slot, count) => {
      table[slot] = count;
    });
    this.kernels.factorsOfDocuments(table.byteOffset, counts.size, rows, least, most);
    return table.byteOffset;
  }
}

const mostFeatures = ({ width, terms }: SlotSpace): number =>
  terms.length === 0 ? slotBlockRows * width : Math.max(blockFeatures, width);

/** Bytes of all columns of a page, one after the other. */
function columnBytes(layout: PageLayout): number {
  const terms = termColumns(layout).length * ((layout.pageTerms ?? 0) * 6 + 32);
  return layout.columns.length * (layout.pageRows * 4 + 16) + terms;
}
