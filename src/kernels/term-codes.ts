import { separators, type TermCoder } from "../expr/words.js";
import { Arena } from "../pages/arena.js";
import { kernelsOf } from "./index.js";

/** Codes by kernel: `termCodes` over UTF-8, five times as fast. Its memory holds the longest text so far. */
export function kernelTermCoder(): TermCoder {
  let room: Room | undefined;
  return (text, ngrams, most) => {
    const words = Math.min(most, (text.length >> 1) + 1);
    if (!room?.holds(text.length, words, ngrams)) room = new Room(2 * text.length + 4096, 2 * words, ngrams);
    return room.codes(text, ngrams, words);
  };
}

class Room {
  readonly #bytes: number;
  readonly #words: number;
  readonly #ngrams: number;
  readonly #text: Uint8Array;
  readonly #out: Int32Array;
  readonly #codes: (length: number, ngrams: number, most: number) => number;

  constructor(bytes: number, words: number, ngrams: number) {
    this.#bytes = bytes;
    this.#words = words;
    this.#ngrams = ngrams;
    const joinedBytes = bytes + words + 80;
    const arena = new Arena(
      bytes + 64 + joinedBytes + words * (8 + 4 * Math.max(1, ngrams)) + separators.length * 8 + 1024,
    );
    const kernels = kernelsOf(arena);
    this.#text = new Uint8Array(arena.memory.buffer, arena.take(bytes + 64), bytes);
    const pairs = arena.i32(2 * separators.length);
    pairs.set(separators.flat());
    const [joined, places, scratch] = [arena.take(joinedBytes), arena.take(words * 8), arena.take(640)];
    this.#out = arena.i32(words * Math.max(1, ngrams));
    const [text, table, out] = [this.#text.byteOffset, pairs.byteOffset, this.#out.byteOffset];
    this.#codes = (length, ngrams, most) =>
      kernels.termCodes(text, length, table, separators.length, ngrams, most, joined, places, scratch, out);
  }

  holds(bytes: number, words: number, ngrams: number): boolean {
    return bytes <= this.#bytes && words <= this.#words && ngrams <= this.#ngrams;
  }

  codes(text: Uint8Array, ngrams: number, most: number): Int32Array {
    this.#text.set(text);
    return this.#out.subarray(0, this.#codes(text.length, ngrams, most));
  }
}
