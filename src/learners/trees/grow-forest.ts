import { subSeed } from "../../base/seeds.js";
import type { KeptRows, OutOfBag, TrainingData } from "../contract.js";
import { moments, readMoments } from "../passes/moments.js";
import type { Bag, FillBag, LeafSums, Reach, Vote } from "./bagging.js";
import { type BinTree, treeOf, walkedTree } from "./bin-tree.js";
import { binnedRows } from "./binned-rows.js";
import { histogramBytes } from "./fit.js";
import { type GrownTree, type GrowOptions, growTree, quarterOfRemaining, type Search } from "./grow.js";
import { growingOn, HistogramRoom, leavesOf, nodesOf } from "./kept-growing.js";
import { nodeColumns } from "./node-columns.js";
import { objectiveOf } from "./objectives.js";
import { lossOutOfBag, outOfBagOf } from "./out-of-bag.js";
import { binsOf } from "./prepare.js";
import { binFeatures, type RecordLayout } from "./record.js";
import { bestSplit } from "./split.js";
import { bestClassSplit } from "./split-classes.js";
import type { TreesState } from "./tree.js";

export interface ForestOptions {
  readonly trees: number;
  readonly leaves: number;
  /** 0: no limit. */
  readonly depth: number;
  readonly minLeafRows: number;
  readonly bins: number;
  /** The share of rows that each tree grows on. */
  readonly rowShare: number;
  /** The share of features that each split may choose from; 0: their square root for classes, a third for numbers. */
  readonly featureShare: number;
}

/** A tree as the journal keeps it: of each output, what its leaves say. */
interface BaggedTree {
  readonly nodes: BinTree["nodes"];
  readonly leaves: BinTree["leaves"];
  readonly values: readonly (readonly number[])[];
}

/** Rounded labels are within so much, and the pairs of a block's rows then fit a sum of 32 bits. */
const target = 16_383;
const flushRows = 65_536;

/** Trees that know nothing of each other, each on rows of its own: their mean is the prediction. One tree on all rows is one of them. */
export async function growForest(data: TrainingData, options: ForestOptions, seed: number): Promise<TreesState> {
  const numbers = data.layout.columns.filter(({ kind }) => kind === "number").length;
  const classes = data.task === "regression" ? 0 : data.classes;
  const counted = { numbers, classes };
  const [{ record }, sums] = await Promise.all([
    binsOf(data, options.bins, subSeed(seed, "bins")),
    data.pass(moments, counted),
  ]);
  const { label, classWeights, weight, rows } = readMoments(sums, counted, data.layout);
  const outputs = classes > 2 ? classes : 1;
  const shift = classes > 0 ? 0 : label.mean;
  const scale = classes > 0 || !(label.variance > 0) ? 1 : 2 ** Math.round(Math.log2(label.variance) / 2);
  const kept = await data.keep(binnedRows, {
    record,
    objective: objectiveOf("squared", "regression", 0),
    outputs,
    weighted: data.weighted,
    meanWeight: weight / rows,
    labelShift: shift,
    labelScale: scale,
    start: new Array<number>(outputs).fill(0),
    share: 1,
    trainRows: data.rows,
    histogramBytes: histogramBytes(record.bins),
    flushRows,
    bagged: true,
  });
  const shares = Array.from(classWeights, (own) => own / weight);
  const otherwise = classes === 0 ? [0] : classes === 2 ? [shares[1]!] : shares;
  const forest = new Forest(kept, record, options, classes, outputs, data.rows, otherwise, scale, seed);

  const trees: BaggedTree[] = [];
  let outOfBag: OutOfBag | undefined;
  for (let i = 0; i < options.trees; i++) {
    const { tree, found } = await data.unit(`tree ${i + 1}`, () => forest.next(trees));
    trees.push(tree);
    outOfBag = found;
    data.report({ step: i, ...(found ? { loss: lossOutOfBag(found) } : {}) });
  }
  await kept.release();
  return stateOf(
    trees,
    record,
    data,
    { shift, scale, outputs, link: classes === 0 ? "identity" : classes === 2 ? "logit" : "log" },
    outOfBag,
  );
}

class Forest {
  readonly #room = new HistogramRoom();
  #reach: Reach | undefined;
  /** Trees that the rows out of their bags have heard. */
  #heard = 0;

  constructor(
    readonly kept: KeptRows,
    readonly record: RecordLayout,
    readonly options: ForestOptions,
    readonly classes: number,
    readonly outputs: number,
    readonly rows: number,
    /** What a leaf says that no row of the bag is in. */
    readonly otherwise: readonly number[],
    /** What the labels were divided by. */
    readonly scale: number,
    readonly seed: number,
  ) {}

