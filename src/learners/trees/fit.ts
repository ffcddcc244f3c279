import { SluiceError } from "../../base/errors.js";
import { permutation, subSeed } from "../../base/seeds.js";
import type { KeptRows, TrainingData } from "../contract.js";
import { type Moments, moments, readMoments } from "../passes/moments.js";
import { type BinTree, treeOf, walkedTree } from "./bin-tree.js";
import { type Advance, advanceHead, binnedRows } from "./binned-rows.js";
import { type GrowOptions, growTree, quarterOfRemaining } from "./grow.js";
import { growingOn, HistogramRoom, leavesOf, nodesOf } from "./kept-growing.js";
import { leafValue } from "./leaf-value.js";
import type { Objective } from "./objectives.js";
import { binsOf } from "./prepare.js";
import { binFeatures, type RecordLayout } from "./record.js";
import { inOrder, renewLeaves } from "./renew-leaves.js";
import { drawBorder, drawLambda, sizesOf } from "./sampling.js";
import type { TreesState } from "./tree.js";

export interface FitOptions extends Omit<GrowOptions, "lookAhead" | "histogramBytes" | "l2" | "minLeafHessian"> {
  /** auto: by the classes' shares. */
  readonly l2: number | "auto";
  readonly minLeafHessian: number | "auto";
  readonly trees: number;
  readonly learningRate: number;
  readonly bins: number;
  /** The share of rows that each tree grows on. */
  readonly share: number;
  readonly featureShare: number;
  /** Stop after so many trees without a smaller loss on the validation rows; 0 = never. */
  readonly patience: number;
}

/** What one tree left for the next: rounding depends on how large gradients were, sampling on how they were spread. */
interface Step {
  readonly trees: readonly BinTree[];
  /** Loss on the validation rows before these trees, per unit of weight or row; absent without such rows. */
  readonly loss?: number;
  readonly extents: readonly (readonly [number, number])[];
  readonly mu: number;
}

/** Rounded pairs of few rows are finer: a histogram's field of 32 bits holds their sum all the same. */
const precisionOf = (rows: number): { target: number; flushRows: number } =>
  rows <= 65_536 ? { target: 16_383, flushRows: 65_536 } : { target: 2_047, flushRows: 2 ** 19 };

/** Boosting: tree after tree on the gradients of the rows that workers keep as bins. */
export async function boost(
  data: TrainingData,
  objective: Objective,
  options: FitOptions,
  seed: number,
): Promise<TreesState> {
  const counted = {
    numbers: data.layout.columns.filter(({ kind }) => kind === "number").length,
    classes: data.task === "regression" ? 0 : data.classes,
  };
  const [{ record, labels }, sums] = await Promise.all([
    binsOf(data, options.bins, subSeed(seed, "bins")),
    data.pass(moments, counted),
  ]);
  const outputs = objective.task === "multiclass" ? data.classes : 1;
  const about = readMoments(sums, counted, data.layout);
  const { base, start, shift, scale } = startOf(data, objective, labels, about);
  const precision = precisionOf(data.rows);
  const kept = await data.keep(binnedRows, {
    record,
    objective: { ...objective, alpha: objective.name === "huber" ? objective.alpha / scale : objective.alpha },
    outputs,
    weighted: data.weighted,
    meanWeight: about.weight / about.rows,
    labelShift: shift,
    labelScale: scale,
    start,
    share: options.share,
    trainRows: data.rows,
    histogramBytes: histogramBytes(record.bins),
    flushRows: precision.flushRows,
  });
  const valueScale = objective.link === "exp" ? 1 : scale;
  const auto = guardsFor(about.classWeights);
  const scaled = {
    ...options,
    l2: options.l2 === "auto" ? auto.l2 : options.l2,
    minLeafHessian: options.minLeafHessian === "auto" ? auto.minLeafHessian : options.minLeafHessian,
    l1: options.l1 / valueScale,
    minGain: options.minGain / valueScale ** 2,
    maxStep: options.maxStep / valueScale,
  };
  const rows = new Boosted(kept, data, objective, scaled, record, outputs, precision.target, seed);

  const trees: BinTree[][] = [];
  const losses: number[] = [];
  let step = await data.unit("start", () => rows.measure());
  for (let i = 0; i < options.trees; i++) {
    step = await data.unit(`tree ${i + 1}`, () => rows.next(i, step));
    rows.take(step.trees);
    trees.push([...step.trees]);
    if (step.loss !== undefined) losses.push(step.loss);
    data.report({ step: i, ...(step.loss === undefined ? {} : { loss: step.loss * lossUnit(objective, scale) }) });
    if (step.trees.every(({ nodes }) => nodes.length === 0)) break;
    if (options.patience > 0 && losses.length - 1 - bestOf(losses) >= options.patience) break;
  }
  if (data.validationRows > 0) {
    const { loss } = await data.unit("end", () => rows.finish());
    losses.push(loss!);
    data.report({ step: trees.length, loss: loss! * lossUnit(objective, scale) });
  }
  await kept.release();
  const best = options.patience > 0 && losses.length > 0 ? bestOf(losses) : trees.length;
  return {
    base,
    link: objective.link,
    trees: trees
      .slice(0, best)
      .flat()
      .map((tree) => treeOf(tree, record, data.layout, valueScale)),
  };
}

