import { mix32 } from "../../base/seeds.js";
import { interactions } from "./interactions.js";
import { type Bounds, stepsUpTo } from "./leaf-value.js";
import { replay } from "./replay.js";
import { bestSplit } from "./split.js";
import type { BinFeature, NodeSums, Scales, Split, SplitOptions } from "./split-contract.js";

/** Rows that stay where they are; they know nodes by number, and node 0 has all of them. */
export interface GrowingRows {
  /**
   * First splits the rows of some nodes in two, then sums gradient pairs per bin over the rows of the wanted nodes. With `columns`, a
   * list for each of them, its histogram has these features only, one after the other.
   */
  round(
    splits: readonly RowSplit[],
    wanted: readonly number[],
    columns?: readonly (readonly number[])[],
  ): Promise<Round>;
}

export interface RowSplit {
  readonly node: number;
  readonly left: number;
  readonly right: number;
  readonly feature: number;
  readonly goesLeft: Uint8Array;
}

export interface Round {
  /** The exact number of rows left and right of each split. */
  readonly rows: readonly (readonly [number, number])[];
  /** One for each wanted node: g and h of every bin as exact integers. They are given away. */
  readonly histograms: readonly Float64Array[];
}

export interface GrowOptions extends SplitOptions {
  readonly leaves: number;
  /** 0: no limit. */
  readonly depth: number;
  /** How many nodes a round may part, given how many wait and how many splits are still to be made. It never changes the tree. */
  readonly lookAhead: (waiting: number, remaining: number) => number;
  /** Features of one path must share a group. */
  readonly interactions?: readonly (readonly number[])[];
  /** Memory for histograms (at least two are kept). It never changes the tree. */
  readonly histogramBytes?: number;
  /** The features that may split a node, ascending, by where it stands in the tree: a number that its path alone gives. All by default. */
  readonly columns?: (place: number) => readonly number[];
  /** How a split is found; `bestSplit` by default. */
  readonly search?: Search;
  /** A histogram is so many, one after the other; 1 by default. */
  readonly outputs?: number;
}

export type Search = (
  histogram: Float64Array,
  features: readonly BinFeature[],
  allowed: ArrayLike<number>,
  node: NodeSums,
) => Split | undefined;

export interface GrownNode {
  readonly feature: number;
  readonly goesLeft: Uint8Array;
  readonly threshold: number;
  readonly missingLeft: boolean;
  readonly gain: number;
  readonly g: number;
  readonly h: number;
  readonly rows: number;
  /** As in Tree: `>= 0` is an inner node, `< 0` is leaf `-1 - child`. */
  readonly left: number;
  readonly right: number;
}

export interface GrownLeaf {
  /** The number by which the rows' holder knows it. It depends on the look-ahead; nothing else does. */
  readonly id: number;
  readonly g: number;
  readonly h: number;
  readonly rows: number;
  readonly bounds: Bounds;
  /** The L2 penalty that its value was judged with. */
  readonly l2: number;
}

/** Sums are in real units. Inner nodes come in the order of being split; leaves as these name them, left before right. */
export interface GrownTree {
  readonly nodes: readonly GrownNode[];
  readonly leaves: readonly GrownLeaf[];
}

/**
 * Parts a quarter of what is left to do in each round. On 20,000 rows of five columns and trees of 63 leaves: 13 rounds and 80 nodes
 * parted, where a half takes 13 and 103, and one at a time 63 and 62.
 */
export const quarterOfRemaining = (_waiting: number, remaining: number): number => Math.ceil(remaining / 4);

interface GrowingNode extends NodeSums {
  readonly id: number;
  readonly depth: number;
  readonly place: number;
  readonly l2: number;
  readonly pure?: boolean;
  /** Features that split the nodes above. */
  readonly path: readonly number[];
  split?: Split;
  histogram?: Float64Array;
  children?: readonly [GrowingNode, GrowingNode];
}

/**
 * Grows a tree best-first, several splits in each round over the rows: nodes that may come next are parted ahead, and those that do not
 * come stay leaves. The tree is that of one split a round, whatever the look-ahead and the memory.
 */
