import { mix32 } from "../../base/seeds.js";
import type { Kernels } from "../../kernels/index.js";
import type { Arena } from "../../pages/arena.js";
import type { WalkedTree } from "./bin-tree.js";
import { ascending, type Block, type Blocks, blockRows } from "./blocks.js";
import type { Growing } from "./growing.js";
import { logLossOf } from "./out-of-bag.js";

/** The rows of one tree: drawn by where they are, without replacement. */
export interface Bag {
  readonly seed: number;
  readonly share: number;
}

export interface FillBag extends Bag {
  /** Rounded pairs are the label * gScale and the weight * hScale; of classes the label is 1 or 0, and only hScale counts. */
  readonly gScale: number;
  readonly hScale: number;
  /** 0 for a label that is a number. */
  readonly classes: number;
}

export interface LeafSums {
  /** By the numbers that growing gave them. */
  readonly leaves: readonly number[];
  readonly classes: number;
  /** Weights are summed in steps of 1 / weightSteps, weighted labels in steps of 1 / labelSteps. */
  readonly weightSteps: number;
  readonly labelSteps: number;
}

export interface Vote extends Bag {
  readonly tree: WalkedTree;
  /** What each leaf says, for each output. */
  readonly values: readonly (readonly number[])[];
  readonly classes: number;
  /** Sums of losses and of weights are in steps of 1 over this. */
  readonly steps: number;
  /** The largest weight, and the largest |label|: what losses and weights are measured by. */
  readonly reach: Reach;
}

export interface Reach {
  readonly weight: number;
  readonly label: number;
  readonly weightedLabel: number;
}

/** What the keeper of the rows lends. */
export interface BaggedRows {
  readonly arena: Arena;
  readonly kernels: Kernels;
  readonly blocks: Blocks;
  readonly growing: readonly Growing[];
  readonly outputs: number;
  readonly finder: (tree: WalkedTree) => (block: Block, bins: number) => Float32Array;
}

const questions = ["reach", "fillBag", "leafSums", "vote"] as const;
type BagQuestion = (typeof questions)[number];
export const isBagQuestion = (question: string): question is BagQuestion =>
  (questions as readonly string[]).includes(question);

export function answerOfBag(question: BagQuestion, params: unknown, rows: BaggedRows): Float64Array {
  if (question === "reach") return reachOf(rows);
  if (question === "fillBag") return fillBag(params as FillBag, rows);
  return question === "leafSums" ? leafSums(params as LeafSums, rows) : vote(params as Vote, rows);
}

/** The largest weight, |label| and |weight * label|. */
function reachOf(rows: BaggedRows): Float64Array {
  const out = new Float64Array(3);
  for (const block of rows.blocks.all) {
    const { label, weight } = columnsOf(block, rows, rows.blocks.open(block, ["label", "weight"]));
    for (let i = 0; i < block.trainRows; i++) {
      const w = weight ? weight[i]! : 1;
      const y = Math.abs(label[i]!);
      if (w > out[0]!) out[0] = w;
      if (y > out[1]!) out[1] = y;
      if (w * y > out[2]!) out[2] = w * y;
    }
    rows.blocks.close(block, []);
  }
  return out;
}

/** Draws the bag, and rounds what its rows add to histograms: at random, so that the mean is right. Gives the number of rows. */
function fillBag({ gScale, hScale, classes, ...bag }: FillBag, rows: BaggedRows): Float64Array {
  const outputs = rows.outputs;
  const key = mix32(bag.seed);
  let total = 0;
  for (const [b, block] of rows.blocks.all.entries()) {
    const growing = rows.growing[b]!;
    const at = rows.blocks.open(block, ["label", "weight"]);
    const { label, weight } = columnsOf(block, rows, at);
    const count = draw(bag, block, at["index"]!, rows);
    const { buffer } = rows.arena.memory;
    const index = new Uint16Array(buffer, at["index"], count);
    const pairs = new Int32Array(buffer, at["pairs"], outputs * block.rows);
    for (let n = 0; n < count; n++) {
      const i = index[n]!;
      const draws = mix32((block.row0 + i) ^ key);
      const w = weight ? weight[i]! : 1;
      const h = rounded(w * hScale, (draws & 0xffff) / 65_536);
      if (classes === 0) pairs[i] = (-rounded(w * label[i]! * gScale, (draws >>> 16) / 65_536) << 16) | h;
      else if (classes === 2) pairs[i] = label[i]! > 0 ? (-h << 16) | h : h;
      else for (let k = 0; k < classes; k++) pairs[k * block.rows + i] = label[i] === k ? (-h << 16) | h : h;
    }
    growing.rows = count;
    growing.segments = new Map([[0, [0, count]]]);
    rows.blocks.close(block, ["pairs", "index"]);
    total += count;
  }
  return Float64Array.of(total);
}

