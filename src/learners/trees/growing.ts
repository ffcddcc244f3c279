import { ascending, type Block, type Blocks } from "./blocks.js";

/** Rows that a tree grows on: the training rows of a block, or rows that were drawn and copied together. */
export interface Growing {
  readonly block: Block;
  rows: number;
  /** From and to in the index, by node. */
  segments: Map<number, readonly [number, number]>;
}

/** Blocks that are filled with drawn rows, one after the other; those of the last tree are used again. */
export class Filling {
  #at = -1;
  #open: Readonly<Record<string, number>> = {};

  constructor(
    readonly blocks: Blocks,
    readonly growing: Growing[],
    readonly memory: WebAssembly.Memory,
    readonly capacity: number,
  ) {
    for (const one of growing) one.rows = 0;
  }

  makeRoom(rows: number): void {
    while (this.growing.length * this.capacity < rows) this.#add();
  }

  #add(): void {
    const block = this.blocks.add(this.capacity, this.capacity, 0);
    this.blocks.close(block, []);
    this.growing.push({ block, rows: 0, segments: new Map() });
  }

  /** Where some of the next rows go. */
  place(wanted: number): { at: Readonly<Record<string, number>>; from: number; count: number } {
    if (this.#at < 0 || this.growing[this.#at]!.rows === this.capacity) {
      this.end();
      if (++this.#at === this.growing.length) this.#add();
      this.#open = this.blocks.open(this.growing[this.#at]!.block, []);
    }
    const growing = this.growing[this.#at]!;
    const from = growing.rows;
    const count = Math.min(wanted, this.capacity - from);
    growing.rows += count;
    return { at: this.#open, from, count };
  }

  /** The block that was being filled has its rows in order. */
  end(): void {
    const growing = this.growing[this.#at];
    if (!growing) return;
    const index = new Uint16Array(this.memory.buffer, this.#open["index"], growing.rows);
    index.set(ascending.subarray(0, growing.rows));
    growing.segments = new Map([[0, [0, growing.rows]]]);
    this.blocks.close(growing.block);
  }
}
