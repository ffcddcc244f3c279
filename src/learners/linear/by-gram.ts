import type { TrainingData } from "../contract.js";
import { type Gram, gram, readGram } from "../passes/gram.js";
import { minimiseQuadratic } from "../solvers/quadratic.js";
import { type Coordinates, centreFor, coordinatesOf, fillOf, fillWhereMissing, penaltyOn } from "./coordinates.js";
import { variancesOf } from "./errors.js";
import { wholeOf } from "./losses.js";
import { type PenaltyGiven, strengthOf } from "./params.js";
import { type LinearState, toState } from "./state.js";

/** Means this many deviations away from where the sums were taken cost digits that a second pass brings back. */
const farOff = 1e4;

/** Least squares from XᵀX: one pass, unless the columns turn out to lie far from where they were expected. */
export async function fitGram(data: TrainingData, given: PenaltyGiven): Promise<LinearState> {
  const strength = strengthOf(given, data.rows);
  const fill = fillOf(data.blocks, data.layout);
  // What a missing number counts as is a typical value: the best guess of the mean before anything was read.
  let about = await sums(data, fill, fill, 0);
  if (about.far) about = await sums(data, fill, centreFor(about.coordinates), about.labelMean);
  const { coordinates, covariance, withLabel, labelMean, labelVariance, weight } = about;
  const p = coordinates.space.width;

  const { l1, l2 } = penaltyOn(coordinates, strength, 1);
  const penalty = { l1: l1.subarray(0, p), l2: l2.subarray(0, p) };
  const x = new Float64Array(p + 1);
  x.set(minimiseQuadratic(covariance, withLabel, penalty));
  x[p] = labelMean;

  let left = labelVariance;
  for (let i = 0; i < p; i++) {
    let row = 0;
    for (let j = 0; j < p; j++) row += covariance[i * p + j]! * x[j]!;
    left += x[i]! * (row - 2 * withLabel[i]!);
  }
  data.report({ step: 1, loss: left / 2, note: "normal equations" });
  const hessian = new Float64Array((p + 1) ** 2);
  for (let i = 0; i < p; i++) hessian.set(covariance.subarray(i * p, (i + 1) * p), i * (p + 1));
  hessian[(p + 1) ** 2 - 1] = 1;
  const noise = (Math.max(0, left) * weight) / Math.max(1, weight - p - 1);
  return toState(coordinates, x, 1, variancesOf({ coordinates, x, hessian, weight }, strength, 1, noise));
}

interface About {
  readonly coordinates: Coordinates;
  /** Of standardised columns, and theirs with the label. */
  readonly covariance: Float64Array;
  readonly withLabel: Float64Array;
  readonly labelMean: number;
  readonly labelVariance: number;
  readonly weight: number;
  readonly far: boolean;
}

async function sums(data: TrainingData, fill: Float64Array, centre: Float64Array, labelCentre: number): Promise<About> {
  const params = { fill: Array.from(fillWhereMissing(data.blocks, fill)), centre: Array.from(centre), labelCentre };
  return standardised(data, fill, readGram(await data.pass(gram, params), params, data.layout));
}

function standardised(
  data: TrainingData,
  fill: Float64Array,
  { space, weight, xx, xy, x1, yy, y1, centre, labelCentre }: Gram,
): About {
  const p = space.width;
  const covariance = wholeOf(xx, p);
  const off = x1.map((sum) => sum / weight);
  const labelOff = y1 / weight;
  const labelVariance = Math.max(0, yy / weight - labelOff * labelOff);
  let far = Math.abs(labelOff) > farOff * Math.sqrt(labelVariance);
  const deviation = new Float64Array(p);
  for (let j = 0; j < p; j++) {
    const square = covariance[j * p + j]! / weight;
    const variance = square - off[j]! * off[j]!;
    // Beyond what rounding leaves of a difference of equals.
    deviation[j] = variance > 1e-13 * square ? Math.sqrt(variance) : 0;
    if (j < space.numbers && Math.abs(off[j]!) > farOff * deviation[j]!) far = true;
  }
  const coordinates = coordinatesOf(
    data.layout,
    fill,
    off.map((value, j) => value + centre[j]!),
    deviation,
  );
  const inverse = coordinates.deviation.map((value) => (value === 0 ? 0 : 1 / value));
  for (let i = 0; i < p; i++)
    for (let j = 0; j < p; j++)
      covariance[i * p + j] = (covariance[i * p + j]! / weight - off[i]! * off[j]!) * inverse[i]! * inverse[j]!;
  const withLabel = xy.map((sum, j) => (sum / weight - off[j]! * labelOff) * inverse[j]!);
  return { coordinates, covariance, withLabel, labelMean: labelOff + labelCentre, labelVariance, weight, far };
}
