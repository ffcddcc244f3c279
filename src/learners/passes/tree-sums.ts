import { plainTreeSums, type TreeSums } from "../../expr/evaluate/trees.js";
import type { DecisionTree } from "../../expr/expr.js";
import { kernelsOf } from "../../kernels/index.js";
import { Arena } from "../../pages/arena.js";
import { isForMasks, lastAtMost, MaskTables } from "./tree-masks.js";

/** Tables of more than this are not kept for a query. */
const mostBytes = 16 * 2 ** 20;
const mostRows = 2048;

/** Sums of trees by kernel, for an engine's columns of doubles; the order of adding and so every bit is that of the single row. */
export const kernelTreeSums: TreeSums = (given) => {
  const { inputs, base, trees } = given;
  const isCategory = inputs.map((_, j) =>
    trees.some(({ feature, test }) => feature.some((asked, i) => asked === j && typeof test[i] !== "number")),
  );
  const numbers = inputs.flatMap((_, j) => (isCategory[j] ? [] : [j]));
  const categories = inputs.flatMap((_, j) => (isCategory[j] ? [j] : []));
  const order = [...numbers, ...categories];
  const edges = numbers.map((j) => Float64Array.from(new Set(testsOf(trees, j) as number[])).sort());
  const widths = categories.map(
    (j) => 1 + (testsOf(trees, j) as number[][]).reduce((most, codes) => Math.max(most, codes.at(-1) ?? -1), -1),
  );
  const renamed = trees.map((tree) => ({ ...tree, feature: tree.feature.map((asked) => order.indexOf(asked)) }));
  const entries = [...edges.map(({ length }) => length + 2), ...widths.map((width) => width + 2)];
  const bytes = renamed.reduce(
    (sum, { feature, value }) =>
      sum + Math.ceil(value.length / 64) * ([...new Set(feature)].reduce((all, c) => all + entries[c]!, 0) + 65) * 8,
    0,
  );
  if (bytes > mostBytes || !trees.every(isForMasks)) return plainTreeSums(given);

  const arena = new Arena(bytes + 16 * trees.length * 2 + (inputs.length + 3) * (mostRows + 4) * 8 + 65_536);
  const kernels = kernelsOf(arena);
  // One code more than any node names stands for all that none of them names.
  const tables = new MaskTables(
    renamed,
    edges,
    widths.map((width) => width + 1),
    arena,
    mostBytes,
  );
  const places = order.map(() => arena.i32(mostRows + 3));
  const placesAt = places.map(({ byteOffset }) => byteOffset);
  const masks = arena.take(259 * 8);
  const sums = arena.f64(mostRows);
  return (columns, rows) => {
    const out = new Float64Array(rows);
    for (let row = 0; row < rows; row += mostRows) {
      const here = Math.min(mostRows, rows - row);
      order.forEach((j, c) => {
        const values = columns[j]!.subarray(row, row + here);
        if (c < numbers.length) placeNumbers(values, edges[c]!, places[c]!);
        else placeCodes(values, widths[c - numbers.length]!, places[c]!);
      });
      sums.fill(base, 0, here);
      for (let t = 0; t < trees.length; t++)
        for (const { columns: at, count, values } of tables.of(t, placesAt))
          kernels.addLeaves(at, count, here, values, masks, sums.byteOffset);
      out.set(sums.subarray(0, here), row);
    }
    return out;
  };
};

const testsOf = (trees: readonly DecisionTree[], input: number) =>
  trees.flatMap(({ feature, test }) => test.filter((_, i) => feature[i] === input));

function placeNumbers(values: Float64Array, edges: Float64Array, into: Int32Array): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    into[i] = Number.isNaN(value) ? -8 : 8 * lastAtMost(edges, value);
  }
}

function placeCodes(codes: Float64Array, width: number, into: Int32Array): void {
  for (let i = 0; i < codes.length; i++) into[i] = Number.isNaN(codes[i]!) ? -8 : 8 * Math.min(codes[i]!, width);
}
