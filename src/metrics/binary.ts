import type { MetricOptions, MetricSet, Metrics } from "./contract.js";
import { calibration, liftTable, precisionCurve, rocCurve, thresholds } from "./curves.js";
import { defined, definedIntervals } from "./defined.js";
import { ofF1, ofGap, ofMean, ofPrecisionArea, ofShare } from "./intervals.js";
import { marginKey } from "./keys.js";
import { addSums, meanOf, mergeMoments, momentsLength, varianceOf } from "./moments.js";
import { greatestGap, precisionArea, rankingOf, rocArea, rocAreaInterval } from "./ranking.js";
import { Sketch } from "./sketch.js";
import { cutFor, type Goal, topRows } from "./threshold.js";

// Where each figure stands in the sum.
const rowsAt = 0;
const unscoredAt = 1;
const heaviestAt = 2;
const squaredPositive = 3;
const squaredNegative = 4;
const cellsAt = 5; // [label][predicted]
const lossAt = 9;
const brierAt = lossAt + momentsLength;
const sketchAt = brierAt + momentsLength;

/** Quality of one margin per row against labels 0 and 1. A margin above `cut` predicts 1. */
export function binaryMetrics({ classNames = ["0", "1"], bins = 2 ** 16, cut = 0, goal }: MetricOptions): MetricSet {
  const sketch = new Sketch(sketchAt, bins);
  let scratch = newScratch(0);

  return {
    length: sketchAt + sketch.length,

    add(into, outputs, label, weight, rows) {
      if (scratch.keys.length < rows) scratch = newScratch(rows);
      const { keys, positive, negative } = scratch;
      let used = 0;
      let total = 0;
      let loss = 0;
      let loss2 = 0;
      let brier = 0;
      let brier2 = 0;
      for (let i = 0; i < rows; i++) {
        const w = weight[i]!;
        if (w === 0) continue;
        const margin = outputs[i]!;
        if (!Number.isFinite(margin)) {
          into[unscoredAt]!++;
          continue;
        }
        const one = label[i] === 1;
        const toLabel = one ? margin : -margin;
        const small = Math.exp(-Math.abs(margin));
        const lost = Math.log1p(small) + (toLabel < 0 ? -toLabel : 0);
        const miss = (toLabel < 0 ? 1 : small) / (1 + small);
        const squared = miss * miss;
        total += w;
        loss += w * lost;
        loss2 += w * lost * lost;
        brier += w * squared;
        brier2 += w * squared * squared;
        into[cellsAt + (one ? 2 : 0) + (margin > cut ? 1 : 0)]! += w;
        into[one ? squaredPositive : squaredNegative]! += w * w;
        if (w > into[heaviestAt]!) into[heaviestAt] = w;
        keys[used] = marginKey(margin);
        positive[used] = one ? w : 0;
        negative[used] = one ? 0 : w;
        used++;
      }
      into[rowsAt]! += used;
      addSums(into, lossAt, total, loss, loss2);
      addSums(into, brierAt, total, brier, brier2);
      sketch.add(into, keys, positive, negative, used);
    },

    merge(into, part) {
      for (let i = 0; i < lossAt; i++) into[i] = i === heaviestAt ? Math.max(into[i]!, part[i]!) : into[i]! + part[i]!;
      mergeMoments(into, part, lossAt);
      mergeMoments(into, part, brierAt);
      sketch.merge(into, part);
    },

    finish: (sum) => finish(sum, sketch, classNames, goal),
  };
}

function finish(
  sum: Float64Array,
  sketch: Sketch,
  [no = "0", yes = "1"]: readonly string[],
  goal: Goal | undefined,
): Metrics {
  const [tn, fp, fn, tp] = sum.subarray(cellsAt, cellsAt + 4) as unknown as [number, number, number, number];
  const weight = tn + fp + fn + tp;
  const ranking = rankingOf(sketch.bins(sum));
  const positiveRows = (tp + fn) ** 2 / sum[squaredPositive]!;
  const negativeRows = (tn + fp) ** 2 / sum[squaredNegative]!;
  const size = weight ** 2 / (sum[squaredPositive]! + sum[squaredNegative]!);

  const auc = rocArea(ranking);
  const prAuc = precisionArea(ranking, sum[heaviestAt]!);
  const gap = greatestGap(ranking);
  const calibrated = calibration(ranking);
  const cut = thresholds(ranking);
  const both = positiveRows > 0 && negativeRows > 0;
  const tops = both ? topRows(ranking) : [];
  const reached = goal && cutFor(goal, ranking);
  const [logLoss, brier] = [meanOf(sum, lossAt), meanOf(sum, brierAt)];
  const accuracy = (tp + tn) / weight;
  const precision = tp / (tp + fp);
  const recall = tp / (tp + fn);

  const values: Record<string, number> = {
    auc: auc.value,
    prAuc: prAuc.value,
    logLoss,
    brier,
    accuracy,
    f1: (2 * tp) / (2 * tp + fp + fn),
    precision,
    recall,
    ks: gap.gap,
    ece: calibrated.error,
    positiveRate: (tp + fn) / weight,
    f1Best: cut.bestF1,
    f1BestThreshold: cut.bestThreshold,
    ...Object.fromEntries(
      tops.flatMap(({ share, precision, lift }) => [
        [`precisionTop${share * 100}`, precision],
        [`liftTop${share * 100}`, lift],
      ]),
    ),
    ...(sum[unscoredAt]! > 0 ? { unscored: sum[unscoredAt]! } : {}),
  };
  return {
    rows: sum[rowsAt]!,
    weight,
    ...(reached === undefined ? {} : { cut: reached }),
    values: defined(values),
    intervals: definedIntervals({
      auc: rocAreaInterval(ranking, auc.value, positiveRows, negativeRows),
      prAuc: ofPrecisionArea(prAuc.value, positiveRows),
      logLoss: ofMean(logLoss, varianceOf(sum, lossAt), size, 0),
      brier: ofMean(brier, varianceOf(sum, brierAt), size, 0),
      accuracy: ofShare(accuracy, size),
      ks: ofGap(gap.gap, positiveRows, negativeRows),
      // Without a true positive the delta method knows no spread.
      ...(tp > 0 ? { f1: ofF1(tp / weight, (fp + fn) / weight, size) } : {}),
      precision: ofShare(precision, (size * (tp + fp)) / weight),
      recall: ofShare(recall, positiveRows),
    }),
    errorBounds: defined({ auc: auc.bound, prAuc: prAuc.bound }),
    curves: {
      // Without both classes there is nothing to rank.
      ...(both
        ? {
            top: tops,
            roc: rocCurve(ranking),
            pr: precisionCurve(ranking),
            calibration: calibrated.table,
            lift: liftTable(ranking),
            thresholds: cut.table,
          }
        : {}),
      confusion: [
        { label: no, predicted: no, weight: tn },
        { label: no, predicted: yes, weight: fp },
        { label: yes, predicted: no, weight: fn },
        { label: yes, predicted: yes, weight: tp },
      ],
    },
  };
}

const newScratch = (rows: number) => ({
  keys: new Int32Array(rows),
  positive: new Float64Array(rows),
  negative: new Float64Array(rows),
});
