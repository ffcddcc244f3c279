import { defined, definedIntervals } from "./binary.js";
import type { MetricSet, Metrics } from "./contract.js";
import { ofError, ofMean } from "./intervals.js";
import { addSums, meanOf, mergeMoments, momentsLength, varianceOf } from "./moments.js";
import { type Bins, keyNumber, numberKey, Sketch } from "./sketch.js";

const rowsAt = 0;
const unscoredAt = 1;
const squaredAt = 2;
const worstAt = 3;
const biasAt = 4;
const absoluteAt = biasAt + momentsLength;
const squareAt = absoluteAt + momentsLength;
const labelAt = squareAt + momentsLength;
const relativeAt = labelAt + momentsLength;
const sketchesAt = relativeAt + momentsLength;
const moments = [biasAt, absoluteAt, squareAt, labelAt, relativeAt];
const bins = 2 ** 12;

/** Quality of a prediction per row against a number. Labels of 0 have no relative error and stay out of `mape`. */
export function regressionMetrics(): MetricSet {
  const predictions = new Sketch(sketchesAt, bins); // weight, weighted residual
  const errors = new Sketch(sketchesAt + predictions.length, bins); // weight, weighted squared error
  let scratch = newScratch(0);

  return {
    length: sketchesAt + predictions.length + errors.length,

    add(into, outputs, label, weight, rows) {
      if (scratch.byPrediction.length < rows) scratch = newScratch(rows);
      const { byPrediction, byError, weights, residuals, squares } = scratch;
      const origin = firstLabel(label, weight, rows);
      const sums = new Float64Array(2 * moments.length);
      let used = 0;
      let total = 0;
      let totalRelative = 0;
      for (let i = 0; i < rows; i++) {
        const w = weight[i]!;
        if (w === 0) continue;
        const prediction = outputs[i]!;
        const y = label[i]!;
        const error = y - prediction;
        if (!Number.isFinite(error)) {
          into[unscoredAt]!++;
          continue;
        }
        const size = Math.abs(error);
        const square = error * error;
        const off = y - origin;
        total += w;
        sums[0]! += w * error;
        sums[1]! += w * square;
        sums[2]! += w * size;
        sums[3]! += w * square;
        sums[4]! += w * square;
        sums[5]! += w * square * square;
        sums[6]! += w * off;
        sums[7]! += w * off * off;
        if (y !== 0) {
          const relative = size / Math.abs(y);
          totalRelative += w;
          sums[8]! += w * relative;
          sums[9]! += w * relative * relative;
        }
        into[squaredAt]! += w * w;
        if (size > into[worstAt]!) into[worstAt] = size;
        byPrediction[used] = numberKey(prediction);
        byError[used] = numberKey(error);
        weights[used] = w;
        residuals[used] = w * error;
        squares[used] = w * square;
        used++;
      }
      into[rowsAt]! += used;
      moments.forEach((at, i) => {
        const weightHere = at === relativeAt ? totalRelative : total;
        addSums(into, at, weightHere, sums[2 * i]!, sums[2 * i + 1]!, at === labelAt ? origin : 0);
      });
      predictions.add(into, byPrediction, weights, residuals, used);
      errors.add(into, byError, weights, squares, used);
    },

    merge(into, part) {
      for (let i = 0; i < biasAt; i++) into[i] = i === worstAt ? Math.max(into[i]!, part[i]!) : into[i]! + part[i]!;
      for (const at of moments) mergeMoments(into, part, at);
      predictions.merge(into, part);
      errors.merge(into, part);
    },

    finish: (sum) => finish(sum, predictions.bins(sum), errors.bins(sum)),
  };
}

function finish(sum: Float64Array, predictions: Bins, errors: Bins): Metrics {
  const weight = sum[biasAt]!;
  const size = weight ** 2 / sum[squaredAt]!;
  const mse = meanOf(sum, squareAt);
  const rmse = Math.sqrt(mse);
  const mae = meanOf(sum, absoluteAt);
  const mape = meanOf(sum, relativeAt);
  const quantiles = errorQuantiles(errors);
  const median = quantiles.find(({ quantile }) => quantile === 0.5);
  return {
    rows: sum[rowsAt]!,
    weight,
    values: defined({
      rmse,
      mae,
      r2: 1 - mse / varianceOf(sum, labelAt),
      mape,
      medianError: median?.error ?? Number.NaN,
      maxError: sum[worstAt]!,
      bias: -meanOf(sum, biasAt),
      ...(sum[unscoredAt]! > 0 ? { unscored: sum[unscoredAt]! } : {}),
    }),
    intervals: definedIntervals({
      rmse: ofError(rmse, Math.sqrt(varianceOf(sum, squareAt) / size) / (2 * rmse), 0),
      mae: ofMean(mae, varianceOf(sum, absoluteAt), size, 0),
      mape: ofMean(mape, varianceOf(sum, relativeAt), (size * sum[relativeAt]!) / weight, 0),
      bias: ofMean(-meanOf(sum, biasAt), varianceOf(sum, biasAt), size),
    }),
    errorBounds: defined({ medianError: median?.bound ?? Number.NaN }),
    curves: { quantiles, residuals: residualsByPrediction(predictions), errors: errorHistogram(errors) },
  };
}

