import type { Chunk, ChunkColumn } from "../engines/contract.js";
import { TermCounter } from "../expr/terms.js";
import { bytesOf, mostTermsOfRow, type PageLayout, pageShape, type TermsOfPage, termColumns } from "../pages/page.js";
import { splitCodes } from "../pages/row-set.js";
import { bodyOffset, strideOf } from "../pages/store.js";
import type { PageJob } from "../pages/worker.js";

type Column = Float32Array | Float64Array | Int32Array | Uint8Array;
type Buffers = NonNullable<PageJob["fresh"]>;

/** One page being filled from an engine's chunks, in the bytes it will have on disk. */
export class Filling {
  rows = 0;
  /** Rows at which it is full. */
  most: number;
  readonly #features: PageLayout;
  readonly #side: PageLayout;
  readonly #reuse: () => Buffers | undefined;
  readonly #counters: readonly TermCounter[];
  #buffers: { features: ArrayBuffer; side: ArrayBuffer } | undefined;
  /** One for each column of a chunk, but those of terms. */
  #columns: (Column | undefined)[] = [];
  #terms: TermsOfPage[] = [];
  #ends: number[] = [];
  #isFull = false;

  constructor(features: PageLayout, side: PageLayout, reuse: () => Buffers | undefined) {
    this.#features = features;
    this.#side = side;
    this.#reuse = reuse;
    this.most = features.pageRows;
    this.#counters = termColumns(features).map(
      ({ width, signed }) => new TermCounter({ bits: Math.log2(width), signed }),
    );
  }

  /** There is no room for the next row. */
  get full(): boolean {
    return this.#isFull || this.rows === this.most;
  }

  /** Takes rows of the chunk from `at` to `end`, as many as fit; gives where it stopped. */
  add(chunk: Chunk, at: number, end = chunk.rows): number {
    if (!this.#buffers) this.#start();
    const free = Math.min(end - at, this.most - this.rows);
    const count = this.#counters.length > 0 ? this.#addTerms(chunk, at, free) : free;
    const features = this.#features.columns.length;
    for (let c = 0; c < this.#columns.length; c++) {
      const into = this.#columns[c];
      if (!into) continue;
      const { data, valid } = chunk.columns[c]!;
      (into as Float64Array).set(
        (at === 0 && count === chunk.rows ? data : data.subarray(at, at + count)) as Float64Array,
        this.rows,
      );
      if (!valid) continue;
      // A missing weight or split is none; a missing code is unknown; a missing number is NaN.
      const missing =
        into instanceof Int32Array
          ? -1
          : into instanceof Uint8Array
            ? splitCodes.unlabelled
            : c > features
              ? 0
              : Number.NaN;
      for (let i = 0; i < count; i++)
        if (!(valid[(at + i) >> 3]! & (1 << ((at + i) & 7)))) into[this.rows + i] = missing;
    }
    this.rows += count;
    return at + count;
  }

  /** Rows whose terms fit are counted; how many they are is a matter of the rows before them in the page, and of nothing else. */
  #addTerms(chunk: Chunk, at: number, free: number): number {
    const room = this.#features.pageTerms!;
    const from = this.#columns.length - this.#side.columns.length - this.#counters.length;
    const columns = this.#counters.map((_, t) => chunk.columns[from + t]!);
    for (let i = 0; i < free; i++) {
      this.#isFull = columns.some((column, t) => this.#ends[t]! + codesOf(column, at + i) > room);
      if (this.#isFull) return i;
      for (const [t, column] of columns.entries()) {
        const { ends, slots, counts } = this.#terms[t]!;
        const first = column.lists![2 * (at + i)]!;
        const last = first + codesOf(column, at + i);
        this.#ends[t] = this.#counters[t]!.count(column.data as Int32Array, first, last, slots, counts, this.#ends[t]!);
        ends[this.rows + i] = this.#ends[t]!;
      }
    }
    return free;
  }

  take(): { features: ArrayBuffer; side: ArrayBuffer; rows: number } {
    const { rows } = this;
    const { features, side } = this.#buffers!;
    this.#buffers = undefined;
    this.#isFull = false;
    this.rows = 0;
    return {
      features: compact(features, this.#features, rows, this.#ends),
      side: compact(side, this.#side, rows),
      rows,
    };
  }

  #start(): void {
    const reused = this.#reuse();
    const features = reused?.features ?? new ArrayBuffer(strideOf(this.#features));
    const side = reused?.side ?? new ArrayBuffer(strideOf(this.#side));
    this.#buffers = { features, side };
    this.#columns = [...columnsIn(features, this.#features), ...columnsIn(side, this.#side)];
    this.#terms = termsIn(features, this.#features);
    this.#ends = this.#terms.map(() => 0);
  }
}

function codesOf({ lists }: ChunkColumn, row: number): number {
  const codes = lists![2 * row + 1]!;
  if (codes > mostTermsOfRow) throw new Error(`a row has ${codes} terms; features give at most ${mostTermsOfRow}`);
  return codes;
}

function columnsIn(buffer: ArrayBuffer, layout: PageLayout): (Column | undefined)[] {
  const { pageRows } = layout;
  const { offsets } = pageShape(layout);
  const Views = { f32: Float32Array, f64: Float64Array, i32: Int32Array, u8: Uint8Array } as const;
  return layout.columns.map(({ kind, dtype }, i) =>
    kind === "terms" ? undefined : new Views[dtype](buffer, bodyOffset + offsets[i]!, pageRows),
  );
}

/** Room for the terms of a full page. */
function termsIn(buffer: ArrayBuffer, layout: PageLayout): TermsOfPage[] {
  const { offsets, terms } = pageShape(layout);
  const ends = layout.columns.flatMap(({ kind }, i) => (kind === "terms" ? [offsets[i]!] : []));
  return terms.map(({ slots, counts }, t) => ({
    ends: new Int32Array(buffer, bodyOffset + ends[t]!, layout.pageRows),
    slots: new Int32Array(buffer, bodyOffset + slots, layout.pageTerms!),
    counts: new Int16Array(buffer, bodyOffset + counts, layout.pageTerms!),
  }));
}

/** A page with fewer rows or terms has its columns closer together; full pages stay as they are. What is between columns is zeros. */
function compact(buffer: ArrayBuffer, layout: PageLayout, rows: number, terms: readonly number[] = []): ArrayBuffer {
  if (rows === layout.pageRows && layout.pageTerms === undefined) return buffer;
  const bytes = new Uint8Array(buffer, bodyOffset);
  const [wide, close] = [pageShape(layout), pageShape(layout, rows, terms)];
  const sizes = layout.columns.map(({ dtype }) => rows * bytesOf[dtype]);
  let end = 0;
  const move = (from: number, to: number, length: number): void => {
    bytes.fill(0, end, to);
    bytes.copyWithin(to, from, from + length);
    end = to + length;
  };
  for (const [i, size] of sizes.entries()) move(wide.offsets[i]!, close.offsets[i]!, size);
  for (const [t, { slots, counts }] of close.terms.entries()) {
    move(wide.terms[t]!.slots, slots, terms[t]! * 4);
    move(wide.terms[t]!.counts, counts, terms[t]! * 2);
  }
  bytes.fill(0, end, close.bytes);
  return buffer;
}
