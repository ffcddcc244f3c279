import { addTrees, packTrees } from "../../expr/evaluate/trees.js";
import { kernelsOf } from "../../kernels/index.js";
import { type TreesScoring, treeSumsReference } from "../../kernels/tree-scores.reference.js";
import { logit } from "../../metrics/ranking.js";
import type { Page } from "../../pages/page.js";
import { defineScorer } from "../../pages/scorer.js";
import { isIn } from "./tiles.js";
import { edgesOf, isForMasks, MaskTables } from "./tree-masks.js";

export type { ScoredTree } from "../../kernels/tree-scores.reference.js";

/** Rows whose places and sums are held at a time; fewer where trees are walked, so that the rows stay in the cache meanwhile. */
const blockRows = 16_384;
const walkedRows = 512;

/** What trees add up to, in their order, and the link on top; the same leaves as the formula gives (learners/trees/score.ts). */
export const treeScores = defineScorer<TreesScoring>({
  name: "treeScores",
  outputs: ({ base }) => base.length,
  start(params, layout, arena) {
    const { base, link, trees } = params;
    const kernels = kernelsOf(arena);
    const edges = edgesOf(params, layout);
    const walked = trees.map((tree) => (isForMasks(tree) ? undefined : packTrees({ base: 0, trees: [tree] })));
    const isWalked = walked.some((tree) => tree);
    const held = Math.min(isWalked ? walkedRows : blockRows, layout.pageRows);
    const edgesAt = edges.map((values) => {
      const to = arena.f32(values.length);
      to.set(values);
      return to.byteOffset;
    });
    const asked = new Set(trees.flatMap(({ feature }) => feature));
    // Scratch is zeros, so what lies behind the last row is a valid place too.
    const places = layout.columns.map((_, column) => (asked.has(column) ? arena.i32(held + 3).byteOffset : 0));
    const widths = layout.columns.flatMap((column) => (column.kind === "category" ? [column.width] : []));
    const tables = new MaskTables(trees, edges, widths, arena);
    const plain = new Float64Array(isWalked ? held * layout.columns.length : 0);
    const masks = arena.take(259 * 8);
    const sums = arena.f64(base.length * held);

    return (page, out) => {
      if (!isIn(arena, page)) treeSumsReference(page, params, out);
      else
        for (let row = 0; row < page.rows; row += held) {
          const rows = Math.min(held, page.rows - row);
          page.numbers.forEach(({ byteOffset }, j) => {
            if (asked.has(j))
              kernels.placeColumn(byteOffset + row * 4, rows, edgesAt[j]!, edges[j]!.length, places[j]!);
          });
          page.codes.forEach(({ byteOffset }, c) => {
            const column = page.numbers.length + c;
            if (asked.has(column)) kernels.placeCodes(byteOffset + row * 4, rows, places[column]!);
          });
          if (plain.length > 0) fillRows(page, row, rows, plain);
          for (let k = 0; k < base.length; k++) sums.fill(base[k]!, k * held, k * held + rows);
          trees.forEach(({ output }, t) => {
            const from = output * held;
            if (walked[t]) addTrees(walked[t], plain, layout.columns.length, sums.subarray(from, from + rows));
            const to = sums.byteOffset + output * held * 8;
            for (const { columns, count, values } of tables.of(t, places))
              kernels.addLeaves(columns, count, rows, values, masks, to);
          });
          for (let k = 0; k < base.length; k++) out.set(sums.subarray(k * held, k * held + rows), k * page.rows + row);
        }
      if (link !== "identity") for (let i = 0; i < base.length * page.rows; i++) out[i] = links[link](out[i]!);
    };
  },
});

/** Rows one after the other, as a walk from the root reads them. */
function fillRows({ numbers, codes }: Page, row: number, rows: number, into: Float64Array): void {
  const columns = [...numbers, ...codes];
  columns.forEach((column, c) => {
    for (let i = 0; i < rows; i++) {
      const value = column[row + i]!;
      into[i * columns.length + c] = c >= numbers.length && value < 0 ? Number.NaN : value;
    }
  });
}

/** A share nearer to 0 or 1 than this has the margin of this one: what no float32 probability tells apart. */
export const smallestShare = 1e-15;
const links = {
  exp: Math.exp,
  log: (share: number) => Math.log(Math.max(share, smallestShare)),
  logit: (share: number) => logit(Math.min(Math.max(share, smallestShare), 1 - smallestShare)),
};
