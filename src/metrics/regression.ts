import type { MetricSet, Metrics } from "./contract.js";
import { defined, definedIntervals } from "./defined.js";
import { ofError, ofMean } from "./intervals.js";
import { numberKey } from "./keys.js";
import { addSums, meanOf, mergeMoments, momentsLength, varianceOf } from "./moments.js";
import { errorHistogram, errorQuantiles, residualsByPrediction } from "./residuals.js";
import { type Bins, Sketch } from "./sketch.js";

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
