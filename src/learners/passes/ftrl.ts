import { mix32 } from "../../base/seeds.js";
import type { TermWeights } from "../../expr/terms.js";
import { slotSpace } from "../../kernels/slot-space.js";
import { Arena } from "../../pages/arena.js";
import { defineKeeper } from "../../pages/keeper.js";
import type { Page } from "../../pages/page.js";
import { splitCodes } from "../../pages/row-set.js";
import { type SlotPage, SlotRows, slotBlockRows } from "./slot-rows.js";

/** What FTRL-proximal needs to know beside the rows. */
export interface FtrlParams {
  readonly loss: "logistic" | "softmax" | "squared";
  readonly outputs: number;
  readonly bits: number;
  readonly pairs: readonly (readonly [string, string])[];
  /** How the terms of each text count, and what the values of a text of norm l2 are multiplied by. */
  readonly terms: readonly TermWeights[];
  readonly textUnit: number;
  readonly rate: number;
  readonly beta: number;
  readonly l1: number;
  readonly l2: number;
  readonly logs: boolean;
  /** Weights are divided by it, so that weights times a constant are the same weights. */
  readonly meanWeight: number;
  /** Of each class code; all 1 when absent. */
  readonly classWeights?: readonly number[];
  /** A target is learned as (target - shift) / scale. */
  readonly target: { readonly shift: number; readonly scale: number };
  readonly seed: number;
}

/** Floats side by side: outputs in groups of four, or one alone. */
export const lanesOf = (outputs: number): number => (outputs === 1 ? 1 : (outputs + 3) & ~3);

/** A page whose rows are not all learned from yet. */
interface Waiting {
  readonly columns: SlotPage;
  readonly rows: number;
  readonly label: number;
  readonly weight: number;
  readonly start: number;
  readonly step: number;
  from: number;
}

/** So many pages are learned from together, a block of each in turn: files are often in an order that a walk must not follow. */
export const mixedPages = 4;

/**
 * One shard of a pass of FTRL-proximal: it takes its pages in their order and each page's rows in a seeded one, so that files sorted by
 * their label teach all the same. Asked for "head": [loss, weight, bias and its summed squared gradient per output, scale per number];
 * for "weights" of output k: float32 pairs (weight, summed squared gradients) of the slots `from` .. `to` - 1.
 */
export const ftrl = defineKeeper<FtrlParams>({
  name: "ftrl",
  start(params, layout) {
    const { outputs, rate, beta, l1, l2, target, classWeights, meanWeight } = params;
    const space = slotSpace(layout, params.bits, params.pairs);
    const lanes = lanesOf(outputs);
    const most = mixedPages;
    const scratch =
      SlotRows.bytes(space, layout, most) +
      most * layout.pageRows * 16 +
      slotBlockRows * 16 +
      (lanes + space.width) * 64;
    const arena = new Arena(space.size * lanes * 8 + 8 * 2 ** 16 + scratch);
    const state = arena.take(space.size * lanes * 8);
    const { terms, textUnit, logs } = params;
    const rows = new SlotRows(arena, space, layout, { terms, textUnit, logs, grows: true, copies: most });
    const rooms = Array.from({ length: most }, () => [arena.f64(layout.pageRows), arena.f64(layout.pageRows)] as const);
    const y = arena.f64(slotBlockRows);
    const w = arena.f64(slotBlockRows);
    const bias = arena.f32(2 * outputs);
    const sums = arena.f64(2);
    const each = arena.f32(Math.max(space.width, lanes)).byteOffset;
    const out = arena.f32(2 * 8192);
    const count = arena.i32(1);
    const { kernels } = rows;
    let pages = 0;

    let waiting: Waiting[] = [];

    const take = (page: Page): void => {
      const [label, weight] = rooms[waiting.length]!;
      for (let i = 0; i < page.rows; i++) {
        const y = page.label[i]!;
        label[i] = params.loss === "squared" ? (y - target.shift) / target.scale : y;
        weight[i] = page.split[i] === splitCodes.train ? (page.weight[i]! / meanWeight) * (classWeights?.[y] ?? 1) : 0;
      }
      const start = mix32(params.seed + pages++) % page.rows;
      const step = strideFor(page.rows);
      const columns = rows.copy(page, waiting.length);
      waiting.push({
        columns,
        rows: page.rows,
        label: label.byteOffset,
        weight: weight.byteOffset,
        start,
        step,
        from: 0,
      });
      if (waiting.length === most) learnWaiting();
    };
    /** A block of each page in turn. */
    const learnWaiting = (): void => {
      for (let left = waiting; left.length > 0; left = left.filter((page) => page.from < page.rows))
        for (const page of left) learnBlock(page);
      waiting = [];
    };
    const learnBlock = (page: Waiting): void => {
      const [order, found] = [rows.order.byteOffset, count.byteOffset];
      const { start, step, from } = page;
      page.from = kernels.visitRows(page.weight, page.rows, start, step, from, slotBlockRows, order, found);
      rows.use(page.columns);
      for (let rest = count[0]!; rest > 0; ) {
        const taken = rows.list(rest);
        learn(page, taken);
        rows.order.copyWithin(0, taken, rest);
        rest -= taken;
      }
    };
    const learn = ({ label, weight }: Waiting, taken: number): void => {
      const order = rows.order.byteOffset;
      kernels.gatherDoubles(label, order, taken, y.byteOffset);
      kernels.gatherDoubles(weight, order, taken, w.byteOffset);
      const lists = [rows.slots, rows.values, rows.starts.byteOffset] as const;
      const about = [state, ...lists, taken, y.byteOffset, w.byteOffset, bias.byteOffset, each] as const;
      if (params.loss === "softmax") kernels.ftrlClasses(...about, outputs, lanes, rate, beta, l1, l2, sums.byteOffset);
      else kernels.ftrlRows(...about, rate, beta, l1, l2, +(params.loss === "squared"), sums.byteOffset);
    };

    const head = (): Float64Array => {
      const biases = Array.from({ length: outputs }, (_, k) => {
        const [z, root] = [bias[2 * k]!, bias[2 * k + 1]!];
        return [-z / ((root + beta) / rate + l2), root * root];
      });
      return Float64Array.of(sums[0]!, sums[1]!, ...biases.flat(), ...rows.scales);
    };
    const weights = ({ output, from, to }: { output: number; from: number; to: number }): Float64Array => {
      const all = new Float64Array(to - from);
      const pairs = new Float32Array(all.buffer);
      for (let at = from; at < to; at += 8192) {
        const some = Math.min(8192, to - at);
        kernels.ftrlWeights(state, at, some, lanes, output, rate, beta, l1, l2, out.byteOffset);
        pairs.set(out.subarray(0, 2 * some), 2 * (at - from));
      }
      return all;
    };
    return {
      take,
      ask: (question, given) => {
        learnWaiting();
        if (question === "weights") return weights(given as Parameters<typeof weights>[0]);
        const answer = head();
        sums.fill(0);
        return answer;
      },
      close() {},
    };
  },
});

/** A step that visits all of `rows` rows and leaves neighbours far apart: near the golden section, and prime to `rows`. */
export function strideFor(rows: number): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  let step = Math.max(1, Math.floor(rows * 0.6180339887498949));
  while (divisor(rows, step) !== 1) step++;
  return step % rows;
}