const rounded = (x: number, draw: number): number => Math.floor(x + draw);

/** Writes the rows of a block that are in the bag to `index`, and gives their number. */
function draw({ seed, share }: Bag, { trainRows, row0 }: Block, index: number, { arena, kernels }: BaggedRows): number {
  if (trainRows === 0) return 0;
  if (share < 1) return kernels.uniform(trainRows, Math.round(share * 2 ** 32) | 0, seed, row0, index);
  new Uint16Array(arena.memory.buffer, index, trainRows).set(ascending.subarray(0, trainRows));
  return trainRows;
}

/** Of each leaf the weight of its rows, and the weights of each class but 0 of two, or the sum of their weighted labels. */
function leafSums({ leaves, classes, weightSteps, labelSteps }: LeafSums, rows: BaggedRows): Float64Array {
  const width = 1 + rows.outputs;
  const out = new Float64Array(leaves.length * width);
  for (const [b, block] of rows.blocks.all.entries()) {
    const at = rows.blocks.open(block, ["label", "weight", "index"]);
    const { label, weight } = columnsOf(block, rows, at);
    const index = new Uint16Array(rows.arena.memory.buffer, at["index"], block.trainRows);
    const { segments } = rows.growing[b]!;
    leaves.forEach((node, leaf) => {
      const [from, to] = segments.get(node) ?? [0, 0];
      const own = leaf * width;
      for (let n = from; n < to; n++) {
        const i = index[n]!;
        const w = weight ? weight[i]! : 1;
        const steps = Math.round(w * weightSteps);
        out[own]! += steps;
        if (classes === 0) out[own + 1]! += Math.round(w * label[i]! * labelSteps);
        else if (classes > 2) out[own + 1 + label[i]!]! += steps;
        else if (label[i]! > 0) out[own + 1]! += steps;
      }
    });
    rows.blocks.close(block, []);
  }
  return out;
}

/**
 * Adds what the tree says to the rows that it did not grow on. Then, over all rows that some tree spoke on: their number, and in
 * steps their weight, their loss, and the weight of those whose class is the likeliest.
 */
function vote({ tree, values, classes, steps, reach, ...bag }: Vote, rows: BaggedRows): Float64Array {
  const top = rows.arena.mark();
  const find = rows.finder(tree);
  const drawn = rows.arena.take(2 * blockRows);
  const out = new Float64Array(4);
  const outputs = values.length;
  for (const block of rows.blocks.all) {
    const at = rows.blocks.open(block, ["label", "weight", "score", "bins", "votes"]);
    const { label, weight } = columnsOf(block, rows, at);
    const { buffer } = rows.arena.memory;
    const votes = new Uint16Array(buffer, at["votes"], block.rows);
    const score = new Float32Array(buffer, at["score"], outputs * block.rows);
    const leaves = find(block, at["bins"]!);
    const bagged = new Uint16Array(buffer, drawn, draw(bag, block, drawn, rows));
    for (let i = 0, next = 0; i < block.trainRows; i++) {
      if (bagged[next] === i) next++;
      else {
        votes[i]!++;
        for (let k = 0; k < outputs; k++) score[k * block.rows + i]! += values[k]![leaves[i]!]!;
      }
      if (votes[i] === 0) continue;
      const w = (weight ? weight[i]! : 1) / reach.weight;
      out[0]!++;
      out[1]! += Math.round(w * steps);
      const says = (k: number): number => score[k * block.rows + i]! / votes[i]!;
      if (classes === 0) {
        const error = (says(0) - label[i]!) / (2 * reach.label || 1);
        out[2]! += Math.round(w * error * error * steps);
      } else {
        let likeliest = 0;
        if (classes === 2) likeliest = says(0) > 0.5 ? 1 : 0;
        else for (let k = 1; k < classes; k++) if (says(k) > says(likeliest)) likeliest = k;
        const share = classes > 2 ? says(label[i]!) : label[i]! > 0 ? says(0) : 1 - says(0);
        out[2]! += Math.round(w * logLossOf(share) * steps);
        if (likeliest === label[i]) out[3]! += Math.round(w * steps);
      }
    }
    rows.blocks.close(block, ["score", "votes"]);
  }
  rows.arena.reset(top);
  return out;
}

function columnsOf(
  { rows: length }: Block,
  { arena }: BaggedRows,
  at: Readonly<Record<string, number>>,
): { label: Float32Array; weight: Float32Array | undefined } {
  const { buffer } = arena.memory;
  return {
    label: new Float32Array(buffer, at["label"], length),
    weight: at["weight"] === undefined ? undefined : new Float32Array(buffer, at["weight"], length),
  };
}
