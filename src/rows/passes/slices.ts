import type { Block } from "../../features/contract.js";
import type { Task } from "../../learners/contract.js";
import { definePass } from "../../pages/pass.js";
import { outputRoom } from "../../pages/scorer.js";
import { type ScoredModel, startScorer } from "./scoring.js";

export interface SlicesParams {
  readonly task: Task;
  readonly classes: number;
  readonly scorers: readonly ScoredModel[];
  /** Category columns of the page, by their place among the codes, with their number of levels. */
  readonly columns: readonly { readonly code: number; readonly width: number }[];
}

const perLevel = 5; // rows, weight, loss of the model, its square, loss of the baseline

/** The loss (log loss, or absolute error) of model and baseline on the rows of each level of some category columns. */
export const slices = definePass<SlicesParams>({
  name: "slices",
  length: ({ columns }) => perLevel * columns.reduce((sum, { width }) => sum + width, 0),
  start({ task, classes, scorers, columns }, layout, arena) {
    const outputs = task === "multiclass" ? classes : 1;
    const rooms = scorers.map(() => outputRoom(arena, outputs));
    const steps = scorers.map((model) => startScorer(model, layout, arena));
    return (page, into) => {
      const outs = rooms.map((room) => room(page.rows));
      steps.forEach((step, m) => void step(page, outs[m]!));
      let base = 0;
      for (const { code, width } of columns) {
        const codes = page.codes[code]!;
        for (let i = 0; i < page.rows; i++) {
          const weight = page.weight[i]!;
          const level = codes[i]!;
          if (weight === 0 || level < 0) continue;
          const at = (base + level) * perLevel;
          const loss = lossOf(task, classes, outs[0]!, page.label[i]!, i, page.rows);
          into[at]! += 1;
          into[at + 1]! += weight;
          into[at + 2]! += weight * loss;
          into[at + 3]! += weight * loss * loss;
          into[at + 4]! += weight * lossOf(task, classes, outs[1]!, page.label[i]!, i, page.rows);
        }
        base += width;
      }
    };
  },
});

function lossOf(task: Task, classes: number, out: Float64Array, label: number, i: number, rows: number): number {
  if (task === "regression") return Math.abs(out[i]! - label);
  if (task === "binary") {
    const margin = label > 0 ? out[i]! : -out[i]!;
    return margin > 0 ? Math.log1p(Math.exp(-margin)) : -margin + Math.log1p(Math.exp(margin));
  }
  let largest = -Infinity;
  for (let k = 0; k < classes; k++) largest = Math.max(largest, out[k * rows + i]!);
  let total = 0;
  for (let k = 0; k < classes; k++) total += Math.exp(out[k * rows + i]! - largest);
  return largest + Math.log(total) - out[label * rows + i]!;
}

export interface Slice {
  readonly column: string;
  readonly metric: "logLoss" | "mae";
  readonly values: readonly {
    readonly value: string;
    readonly rows: number;
    readonly model: number;
    readonly interval: readonly [number, number];
    readonly baseline: number;
  }[];
}

const shownValues = 12;
const shownColumns = 6;

/** Category columns worth slicing by: few levels, or their most frequent ones. */
export function sliceColumns(blocks: readonly Block[]): { params: SlicesParams["columns"]; blocks: readonly Block[] } {
  const categories = blocks
    .filter((block) => block.kind === "category")
    .map((block, code) => ({ block, code, width: block.levels.length }));
  const chosen = categories
    .filter(({ width }) => width >= 2 && width <= 500)
    .sort((a, b) => a.width - b.width)
    .slice(0, shownColumns);
  return { params: chosen.map(({ code, width }) => ({ code, width })), blocks: chosen.map(({ block }) => block) };
}

/** The most frequent levels of each column, with 95 % intervals by the normal approximation. */
export function readSlices(task: Task, blocks: readonly Block[], sum: Float64Array): Slice[] {
  let at = 0;
  return blocks.map((block) => {
    const levels = block.kind === "category" ? block.levels : [];
    const values = levels.map((level) => {
      const [rows, weight, loss, squares, base] = Array.from(sum.subarray(at, at + perLevel)) as [
        number,
        number,
        number,
        number,
        number,
      ];
      at += perLevel;
      const mean = loss / weight;
      const half = 1.96 * Math.sqrt(Math.max(0, squares / weight - mean * mean) / Math.max(1, rows));
      return {
        value: String(level),
        rows,
        model: mean,
        interval: [mean - half, mean + half] as const,
        baseline: base / weight,
      };
    });
    return {
      column: block.name,
      metric: task === "regression" ? ("mae" as const) : ("logLoss" as const),
      values: values
        .filter(({ rows }) => rows > 0)
        .sort((a, b) => b.rows - a.rows || (a.value < b.value ? -1 : 1))
        .slice(0, shownValues),
    };
  });
}
