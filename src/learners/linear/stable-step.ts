import type { Task, TrainingData } from "../contract.js";
import { gram, readGram } from "../passes/gram.js";
import { type Coordinates, centreFor } from "./coordinates.js";
import { secondOrderLimit } from "./params.js";

/** The greatest second derivative of each loss along its margin. */
const curvature: Readonly<Record<Task, number>> = { regression: 1, binary: 0.25, multiclass: 0.5 };
const powerSteps = 20;

/**
 * The gradient step that is stable for batches of standardised rows: 1 / (curvature · (λ + p / batchRows)), λ being the largest
 * eigenvalue of the columns' correlations and p its bound (expected smoothness: Gower et al. 2019).
 */
export async function stableStep(data: TrainingData, coordinates: Coordinates, batchRows: number): Promise<number> {
  const p = coordinates.space.width;
  const largest = p > secondOrderLimit || p === 0 ? p : largestEigenvalue(await correlations(data, coordinates), p);
  return 1 / (curvature[data.task] * (Math.max(1, largest) + (p + 1) / batchRows));
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
