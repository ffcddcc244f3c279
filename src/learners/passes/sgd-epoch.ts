import { mix32, permutation } from "../../base/seeds.js";
import { batchReference, type SgdLoss } from "../../kernels/sgd.reference.js";
import { centreOf, type Numbers, spaceOf } from "../../kernels/space.js";
import type { Arena } from "../../pages/arena.js";
import type { Page, PageLayout } from "../../pages/page.js";
import { defineFold } from "../../pages/pass.js";
import { Outputs } from "./outputs.js";
import { blockRows, isIn, Tiles } from "./tiles.js";

/**
 * Weights are those of standardised columns, (x - centre) / scale in page units. One step, batch t counted from 0:
 * the batch's gradient over its rows and the mean weight, plus l2 * weight; momentum; a move by
 * rate = start / (1 + decay * t) ** power, shorter for a batch that the page's end cuts short; then for l1 a soft threshold
 * at rate * l1 (a proximal step: with dense columns nothing is gained by putting it off). Intercepts go free.
 */
export interface SgdParams {
  readonly loss: SgdLoss;
  /** Classes of softmax; 1 otherwise. */
  readonly outputs: number;
  /** These powers need no `Math.pow`, which differs between machines. */
  readonly rate: { readonly start: number; readonly decay: number; readonly power: 0 | 0.25 | 0.5 | 1 };
  readonly batchRows: number;
  /** Of each coefficient but the intercept. */
  readonly l1: Numbers;
  readonly l2: Numbers;
  /** 0 for none; else the state carries velocities. */
  readonly momentum: number;
  /** Mean weight of training rows, so that weights of any size leave the rate alone. */
  readonly meanWeight: number;
  /** p values each, in page units; 0 and 1 leave a coefficient as it is, and one of scale 0 stays 0. */
  readonly centre: Numbers;
  readonly scale: Numbers;
  readonly fill: Numbers;
  /** Training rows, and the seed of their order. */
  readonly rows: number;
  readonly seed: number;
}

/** So many bytes of rows are mixed before they are learned from: files are often in an order that a walk must not follow. */
const mixedBytes = 16 * 2 ** 20;

export const rowsTogether = ({ columns }: PageLayout): number =>
  Math.max(64, Math.floor(mixedBytes / (4 * columns.length + 16)));

/**
 * Before the coefficients: batches done, then loss and weight of the rows seen, each row under the weights it met;
 * both go on adding up until the caller sets them to 0.
 */
export const sgdHead = 3;

/**
 * Mini-batch SGD over the pages in the order it is given. Training rows of several pages are gathered, and each batch is `batchRows` of
 * them in a seeded order; the last batch of a gathering may be shorter, and none has more rows than one.
 * State: the head, per output p weights and the intercept, then as many velocities.
 */
export const sgdEpoch = defineFold<SgdParams>({
  name: "sgdEpoch",
  length: ({ outputs, momentum }, layout) => sgdHead + (momentum > 0 ? 2 : 1) * outputs * (spaceOf(layout).width + 1),
  start(params, layout, arena) {
    const { outputs, batchRows } = params;
    const { width, numbers } = spaceOf(layout);
    const coordinates = standardised(params, width, numbers);
    const gradientOf = batchGradients(params, layout, arena);
    const weights = Array.from({ length: outputs }, () => new Float64Array(width));
    const intercepts = new Float64Array(outputs);

    const learn = (page: Page, state: Float64Array): void => {
      const coefficients = state.subarray(sgdHead, sgdHead + outputs * (width + 1));
      const velocities = state.subarray(sgdHead + outputs * (width + 1));
      coordinates.toPage(coefficients, weights, intercepts);
      const { sum, active } = gradientOf(page, weights, intercepts, 0, page.rows);
      if (active === 0) return;
      state[1]! += sum[0]!;
      state[2]! += sum[1]!;
      const gradient = sum.subarray(2);
      coordinates.fromPage(gradient, outputs, 1 / (active * params.meanWeight));
      const rate = (rateOf(params.rate, state[0]!) * page.rows) / batchRows;
      move(coefficients, gradient, velocities, width + 1, rate, params);
      state[0]! += 1;
    };
    const together = Math.min(batchRows, rowsTogether(layout));
    const most = Math.min(params.rows, rowsTogether(layout));
    const gathered = roomFor(layout, most, undefined);
    let batch: Room | undefined;
    let count = 0;
    let seen = 0;
    return (page, state) => {
      batch ??= roomFor(layout, Math.min(together, most), isIn(arena, page) ? arena : undefined);
      for (let row = 0; row < page.rows; row++) {
        if (!(page.weight[row]! > 0)) continue;
        copyRow(page, row, gathered, count++);
        seen++;
        if (count < most && seen < params.rows) continue;
        const order = permutation(count, mix32(params.seed ^ state[0]!));
        for (let from = 0; from < count; from += together) {
          const rows = Math.min(together, count - from);
          for (let i = 0; i < rows; i++) copyRow(gathered, order[from + i]!, batch, i);
          learn({ ...batch, rows }, state);
        }
        count = 0;
      }
    };
  },
});

type Room = Omit<Page, "rows">;

/** Columns for so many rows: in the kernels' memory where the pages are. */
function roomFor({ columns }: PageLayout, rows: number, arena: Arena | undefined): Room {
  const of = (kind: string): readonly unknown[] => columns.filter((column) => column.kind === kind);
  return {
    index: 0,
    file: 0,
    firstRow: 0,
    numbers: of("number").map(() => arena?.f32(rows) ?? new Float32Array(rows)),
    codes: of("category").map(() => arena?.i32(rows) ?? new Int32Array(rows)),
    hashed: [],
    terms: [],
    label: arena?.f64(rows) ?? new Float64Array(rows),
    weight: arena?.f64(rows) ?? new Float64Array(rows),
    split: new Uint8Array(rows),
  };
}

