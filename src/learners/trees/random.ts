import { generator } from "../../base/seeds.js";
import { largestCodedAs } from "./threshold.js";
import type { Tree, TreesState } from "./tree.js";

export type MadeColumn =
  | { readonly kind: "number"; readonly shift: number; readonly exponent: number }
  | { readonly kind: "category"; readonly width: number };

/** Trees of made-up splits for tests and benches: thresholds are float32 values in 0 .. 1 of what pages hold, so that rows may hit them. */
export function randomTrees(
  columns: readonly MadeColumn[],
  { trees, leaves, outputs = 1, seed }: { trees: number; leaves: number; outputs?: number; seed: number },
): TreesState {
  const next = generator(seed);
  return {
    base: Array.from({ length: outputs }, () => next() - 0.5),
    link: "identity",
    trees: Array.from({ length: trees }, (_, t) => randomTree(columns, leaves, t % outputs, next)),
  };
}

function randomTree(columns: readonly MadeColumn[], leaves: number, output: number, next: () => number): Tree {
  const feature: number[] = [];
  const test: (number | number[])[] = [];
  const missingLeft: boolean[] = [];
  const left: number[] = [];
  const right: number[] = [];
  const nodeRows: number[] = [];
  // Leaves that may still split: where their parent keeps them, and their rows.
  let open: { side: number[]; parent: number; rows: number }[] = [{ side: [], parent: 0, rows: 64 * leaves }];
  while (open.length < leaves) {
    const at = open.reduce((best, leaf, i) => (leaf.rows > open[best]!.rows ? i : best), 0);
    const { side, parent, rows } = open[at]!;
    const node = feature.length;
    side[parent] = node;
    const f = Math.floor(next() * columns.length);
    const column = columns[f]!;
    feature.push(f);
    test.push(
      column.kind === "number"
        ? largestCodedAs(Math.fround(Math.floor(next() * 256) / 256), column)
        : Array.from({ length: column.width }, (_, code) => code).filter(() => next() < 0.5),
    );
    missingLeft.push(next() < 0.5);
    nodeRows.push(rows);
    const goLeft = Math.max(1, Math.min(rows - 1, Math.floor(rows * (0.2 + 0.6 * next()))));
    open = [
      ...open.slice(0, at),
      { side: left, parent: node, rows: goLeft },
      { side: right, parent: node, rows: rows - goLeft },
      ...open.slice(at + 1),
    ];
  }
  open.forEach(({ side, parent }, leaf) => {
    if (leaves > 1) side[parent] = -1 - leaf;
  });
  return {
    output,
    feature,
    test,
    missingLeft,
    left,
    right,
    gain: feature.map(() => next()),
    nodeRows,
    leafRows: open.map(({ rows }) => rows),
    value: open.map(() => next() - 0.5),
  };
}