export async function growTree(
  rows: GrowingRows,
  features: readonly BinFeature[],
  allowed: ArrayLike<number>,
  scales: Scales,
  totalRows: number,
  options: GrowOptions,
): Promise<GrownTree> {
  const growth = new Growth(rows, features, allowed, scales, options);
  const root = await growth.root(totalRows);
  for (;;) {
    const { committed, waiting, last } = replay(root, options.leaves - 1);
    if (waiting.length === 0) return asTree(root, committed, scales);
    const most = options.lookAhead(waiting.length, options.leaves - 1 - committed.length);
    await growth.part(growth.choose(waiting, most, last), last);
  }
}

class Growth {
  readonly #allowed: (path: readonly number[]) => ArrayLike<number>;
  readonly #slots: number;
  readonly #find: Search;
  #held: GrowingNode[] = [];
  #nodes = 1;

  constructor(
    readonly rows: GrowingRows,
    readonly features: readonly BinFeature[],
    readonly allowed: ArrayLike<number>,
    readonly scales: Scales,
    readonly options: GrowOptions,
  ) {
    this.#allowed = interactions(options.interactions, allowed);
    const widest = features.map(({ bins }) => bins).sort((a, b) => b - a);
    const bins = widest.slice(0, options.columns?.(rootPlace).length).reduce((sum, own) => sum + own, 0);
    this.#slots = Math.max(2, Math.floor((options.histogramBytes ?? Infinity) / (16 * bins * (options.outputs ?? 1))));
    this.#find =
      options.search ?? ((histogram, own, mask, node) => bestSplit(histogram, scales, own, mask, node, options));
  }

  async root(rows: number): Promise<GrowingNode> {
    const columns = this.options.columns?.(rootPlace);
    const { histograms } = await this.rows.round([], [0], columns && [columns]);
    const any = columns ? columns[0]! : this.features.findIndex((_, index) => this.allowed[index]);
    if (any < 0) throw new Error("a tree grows on at least one feature; none is allowed");
    const { offset, bins } = this.#featuresOf(columns)[any]!;
    let g = 0;
    let h = 0;
    for (let bin = offset; bin < offset + bins; bin++) {
      g += histograms[0]![2 * bin]!;
      h += histograms[0]![2 * bin + 1]!;
    }
    const { l2, maxStep } = this.options;
    const root = { id: 0, depth: 0, place: rootPlace, path: [], g, h, rows, l2, bounds: stepsUpTo(maxStep) };
    this.#search(root, histograms[0]!, columns);
    return root;
  }

