import { factorise } from "./cholesky.js";
import { coordinateDescent } from "./coordinate-descent.js";
import { hasL1, type Penalty } from "./penalty.js";

/** The minimiser of `xᵀAx/2 - bᵀx + penalty(x)`: a linear system without an L1 part, coordinate descent with one. */
export function minimiseQuadratic(
  matrix: Float64Array,
  rhs: Float64Array,
  penalty: Penalty,
  start?: Float64Array,
): Float64Array {
  const size = rhs.length;
  if (hasL1(penalty)) return coordinateDescent(matrix, rhs, penalty, start);
  const sum = Float64Array.from(matrix);
  for (let j = 0; j < size; j++) sum[j * size + j]! += penalty.l2[j]!;
  return factorise(sum, size).solve(rhs);
}
