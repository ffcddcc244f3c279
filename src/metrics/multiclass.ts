import type { MetricOptions, MetricSet, Metrics } from "./contract.js";
import { defined, definedIntervals } from "./defined.js";
import { ofError, ofMean, ofShare } from "./intervals.js";
import { numberKey } from "./keys.js";
import { addSums, meanOf, mergeMoments, momentsLength, varianceOf } from "./moments.js";
import { rankingOf, rocArea, rocAreaError } from "./ranking.js";
import { Sketch } from "./sketch.js";

const rowsAt = 0;
const unscoredAt = 1;
const squaredAt = 2;
const lossAt = 3;
const brierAt = lossAt + momentsLength;
const cellsAt = brierAt + momentsLength;

/** Beyond it a table for every pair would cost more than it tells. */
const pairsUpTo = 100;
/** Beyond it the classes share the bins that so many have, and the error bound of their areas says what that costs. */
const wholeRankings = 20;
/** Keys that wait to be ranked: with many classes a page goes by in blocks. */
const mostKeys = 2 ** 22;

/** Quality of one margin per class (softmax) against class codes. The class with the highest margin is predicted, the first of equals. */
export function multiclassMetrics(classes: number, { classNames, bins = 2 ** 13 }: MetricOptions): MetricSet {
  const names = classNames ?? Array.from({ length: classes }, (_, k) => String(k));
  const pairs = classes <= pairsUpTo;
  // [label][predicted], or per class: right, of this label, predicted as this.
  const cells = pairs ? classes * classes : 3 * classes;
  const sketches: Sketch[] = [];
  let length = cellsAt + cells;
  const binsEach = Math.max(16, Math.min(bins, Math.floor((wholeRankings * bins) / classes)));
  for (let k = 0; k < classes; k++) {
    const sketch = new Sketch(length, binsEach);
    sketches.push(sketch);
    length += sketch.length;
  }
  const blockRows = classes <= wholeRankings ? Number.POSITIVE_INFINITY : Math.floor(mostKeys / classes);
  let scratch = newScratch(0, 0, 0);

  return {
    length,

    add(into, outputs, label, weight, rows) {
      const most = Math.min(rows, blockRows);
      if (scratch.rows < most) scratch = newScratch(most, sketches.length, classes);
      const { keys, positive, negative, labels, weights, exps } = scratch;
      let used = 0;
      let total = 0;
      let loss = 0;
      let loss2 = 0;
      let brier = 0;
      let brier2 = 0;
      const rank = (): void => {
        into[rowsAt]! += used;
        sketches.forEach((sketch, k) => {
          for (let i = 0; i < used; i++) {
            positive[i] = labels[i] === k ? weights[i]! : 0;
            negative[i] = labels[i] === k ? 0 : weights[i]!;
          }
          sketch.add(into, keys[k]!, positive, negative, used);
        });
        used = 0;
      };
      for (let i = 0; i < rows; i++) {
        const w = weight[i]!;
        if (w === 0) continue;
        if (used === most) rank();
        let top = 0;
        let finite = true;
        for (let k = 0; k < classes; k++) {
          if (outputs[k * rows + i]! > outputs[top * rows + i]!) top = k;
          if (!Number.isFinite(outputs[k * rows + i]!)) finite = false;
        }
        if (!finite) {
          into[unscoredAt]!++;
          continue;
        }
        const highest = outputs[top * rows + i]!;
        const own = label[i]!;
        let sum = 0;
        let squares = 0;
        for (let k = 0; k < classes; k++) {
          const e = Math.exp(outputs[k * rows + i]! - highest);
          exps[k] = e;
          sum += e;
          squares += e * e;
        }
        const p = exps[own]! / sum;
        const lost = Math.log(sum) + highest - outputs[own * rows + i]!;
        const distance = squares / (sum * sum) - 2 * p + 1;
        total += w;
        loss += w * lost;
        loss2 += w * lost * lost;
        brier += w * distance;
        brier2 += w * distance * distance;
        into[squaredAt]! += w * w;
        if (pairs) into[cellsAt + own * classes + top]! += w;
        else {
          if (own === top) into[cellsAt + own]! += w;
          into[cellsAt + classes + own]! += w;
          into[cellsAt + 2 * classes + top]! += w;
        }
        // The odds of class k against all others, in the order of its probability.
        for (let k = 0; k < sketches.length; k++) {
          const rest = sum - exps[k]!;
          const odds = rest > 1e-9 * exps[k]! ? exps[k]! / rest : oddsOf(outputs, rows, i, k, classes);
          keys[k]![used] = numberKey(odds);
        }
        labels[used] = own;
        weights[used] = w;
        used++;
      }
      rank();
      addSums(into, lossAt, total, loss, loss2);
      addSums(into, brierAt, total, brier, brier2);
    },

    merge(into, part) {
      for (let i = 0; i < lossAt; i++) into[i]! += part[i]!;
      for (let i = cellsAt; i < cellsAt + cells; i++) into[i]! += part[i]!;
      mergeMoments(into, part, lossAt);
      mergeMoments(into, part, brierAt);
      for (const sketch of sketches) sketch.merge(into, part);
    },

    finish(sum): Metrics {
      const weight = sum[lossAt]!;
      const size = weight ** 2 / sum[squaredAt]!;
      const table = names.slice(0, classes).map((name, k) => {
        const { right, labelled, predicted } = countsOf(sum, k, classes, pairs);
        return {
          class: name,
          weight: labelled,
          precision: predicted > 0 ? right / predicted : 0,
          recall: labelled > 0 ? right / labelled : 0,
          f1: labelled + predicted > 0 ? (2 * right) / (labelled + predicted) : 0,
          right,
        };
      });
      const seen = table.filter((row, k) => row.weight > 0 || countsOf(sum, k, classes, pairs).predicted > 0);
      const areas = sketches
        .map((sketch) => rankingOf(sketch.bins(sum)))
        .filter((r) => r.allPositives > 0 && r.allNegatives > 0)
        .map((ranking) => {
          const area = rocArea(ranking);
          const rowsOf = (part: number): number => (size * part) / weight;
          const { allPositives, allNegatives } = ranking;
          return { ...area, error: rocAreaError(ranking, area.value, rowsOf(allPositives), rowsOf(allNegatives)) };
        });
      const accuracy = table.reduce((right, row) => right + row.right, 0) / weight;
      return {
        rows: sum[rowsAt]!,
        weight,
        values: defined({
          logLoss: meanOf(sum, lossAt),
          accuracy,
          f1: mean(seen.map(({ f1 }) => f1)),
          auc: mean(areas.map(({ value }) => value)),
          brier: meanOf(sum, brierAt),
          balancedAccuracy: mean(table.filter((row) => row.weight > 0).map(({ recall }) => recall)),
          ...(sum[unscoredAt]! > 0 ? { unscored: sum[unscoredAt]! } : {}),
        }),
        intervals: definedIntervals({
          logLoss: ofMean(meanOf(sum, lossAt), varianceOf(sum, lossAt), size, 0),
          brier: ofMean(meanOf(sum, brierAt), varianceOf(sum, brierAt), size, 0),
          accuracy: ofShare(accuracy, size),
          // The classes' areas hang together; the error of their mean is at most the mean of their errors, however they do.
          auc: ofError(mean(areas.map(({ value }) => value)), mean(areas.map(({ error }) => error)), 0, 1),
        }),
        errorBounds: defined({ auc: mean(areas.map(({ bound }) => bound)) }),
        curves: {
          classes: table.map(({ right: _, ...row }) => row),
          ...(pairs ? { confusion: confusionOf(sum, names, classes) } : {}),
        },
      };
    },
  };
}