/**
 * Of classes, rows that the trees are sure of hardly curve the loss: a few rare ones among thousands of them would be a leaf of their own
 * with a step as long as one likes. Where many classes are all frequent, a row curves each one's loss less the more they are, so the guards
 * shrink with exp(entropy), the number of even classes that are as hard to tell. A number's rows all curve it alike, and minLeafRows is
 * enough.
 */
export function guardsFor(classWeights: ArrayLike<number>): { readonly l2: number; readonly minLeafHessian: number } {
  const weights = Array.from(classWeights).filter((weight) => weight > 0);
  if (weights.length === 0) return { l2: 0, minLeafHessian: 1e-3 };
  if (weights.length <= 2) return { l2: 5, minLeafHessian: 3 };
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const entropy = weights.reduce((sum, weight) => sum - (weight / all) * Math.log(weight / all), 0);
  // To three digits: the last ones of a sum may not move a tree.
  const share = Math.min(1, Math.round(2000 / Math.exp(entropy)) / 1000);
  return { l2: 5 * share, minLeafHessian: 3 * share };
}

/** Losses are taken on labels that were divided by `scale`; those with a logarithm are told but for a constant. */
const lossUnit = ({ name, alpha, link }: Objective, scale: number): number => {
  if (link === "exp") return name === "gamma" ? 1 : name === "tweedie" ? scale ** (2 - alpha) : scale;
  return name === "squared" || name === "huber" ? scale ** 2 : name === "absolute" || name === "quantile" ? scale : 1;
};

const lostItsWay = (trees: number, { learningRate }: FitOptions): SluiceError =>
  new SluiceError(
    "not_finite",
    `after ${trees} trees the scores are no numbers any more: the steps are too large for this objective. Try --param learningRate=${learningRate / 10}`,
    { trees, learningRate },
  );
const bestOf = (losses: readonly number[]): number => losses.indexOf(Math.min(...losses));

/** Memory for the histograms of one round on a worker, and for those of a tree on the main thread: four nodes' at least. */
export const histogramBytes = (bins: number): number => Math.max(24 * bins * 4, 24e6);

/**
 * Constant scores before the first tree (`base` as the model keeps them, `start` as the rows hold them), and what the label loses so that
 * float32 and rounded sums hold the rest: its middle, and a power of two near its deviation. Objectives with a logarithm are divided
 * by a power of two near their mean, so that counts of ten millions are learned as counts of ones and twos are.
 */
