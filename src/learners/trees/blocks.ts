import { closeSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import type { Arena } from "../../pages/arena.js";

/** Rows of a block at most: an index within it takes 16 bits, and its bins stay in a core's cache. */
export const blockRows = 65_536;

/** A part of a block: so many bytes a row, all rows one after the other. */
export interface Section {
  readonly name: string;
  readonly rowBytes: number;
}

export interface Block {
  readonly rows: number;
  /** Training rows come first, then the validation rows. */
  readonly trainRows: number;
  /** Names its rows for the hashes that draw and round. */
  readonly row0: number;
  /** Where it is in memory; absent when it is in the file. */
  readonly at?: number;
  readonly place: number;
}

const aligned = (bytes: number): number => (bytes + 15) & ~15;

/** Blocks of rows that stay in memory while they fit, and go to a scratch file otherwise: one slot is where those are worked on. */
export class Blocks {
  readonly all: Block[] = [];
  /** Blocks read from the file, and bytes moved to and fro. */
  readonly counters = { read: 0, bytes: 0 };
  readonly #arena: Arena;
  readonly #file: string;
  readonly #sections: readonly Section[];
  readonly #limit: number;
  readonly #slot: number;
  readonly #stride: number;
  #fd: number | undefined;
  #inSlot: Block | undefined;
  #spilled = 0;

  /** Memory is taken from the arena until its mark reaches `limitBytes`; no block has more rows than `capacity`. */
  constructor(arena: Arena, file: string, sections: readonly Section[], limitBytes: number, capacity: number) {
    this.#arena = arena;
    this.#file = file;
    this.#sections = sections;
    this.#stride = this.#bytes(capacity);
    this.#limit = limitBytes;
    this.#slot = arena.take(this.#stride);
  }

  #bytes(rows: number): number {
    return this.#sections.reduce((sum, { rowBytes }) => sum + aligned(rowBytes * rows), 0);
  }

  /** A block to be filled: in memory, or in the slot until `close` writes it. */
  add(rows: number, trainRows: number, row0: number): Block {
    const bytes = this.#bytes(rows);
    const fits = this.#arena.mark() + bytes <= this.#limit;
    const block: Block = fits
      ? { rows, trainRows, row0, place: -1, at: this.#arena.take(bytes) }
      : { rows, trainRows, row0, place: this.#spilled++ };
    this.all.push(block);
    if (!fits) this.#inSlot = block;
    return block;
  }

  /** Where each section of the block is, after reading those that are asked for. */
  open(
    block: Block,
    read: readonly string[] = this.#sections.map(({ name }) => name),
  ): Readonly<Record<string, number>> {
    const base = block.at ?? this.#slot;
    const at: Record<string, number> = {};
    let offset = 0;
    for (const { name, rowBytes } of this.#sections) {
      at[name] = base + offset;
      const bytes = rowBytes * block.rows;
      if (block.at === undefined && this.#inSlot !== block && read.includes(name))
        this.#move(readSync, block, offset, bytes);
      offset += aligned(bytes);
    }
    if (block.at === undefined) this.counters.read++;
    return at;
  }

  /** Writes sections that were changed back to where the block lives. */
  close(block: Block, written: readonly string[] = this.#sections.map(({ name }) => name)): void {
    if (block.at !== undefined) return;
    let offset = 0;
    for (const { name, rowBytes } of this.#sections) {
      const bytes = rowBytes * block.rows;
      if (written.includes(name)) this.#move(writeSync, block, offset, bytes);
      offset += aligned(bytes);
    }
    this.#inSlot = undefined;
  }

  #move(how: typeof readSync | typeof writeSync, block: Block, offset: number, bytes: number): void {
    this.#fd ??= openSync(this.#file, "w+");
    const view = new Uint8Array(this.#arena.memory.buffer, this.#slot + offset, bytes);
    const position = block.place * this.#stride + offset;
    for (let done = 0; done < bytes; ) {
      const moved = (how as typeof readSync)(this.#fd, view, done, bytes - done, position + done);
      if (moved === 0) throw new Error(`${this.#file} is shorter than what was written to it`);
      done += moved;
    }
    this.counters.bytes += bytes;
  }

  dispose(): void {
    if (this.#fd === undefined) return;
    ftruncateSync(this.#fd, 0);
    closeSync(this.#fd);
    rmSync(this.#file, { force: true });
  }
}

export const ascending = Uint16Array.from({ length: blockRows }, (_, i) => i);