function countsOf(
  sum: Float64Array,
  k: number,
  classes: number,
  pairs: boolean,
): { right: number; labelled: number; predicted: number } {
  if (!pairs)
    return {
      right: sum[cellsAt + k]!,
      labelled: sum[cellsAt + classes + k]!,
      predicted: sum[cellsAt + 2 * classes + k]!,
    };
  let labelled = 0;
  let predicted = 0;
  for (let j = 0; j < classes; j++) {
    labelled += sum[cellsAt + k * classes + j]!;
    predicted += sum[cellsAt + j * classes + k]!;
  }
  return { right: sum[cellsAt + k * classes + k]!, labelled, predicted };
}

const confusionOf = (sum: Float64Array, names: readonly string[], classes: number) =>
  Array.from({ length: classes * classes }, (_, i) => ({
    label: names[Math.floor(i / classes)]!,
    predicted: names[i % classes]!,
    weight: sum[cellsAt + i]!,
  }));

/** For a class that outweighs all others by far, where the difference of the sums has no digits left. */
function oddsOf(outputs: Float64Array, rows: number, i: number, k: number, classes: number): number {
  let others = 0;
  for (let j = 0; j < classes; j++) if (j !== k) others += Math.exp(outputs[j * rows + i]! - outputs[k * rows + i]!);
  return 1 / others;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const newScratch = (rows: number, rankings: number, classes: number) => ({
  rows,
  keys: Array.from({ length: rankings }, () => new Int32Array(rows)),
  positive: new Float64Array(rows),
  negative: new Float64Array(rows),
  labels: new Int32Array(rows),
  weights: new Float64Array(rows),
  exps: new Float64Array(classes),
});
