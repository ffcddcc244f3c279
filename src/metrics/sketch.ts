import { blockRows, lowestLevel, type Sorted, sort } from "./sort.js";

/**
 * A histogram on a fixed grid of int32 keys that keeps at most `capacity` bins, each with two sums. It starts at the
 * finest grid; whenever more bins would be in use, pairs of neighbours become one (a level up). The level that comes out
 * is the lowest at which the union of all rows fits, so it does not depend on the order or the parts that rows came in.
 *
 * In a sum: [level, bins, keys x capacity, a x capacity, b x capacity], keys ascending.
 */
export class Sketch {
  readonly length: number;
  readonly #at: number;
  readonly #capacity: number;
  #part: Float64Array | undefined;

  constructor(at: number, capacity: number) {
    this.#at = at;
    this.#capacity = capacity;
    this.length = 2 + 3 * capacity;
  }

  /** Adds the rows' `a` and `b` to the bins of their keys. */
  add(sum: Float64Array, keys: Int32Array, a: Float64Array, b: Float64Array, rows: number): void {
    this.#part ??= new Float64Array(this.length);
    for (let from = 0; from < rows; from += blockRows) {
      const count = Math.min(blockRows, rows - from);
      const sorted = sort(keys, from, count);
      const empty = sum[this.#at + 1] === 0;
      if (empty) this.#group(sum, this.#at, sorted, a, b, count);
      else {
        this.#group(this.#part, 0, sorted, a, b, count);
        this.#merge(sum, this.#part, 0);
      }
    }
  }

  /** Sorted rows as bins, at the lowest level at which they fit. */
  #group(
    target: Float64Array,
    at: number,
    { keys, rows }: Sorted,
    a: Float64Array,
    b: Float64Array,
    count: number,
  ): void {
    const level = lowestLevel(keys, count, this.#capacity);
    const keysAt = at + 2;
    const aAt = keysAt + this.#capacity;
    const bAt = aAt + this.#capacity;
    let last = -1;
    let lastKey = 0;
    for (let i = 0; i < count; i++) {
      const row = rows[i]!;
      const key = keys[i]! >> level;
      if (last < 0 || key !== lastKey) {
        last++;
        lastKey = key;
        target[keysAt + last] = key;
        target[aAt + last] = a[row]!;
        target[bAt + last] = b[row]!;
      } else {
        target[aAt + last]! += a[row]!;
        target[bAt + last]! += b[row]!;
      }
    }
    target[at] = level;
    target[at + 1] = last + 1;
  }

  merge(into: Float64Array, part: Float64Array): void {
    this.#merge(into, part, this.#at);
  }

  /** The bins in ascending order: `low` and `high` are the grid keys they span (inclusive). */
  bins(sum: Float64Array): Bins {
    const level = sum[this.#at]!;
    const count = sum[this.#at + 1]!;
    const from = this.#at + 2;
    const width = 2 ** level;
    const middle = Float64Array.from({ length: count }, (_, i) => sum[from + i]! * width + (width - 1) / 2);
    const a = sum.slice(from + this.#capacity, from + this.#capacity + count);
    const b = sum.slice(from + 2 * this.#capacity, from + 2 * this.#capacity + count);
    return { level, count, middle, a, b };
  }

  #merge(into: Float64Array, part: Float64Array, partAt: number): void {
    const at = this.#at;
    const partCount = part[partAt + 1]!;
    if (partCount === 0) return;
    while (into[at]! < part[partAt]!) this.#coarsen(into);
    let union = this.#unionCount(into, part, partAt);
    while (union > this.#capacity) {
      this.#coarsen(into);
      union = this.#unionCount(into, part, partAt);
    }
    // From the back, in place: what is still to be read stands before what is written.
    const shift = into[at]! - part[partAt]!;
    const keys = at + 2;
    const aAt = keys + this.#capacity;
    const bAt = aAt + this.#capacity;
    const partKeys = partAt + 2;
    const partA = partKeys + this.#capacity;
    const partB = partA + this.#capacity;
    let i = into[at + 1]! - 1;
    let j = partCount - 1;
    let out = union - 1;
    while (j >= 0) {
      const key = part[partKeys + j]! >> shift;
      let a = 0;
      let b = 0;
      for (; j >= 0 && part[partKeys + j]! >> shift === key; j--) {
        a += part[partA + j]!;
        b += part[partB + j]!;
      }
      for (; i >= 0 && into[keys + i]! > key; i--, out--) {
        into[keys + out] = into[keys + i]!;
        into[aAt + out] = into[aAt + i]!;
        into[bAt + out] = into[bAt + i]!;
      }
      if (i >= 0 && into[keys + i] === key) {
        a += into[aAt + i]!;
        b += into[bAt + i]!;
        i--;
      }
      into[keys + out] = key;
      into[aAt + out] = a;
      into[bAt + out] = b;
      out--;
    }
    into[at + 1] = union;
  }

  #coarsen(sum: Float64Array): void {
    const at = this.#at;
    const keys = at + 2;
    const aAt = keys + this.#capacity;
    const bAt = aAt + this.#capacity;
    const count = sum[at + 1]!;
    let last = -1;
    for (let i = 0; i < count; i++) {
      const key = sum[keys + i]! >> 1;
      if (last >= 0 && sum[keys + last] === key) {
        sum[aAt + last]! += sum[aAt + i]!;
        sum[bAt + last]! += sum[bAt + i]!;
      } else {
        last++;
        sum[keys + last] = key;
        sum[aAt + last] = sum[aAt + i]!;
        sum[bAt + last] = sum[bAt + i]!;
      }
    }
    sum[at] = sum[at]! + 1;
    sum[at + 1] = last + 1;
  }

  #unionCount(into: Float64Array, part: Float64Array, partAt: number): number {
    const shift = into[this.#at]! - part[partAt]!;
    const keys = this.#at + 2;
    const end = keys + into[this.#at + 1]!;
    const partKeys = partAt + 2;
    const partEnd = partKeys + part[partAt + 1]!;
    let union = end - keys;
    let i = keys;
    let previous = Number.NaN;
    for (let j = partKeys; j < partEnd; j++) {
      const key = part[j]! >> shift;
      if (key === previous) continue;
      previous = key;
      while (i < end && into[i]! < key) i++;
      if (i === end || into[i] !== key) union++;
    }
    return union;
  }
}

export interface Bins {
  /** Bins are 2^level grid steps wide. */
  readonly level: number;
  readonly count: number;
  /** The grid position of each bin's middle. */
  readonly middle: Float64Array;
  readonly a: Float64Array;
  readonly b: Float64Array;
}
