import type { Row, Value } from "../../base/schema.js";
import type { Trees } from "../expr.js";
import type { Step } from "./steps.js";

/** Trees in one set of arrays, walked without a call per node. Inputs are numbers, NaN where missing; codes are numbers too. */
export interface PackedTrees {
  readonly base: number;
  /** Of each tree: its first node, or ~leaf for a tree of one leaf. */
  readonly roots: Int32Array;
  readonly feature: Int32Array;
  /** 0: `x <= test` goes left; 1: so does a missing x; 2: codes whose bit is set from `codesAt` on go left. */
  readonly kind: Uint8Array;
  readonly test: Float64Array;
  readonly codesAt: Int32Array;
  readonly codesCount: Int32Array;
  readonly missingLeft: Uint8Array;
  readonly codes: Uint32Array;
  /** Right and left child of each node: a node, or ~leaf. */
  readonly children: Int32Array;
  readonly value: Float64Array;
}

export function packTrees({ base, trees }: Pick<Trees, "base" | "trees">): PackedTrees {
  const nodes = trees.reduce((sum, { feature }) => sum + feature.length, 0);
  const roots = new Int32Array(trees.length);
  const feature = new Int32Array(nodes);
  const kind = new Uint8Array(nodes);
  const test = new Float64Array(nodes);
  const codesAt = new Int32Array(nodes);
  const codesCount = new Int32Array(nodes);
  const missingLeft = new Uint8Array(nodes);
  const children = new Int32Array(2 * nodes);
  const codes: number[] = [];
  const value: number[] = [];
  let first = 0;
  trees.forEach((tree, t) => {
    const leaf = value.length;
    const place = (child: number): number => (child >= 0 ? first + child : ~(leaf + (-1 - child)));
    roots[t] = tree.feature.length === 0 ? ~leaf : first;
    tree.feature.forEach((input, i) => {
      const at = first + i;
      const goesLeft = tree.test[i]!;
      feature[at] = input;
      missingLeft[at] = Number(tree.missingLeft[i]!);
      children[2 * at] = place(tree.right[i]!);
      children[2 * at + 1] = place(tree.left[i]!);
      if (typeof goesLeft === "number") {
        kind[at] = missingLeft[at]!;
        test[at] = goesLeft;
        return;
      }
      kind[at] = 2;
      codesAt[at] = codes.length;
      codesCount[at] = (goesLeft.at(-1) ?? -1) + 1;
      const bits = new Array<number>((codesCount[at]! + 31) >> 5).fill(0);
      for (const code of goesLeft) bits[code >> 5]! |= 1 << (code & 31);
      for (const word of bits) codes.push(word);
    });
    for (const each of tree.value) value.push(each);
    first += tree.feature.length;
  });
  return {
    base,
    roots,
    feature,
    kind,
    test,
    codesAt,
    codesCount,
    missingLeft,
    codes: Uint32Array.from(codes, (word) => word >>> 0),
    children,
    value: Float64Array.from(value),
  };
}

/** The leaf that a row ends in, by its place in `value`; its inputs stand in `x` from `at` on. */
function leafOf(trees: PackedTrees, root: number, x: Float64Array, at: number): number {
  const { feature, kind, test, children } = trees;
  let node = root;
  while (node >= 0) {
    const v = x[at + feature[node]!]!;
    const how = kind[node]!;
    const left = how === 0 ? v <= test[node]! : how === 1 ? !(v > test[node]!) : isAmong(trees, node, v);
    node = children[2 * node + Number(left)]!;
  }
  return ~node;
}

/** The sum for the row whose inputs stand in `x`. */
export function sumTrees(trees: PackedTrees, x: Float64Array): number {
  let sum = trees.base;
  for (let t = 0; t < trees.roots.length; t++) sum += trees.value[leafOf(trees, trees.roots[t]!, x, 0)]!;
  return sum;
}

/**
 * Adds the leaves, without the base, to the sums of many rows, whose inputs stand one after the other in `x`: tree by tree, so that a
 * tree stays at hand.
 */
export function addTrees(trees: PackedTrees, x: Float64Array, width: number, sums: Float64Array): void {
  for (let t = 0; t < trees.roots.length; t++) {
    const root = trees.roots[t]!;
    for (let i = 0; i < sums.length; i++) sums[i]! += trees.value[leafOf(trees, root, x, i * width)]!;
  }
}

function isAmong({ codes, codesAt, codesCount, missingLeft }: PackedTrees, node: number, code: number): boolean {
  if (Number.isNaN(code)) return missingLeft[node] === 1;
  return code < codesCount[node]! && (codes[codesAt[node]! + (code >> 5)]! & (1 << (code & 31))) !== 0;
}

/** Sums of trees for rows whose inputs are columns of numbers, NaN where missing: what the loop of single rows gives, faster. */
export type TreeSums = (trees: Trees) => (columns: readonly Float64Array[], rows: number) => Float64Array;

export const plainTreeSums: TreeSums = (trees) => {
  const packed = packTrees(trees);
  return (columns, rows) => {
    const x = new Float64Array(rows * columns.length);
    columns.forEach((column, j) => {
      for (let i = 0; i < rows; i++) x[i * columns.length + j] = column[i]!;
    });
    const sums = new Float64Array(rows).fill(trees.base);
    addTrees(packed, x, columns.length, sums);
    return sums;
  };
};

/** Trees as a function of a row. */
export function treesStep(trees: Pick<Trees, "base" | "trees">, inputs: readonly Step[]): (row: Row) => number {
  const packed = packTrees(trees);
  const x = new Float64Array(inputs.length);
  return (row) => {
    for (let j = 0; j < inputs.length; j++) x[j] = numberOf(inputs[j]!(row));
    return sumTrees(packed, x);
  };
}

const numberOf = (value: Value): number =>
  typeof value === "number" ? value : value === null ? Number.NaN : Number(value);