/** Quantiles of the error's size, each with the half width of its bin, and the share of squared error beyond it. */
function errorQuantiles({
  level,
  count,
  middle,
  a,
  b,
}: Bins): { quantile: number; error: number; bound: number; squaredShare: number }[] {
  const bySize = Array.from({ length: count }, (_, i) => {
    const half = (2 ** level - 1) / 2;
    const [low, high] = [keyNumber(middle[i]! - half), keyNumber(middle[i]! + half)];
    return { error: Math.abs(low + high) / 2, bound: Math.abs(high - low) / 2, weight: a[i]!, square: b[i]! };
  }).sort((one, other) => one.error - other.error);
  const weight = bySize.reduce((sum, bin) => sum + bin.weight, 0);
  const square = bySize.reduce((sum, bin) => sum + bin.square, 0);
  const wanted = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999];
  const out: { quantile: number; error: number; bound: number; squaredShare: number }[] = [];
  let below = 0;
  let squareBelow = 0;
  for (const bin of bySize) {
    below += bin.weight;
    squareBelow += bin.square;
    while (wanted.length > 0 && below >= wanted[0]! * weight * (1 - 1e-12))
      out.push({
        quantile: wanted.shift()!,
        error: bin.error,
        bound: bin.bound,
        squaredShare: square > 0 ? 1 - squareBelow / square : 0,
      });
  }
  return out;
}

/** Mean residual (label minus prediction) in up to 20 groups of about equal weight by prediction. */
function residualsByPrediction(
  { count, middle, a, b }: Bins,
  groups = 20,
): { predicted: number; residual: number; weight: number }[] {
  const weight = a.reduce((sum, value) => sum + value, 0);
  const out: { predicted: number; residual: number; weight: number }[] = [];
  let here = { predicted: 0, residual: 0, weight: 0 };
  let seen = 0;
  for (let i = 0; i < count; i++) {
    here.weight += a[i]!;
    here.predicted += a[i]! * keyNumber(middle[i]!);
    here.residual += b[i]!;
    seen += a[i]!;
    if (i < count - 1 && seen < ((out.length + 1) * weight) / groups) continue;
    out.push({ predicted: here.predicted / here.weight, residual: here.residual / here.weight, weight: here.weight });
    here = { predicted: 0, residual: 0, weight: 0 };
  }
  return out;
}

/** How the errors spread: 40 equal steps over the middle 98 %, what is beyond in the outer ones. */
function errorHistogram({ count, middle, a }: Bins, steps = 40): { from: number; to: number; weight: number }[] {
  const weight = a.reduce((sum, value) => sum + value, 0);
  const at = (share: number): number => {
    let below = 0;
    for (let i = 0; i < count; i++) {
      below += a[i]!;
      if (below >= share * weight) return keyNumber(middle[i]!);
    }
    return 0;
  };
  if (count === 0) return [];
  const [low, high] = [at(0.01), at(0.99)];
  if (!(high > low)) return [{ from: low, to: high, weight }];
  const step = (high - low) / steps;
  const out = Array.from({ length: steps }, (_, i) => ({ from: low + i * step, to: low + (i + 1) * step, weight: 0 }));
  for (let i = 0; i < count; i++) {
    const place = Math.floor((keyNumber(middle[i]!) - low) / step);
    out[Math.max(0, Math.min(steps - 1, place))]!.weight += a[i]!;
  }
  return out;
}

function firstLabel(label: Float64Array, weight: Float64Array, rows: number): number {
  for (let i = 0; i < rows; i++) if (weight[i] !== 0 && Number.isFinite(label[i]!)) return label[i]!;
  return 0;
}

const newScratch = (rows: number) => ({
  byPrediction: new Int32Array(rows),
  byError: new Int32Array(rows),
  weights: new Float64Array(rows),
  residuals: new Float64Array(rows),
  squares: new Float64Array(rows),
});
