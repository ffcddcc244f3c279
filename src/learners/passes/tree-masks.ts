import type { DecisionTree } from "../../expr/expr.js";
import type { TreesScoring } from "../../kernels/tree-scores.reference.js";
import type { Arena } from "../../pages/arena.js";
import type { PageLayout } from "../../pages/page.js";

/** Each number column's thresholds, ascending, each once. */
export function edgesOf({ trees }: TreesScoring, { columns }: PageLayout): Float32Array[] {
  const numbers = columns.filter(({ kind }) => kind === "number").length;
  const found = Array.from({ length: numbers }, () => new Set<number>());
  for (const { feature, test } of trees)
    feature.forEach((column, node) => {
      if (column < numbers) found[column]!.add((test[node] as number) + 0);
    });
  return found.map((values) => Float32Array.from(values).sort());
}

/** One tree and 64 of its leaves: pointers for the kernel `addLeaves`. */
export interface Masks {
  readonly columns: number;
  readonly count: number;
  readonly values: number;
}

/** Past this a walk from the root is faster than a look at each feature and 64 leaves. */
export const isForMasks = ({ feature, value }: DecisionTree): boolean =>
  new Set(feature).size * Math.ceil(value.length / 64) <= 96;

interface Part {
  readonly features: readonly number[];
  readonly tables: readonly Uint32Array[];
  readonly values: Float64Array;
}

/** For each tree and each value of a feature, the leaves that the value does not rule out, as bits. */
export class MaskTables {
  readonly #trees: readonly DecisionTree[];
  readonly #edges: readonly (Float32Array | Float64Array)[];
  /** Entries of a column's table: missing, then bins or codes. */
  readonly #entries: readonly number[];
  readonly #arena: Arena;
  /** Of each tree's tables; 0 where it is to be walked. */
  readonly #bytes: readonly number[];
  readonly #columns: Uint32Array;
  readonly #kept: Part[][] | undefined;
  readonly #scratch: number;

  /** Columns are numbers, told apart by their edges, then categories of these widths. */
  constructor(
    trees: readonly DecisionTree[],
    edges: readonly (Float32Array | Float64Array)[],
    widths: readonly number[],
    arena: Arena,
    keptBytes = 4 * 2 ** 20,
  ) {
    this.#trees = trees;
    this.#edges = edges;
    this.#arena = arena;
    this.#entries = [...edges.map((values) => values.length + 2), ...widths.map((width) => width + 1)];
    const bytes = trees.map((tree) => (isForMasks(tree) ? this.#bytesOf(tree) : 0));
    this.#bytes = bytes;
    const widest = trees.reduce((most, { feature }) => Math.max(most, new Set(feature).size), 0);
    this.#columns = new Uint32Array(arena.memory.buffer, arena.take((widest + 1) * 8), (widest + 1) * 2);
    const all = bytes.reduce((sum, each) => sum + each, 0);
    if (all <= keptBytes) {
      this.#scratch = 0;
      this.#kept = trees.map((tree, t) => (bytes[t] === 0 ? [] : this.#partsOf(tree, arena.take(bytes[t]!))));
    } else this.#scratch = arena.take(bytes.reduce((most, each) => Math.max(most, each), 0));
  }

  /** The parts of tree t, one after the other, none where it is to be walked; `places` says where each column's places are. */
  *of(t: number, places: readonly number[]): Generator<Masks> {
    if (this.#bytes[t] === 0) return;
    const parts = this.#kept?.[t] ?? this.#partsOf(this.#trees[t]!, this.#scratch);
    for (const { features, tables, values } of parts) {
      // To an even number: the last column again rules out nothing more.
      const count = features.length + (features.length % 2);
      for (let i = 0; i < count; i++) {
        const from = Math.min(i, features.length - 1);
        this.#columns[2 * i] = places[features[from]!]!;
        this.#columns[2 * i + 1] = tables[from]!.byteOffset + 8;
      }
      yield { columns: this.#columns.byteOffset, count, values: values.byteOffset };
    }
  }

  #bytesOf({ feature, value }: DecisionTree): number {
    const entries = [...new Set(feature)].reduce((sum, column) => sum + this.#entries[column]!, 0);
    return Math.ceil(value.length / 64) * (8 * entries + 65 * 8);
  }

  #partsOf(tree: DecisionTree, at: number): Part[] {
    const { order, nodes } = spansOf(tree);
    const features = [...new Set(tree.feature)];
    const { buffer } = this.#arena.memory;
    return Array.from({ length: Math.ceil(order.length / 64) }, (_, part): Part => {
      const values = new Float64Array(buffer, at, 65);
      values.fill(0);
      order.slice(64 * part, 64 * part + 64).forEach((leaf, i) => {
        values[i] = tree.value[leaf]!;
      });
      at += 65 * 8;
      const tables = features.map((column) => {
        const entries = this.#entries[column]!;
        const table = new Uint32Array(buffer, at, 2 * entries);
        at += 8 * entries;
        const asked = nodes.filter(({ node }) => tree.feature[node] === column);
        for (const half of [0, 1]) this.#fill(table, half, 64 * part + 32 * half, asked, tree, column);
        return table;
      });
      return { features, tables, values };
    });
  }

  /** One half of a table's masks: those of 32 leaves from `first` on. */
  #fill(
    table: Uint32Array,
    half: number,
    first: number,
    asked: readonly Span[],
    tree: DecisionTree,
    column: number,
  ): void {
    const entries = this.#entries[column]!;
    const edges = this.#edges[column];
    for (let entry = 0; entry < entries; entry++) table[2 * entry + half] = 0xffffffff;
    for (const { node, from, middle, to } of asked) {
      const test = tree.test[node]!;
      const notLeft = ~bits(from - first, middle - first);
      const notRight = ~bits(middle - first, to - first);
      if (notLeft === -1 && notRight === -1) continue;
      table[half]! &= tree.missingLeft[node] ? notRight : notLeft;
      const left = edges ? lastAtMost(edges, test as number) + 1 : 0;
      const isLeft = edges ? undefined : new Set(test as readonly number[]);
      for (let entry = 1; entry < entries; entry++)
        table[2 * entry + half]! &= (isLeft ? isLeft.has(entry - 1) : entry <= left) ? notRight : notLeft;
    }
  }
}

/** A node's leaves, in the order of the tree from left to right: those on its left and those on its right. */
interface Span {
  readonly node: number;
  readonly from: number;
  readonly middle: number;
  readonly to: number;
}

function spansOf({ left, right }: DecisionTree): { order: number[]; nodes: Span[] } {
  const order: number[] = [];
  const nodes: Span[] = [];
  const visit = (at: number): void => {
    if (at < 0) return void order.push(-1 - at);
    const from = order.length;
    visit(left[at]!);
    const middle = order.length;
    visit(right[at]!);
    nodes.push({ node: at, from, middle, to: order.length });
  };
  visit(left.length === 0 ? -1 : 0);
  return { order, nodes };
}

/** Bits `from` .. `to` - 1 of 32. */
function bits(from: number, to: number): number {
  const low = Math.max(0, from);
  const high = Math.min(32, to);
  return low >= high ? 0 : (high === 32 ? -1 : (1 << high) - 1) & ~((1 << low) - 1);
}

/** The bin of the values that equal the threshold. */
export function lastAtMost(edges: Float32Array | Float64Array, threshold: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle]! < threshold) low = middle + 1;
    else high = middle;
  }
  return low;
}
