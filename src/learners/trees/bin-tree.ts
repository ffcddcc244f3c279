import type { PageLayout } from "../../pages/page.js";
import type { RecordColumn, RecordLayout } from "./record.js";
import { largestCodedAs } from "./threshold.js";
import type { Tree } from "./tree.js";

/** A grown tree in terms of bins: plain data for the journal. Children as in `Tree`. */
export interface BinTree {
  readonly output: number;
  readonly nodes: readonly {
    readonly column: number;
    /** A number: bins up to this one go left; a category: the bins that go left. The last bin is for missing values. */
    readonly test: number | readonly number[];
    readonly missingLeft: boolean;
    readonly left: number;
    readonly right: number;
    readonly gain: number;
    readonly rows: number;
  }[];
  readonly leaves: readonly { readonly node: number; readonly value: number; readonly rows: number }[];
}

/** The tree as the model keeps it: raw thresholds and level codes, and leaf values in the label's units. */
export function treeOf(
  { output, nodes, leaves }: BinTree,
  record: RecordLayout,
  layout: PageLayout,
  scale: number,
): Tree {
  const numbers = layout.columns.filter((column) => column.kind === "number");
  return {
    output,
    feature: nodes.map(({ column }) => record.columns[column]!.block),
    test: nodes.map(({ column, test }) => {
      const place = record.columns[column]!;
      if (place.kind === "category") return (test as readonly number[]).filter((bin) => bin < place.bins - 1);
      const edge = place.edges[test as number];
      // All values that are there go left: only missing ones are apart.
      return edge === undefined ? Number.MAX_VALUE : rawOf(place, test as number, numbers[place.source]!);
    }),
    missingLeft: nodes.map(({ missingLeft }) => missingLeft),
    left: nodes.map(({ left }) => left),
    right: nodes.map(({ right }) => right),
    gain: nodes.map(({ gain }) => gain),
    nodeRows: nodes.map(({ rows }) => rows),
    leafRows: leaves.map(({ rows }) => rows),
    value: leaves.map(({ value }) => value * scale),
  };
}

/** Trees ask for the same borders again and again. */
const rawEdges = new WeakMap<readonly number[], number[]>();

function rawOf(
  { edges }: Extract<RecordColumn, { kind: "number" }>,
  test: number,
  coding: { readonly shift: number; readonly exponent: number },
): number {
  const known = rawEdges.get(edges) ?? [];
  rawEdges.set(edges, known);
  known[test] ??= largestCodedAs(edges[test]!, coding);
  return known[test];
}

/** A tree as the kernels walk it: nodes of 16 bytes, tables of which bins go left, and values of the leaves. */
export interface WalkedTree {
  readonly output: number;
  readonly nodes: Int32Array;
  readonly tables: Uint8Array;
  readonly values: Float32Array;
  /** Leaves by the node number that growing gave them. */
  readonly leafNodes: readonly number[];
}

/** The tree as the kernels walk it. */
export function walkedTree({ output, nodes, leaves }: BinTree, record: RecordLayout): WalkedTree {
  const packed = new Int32Array(4 * nodes.length);
  const places = nodes.map(({ column }) => record.columns[column]!);
  const tables = new Uint8Array(places.reduce((sum, { bins }) => sum + bins, 0));
  let at = 0;
  nodes.forEach(({ test, missingLeft, left, right }, i) => {
    const { bins, kind, wide, at: offset } = places[i]!;
    packed.set([wide ? offset | (1 << 31) : offset, at, left, right], 4 * i);
    if (kind === "number") tables.fill(1, at, at + (test as number) + 1);
    else for (const bin of test as readonly number[]) tables[at + bin] = 1;
    tables[at + bins - 1] = missingLeft ? 1 : 0;
    at += bins;
  });
  return {
    output,
    nodes: packed,
    tables,
    values: Float32Array.from(leaves, ({ value }) => value),
    leafNodes: leaves.map(({ node }) => node),
  };
}
