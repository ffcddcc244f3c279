import { describe, expect, test } from "vitest";
import { generator } from "../../base/seeds.js";
import { factorise } from "./cholesky.js";
import { coordinateDescent } from "./coordinate-descent.js";
import { noPenalty } from "./penalty.js";

const penalty = (l1: readonly number[], l2: readonly number[]) => ({
  l1: Float64Array.from(l1),
  l2: Float64Array.from(l2),
});

/** A random ZᵀZ / rows with columns that share a common part, so that they correlate strongly. */
function correlated(size: number, rows: number, common: number, seed: number) {
  const next = generator(seed);
  const matrix = new Float64Array(size * size);
  const rhs = new Float64Array(size);
  for (let r = 0; r < rows; r++) {
    const shared = (next() - 0.5) * common;
    const z = Float64Array.from({ length: size }, () => next() - 0.5 + shared);
    const label = z[0]! - z[1]! + next() - 0.5;
    for (let i = 0; i < size; i++) {
      rhs[i]! += (z[i]! * label) / rows;
      for (let j = 0; j < size; j++) matrix[i * size + j]! += (z[i]! * z[j]!) / rows;
    }
  }
  return { matrix, rhs };
}

/** How far each coordinate is from optimal: the distance of minus the gradient from the penalty's subdifferential. */
function violations(
  matrix: Float64Array,
  rhs: Float64Array,
  { l1, l2 }: ReturnType<typeof penalty>,
  x: Float64Array,
): number[] {
  const size = rhs.length;
  return Array.from(x, (value, i) => {
    let gradient = -rhs[i]! + l2[i]! * value;
    for (let j = 0; j < size; j++) gradient += matrix[i * size + j]! * x[j]!;
    return value === 0 ? Math.max(0, Math.abs(gradient) - l1[i]!) : Math.abs(gradient + l1[i]! * Math.sign(value));
  });
}

describe("coordinateDescent", () => {
  test("thresholds softly where coordinates do not touch", () => {
    const x = coordinateDescent(
      Float64Array.of(1, 0, 0, 0, 2, 0, 0, 0, 4),
      Float64Array.of(3, -1, 8),
      penalty([1, 2, 1], [0, 0, 3]),
    );
    expect(Array.from(x)).toEqual([2, 0, 1]);
  });

  test("equals the linear system without an L1 part", () => {
    const { matrix, rhs } = correlated(6, 40, 1, 3);
    const x = coordinateDescent(matrix, rhs, noPenalty(6));
    for (const [i, value] of factorise(matrix, 6).solve(rhs).entries()) expect(x[i]).toBeCloseTo(value, 9);
  });

  test.each([0.001, 0.02, 0.1])(
    "meets the conditions of optimality among strongly correlated columns, L1 %s",
    (strength) => {
      const { matrix, rhs } = correlated(30, 60, 20, 4);
      const given = penalty(new Array(30).fill(strength), new Array(30).fill(0.001));
      const x = coordinateDescent(matrix, rhs, given);
      // Relative to right-hand sides of about 0.1; what is asked of the solver is 1e-11 of them.
      expect(Math.max(...violations(matrix, rhs, given, x))).toBeLessThan(1e-9);
    },
  );

  test("splits nothing and stays finite between two equal columns", () => {
    const x = coordinateDescent(Float64Array.of(1, 1, 1, 1), Float64Array.of(1, 1), penalty([0.1, 0.1], [0, 0]));
    expect(x[0]! + x[1]!).toBeCloseTo(0.9, 12);
  });

  test("leaves a column without variance at zero", () => {
    expect(
      Array.from(coordinateDescent(Float64Array.of(0, 0, 0, 1), Float64Array.of(0, 1), penalty([0, 0.5], [0, 0]))),
    ).toEqual([0, 0.5]);
  });
});
