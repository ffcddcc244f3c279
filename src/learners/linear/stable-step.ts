import type { Task, TrainingData } from "../contract.js";
import { gram, readGram } from "../passes/gram.js";
import { type Coordinates, centreFor } from "./coordinates.js";
import { secondOrderLimit } from "./params.js";

/** The greatest second derivative of each loss along its margin. */
const curvature: Readonly<Record<Task, number>> = { regression: 1, binary: 0.25, multiclass: 0.5 };
const powerSteps = 20;

/**
 * The gradient step that is stable for batches of standardised rows: 1 / (curvature · (λ + (p + r) / batchRows)), λ being
 * the largest eigenvalue of the columns' correlations, p the mean square of a row, and r that of the rarest indicator, which a
 * batch meets once or not at all (expected smoothness: Gower et al. 2019).
 */
export async function stableStep(data: TrainingData, coordinates: Coordinates, batchRows: number): Promise<number> {
  const p = coordinates.space.width;
  const largest =
    p > secondOrderLimit ? largestPossible(coordinates) : largestEigenvalue(await correlations(data, coordinates), p);
  const rarest = 1 / Math.max(1e-9, rarestShare(coordinates));
  return 1 / (curvature[data.task] * (Math.max(1, largest) + (p + rarest) / batchRows));
}

const rarestShare = ({ space, mean, deviation }: Coordinates): number =>
  mean.reduce((least, share, j) => (j < space.numbers || deviation[j] === 0 ? least : Math.min(least, share)), 1);

/** A bound from blocks: 1 for a number, and 1 / (1 - share of the commonest level) for a category's standardised indicators. */
function largestPossible({ space, mean }: Coordinates): number {
  let sum = space.numbers;
  for (const { at, width } of space.categories)
    sum += 1 / Math.max(1e-3, 1 - Math.max(0, ...mean.subarray(at, at + width)));
  return Math.min(sum, space.width);
}

/** Of a sample's rows. */
async function correlations(data: TrainingData, coordinates: Coordinates): Promise<Float64Array> {
  const { deviation, fill } = coordinates;
  const params = { fill: Array.from(fill), centre: Array.from(centreFor(coordinates)) };
  const { space, xx, x1, weight } = readGram(await data.pass(gram, params, { rows: "sample" }), params, data.layout);
  const p = space.width;
  const out = new Float64Array(p * p);
  for (let i = 0, at = 0; i < p; i++)
    for (let j = i; j < p; j++, at++) {
      const scale = deviation[i]! * deviation[j]!;
      const value = scale === 0 ? 0 : (xx[at]! / weight - (x1[i]! / weight) * (x1[j]! / weight)) / scale;
      out[i * p + j] = out[j * p + i] = value;
    }
  return out;
}

/** By power iteration from a vector that is no eigenvector of anything common. */
function largestEigenvalue(matrix: Float64Array, size: number): number {
  let v = Float64Array.from({ length: size }, (_, i) => 1 + (i % 7) / 7);
  let value = 0;
  for (let step = 0; step < powerSteps; step++) {
    const next = new Float64Array(size);
    let square = 0;
    let before = 0;
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) next[i]! += matrix[i * size + j]! * v[j]!;
      square += next[i]! * next[i]!;
      before += v[i]! * v[i]!;
    }
    if (!(square > 0)) return 0;
    value = Math.sqrt(square / before);
    const length = Math.sqrt(square);
    v = next.map((entry) => entry / length);
  }
  return value;
}