function startOf(
  data: TrainingData,
  objective: Objective,
  labels: Float64Array,
  { label, classWeights, weight }: Pick<Moments, "label" | "classWeights" | "weight">,
): { base: readonly number[]; start: readonly number[]; shift: number; scale: number } {
  if (objective.from === "shares") {
    const logs = Array.from(classWeights, (share) => Math.log(Math.max(share / weight, 1e-15)));
    const base = (data.task === "binary" ? [logs[1]! - logs[0]!] : logs).map(Math.fround);
    return { base, start: base, shift: 0, scale: 1 };
  }
  if (objective.from === "logMean") {
    const mean = Math.max(label.mean, 1e-300);
    const scale = 2 ** Math.round(Math.log2(mean));
    const start = Math.fround(Math.log(mean / scale));
    return { base: [start + Math.log2(scale) * Math.LN2], start: [start], shift: 0, scale };
  }
  const scale = label.variance > 0 ? 2 ** Math.round(Math.log2(label.variance) / 2) : 1;
  const middle = labels[Math.min(labels.length - 1, Math.floor((objective.quantile ?? 0.5) * labels.length))] ?? 0;
  const shift = objective.from === "quantile" ? middle : label.mean;
  return { base: [shift], start: [0], shift, scale };
}

class Boosted {
  /** Trees that the rows' scores don't have yet. */
  #pending: BinTree[] = [];
  /** The last of them was grown just now: rows lie in the order of its leaves. */
  #grown = false;
  #taken = 0;
  readonly #histograms = new HistogramRoom();

  constructor(
    readonly kept: KeptRows,
    readonly data: TrainingData,
    readonly objective: Objective,
    readonly options: FitOptions & Pick<GrowOptions, "l2" | "minLeafHessian">,
    readonly record: RecordLayout,
    readonly outputs: number,
    readonly target: number,
    readonly seed: number,
  ) {}

  take(trees: readonly BinTree[]): void {
    this.#taken += trees.length;
    this.#pending.push(...trees);
  }

  /** How large gradients are before the first tree. */
  async measure(): Promise<Step> {
    const { extents, mu } = await this.#advance({ measure: true });
    return { trees: [], extents, mu };
  }

