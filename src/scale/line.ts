import { factorise } from "../learners/solvers/cholesky.js";
import { studentT } from "../metrics/student.js";

export interface Timing {
  /** Cores, threads or partitions. */
  readonly size: number;
  readonly seconds: number;
}

/** A line through timings: seconds = coefficients · terms(size), and what their scatter leaves open. */
export interface Line {
  readonly coefficients: readonly number[];
  /** The residual variance, relative to the seconds. */
  readonly variance: number;
  readonly freedom: number;
  /** u' (X'X)⁻¹ v: how the errors of two combinations of coefficients go together, in units of the variance. */
  covariance(u: readonly number[], v: readonly number[]): number;
}

/**
 * Least squares on relative errors: a run that takes twice as long scatters twice as far, so each run counts by one over the square of
 * its size's mean.
 */
export function lineThrough(timings: readonly Timing[], terms: (size: number) => readonly number[]): Line {
  const means = new Map<number, number>();
  for (const { size } of timings) {
    const same = timings.filter((one) => one.size === size);
    means.set(size, same.reduce((sum, { seconds }) => sum + seconds, 0) / same.length);
  }
  const rows = timings.map(({ size }) => terms(size).map((term) => term / means.get(size)!));
  const wanted = timings.map(({ size, seconds }) => seconds / means.get(size)!);
  const width = rows[0]!.length;
  const norms = Array.from({ length: width }, (_, j) => Math.hypot(...rows.map((row) => row[j]!)));
  const gram = new Float64Array(width * width);
  const right = new Float64Array(width);
  for (const [i, row] of rows.entries())
    for (let j = 0; j < width; j++) {
      right[j]! += (row[j]! / norms[j]!) * wanted[i]!;
      for (let k = 0; k < width; k++) gram[j * width + k]! += (row[j]! * row[k]!) / (norms[j]! * norms[k]!);
    }
  const factor = factorise(gram, width);
  const solved = (of: readonly number[]): number[] =>
    [
      ...factor.solve(
        Float64Array.from(of, (value, j) => value / norms[j]!),
        8,
      ),
    ].map((x, j) => x / norms[j]!);
  const coefficients = [...factor.solve(right, 8)].map((x, j) => x / norms[j]!);
  const freedom = timings.length - width;
  const squares = rows.reduce((sum, row, i) => sum + (wanted[i]! - dot(row, coefficients)) ** 2, 0);
  return {
    coefficients,
    freedom,
    variance: freedom > 0 ? squares / freedom : Number.NaN,
    covariance: (u, v) => dot(u, solved(v)),
  };
}

/**
 * The 95 % interval of (u · coefficients) / (v · coefficients) by Fieller's theorem (1954): the ratios r for which u - r v is not told
 * from 0 by a t test. It needs no large numbers of runs. Nothing where the denominator itself may be 0.
 */
export function ratioInterval(
  { coefficients, variance, freedom, covariance }: Line,
  u: readonly number[],
  v: readonly number[],
): readonly [low: number, high: number] | undefined {
  if (!(freedom > 0)) return undefined;
  const doubt = studentT(0.95, freedom) ** 2 * variance;
  const [above, below] = [dot(u, coefficients), dot(v, coefficients)];
  const a = below ** 2 - doubt * covariance(v, v);
  const half = above * below - doubt * covariance(u, v);
  const c = above ** 2 - doubt * covariance(u, u);
  if (!(a > 0)) return undefined;
  const root = Math.sqrt(Math.max(0, half ** 2 - a * c));
  return [(half - root) / a, (half + root) / a];
}

export const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
