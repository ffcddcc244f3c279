import type { KeptRows } from "../contract.js";
import { type BinTree, walkedTree } from "./bin-tree.js";
import type { Residuals } from "./binned-rows.js";
import type { RecordLayout } from "./record.js";

const steps = 1024;
const rounds = 4;

/** Leaf values as the quantile of the residuals in each leaf, closed in on by counting: 1024 steps a round, exact to 2^-40 of their range. */
export async function renewLeaves(
  tree: BinTree,
  record: RecordLayout,
  kept: KeptRows,
  quantile: number,
  learningRate: number,
): Promise<BinTree> {
  const walked = walkedTree(tree, record);
  const leaves = tree.leaves.length;
  const [least, most] = await rangeOf(kept);
  const low = new Array<number>(leaves).fill(least);
  const high = new Array<number>(leaves).fill(most);
  // A leaf whose rows weigh next to nothing keeps its step along the gradient.
  const counted = new Array<boolean>(leaves).fill(false);
  for (let round = 0; round < rounds; round++) {
    const request: Residuals = { tree: walked, low, high, steps };
    const [counts, ...others] = await kept.ask("residuals", request);
    for (const other of others) for (let i = 0; i < other.length; i++) counts![i]! += other[i]!;
    for (let leaf = 0; leaf < leaves; leaf++) {
      const own = counts!.subarray(leaf * (steps + 2), (leaf + 1) * (steps + 2));
      const all = own.reduce((sum, count) => sum + count, 0);
      if (all === 0) continue;
      counted[leaf] = true;
      const wanted = quantile * all;
      let bin = 0;
      for (let sum = own[0]!; sum < wanted && bin < steps + 1; sum += own[bin]!) bin++;
      const width = (high[leaf]! - low[leaf]!) / steps;
      const from = low[leaf]! + Math.max(0, bin - 1) * width;
      low[leaf] = from;
      high[leaf] = from + width;
    }
  }
  return {
    ...tree,
    leaves: tree.leaves.map((leaf, i) =>
      counted[i] ? { ...leaf, value: Math.fround((learningRate * (low[i]! + high[i]!)) / 2) } : leaf,
    ),
  };
}

/**
 * The tree with its leaves in the order that constraints ask for: at a node whose feature may only raise the value, no leaf on the left
 * is above one on the right. Leaves out of order meet where they move least, their rows counted (as isotonic regression pools them).
 */
export function inOrder(tree: BinTree, monotone: (column: number) => -1 | 0 | 1): BinTree {
  const values = tree.leaves.map(({ value }) => value);
  const leavesBelow = (child: number): number[] => {
    if (child < 0) return [-1 - child];
    const { column, left, right } = tree.nodes[child]!;
    const [lefts, rights] = [leavesBelow(left), leavesBelow(right)];
    const way = monotone(column);
    if (way !== 0) part(way > 0 ? lefts : rights, way > 0 ? rights : lefts);
    return [...lefts, ...rights];
  };
  /** Holds some leaves below a border and others above it; order within either is kept. */
  const part = (lower: readonly number[], upper: readonly number[]): void => {
    const ordered = (border: number): number =>
      lower.reduce((sum, leaf) => sum + tree.leaves[leaf]!.rows * Math.max(0, values[leaf]! - border), 0) -
      upper.reduce((sum, leaf) => sum + tree.leaves[leaf]!.rows * Math.max(0, border - values[leaf]!), 0);
    let low = Math.min(...upper.map((leaf) => values[leaf]!));
    let high = Math.max(...lower.map((leaf) => values[leaf]!));
    if (high <= low) return;
    for (let halved = 0; halved < 60; halved++) {
      const middle = low + (high - low) / 2;
      if (ordered(middle) > 0) low = middle;
      else high = middle;
    }
    const border = Math.fround(low);
    for (const leaf of lower) values[leaf] = Math.min(values[leaf]!, border);
    for (const leaf of upper) values[leaf] = Math.max(values[leaf]!, border);
  };
  if (tree.nodes.length > 0 && tree.nodes.some(({ column }) => monotone(column) !== 0)) leavesBelow(0);
  return { ...tree, leaves: tree.leaves.map((leaf, i) => ({ ...leaf, value: values[i]! })) };
}

async function rangeOf(kept: KeptRows): Promise<readonly [number, number]> {
  const answers = await kept.ask("range", undefined);
  const least = Math.min(...answers.map((answer) => answer[0]!));
  const most = Math.max(...answers.map((answer) => answer[1]!));
  return least < most ? [least, most] : [least - 1, least + 1];
}
