import type { KeptRows } from "../contract.js";
import type { BinTree } from "./bin-tree.js";
import type { Round } from "./binned-rows.js";
import type { GrowingRows, GrownLeaf, GrownTree } from "./grow.js";
import type { RecordLayout } from "./record.js";

/** What bookkeeping of histograms may cost in memory that is used again and again: new ones would keep the garbage collector busy. */
const reusedBytes = 32e6;

/** Histograms that the next tree uses again, where they take little memory. */
export class HistogramRoom {
  readonly #held: Float64Array[] = [];
  #once = new Float64Array(0);

  take(ordinal: number, length: number): Float64Array {
    if ((ordinal + 1) * length * 8 > reusedBytes) return new Float64Array(length);
    const found = this.#held[ordinal];
    if (found?.length === length) return found;
    this.#held[ordinal] = new Float64Array(length);
    return this.#held[ordinal];
  }

  /** For histograms that nobody wants after the next round. */
  once(lengths: readonly number[]): Float64Array[] {
    const total = lengths.reduce((sum, length) => sum + length, 0);
    if (this.#once.length < total) this.#once = new Float64Array(total);
    let at = 0;
    return lengths.map((length) => {
      at += length;
      return this.#once.subarray(at - length, at);
    });
  }
}

/** The rows that workers keep, as a growing tree asks them: what the workers answer is added up. Of several outputs, a node's histograms lie one after the other. */
export function growingOn(
  kept: KeptRows,
  record: RecordLayout,
  outputs: readonly number[],
  room: HistogramRoom,
): GrowingRows {
  let given = 0;
  return {
    async round(splits, wanted, columns) {
      const lengths = wanted.map((_, w) =>
        columns ? 2 * columns[w]!.reduce((sum, column) => sum + record.columns[column]!.bins, 0) : 2 * record.bins,
      );
      const histograms = columns
        ? room.once(lengths.map((length) => outputs.length * length))
        : lengths.map((length) => room.take(given++, outputs.length * length));
      let rows: Round["splits"] = splits;
      let counts = new Float64Array(0);
      for (const [k, output] of outputs.entries()) {
        const request: Round = { output, splits: rows, wanted, ...(columns ? { columns } : {}) };
        const answers = await kept.ask("round", request);
        const sum = (from: number, into: Float64Array): Float64Array => {
          into.set(answers[0]!.subarray(from, from + into.length));
          for (const other of answers.slice(1)) for (let i = 0; i < into.length; i++) into[i]! += other[from + i]!;
          return into;
        };
        let at = 2 * rows.length;
        if (k === 0) counts = sum(0, new Float64Array(at)) as Float64Array<ArrayBuffer>;
        for (const [w, length] of lengths.entries()) {
          sum(at, histograms[w]!.subarray(k * length, (k + 1) * length));
          at += length;
        }
        rows = []; // they are split by now
      }
      return { rows: splits.map((_, s) => [counts[2 * s]!, counts[2 * s + 1]!] as const), histograms };
    },
  };
}

export const nodesOf = ({ nodes }: GrownTree): BinTree["nodes"] =>
  nodes.map(({ feature, threshold, goesLeft, missingLeft, left, right, gain, rows }) => ({
    column: feature,
    test: threshold >= 0 ? threshold : Array.from(goesLeft.keys()).filter((bin) => goesLeft[bin] === 1),
    missingLeft,
    left,
    right,
    gain,
    rows,
  }));

export const leavesOf = ({ leaves }: GrownTree, value: (leaf: GrownLeaf) => number): BinTree["leaves"] =>
  leaves.map((leaf) => ({ node: leaf.id, value: value(leaf), rows: leaf.rows }));
