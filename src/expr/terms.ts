import { hash31 } from "./evaluate/text.js";
import { type CountTable, eachCount } from "./slots.js";

// Text as terms: words and runs of neighbouring words, each known by the hash31 of its text. Words are told apart by a table of our own
// and not by Unicode's categories, which grow from version to version: engines and Node would not agree on new letters.

/**
 * Code points between words: ASCII but letters and digits, and punctuation, symbols, pictures, private and unassigned areas beyond it.
 * All others are parts of words, marks over letters included.
 */
export const separators: readonly (readonly [first: number, last: number])[] = [
  [0x00, 0x2f],
  [0x3a, 0x40],
  [0x5b, 0x60],
  [0x7b, 0xa9],
  [0xab, 0xb4],
  [0xb6, 0xb9],
  [0xbb, 0xbf],
  [0xd7, 0xd7],
  [0xf7, 0xf7],
  [0x37e, 0x37e],
  [0x387, 0x387],
  [0x55a, 0x55f],
  [0x589, 0x58a],
  [0x5be, 0x5be],
  [0x5c0, 0x5c0],
  [0x5c3, 0x5c3],
  [0x5c6, 0x5c6],
  [0x5f3, 0x5f4],
  [0x600, 0x60f],
  [0x61b, 0x61f],
  [0x66a, 0x66d],
  [0x6d4, 0x6d4],
  [0x700, 0x70f],
  [0x964, 0x965],
  [0x970, 0x970],
  [0xe3f, 0xe3f],
  [0xe4f, 0xe4f],
  [0xe5a, 0xe5b],
  [0xf01, 0xf17],
  [0x104a, 0x104f],
  [0x10fb, 0x10fb],
  [0x1360, 0x1368],
  [0x1400, 0x1400],
  [0x166d, 0x166e],
  [0x1680, 0x1680],
  [0x17d4, 0x17db],
  [0x1800, 0x180e],
  [0x2000, 0x2bff],
  [0x2e00, 0x2e7f],
  [0x2ff0, 0x3004],
  [0x3008, 0x3020],
  [0x3030, 0x3030],
  [0x303d, 0x303f],
  [0x30a0, 0x30a0],
  [0x30fb, 0x30fb],
  [0x3200, 0x33ff],
  [0xd800, 0xf8ff],
  [0xfd3e, 0xfd3f],
  [0xfe00, 0xfe1f],
  [0xfe30, 0xfe6f],
  [0xfeff, 0xff0f],
  [0xff1a, 0xff20],
  [0xff3b, 0xff40],
  [0xff5b, 0xff65],
  [0xffe0, 0xffff],
  [0x1f000, 0x1faff],
  [0xe0000, 0x10ffff],
];

/** The class of a regular expression that words are made of, in a dialect's way to write a code point. */
export const wordClass = (point: (hex: string) => string): string => {
  const written = (code: number): string => point(code.toString(16).padStart(2, "0"));
  return `[^${separators.map(([first, last]) => `${written(first)}-${written(last)}`).join("")}]`;
};

const words = new RegExp(`${wordClass((hex) => `\\u{${hex}}`)}{2,}`, "gu");

/** The terms of a text: its first `most` words of two code points or more, then their pairs of neighbours, and so on up to `ngrams`. */
export function termsOf(text: string, ngrams: number, most: number): string[] {
  const found: string[] = [];
  words.lastIndex = 0;
  for (let word = most > 0 ? words.exec(text) : null; word; word = found.length < most ? words.exec(text) : null)
    found.push(word[0]);
  const count = found.length;
  for (let n = 2; n <= Math.min(ngrams, count); n++)
    for (let i = 0; i + n <= count; i++) found.push(found.slice(i, i + n).join(" "));
  return ngrams < 1 ? [] : found;
}

let last: { readonly text: string; readonly ngrams: number; readonly most: number; readonly codes: readonly number[] };

/** The operation of this name. A model's outputs ask for the codes of one text in turn: those of the last text are remembered. */
export function termCodes(text: string, ngrams: number, most: number): readonly number[] {
  if (last?.text !== text || last.ngrams !== ngrams || last.most !== most)
    last = { text, ngrams, most, codes: termsOf(text, ngrams, most).map(hash31) };
  return last.codes;
}

/** Codes of one text after the other, faster than by `termCodes`: what it gives holds until the next text. The text is UTF-8. */
export type TermCoder = (text: Uint8Array, ngrams: number, most: number) => Int32Array;

const decoder = new TextDecoder();
export const plainTermCoder: TermCoder = (text, ngrams, most) =>
  Int32Array.from(termsOf(decoder.decode(text), ngrams, most).map(hash31));

