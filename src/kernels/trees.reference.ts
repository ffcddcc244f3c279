/** A block of binned rows, as bins.assembly.ts describes it. */
export interface Block {
  readonly bins: Uint8Array;
  readonly narrow: number;
  readonly wide: number;
}

export const strideOf = ({ narrow, wide }: Omit<Block, "bins">): number => narrow + 2 * wide;

/** The bin of a row in a column, narrow columns counted before wide ones. */
export function binOf(block: Block, row: number, column: number): number {
  const start = row * strideOf(block);
  if (column < block.narrow) return block.bins[start + column]!;
  const at = start + block.narrow + 2 * (column - block.narrow);
  return block.bins[at]! + 256 * block.bins[at + 1]!;
}

export function binColumnReference(values: Float32Array, edges: Float32Array, missingBin: number): number[] {
  return Array.from(values, (value) =>
    Number.isNaN(value) ? missingBin : edges.reduce((below, edge) => below + (edge < value ? 1 : 0), 0),
  );
}

/** Adds [sum of g, sum of h] of each bin to `into`, for columns `columns`; `offsets` say where a column's bins start. */
export function histogramReference(
  block: Block,
  offsets: Uint32Array,
  rows: Iterable<number>,
  gh: Int32Array,
  columns: Iterable<number>,
  into: Float64Array,
): void {
  const chosen = [...columns];
  for (const row of rows)
    for (const column of chosen) {
      const at = 2 * (offsets[column]! + binOf(block, row, column));
      into[at]! += gh[row]! >> 16;
      into[at + 1]! += gh[row]! & 0xffff;
    }
}

export function partitionReference(block: Block, column: number, goesLeft: ArrayLike<number>, rows: Uint16Array) {
  const left = (row: number): boolean => goesLeft[binOf(block, row, column)] === 1;
  return { left: rows.filter(left), right: rows.filter((row) => !left(row)) };
}

export interface BinnedTree {
  readonly column: readonly number[];
  /** Of each inner node, by bin: 1 goes left. */
  readonly goesLeft: readonly ArrayLike<number>[];
  readonly left: readonly number[];
  readonly right: readonly number[];
  readonly value: readonly number[];
}

/** score[row] += the value of the row's leaf, in float32. */
export function addTreeReference(block: Block, tree: BinnedTree, from: number, to: number, score: Float32Array): void {
  for (let row = from; row < to; row++) {
    let at = tree.left.length > 0 ? 0 : -1;
    while (at >= 0) {
      const bin = binOf(block, row, tree.column[at]!);
      at = tree.goesLeft[at]![bin] === 1 ? tree.left[at]! : tree.right[at]!;
    }
    score[row]! += Math.fround(tree.value[-1 - at]!);
  }
}
