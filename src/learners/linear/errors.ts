import { factorise } from "../solvers/cholesky.js";
import { type Coordinates, penaltyOn } from "./coordinates.js";
import type { Strength } from "./params.js";

/** Directions in which the data say less than this share of the most are taken as unsaid: float32 sums can't tell them from 0. */
const leastCurvature = 1e-4;
/** A penalty above this share of a coefficient's curvature biases it by more than its error tells. */
const mostPenalty = 1e-3;

/**
 * Variances of estimated coefficients from the mean second derivatives H over rows of weight n: the diagonal of H⁺/n, with
 * H⁺ = (H² + r²)⁻¹H as the generalised inverse, so that a full set of indicators beside an intercept has errors too.
 */
export function variancesOf(
  fit: { readonly coordinates: Coordinates; readonly hessian?: Float64Array; readonly weight: number },
  strength: Strength,
  outputs: number,
  noise = 1,
): Float64Array | undefined {
  const { hessian, coordinates, weight } = fit;
  if (!hessian) return undefined;
  const { l1, l2 } = penaltyOn(coordinates, strength, outputs);
  const size = l2.length;
  let largest = 0;
  for (let j = 0; j < size; j++) {
    const curvature = hessian[j * size + j]!;
    if (curvature > 0 && (l1[j]! > mostPenalty * curvature || l2[j]! > mostPenalty * curvature)) return undefined;
    largest = Math.max(largest, curvature);
  }
  const square = timesItself(hessian, size);
  for (let j = 0; j < size; j++) square[j * size + j]! += (leastCurvature * largest) ** 2;
  const factor = factorise(square, size);
  const variances = new Float64Array(size);
  for (let k = 0; k < size; k++) {
    const v = factor.solve(hessian.slice(k * size, (k + 1) * size), 0);
    let form = 0;
    for (let i = 0; i < size; i++) {
      let row = 0;
      for (let j = 0; j < size; j++) row += hessian[i * size + j]! * v[j]!;
      form += v[i]! * row;
    }
    variances[k] = (Math.max(0, form) * noise) / weight;
  }
  return variances;
}

/** A symmetric matrix squared. */
function timesItself(matrix: Float64Array, size: number): Float64Array {
  const square = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = i; j < size; j++) {
      let sum = 0;
      for (let k = 0; k < size; k++) sum += matrix[i * size + k]! * matrix[j * size + k]!;
      square[i * size + j] = square[j * size + i] = sum;
    }
  return square;
}