  /** The next tree; a resumed run has the earlier ones, and the rows hear those first. */
  async next(earlier: readonly BaggedTree[]): Promise<{ tree: BaggedTree; found?: OutOfBag }> {
    const { classes } = this;
    this.#reach ??= await this.#measure();
    const { weight, label, weightedLabel } = this.#reach;
    const number = earlier.length;
    const hScale = Math.fround(target / weight);
    const gScale = classes > 0 ? hScale : Math.fround(target / (weightedLabel || 1));
    const bag: FillBag = { ...this.#bag(number), gScale, hScale, classes };
    const [rows] = await this.#sum("fillBag", bag);
    const grown = await this.#grow(number, { g: 1 / gScale, h: 1 / hScale }, rows!);
    const tree = { nodes: nodesOf(grown), leaves: leavesOf(grown, () => 0), values: await this.#values(grown) };
    if (this.options.rowShare >= 1) return { tree };
    for (; this.#heard < number; this.#heard++) await this.#vote(earlier[this.#heard]!, this.#heard);
    const found = outOfBagOf(await this.#vote(tree, this.#heard++), classes, (this.scale * (2 * label || 1)) ** 2);
    return { tree, ...(found ? { found } : {}) };
  }

  async #sum(question: string, params: unknown): Promise<Float64Array> {
    const [first, ...others] = await this.kept.ask(question, params);
    const sum = first!.slice();
    for (const other of others) for (let i = 0; i < sum.length; i++) sum[i]! += other[i]!;
    return sum;
  }

  async #measure(): Promise<Reach> {
    const answers = await this.kept.ask("reach", undefined);
    const most = (at: number): number => Math.max(...answers.map((answer) => answer[at]!));
    return { weight: most(0), label: most(1), weightedLabel: most(2) };
  }

  #bag(tree: number): Bag {
    return { seed: subSeed(this.seed, `tree ${tree}`), share: this.options.rowShare };
  }

  #grow(tree: number, scales: { g: number; h: number }, rows: number): Promise<GrownTree> {
    const { options, classes, record, outputs } = this;
    const features = binFeatures(record);
    const count = columnsOf(options.featureShare, features.length, classes > 0);
    const own: GrowOptions = {
      leaves: options.leaves,
      depth: options.depth,
      minLeafRows: options.minLeafRows,
      minLeafHessian: 0,
      l1: 0,
      l2: 0,
      minGain: 0,
      maxStep: Infinity,
      monotone: [],
      category: { smooth: 0, l2: 0, oneAgainstRest: 4, minGroupRows: options.minLeafRows, maxLevels: 65_536 },
      lookAhead: quarterOfRemaining,
      histogramBytes: histogramBytes(record.bins),
      outputs,
      ...(count < features.length
        ? { columns: nodeColumns(features.length, count, subSeed(this.seed, `columns ${tree}`)) }
        : {}),
    };
    const search: Search = (histogram, placed, mask, node) => {
      if (outputs > 1) return bestClassSplit(histogram, outputs, scales, placed, mask, node, own);
      const split = bestSplit(histogram, scales, placed, mask, node, own);
      if (!split || classes === 0) return split;
      const marked = (side: typeof split.left) => ({ ...side, pure: side.g === 0 || -side.g === side.h });
      return { ...split, left: marked(split.left), right: marked(split.right) };
    };
    const all = new Uint8Array(features.length).fill(1);
    const growing = growingOn(
      this.kept,
      record,
      Array.from({ length: outputs }, (_, k) => k),
      this.#room,
    );
    return growTree(growing, features, all, scales, rows, { ...own, search });
  }

  /** Exact shares or means of the leaves. */
  async #values({ leaves }: GrownTree): Promise<number[][]> {
    const { classes, outputs, otherwise, rows } = this;
    const { weight, weightedLabel } = this.#reach!;
    const request: LeafSums = {
      leaves: leaves.map(({ id }) => id),
      classes,
      weightSteps: stepsFor(weight, rows),
      labelSteps: stepsFor(weightedLabel, rows),
    };
    const sums = await this.#sum("leafSums", request);
    const steps = classes > 0 ? 1 : request.labelSteps / request.weightSteps;
    return Array.from({ length: outputs }, (_, k) =>
      leaves.map((_, leaf) => {
        const own = leaf * (1 + outputs);
        return sums[own]! > 0 ? sums[own + 1 + k]! / steps / sums[own]! : otherwise[k]!;
      }),
    );
  }

  #vote({ nodes, leaves, values }: BaggedTree, tree: number): Promise<Float64Array> {
    const walked = walkedTree({ output: 0, nodes, leaves }, this.record);
    const request: Vote = {
      ...this.#bag(tree),
      tree: walked,
      values,
      classes: this.classes,
      steps: stepsFor(64, this.rows), // a log loss is at most 35
      reach: this.#reach!,
    };
    return this.#sum("vote", request);
  }
}

/** Steps of a power of two in which a sum over all rows, each at most so large, is a whole number below 2^53. */
const stepsFor = (most: number, rows: number): number =>
  most > 0 ? 2 ** (52 - Math.ceil(Math.log2(rows)) - Math.ceil(Math.log2(most))) : 1;

const columnsOf = (share: number, features: number, ofClasses: boolean): number => {
  if (share > 0) return Math.max(1, Math.round(share * features));
  return Math.max(1, Math.floor(ofClasses ? Math.sqrt(features) : features / 3));
};

/** The mean of the trees, in steps of a power of two that no sum of them rounds: in whatever order an engine adds up, it comes to the same. */
function stateOf(
  trees: readonly BaggedTree[],
  record: RecordLayout,
  data: TrainingData,
  { shift, scale, outputs, link }: { shift: number; scale: number; outputs: number; link: TreesState["link"] },
  outOfBag: OutOfBag | undefined,
): TreesState {
  const said = trees.flatMap(({ values }) => values).flat();
  const largest = said.reduce((most, value) => Math.max(most, Math.abs(value) * scale), Math.abs(shift));
  const step = 2 ** (Math.ceil(Math.log2(largest || 1)) - 44);
  return {
    base: new Array<number>(outputs).fill(Math.round(shift / step) * step),
    link,
    trees: trees.flatMap(({ nodes, leaves, values }) =>
      values.map((own, output) => {
        const mean = (leaf: number): number => Math.round(((own[leaf]! / trees.length) * scale) / step) * step;
        const valued = leaves.map((leaf, i) => ({ ...leaf, value: mean(i) }));
        return treeOf({ output, nodes, leaves: valued }, record, data.layout, 1);
      }),
    ),
    ...(outOfBag ? { outOfBag } : {}),
  };
}
