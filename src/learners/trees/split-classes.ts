import type { BinFeature, NodeSums, Scales, Split, SplitOptions } from "./split-contract.js";

interface Cut {
  score: number;
  feature: number;
  threshold: number;
  goesLeft: readonly number[];
  missingLeft: boolean;
}

/** A gain below this share of the node's own score is the rounding of a division, no gain. */
const roundingShare = 2 ** -40;

/**
 * The split that lowers the Gini impurity of several classes most: the one of the largest sum over classes of g^2 / h, where g counts
 * the rows of a class (below zero, as gradients do) and h all rows. A node's histogram is that of each class, one after the other. Levels are
 * put in order of each class's share in turn, and the best group is a prefix of one of these orders: for two classes the best of all
 * groups (Fisher 1958), for more a good one.
 */
export function bestClassSplit(
  histogram: Float64Array,
  classes: number,
  scales: Scales,
  features: readonly BinFeature[],
  allowed: ArrayLike<number>,
  node: NodeSums,
  options: Pick<SplitOptions, "minLeafRows">,
): Split | undefined {
  if (!(node.h > 0)) return undefined;
  const scan = new ClassScan(histogram, classes, node, options.minLeafRows, features, allowed);
  const best = scan.best();
  if (!best) return undefined;
  const feature = features[best.feature]!;
  const goesLeft = new Uint8Array(feature.bins);
  for (const bin of best.goesLeft) goesLeft[bin] = 1;
  if (best.missingLeft) goesLeft[feature.bins - 1] = 1;
  return { ...scan.sides(feature, goesLeft), ...pick(best), goesLeft, gain: (best.score - scan.parent) * scales.h };
}

const pick = ({ feature, threshold, missingLeft }: Cut) => ({ feature, threshold, missingLeft });

class ClassScan {
  readonly #length: number;
  readonly #totals: Float64Array;
  readonly #left: Float64Array;
  readonly #minSide: number;
  readonly parent: number;

  constructor(
    readonly histogram: Float64Array,
    readonly classes: number,
    readonly node: NodeSums,
    minLeafRows: number,
    readonly features: readonly BinFeature[],
    readonly allowed: ArrayLike<number>,
  ) {
    this.#length = histogram.length / classes;
    this.#minSide = Math.max(1, ((minLeafRows - 0.5) * node.h) / node.rows);
    this.#left = new Float64Array(classes);
    this.#totals = new Float64Array(classes);
    const { offset, bins } = features.find((_, index) => allowed[index]) ?? { offset: 0, bins: 0 };
    for (let bin = offset; bin < offset + bins; bin++) this.#add(this.#totals, bin);
    this.parent = this.#totals.reduce((sum, g) => sum + g * g, 0) / node.h;
  }

  best(): Cut | undefined {
    const best: Cut = {
      score: this.parent * (1 + roundingShare),
      feature: -1,
      threshold: -1,
      goesLeft: [],
      missingLeft: false,
    };
    this.features.forEach((feature, index) => {
      if (!this.allowed[index]) return;
      if (feature.kind === "category") this.#levels(feature, index, best);
      else {
        this.#thresholds(feature, index, false, best);
        if (this.#h(feature.offset + feature.bins - 1) > 0) this.#thresholds(feature, index, true, best);
      }
    });
    return best.feature < 0 ? undefined : best;
  }

  /** Sums of both sides; the first class stands for g. */
  sides({ offset, bins }: BinFeature, goesLeft: Uint8Array): Pick<Split, "left" | "right"> {
    const { node } = this;
    const left = new Float64Array(this.classes);
    let h = 0;
    for (let bin = 0; bin < bins; bin++)
      if (goesLeft[bin]) {
        h += this.#h(offset + bin);
        this.#add(left, offset + bin);
      }
    const rows = Math.round((node.rows * h) / node.h);
    const side = (own: Float64Array, weight: number, count: number) => ({
      g: own[0]!,
      h: weight,
      rows: count,
      l2: 0,
      bounds: node.bounds,
      pure: own.some((g) => -g === weight),
    });
    const right = this.#totals.map((g, k) => g - left[k]!);
    return { left: side(left, h, rows), right: side(right, node.h - h, node.rows - rows) };
  }

  #h(bin: number): number {
    return this.histogram[2 * bin + 1]!;
  }

  #add(to: Float64Array, bin: number): void {
    for (let k = 0; k < this.classes; k++) to[k]! += this.histogram[k * this.#length + 2 * bin]!;
  }

  /** The score of what lies left, or -Infinity where a side has too few rows. */
  #score(h: number): number {
    const restH = this.node.h - h;
    if (h < this.#minSide || restH < this.#minSide) return -Infinity;
    let left = 0;
    let right = 0;
    for (let k = 0; k < this.classes; k++) {
      const g = this.#left[k]!;
      const rest = this.#totals[k]! - g;
      left += g * g;
      right += rest * rest;
    }
    return left / h + right / restH;
  }

  #thresholds({ offset, bins }: BinFeature, index: number, missingLeft: boolean, best: Cut): void {
    const missing = offset + bins - 1;
    this.#left.fill(0);
    let h = 0;
    if (missingLeft) {
      h = this.#h(missing);
      this.#add(this.#left, missing);
    }
    for (let bin = offset; bin < missing; bin++) {
      if (this.#h(bin) === 0) continue;
      h += this.#h(bin);
      this.#add(this.#left, bin);
      if (this.node.h - h < this.#minSide) break;
      const score = this.#score(h);
      if (score <= best.score) continue;
      const threshold = bin - offset;
      Object.assign(best, {
        score,
        feature: index,
        threshold,
        goesLeft: Array.from({ length: threshold + 1 }, (_, below) => below),
        // Of rows that are not here: to the larger side.
        missingLeft: missingLeft || (this.#h(missing) === 0 && 2 * h > this.node.h),
      });
    }
  }

  #levels({ offset, bins }: BinFeature, index: number, best: Cut): void {
    const present = Array.from({ length: bins }, (_, bin) => bin).filter((bin) => this.#h(offset + bin) > 0);
    for (let k = 0; k < this.classes; k++) {
      const share = (bin: number): number =>
        this.histogram[k * this.#length + 2 * (offset + bin)]! / this.#h(offset + bin);
      const order = present.slice().sort((a, b) => share(a) - share(b) || a - b);
      this.#left.fill(0);
      let h = 0;
      for (let taken = 0; taken + 1 < order.length; taken++) {
        h += this.#h(offset + order[taken]!);
        this.#add(this.#left, offset + order[taken]!);
        const score = this.#score(h);
        if (score <= best.score) continue;
        const goesLeft = order.slice(0, taken + 1);
        const missingLeft = goesLeft.includes(bins - 1) || (this.#h(offset + bins - 1) === 0 && 2 * h > this.node.h);
        Object.assign(best, { score, feature: index, threshold: -1, goesLeft, missingLeft });
      }
    }
  }
}
