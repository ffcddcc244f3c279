import { factorise } from "../solvers/cholesky.js";
import { dot, hasL1 } from "../solvers/penalty.js";
import { type Coordinates, penaltyOn } from "./coordinates.js";
import type { Strength } from "./params.js";

/** Directions in which the data say less than this share of the most are taken as unsaid: float32 sums can't tell them from 0. */
const leastCurvature = 1e-4;
/** Of the most curvature: what decides such a direction where no penalty does, so that the solution of least norm is meant. */
const leastRidge = 1e-9;
/** A penalty that moves a coefficient by more than this share of its standard error leaves a 95 % interval with less than 92 %. */
const mostBias = 0.5;

/**
 * Variances of the estimated coefficients `x` from the mean second derivatives H over rows of weight n and the L2 penalties D: the
 * diagonal of A⁻¹HA⁻¹/n with A = H + D, by which estimates under that penalty scatter (Hoerl and Kennard 1970). Of H the directions
 * that the data leave unsaid are taken out, so that a full set of indicators beside an intercept has errors too. NaN where the penalty
 * moves a coefficient, by A⁻¹Dx, too far; none at all under an L1 penalty, or where nothing is left.
 */
export function variancesOf(
  fit: {
    readonly coordinates: Coordinates;
    readonly x: Float64Array;
    readonly hessian?: Float64Array;
    readonly weight: number;
  },
  strength: Strength,
  outputs: number,
  noise = 1,
): Float64Array | undefined {
  const { coordinates, weight, x } = fit;
  const penalty = penaltyOn(coordinates, strength, outputs);
  if (!fit.hessian || hasL1(penalty)) return undefined;
  const { l2 } = penalty;
  const size = l2.length;
  const { hessian, inverse, largest } = whatIsSaid(fit.hessian, size);
  const penalised = Float64Array.from(hessian);
  for (let j = 0; j < size; j++) penalised[j * size + j]! += l2[j]! + leastRidge * largest;
  const factor = factorise(penalised, size);
  const pull = factor.solve(l2.map((pull, j) => pull * x[j]!));
  const bias = inverse(times(hessian, pull));
  const variances = new Float64Array(size);
  for (let k = 0; k < size; k++) {
    // A⁻¹HA⁻¹ as (A⁻¹H) H⁻¹ (HA⁻¹): what A⁻¹ makes of unsaid directions is large, and H takes it away again.
    const unit = new Float64Array(size);
    unit[k] = 1;
    const row = times(hessian, factor.solve(unit, 0));
    const variance = (Math.max(0, dot(row, inverse(row))) * noise) / weight;
    variances[k] = Math.abs(bias[k]!) > mostBias * Math.sqrt(variance) ? Number.NaN : variance;
  }
  const penalties = l2.some((penalty) => penalty > 0);
  return penalties && l2.every((penalty, k) => penalty === 0 || Number.isNaN(variances[k])) ? undefined : variances;
}

/** H with the curvatures h³/(h² + r²) in place of h: next to nothing where h is well below r; and its inverse over the others. */
function whatIsSaid(matrix: Float64Array, size: number) {
  let largest = 0;
  for (let j = 0; j < size; j++) largest = Math.max(largest, matrix[j * size + j]!);
  const square = timesItself(matrix, size);
  const ridged = Float64Array.from(square);
  for (let j = 0; j < size; j++) ridged[j * size + j]! += (leastCurvature * largest) ** 2;
  const factor = factorise(ridged, size);
  const hessian = new Float64Array(size * size);
  for (let k = 0; k < size; k++) {
    const column = times(matrix, factor.solve(square.slice(k * size, (k + 1) * size), 0));
    for (let i = 0; i <= k; i++) hessian[i * size + k] = hessian[k * size + i] = column[i]!;
  }
  return { hessian, largest, inverse: (v: Float64Array) => factor.solve(times(matrix, v), 0) };
}

/** Four rows at a time, whose sums do not wait for each other. */
function times(matrix: Float64Array, v: Float64Array): Float64Array {
  const size = v.length;
  const product = new Float64Array(size);
  let i = 0;
  for (; i + 4 <= size; i += 4) {
    const [p, q, r, s] = [i * size, (i + 1) * size, (i + 2) * size, (i + 3) * size];
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let j = 0; j < size; j++) {
      const value = v[j]!;
      a += matrix[p + j]! * value;
      b += matrix[q + j]! * value;
      c += matrix[r + j]! * value;
      d += matrix[s + j]! * value;
    }
    product.set([a, b, c, d], i);
  }
  for (; i < size; i++) product[i] = dot(matrix.subarray(i * size, (i + 1) * size), v);
  return product;
}

/** A symmetric matrix squared. */
function timesItself(matrix: Float64Array, size: number): Float64Array {
  const square = new Float64Array(size * size);
  for (let k = 0; k < size; k++) square.set(times(matrix, matrix.subarray(k * size, (k + 1) * size)), k * size);
  return square;
}