function copyRow(from: Room, row: number, to: Room, at: number): void {
  for (let j = 0; j < to.numbers.length; j++) to.numbers[j]![at] = from.numbers[j]![row]!;
  for (let c = 0; c < to.codes.length; c++) to.codes[c]![at] = from.codes[c]![row]!;
  to.label[at] = from.label[row]!;
  to.weight[at] = from.weight[row]!;
}

function rateOf({ start, decay, power }: SgdParams["rate"], step: number): number {
  const base = 1 + decay * step;
  if (power === 0) return start;
  return start / (power === 1 ? base : power === 0.5 ? Math.sqrt(base) : Math.sqrt(Math.sqrt(base)));
}

function move(
  coefficients: Float64Array,
  gradient: Float64Array,
  velocities: Float64Array,
  order: number,
  rate: number,
  { l1, l2, momentum }: SgdParams,
): void {
  for (let i = 0; i < coefficients.length; i++) {
    const j = i % order;
    const free = j === order - 1;
    let change = gradient[i]! + (free ? 0 : l2[j]! * coefficients[i]!);
    if (momentum > 0) change = velocities[i] = momentum * velocities[i]! + change;
    const moved = coefficients[i]! - rate * change;
    const threshold = free ? 0 : rate * l1[j]!;
    coefficients[i] =
      moved > threshold ? moved - threshold : moved < -threshold ? moved + threshold : threshold > 0 ? 0 : moved;
  }
}

/** Between standardised coefficients and those in page units, about the centre that the tiles take off. */
function standardised(params: SgdParams, width: number, numbers: number) {
  const inverse = Float64Array.from({ length: width }, (_, j) => (params.scale[j]! > 0 ? 1 / params.scale[j]! : 0));
  // What the tiles leave of the centre: its rounding for numbers, all of it for levels.
  const rounded = centreOf({ fill: [], centre: Array.from({ length: numbers }, (_, j) => params.centre[j]!) }, numbers);
  const rest = Float64Array.from({ length: width }, (_, j) => params.centre[j]! - (j < numbers ? rounded[j]! : 0));
  return {
    toPage(coefficients: Float64Array, weights: readonly Float64Array[], intercepts: Float64Array): void {
      weights.forEach((weight, k) => {
        const at = k * (width + 1);
        let intercept = coefficients[at + width]!;
        for (let j = 0; j < width; j++) {
          weight[j] = coefficients[at + j]! * inverse[j]!;
          intercept -= weight[j]! * rest[j]!;
        }
        intercepts[k] = intercept;
      });
    },
    fromPage(gradient: Float64Array, outputs: number, factor: number): void {
      for (let k = 0, at = 0; k < outputs; k++, at += width + 1) {
        const ofIntercept = gradient[at + width]!;
        for (let j = 0; j < width; j++)
          gradient[at + j] = (gradient[at + j]! - rest[j]! * ofIntercept) * inverse[j]! * factor;
        gradient[at + width] = ofIntercept * factor;
      }
    },
  };
}

type Gradients = (
  page: Page,
  weights: readonly Float64Array[],
  intercepts: Float64Array,
  from: number,
  to: number,
) => { sum: Float64Array; active: number };

function batchGradients(
  { loss, outputs: count, fill, centre }: SgdParams,
  layout: PageLayout,
  arena: Arena,
): Gradients {
  const { numbers } = spaceOf(layout);
  const reading = { fill, centre: Array.from({ length: numbers }, (_, j) => centre[j]!) };
  const tiles = new Tiles(arena, layout, reading, 1);
  const { kernels, space, y, w } = tiles;
  const outputs = new Outputs(arena, tiles, count);
  const sums = arena.f64(2);
  const sum = new Float64Array(2 + count * (space.width + 1));
  return (page, weights, intercepts, from, to) => {
    if (!isIn(arena, page)) {
      const active = page.weight.subarray(from, to).reduce((rows, weight) => rows + (weight > 0 ? 1 : 0), 0);
      return { sum: batchReference(page, space, reading, loss, weights, intercepts, { from, to }), active };
    }
    weights.forEach((weight, k) => {
      outputs.set(k, weight, intercepts[k]!);
    });
    outputs.clear();
    sums.fill(0);
    let active = 0;
    tiles.bind(page);
    for (let row = from; row < to; row += blockRows)
      active += tiles.block(page, row, Math.min(blockRows, to - row), (block) => {
        const margins = outputs.margins.byteOffset;
        outputs.forward(block);
        if (loss === "softmax")
          kernels.softmaxLink(margins, count, y, w, block.panels, outputs.residuals, sums.byteOffset);
        else if (loss === "logistic")
          kernels.logisticLink(margins, y, w, block.panels, outputs.residuals, 0, sums.byteOffset);
        else kernels.squaredLink(margins, y, w, block.panels, outputs.residuals, sums.byteOffset);
        outputs.backward(block);
      });
    sum.fill(0);
    sum.set(sums);
    outputs.addTo(sum, 2);
    return { sum, active };
  };
}

export function readSgd(
  state: Float64Array,
  { outputs }: SgdParams,
  width: number,
): {
  readonly step: number;
  readonly meanLoss: number;
  readonly weights: readonly Float64Array[];
  readonly intercepts: Float64Array;
} {
  const at = (k: number): number => sgdHead + k * (width + 1);
  return {
    step: state[0]!,
    meanLoss: state[1]! / state[2]!,
    weights: Array.from({ length: outputs }, (_, k) => state.slice(at(k), at(k) + width)),
    intercepts: Float64Array.from({ length: outputs }, (_, k) => state[at(k) + width]!),
  };
}
