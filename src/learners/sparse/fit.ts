import { subSeed } from "../../base/seeds.js";
import { packSlots, type SlotTable } from "../../expr/slots.js";
import { type SlotSpace, slotSpace } from "../../kernels/slot-space.js";
import { spaceOf } from "../../kernels/space.js";
import type { TrainingData, WalkedRows } from "../contract.js";
import { numberColumns } from "../linear/coordinates.js";
import { type FtrlParams, ftrl, mixedPages } from "../passes/ftrl.js";
import { labelOrder, orderedRows, readLabelOrder } from "../passes/label-order.js";
import { type Moments, moments, readMoments } from "../passes/moments.js";
import { bitsFor, pairsOf, passesFor, type SparseGiven, textUnit } from "./params.js";
import { textsOf } from "./score.js";
import type { SparseState } from "./state.js";

/** One or more walks of FTRL-proximal over shards of the pages, and the average of what they come to. */
export async function fitSparse(
  data: TrainingData,
  given: SparseGiven & { readonly classWeight?: "none" | "balanced" },
  seed: number,
): Promise<SparseState> {
  const outputs = data.task === "multiclass" ? data.classes : 1;
  const pairs = pairsOf(given.interactions, data.layout);
  const bits = bitsFor(given.bits, outputs);
  const isNumber = data.task === "regression";
  const about = isNumber || data.weighted ? await sampleOf(data) : undefined;
  const target = isNumber
    ? { shift: about!.label.mean, scale: Math.sqrt(about!.label.variance) || 1 }
    : { shift: 0, scale: 1 };
  const params: FtrlParams = {
    loss: data.task === "regression" ? "squared" : data.task === "binary" ? "logistic" : "softmax",
    outputs,
    bits,
    pairs,
    terms: textsOf(data.blocks).map(({ terms }) => terms),
    textUnit,
    rate: given.rate,
    beta: given.beta,
    l1: given.l1,
    l2: given.l2,
    logs: given.numbers === "log",
    meanWeight: data.weighted && about!.rows > 0 ? about!.weight / about!.rows : 1,
    ...(given.classWeight === "balanced" ? { classWeights: await balanced(data) } : {}),
    target,
    seed: subSeed(seed, "rows"),
  };
  const { state, order } = await data.unit("weights and order", async () => {
    // The order of the labels is found out in the scan of the first walk.
    let [walked, order] = await Promise.all([data.walk(ftrl, params, given.shards), data.pass(labelOrder, {})]);
    const { ordered, pages } = readLabelOrder(order);
    if (ordered && pages > mixedPages * given.shards) {
      // What was learned label by label is forgotten, and learned again from pages that lie far apart.
      await walked.release();
      walked = await data.walk(ftrl, params, given.shards, mixedPages);
    }
    const passes = passesFor(given.passes, data.rows);
    let heads = await walked.ask("head", {});
    for (let pass = 1; ; pass++) {
      data.report({ step: pass, loss: lossOf(heads), note: "each row judged before it was learned from" });
      if (pass === passes) break;
      await walked.again();
      heads = await walked.ask("head", {});
    }
    const space = slotSpace(data.layout, bits, pairs);
    const weights = await weightsOf(walked, heads, space, outputs);
    await walked.release();
    return { state: stateOf(data, params, space, heads, weights), order: readLabelOrder(order) };
  });
  if (order.ordered && order.pages > mixedPages * given.shards) {
    const learner = data.task === "regression" ? "sparseLinear" : "sparseLogistic";
    data.warn(orderedRows(learner, order.share));
  }
  return state;
}

const lossOf = (heads: readonly Float64Array[]): number => {
  const [loss, weight] = heads.reduce(([a, b], head) => [a! + head[0]!, b! + head[1]!], [0, 0]);
  return loss! / (weight! || 1);
};

/** Slots that shards are asked for at a time. */
const askedSlots = 2 ** 18;