  async next(i: number, last: Step): Promise<Step> {
    const { options, outputs } = this;
    const seed = subSeed(this.seed, `tree ${i}`);
    const limits = last.extents.map(([g, h]) => [Math.max(g, last.mu), Math.max(h, last.mu / Math.sqrt(drawLambda))]);
    const scale = (k: number, which: 0 | 1, most: readonly (readonly number[])[]): number => {
      const largest = most[k]![which]!;
      return largest > 0 ? Math.fround(this.target / largest) : 1;
    };
    const scales = (most: readonly (readonly number[])[]) => ({
      gScale: Array.from({ length: outputs }, (_, k) => scale(k, 0, most)),
      hScale: Array.from({ length: outputs }, (_, k) => scale(k, 1, most)),
    });
    const draw = options.share < 1 ? { draw: { mu: last.mu, lambda: drawLambda } } : {};
    let rounding = scales(limits);
    let found = await this.#advance({ prepare: { ...rounding, seed, ...draw } });
    // Sums have room for twice what was expected; beyond that it is all rounded anew.
    const tooLarge = found.extents.some(
      ([g, h], k) => g * rounding.gScale[k]! > 2 * this.target || h * rounding.hScale[k]! > 2 * this.target,
    );
    if (tooLarge) {
      rounding = scales(found.extents.map(([g, h], k) => [Math.max(g, limits[k]![0]!), Math.max(h, limits[k]![1]!)]));
      const { loss } = found;
      found = {
        ...(await this.#advance({ prepare: { ...rounding, seed, ...draw } })),
        ...(loss === undefined ? {} : { loss }),
      };
    }
    const trees: BinTree[] = [];
    for (let k = 0; k < outputs; k++)
      trees.push(await this.#grow(k, seed, { g: 1 / rounding.gScale[k]!, h: 1 / rounding.hScale[k]! }, found.rows));
    this.#grown = outputs === 1 && options.share >= 1;
    return { trees, extents: found.extents, mu: found.mu, ...(found.loss === undefined ? {} : { loss: found.loss }) };
  }

  /** The loss after the last tree. */
  async finish(): Promise<{ loss?: number }> {
    const { loss } = await this.#advance({});
    return loss === undefined ? {} : { loss };
  }

  async #advance({ prepare, measure }: Pick<Advance, "prepare" | "measure">) {
    const { outputs, options, data } = this;
    const apply = this.#pending.map((tree) => walkedTree(tree, this.record));
    const request: Advance = {
      apply,
      grown: this.#grown && apply.length === 1,
      losses: data.validationRows > 0,
      ...(prepare ? { prepare } : {}),
      ...(measure ? { measure } : {}),
      ...(options.share < 1 ? { lambda: drawLambda } : {}),
    };
    this.#pending = [];
    this.#grown = false;
    const answers = await this.kept.ask("advance", request);
    const extents = Array.from({ length: outputs }, (_, k): [number, number] => [
      Math.max(...answers.map((answer) => answer[advanceHead + 2 * k]!)),
      Math.max(...answers.map((answer) => answer[advanceHead + 2 * k + 1]!)),
    ]);
    if (!extents.flat().every(Number.isFinite)) throw lostItsWay(this.#taken, options);
    const total = (at: number): number => answers.reduce((sum, answer) => sum + answer[at]!, 0);
    const mu =
      options.share < 1
        ? drawBorder(added(answers.map((answer) => sizesOf(answer, outputs))), options.share * data.rows)
        : 0;
    return {
      rows: total(1),
      extents,
      mu,
      ...(data.validationRows > 0 ? { loss: total(0) / 2 ** 20 / data.validationRows } : {}),
    };
  }

  async #grow(output: number, seed: number, scales: { g: number; h: number }, rows: number): Promise<BinTree> {
    const { record, options } = this;
    const features = binFeatures(record);
    const growing = growingOn(this.kept, record, [output], this.#histograms);
    const allowed = allowedFeatures(features.length, options.featureShare, subSeed(seed, `features ${output}`));
    // Gradients of drawn rows weigh as all rows do, but are as noisy as the few that they are.
    const noise = options.share;
    const grown = await growTree(growing, features, allowed, scales, rows, {
      ...options,
      l2: options.l2 / noise,
      category: { ...options.category, smooth: options.category.smooth / noise, l2: options.category.l2 / noise },
      monotone: record.columns.map(({ block }) => options.monotone[block] ?? 0),
      ...(options.interactions
        ? {
            interactions: options.interactions.map((group) =>
              group.map((block) => record.columns.findIndex((column) => column.block === block)),
            ),
          }
        : {}),
      lookAhead: quarterOfRemaining,
      histogramBytes: histogramBytes(record.bins),
    });
    const tree: BinTree = {
      output,
      nodes: nodesOf(grown),
      leaves: leavesOf(grown, ({ g, h, l2, bounds }) =>
        Math.fround(options.learningRate * leafValue(g, h, { l1: options.l1, l2 }, bounds)),
      ),
    };
    if (this.objective.quantile === undefined) return tree;
    const renewed = await renewLeaves(tree, record, this.kept, this.objective.quantile, options.learningRate);
    const most = options.learningRate * options.maxStep;
    const within = { ...renewed, leaves: renewed.leaves.map((leaf) => ({ ...leaf, value: clamp(leaf.value, most) })) };
    return inOrder(within, (column) => options.monotone[record.columns[column]!.block] ?? 0);
  }
}

const clamp = (value: number, most: number): number => Math.fround(Math.max(-most, Math.min(most, value)));

function added(parts: readonly Float64Array[]): Float64Array {
  const [first, ...rest] = parts;
  for (const part of rest) for (let i = 0; i < part.length; i++) first![i]! += part[i]!;
  return first!;
}

/** Columns that a tree may split on: at least one, drawn by the seed. */
function allowedFeatures(count: number, share: number, seed: number): Uint8Array {
  const allowed = new Uint8Array(count).fill(1);
  if (share >= 1) return allowed;
  const order = permutation(count, seed);
  for (const column of order.subarray(Math.max(1, Math.round(share * count)))) allowed[column] = 0;
  return allowed;
}
