import { SluiceError } from "../../base/errors.js";

/**
 * A symmetric positive semidefinite matrix made ready for solving. Collinear columns make such a matrix singular; a ridge of
 * `ridgeShare` of its largest diagonal makes it definite, and iterated refinement takes the ridge's bias away again, so that
 * a regular system is solved exactly and a singular one gets its minimum-norm solution (iterated Tikhonov regularisation).
 */
export interface Factor {
  readonly size: number;
  solve(rhs: Float64Array, refinements?: number): Float64Array;
}

const ridgeShare = 1e-10;

export function factorise(matrix: Float64Array, size: number): Factor {
  let largest = 0;
  for (let i = 0; i < size; i++) largest = Math.max(largest, matrix[i * size + i]!);
  let ridge = largest * ridgeShare || 1;
  let lower = cholesky(matrix, size, ridge);
  while (!lower) {
    ridge *= 100;
    if (!Number.isFinite(ridge))
      throw new SluiceError(
        "not_finite",
        "the sums over the rows are not finite: a feature or the label holds NaN, an infinity, or values too large to square; filter such rows with --where, or drop the column",
      );
    lower = cholesky(matrix, size, ridge);
  }
  const factor = lower;

  return {
    size,
    solve(rhs, refinements = 3) {
      const x = Float64Array.from(rhs);
      substitute(factor, size, x);
      const rest = new Float64Array(size);
      for (let round = 0; round < refinements; round++) {
        for (let i = 0; i < size; i++) {
          let sum = rhs[i]!;
          for (let j = 0; j < size; j++) sum -= matrix[i * size + j]! * x[j]!;
          rest[i] = sum;
        }
        substitute(factor, size, rest);
        for (let i = 0; i < size; i++) x[i]! += rest[i]!;
      }
      return x;
    },
  };
}

/** L of LLᵀ = A + ridge I, or nothing when rounding made that indefinite. */
function cholesky(matrix: Float64Array, size: number, ridge: number): Float64Array | undefined {
  const lower = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * size + j]!;
      if (i === j) sum += ridge;
      for (let k = 0; k < j; k++) sum -= lower[i * size + k]! * lower[j * size + k]!;
      if (i !== j) lower[i * size + j] = sum / lower[j * size + j]!;
      else if (sum > 0) lower[i * size + i] = Math.sqrt(sum);
      else return undefined;
    }
  }
  return lower;
}

/** x becomes (LLᵀ)⁻¹x. */
function substitute(lower: Float64Array, size: number, x: Float64Array): void {
  for (let i = 0; i < size; i++) {
    let sum = x[i]!;
    for (let j = 0; j < i; j++) sum -= lower[i * size + j]! * x[j]!;
    x[i] = sum / lower[i * size + i]!;
  }
  for (let i = size - 1; i >= 0; i--) {
    const value = x[i]! / lower[i * size + i]!;
    x[i] = value;
    for (let j = 0; j < i; j++) x[j]! -= lower[i * size + j]! * value;
  }
}