  /** The most urgent nodes that the memory for histograms has room for; histograms that nobody needs any more, or soon, go. */
  choose(waiting: readonly GrowingNode[], most: number, last: (node: GrowingNode) => boolean): GrowingNode[] {
    if (this.options.columns) return waiting.slice(0, Math.min(most, this.#slots >> 1));
    const wanted = new Set(waiting);
    for (const node of this.#held) if (!wanted.has(node)) delete node.histogram;
    const chosen: GrowingNode[] = [];
    const held = waiting.filter((node) => node.histogram);
    let used = held.length;
    for (const node of waiting) {
      const more = last(node) || this.#isDeepest(node.depth + 1) ? 0 : node.histogram ? 1 : 2;
      if (chosen.length === 0)
        for (; used + more > this.#slots && held.at(-1) !== node && held.length > 0; used--)
          delete held.pop()!.histogram;
      else if (chosen.length >= most || used + more > this.#slots) break;
      chosen.push(node);
      used += more;
    }
    this.#held = held;
    return chosen;
  }

  async part(nodes: readonly GrowingNode[], last: (node: GrowingNode) => boolean): Promise<void> {
    const splits = nodes.map((node) => {
      const { feature, goesLeft } = node.split!;
      return { node: node.id, left: this.#nodes++, right: this.#nodes++, feature, goesLeft };
    });
    const asked = nodes.flatMap((node, i) => this.#asked(node, splits[i]!, last(node)));
    const columns = this.options.columns && asked.map(({ place }) => this.options.columns!(place));
    const ids = asked.map(({ id }) => id);
    const { rows, histograms } = await this.rows.round(splits, ids, columns);
    const found = new Map(ids.map((id, a) => [id, { histogram: histograms[a]!, columns: columns?.[a] }]));
    for (const [i, node] of nodes.entries()) {
      const { left, right, feature } = splits[i]!;
      const path = node.path.includes(feature) ? node.path : [...node.path, feature];
      const depth = node.depth + 1;
      const [leftRows, rightRows] = rows[i]!;
      const children = [
        { ...node.split!.left, id: left, depth, path, rows: leftRows, place: placeBelow(node.place, 0) },
        { ...node.split!.right, id: right, depth, path, rows: rightRows, place: placeBelow(node.place, 1) },
      ] as const;
      node.children = children;
      const [one, two] = [left, right].filter((id) => found.has(id));
      if (node.histogram && one !== undefined && two === undefined) {
        const histogram = remainder(node.histogram, found.get(one)!.histogram);
        found.set(one === left ? right : left, { histogram, columns: undefined });
      }
      delete node.histogram;
      for (const child of children) {
        const own = found.get(child.id);
        if (own) this.#search(child, own.histogram, own.columns);
      }
    }
  }

  /** The children whose histograms are to be summed. */
  #asked(
    { split, histogram, depth, place }: GrowingNode,
    { left, right }: { readonly left: number; readonly right: number },
    last: boolean,
  ): { readonly id: number; readonly place: number }[] {
    if (last || this.#isDeepest(depth + 1)) return [];
    const children = [
      { id: left, place: placeBelow(place, 0) },
      { id: right, place: placeBelow(place, 1) },
    ] as const;
    if (histogram) return [smallerLeft(split!) ? children[0] : children[1]];
    return children.filter((_, side) => !(side === 0 ? split!.left : split!.right).pure);
  }

  #search(node: GrowingNode, histogram: Float64Array, columns?: readonly number[]): void {
    if (this.#isDeepest(node.depth) || node.rows < 2 * this.options.minLeafRows) return;
    const split = this.#find(histogram, this.#featuresOf(columns), this.#masked(node, columns), node);
    if (!split) return;
    node.split = split;
    if (columns) return;
    node.histogram = histogram;
    this.#held.push(node);
  }

  /** The features as they lie in a histogram that has these columns only. */
  #featuresOf(columns: readonly number[] | undefined): readonly BinFeature[] {
    if (!columns) return this.features;
    const own = this.features.slice();
    let offset = 0;
    for (const column of columns) {
      own[column] = { ...own[column]!, offset };
      offset += own[column]!.bins;
    }
    return own;
  }

  #masked({ path }: GrowingNode, columns: readonly number[] | undefined): ArrayLike<number> {
    const allowed = this.#allowed(path);
    if (!columns) return allowed;
    const mask = new Uint8Array(this.features.length);
    for (const column of columns) mask[column] = allowed[column]!;
    return mask;
  }

  #isDeepest(depth: number): boolean {
    return this.options.depth > 0 && depth >= this.options.depth;
  }
}

const rootPlace = 1;
const placeBelow = (place: number, side: 0 | 1): number => mix32(2 * place + side);

const smallerLeft = ({ left, right }: Split): boolean => left.rows <= right.rows;

/** What the other child has, in the parent's memory. */
function remainder(parent: Float64Array, child: Float64Array): Float64Array {
  for (let at = 0; at < parent.length; at++) parent[at]! -= child[at]!;
  return parent;
}

function asTree(root: GrowingNode, inner: readonly GrowingNode[], scales: Scales): GrownTree {
  const sums = ({ g, h, rows }: GrowingNode) => ({ g: g * scales.g, h: h * scales.h, rows });
  const leaves: GrownLeaf[] = [];
  const asLeaf = (node: GrowingNode) => -leaves.push({ id: node.id, ...sums(node), bounds: node.bounds, l2: node.l2 });
  if (inner.length === 0) asLeaf(root);
  const numbers = new Map(inner.map((node, number) => [node, number]));
  const nodes = inner.map((node): GrownNode => {
    const { feature, goesLeft, threshold, missingLeft, gain } = node.split!;
    const [left, right] = node.children!.map((child) => numbers.get(child) ?? asLeaf(child));
    return { feature, goesLeft, threshold, missingLeft, gain, ...sums(node), left: left!, right: right! };
  });
  return { nodes, leaves };
}
