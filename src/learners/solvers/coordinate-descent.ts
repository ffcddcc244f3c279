import { factorise } from "./cholesky.js";
import type { Penalty } from "./penalty.js";

export interface DescentOptions {
  /** Rounds of sweeps at most. */
  readonly sweeps?: number;
  /** Done when no coordinate violates its optimality condition by more than this share of the largest one at the start. */
  readonly tolerance?: number;
}

/**
 * The minimiser of `xᵀAx/2 - bᵀx + Σ l1|x| + l2x²/2` for a symmetric positive semidefinite A, one coordinate after the other
 * (Friedman, Hastie, Tibshirani 2010, with covariance updates). Where signs have settled, the rest is a linear system, which
 * is solved directly: correlated columns would take thousands of sweeps.
 */
export function coordinateDescent(
  matrix: Float64Array,
  rhs: Float64Array,
  { l1, l2 }: Penalty,
  start?: Float64Array,
  { sweeps = 300, tolerance = 1e-11 }: DescentOptions = {},
): Float64Array {
  const size = rhs.length;
  const x = start ? Float64Array.from(start) : new Float64Array(size);
  const rest = residual(matrix, rhs, x); // b - Ax
  let scale = 0;
  for (let j = 0; j < size; j++) scale = Math.max(scale, Math.abs(rhs[j]!));
  if (scale === 0) scale = 1;

  /** One sweep; gives how far the worst coordinate was from its optimum, as a gradient. */
  const sweep = (activeOnly: boolean): number => {
    let worst = 0;
    for (let j = 0; j < size; j++) {
      const old = x[j]!;
      if (activeOnly && old === 0) continue;
      const diagonal = matrix[j * size + j]!;
      const curvature = diagonal + l2[j]!;
      // A column without variance has no say.
      if (!(diagonal > 0)) {
        x[j] = 0;
        continue;
      }
      const pull = rest[j]! + diagonal * old;
      const next = pull > l1[j]! ? (pull - l1[j]!) / curvature : pull < -l1[j]! ? (pull + l1[j]!) / curvature : 0;
      if (next === old) continue;
      const step = next - old;
      x[j] = next;
      for (let k = 0, at = j * size; k < size; k++) rest[k]! -= matrix[at + k]! * step;
      worst = Math.max(worst, Math.abs(step) * curvature);
    }
    return worst;
  };

  const enough = tolerance * scale;
  for (let done = 0; done < sweeps; done++) {
    if (sweep(false) <= enough) break;
    for (let i = 0; i < 5 && sweep(true) > enough; i++);
    solveFace(matrix, rhs, { l1, l2 }, x);
    rest.set(residual(matrix, rhs, x)); // rounding does not pile up
  }
  return x;
}

/** Goes to the minimum over the coordinates that are not zero, their signs held; one that would change its sign stops at zero. */
function solveFace(matrix: Float64Array, rhs: Float64Array, { l1, l2 }: Penalty, x: Float64Array): void {
  const all = rhs.length;
  for (;;) {
    const face: number[] = [];
    for (let j = 0; j < all; j++) if (x[j] !== 0) face.push(j);
    const size = face.length;
    if (size === 0) return;
    const inner = new Float64Array(size * size);
    const side = new Float64Array(size);
    face.forEach((j, a) => {
      for (const [b, k] of face.entries()) inner[a * size + b] = matrix[j * all + k]!;
      inner[a * size + a]! += l2[j]!;
      side[a] = rhs[j]! - l1[j]! * Math.sign(x[j]!);
    });
    const target = factorise(inner, size).solve(side);
    let share = 1;
    let stopped = -1;
    face.forEach((j, a) => {
      if (l1[j] === 0 || target[a]! * x[j]! > 0) return;
      const reach = x[j]! / (x[j]! - target[a]!);
      if (reach < share) [share, stopped] = [reach, j];
    });
    for (const [a, j] of face.entries()) x[j]! += share * (target[a]! - x[j]!);
    if (stopped < 0) return;
    x[stopped] = 0;
  }
}

function residual(matrix: Float64Array, rhs: Float64Array, x: Float64Array): Float64Array {
  const size = rhs.length;
  const rest = Float64Array.from(rhs);
  for (let j = 0; j < size; j++) {
    const value = x[j]!;
    if (value !== 0) for (let k = 0, at = j * size; k < size; k++) rest[k]! -= matrix[at + k]! * value;
  }
  return rest;
}