/** Each output's weights of all slots: the shards' average, each by the gradients that it has seen. */
async function weightsOf(
  walked: WalkedRows,
  heads: readonly Float64Array[],
  space: SlotSpace,
  outputs: number,
): Promise<Float32Array[]> {
  const scales = heads.map((head) => head.subarray(2 + 2 * outputs));
  const all = Array.from({ length: outputs }, () => new Float32Array(space.size));
  for (const [output, weights] of all.entries())
    for (let from = 0; from < space.size; from += askedSlots) {
      const to = Math.min(from + askedSlots, space.size);
      const answers = await walked.ask("weights", { output, from, to });
      const shards = answers.map((doubles) => new Float32Array(doubles.buffer));
      for (let slot = from; slot < to; slot++) {
        let [sum, sure] = [0, 0];
        for (const [s, pairs] of shards.entries()) {
          const weight = pairs[2 * (slot - from)]! * unit(slot, space, scales[s]!);
          const of = shards.length === 1 ? 1 : pairs[2 * (slot - from) + 1]!;
          sum += weight * of;
          sure += of;
        }
        weights[slot] = sure > 0 ? sum / sure : 0;
      }
    }
  return all;
}

/** A number's weight is that of its values over their scale. */
function unit(slot: number, { numbers, nothing }: SlotSpace, scales: Float64Array): number {
  if (slot < numbers || slot >= nothing || (slot - numbers) % 2 === 1) return 1;
  const scale = scales[(slot - numbers) >> 1]!;
  return scale > 0 ? 1 / scale : 0;
}

function stateOf(
  data: TrainingData,
  { outputs, bits, pairs, terms, logs, target }: FtrlParams,
  space: SlotSpace,
  heads: readonly Float64Array[],
  weights: readonly Float32Array[],
): SparseState {
  const levelsEnd = space.numbers;
  const firstLevel = space.levels[0] ?? levelsEnd;
  const scaled = (values: Iterable<number>): number[] => Array.from(values, (value) => value * target.scale + 0);
  const bias = (k: number): number => {
    const parts = heads.map((head) => [head[2 + 2 * k]!, head[3 + 2 * k]!] as const);
    const sure = parts.reduce((sum, [, of]) => sum + of, 0);
    return sure > 0 ? parts.reduce((sum, [value, of]) => sum + value * of, 0) / sure : 0;
  };
  const table = (of: Float32Array, from: number, to: number, unit: number): SlotTable => {
    const some = of.slice(from, to);
    const by = target.scale * unit;
    if (by !== 1) for (let i = 0; i < some.length; i++) some[i]! *= by;
    return packSlots(some);
  };
  const texts = space.terms.map(({ at, width }, t) => {
    const unit = terms[t]!.norm === "l2" ? textUnit : 1;
    return weights.map((of) => table(of, at, at + width, unit));
  });
  return {
    bits,
    pairs,
    logs,
    intercepts: Array.from({ length: outputs }, (_, k) => target.shift + bias(k) * target.scale + 0),
    hashed: space.seeds.length > 0 ? weights.map((of) => table(of, 0, 2 ** bits, 1)) : [],
    ...(texts.length > 0 ? { texts } : {}),
    levels: weights.map((of) => scaled(of.subarray(firstLevel, levelsEnd))),
    numbers: numberColumns(data.layout).map(({ shift, exponent }, j) => ({
      shift,
      exponent,
      weights: scaled(weights.map((of) => of[space.numbers + 2 * j]!)),
      missing: scaled(weights.map((of) => of[space.numbers + 2 * j + 1]!)),
    })),
  };
}

/** What a sample says of the target and of the weights. */
async function sampleOf(data: TrainingData): Promise<Moments> {
  const params = { numbers: spaceOf(data.layout).numbers, classes: data.task === "regression" ? 0 : data.classes };
  return readMoments(await data.pass(moments, params, { rows: "sample" }), params, data.layout);
}

/** Weights that make all classes weigh the same. */
async function balanced(data: TrainingData): Promise<number[]> {
  const params = { numbers: spaceOf(data.layout).numbers, classes: data.classes };
  const { classWeights, weight } = readMoments(await data.pass(moments, params), params, data.layout);
  return Array.from(classWeights, (of) => (of > 0 ? weight / (data.classes * of) : 0));
}