/** What a term's codes come to: a slot of 2^bits for each, and a value by how often it is there. */
export interface TermWeights {
  readonly bits: number;
  /** Terms count for or against their slot, by a bit of their code, so that those who share one do not add up. */
  readonly signed: boolean;
  /** A term that is there n times counts n, 1, or 1 + ln(n) times. */
  readonly count: "count" | "binary" | "log";
  /** l2: the values of a text are divided by the root of the sum of their squares. */
  readonly norm: "l2" | "none";
  /** With it a term counts ln((1 + rows) / (1 + documents)) + 1 times more, and not at all where documents are few or most. */
  readonly documents?: Documents;
}

/** Of each slot, in how many of the training rows it is. */
export interface Documents {
  readonly rows: number;
  readonly counts: CountTable;
  /** A slot in fewer rows than this has the value 0; at least 1, so that terms which no training row has are not there. */
  readonly least: number;
  /** A slot in more rows than this has the value 0. */
  readonly most: number;
}

/** The bit of a code that says its sign; slots take lower ones. */
const signBit = 30;

/** Counts codes by slot. One after the other counts into the same arrays: rows stand behind each other. */
export class TermCounter {
  readonly #mask: number;
  readonly #signed: boolean;
  readonly #places: Int32Array;

  constructor({ bits, signed }: Pick<TermWeights, "bits" | "signed">) {
    this.#mask = 2 ** bits - 1;
    this.#signed = signed;
    this.#places = new Int32Array(2 ** bits);
  }

  /** Writes the slots of codes[from .. to - 1] and their counts from `at` on, in the order of the first of each; gives where they end. */
  count(
    codes: ArrayLike<number>,
    from: number,
    to: number,
    slots: Int32Array,
    counts: Int16Array | Int32Array,
    at: number,
  ): number {
    let top = at;
    for (let i = from; i < to; i++) {
      const code = codes[i]!;
      const slot = code & this.#mask;
      let place = this.#places[slot]!;
      // A place that an earlier row left behind is outside of this one, or holds another slot.
      if (place < at || place >= top || slots[place] !== slot) {
        place = top++;
        this.#places[slot] = place;
        slots[place] = slot;
        counts[place] = 0;
      }
      counts[place]! += this.#signed && (code >> signBit) & 1 ? -1 : 1;
    }
    return top;
  }
}

/** What a term is worth by how often it is there: odd in the count. */
export function worthOf(count: number, by: TermWeights["count"]): number {
  const size = Math.abs(count);
  const value = size === 0 ? 0 : by === "count" ? size : by === "binary" ? 1 : 1 + Math.log(size);
  return count < 0 ? -value : value;
}

const factors = new WeakMap<Documents, Float32Array>();

/** What each slot's values are multiplied by, as float32; made once for each table. */
export function factorsOf(documents: Documents): Float32Array {
  let all = factors.get(documents);
  if (!all) {
    const { rows, counts, least, most } = documents;
    const filled = new Float32Array(counts.size);
    eachCount(counts, (slot, count) => {
      filled[slot] = count < least || count > most ? 0 : Math.log((1 + rows) / (1 + count)) + 1;
    });
    factors.set(documents, filled);
    all = filled;
  }
  return all;
}

export interface WeighedTerms {
  readonly slots: Int32Array;
  readonly values: Float64Array;
  readonly length: number;
}

/** Codes as slots and values. What it gives holds until the next codes. */
export function termWeigher(
  weights: TermWeights,
): (codes: ArrayLike<number>, from: number, to: number) => WeighedTerms {
  const counter = new TermCounter(weights);
  const factor = weights.documents && factorsOf(weights.documents);
  let slots = new Int32Array(1024);
  let counts = new Int32Array(1024);
  let values = new Float64Array(1024);
  return (codes, from, to) => {
    if (to - from > slots.length) {
      slots = new Int32Array(2 * (to - from));
      counts = new Int32Array(slots.length);
      values = new Float64Array(slots.length);
    }
    const length = counter.count(codes, from, to, slots, counts, 0);
    let squares = 0;
    for (let i = 0; i < length; i++) {
      const value = worthOf(counts[i]!, weights.count) * (factor?.[slots[i]!] ?? 1);
      values[i] = value;
      squares += value * value;
    }
    if (weights.norm === "l2" && squares > 0) {
      const size = Math.sqrt(squares);
      for (let i = 0; i < length; i++) values[i]! /= size;
    }
    return { slots, values, length };
  };
}

/** Sums over terms as a function of codes: for each table the sum of its values at their slots, times theirs. */
export function termSums(
  weights: TermWeights,
  tables: readonly Float32Array[],
): (codes: ArrayLike<number>, from: number, to: number, into: Float64Array, at: number) => void {
  const weigh = termWeigher(weights);
  return (codes, from, to, into, at) => {
    const { slots, values, length } = weigh(codes, from, to);
    for (const [k, table] of tables.entries()) {
      let sum = 0;
      for (let i = 0; i < length; i++) sum += table[slots[i]!]! * values[i]!;
      into[at + k] = sum;
    }
  };
}
