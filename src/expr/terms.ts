import { type CountTable, eachCount } from "./slots.js";

// What the terms of a text come to: slots, and values by how often a term is there and how rare it is.

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
