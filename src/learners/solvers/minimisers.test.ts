import { describe, expect, test } from "vitest";
import { generator } from "../../base/seeds.js";
import { coordinateDescent } from "./coordinate-descent.js";
import { lbfgs } from "./lbfgs.js";
import { newton } from "./newton.js";
import type { Objective } from "./objective.js";
import { noPenalty, type Penalty } from "./penalty.js";
import { proximalLbfgs } from "./proximal-lbfgs.js";

const stop = { tolerance: 1e-14, evaluations: 500 };

/** xᵀAx/2 - bᵀx: its minimum is known. */
function quadratic(matrix: Float64Array, rhs: Float64Array, penalty: Penalty): Objective & { evaluations: number } {
  const size = rhs.length;
  return {
    size,
    intercepts: [],
    penalty,
    evaluations: 0,
    async evaluate(x, curvature) {
      this.evaluations++;
      const gradient = Float64Array.from(rhs, (value) => -value);
      let loss = 0;
      for (let i = 0; i < size; i++) {
        let row = 0;
        for (let j = 0; j < size; j++) row += matrix[i * size + j]! * x[j]!;
        gradient[i]! += row;
        loss += x[i]! * (0.5 * row - rhs[i]!);
      }
      return { loss, gradient, ...(curvature ? { hessian: Float64Array.from(matrix) } : {}) };
    },
  };
}

/** Σ cosh(xⱼ - j) + coupling: steep far away, so that full Newton steps overshoot from there. */
function steep(size: number, penalty = noPenalty(size)): Objective {
  return {
    size,
    intercepts: [],
    penalty,
    async evaluate(x) {
      let loss = 0;
      const gradient = new Float64Array(size);
      const hessian = new Float64Array(size * size);
      for (let j = 0; j < size; j++) {
        loss += Math.cosh(x[j]! - j);
        gradient[j] = Math.sinh(x[j]! - j);
        hessian[j * size + j] = Math.cosh(x[j]! - j);
      }
      return { loss, gradient, hessian };
    },
  };
}

/** Each is 1e-6 off at most: half the curvature times the square of that is the tolerance of 1e-14 with some room. */
function near(x: Float64Array, expected: ArrayLike<number>): void {
  for (const [j, value] of Array.from(expected).entries()) expect(Math.abs(x[j]! - value)).toBeLessThan(1e-6);
}

const matrix = Float64Array.of(4, 1, 0.5, 1, 3, 0.2, 0.5, 0.2, 0.5);
const rhs = Float64Array.of(1, 2, -0.3);

const minimisers = { newton, lbfgs, proximalLbfgs };

describe.each(Object.entries(minimisers))("%s", (_, minimise) => {
  test("finds the minimum of a quadratic with an L2 penalty", async () => {
    const penalty = { l1: new Float64Array(3), l2: Float64Array.of(0, 1, 0.1) };
    const found = await minimise(quadratic(matrix, rhs, penalty), new Float64Array(3), stop);
    expect(found.converged).toBe(true);
    near(found.x, coordinateDescent(matrix, rhs, penalty));
  });

  test("backs off where full steps overshoot", async () => {
    const found = await minimise(steep(4), Float64Array.of(8, -7, 9, 3), stop);
    near(found.x, [0, 1, 2, 3]);
  });

  test("stays where the minimum is", async () => {
    const found = await minimise(steep(2), Float64Array.of(0, 1), stop);
    expect(found.evaluations).toBe(1);
    near(found.x, [0, 1]);
  });

  test("stops after so many evaluations and says so", async () => {
    const found = await minimise(steep(4), Float64Array.of(8, -7, 9, 3), { ...stop, evaluations: 2 });
    expect(found).toMatchObject({ evaluations: 2, converged: false });
  });
});

describe.each(Object.entries({ newton, proximalLbfgs }))("%s", (_, minimise) => {
  test("finds the minimum of a quadratic with an L1 penalty, zeros included", async () => {
    const penalty = { l1: Float64Array.of(0, 0.3, 0.8), l2: Float64Array.of(0, 0.1, 0) };
    const found = await minimise(quadratic(matrix, rhs, penalty), new Float64Array(3), stop);
    const expected = coordinateDescent(matrix, rhs, penalty);
    expect(expected[2]).toBe(0);
    expect(found.x[2]).toBe(0);
    near(found.x, expected);
  });
});

describe.each(Object.entries({ lbfgs, proximalLbfgs }))("%s", (_, minimise) => {
  test("needs fewer evaluations with the memory of a like problem", async () => {
    const next = generator(9);
    const size = 12;
    const diagonal = Float64Array.from({ length: size }, () => 10 ** (3 * next()));
    const of = (wobble: number) => {
      const a = new Float64Array(size * size);
      for (const [j, value] of diagonal.entries()) a[j * size + j] = value * (1 + wobble * next());
      return quadratic(
        a,
        Float64Array.from(diagonal, (value) => Math.sqrt(value)),
        noPenalty(size),
      );
    };
    const first = of(0.01);
    const earlier = await minimise(first, new Float64Array(size), stop);
    const [cold, warm] = [of(0.01), of(0.01)];
    await minimise(cold, new Float64Array(size), stop);
    await minimise(warm, new Float64Array(size), stop, earlier.memory);
    expect(warm.evaluations).toBeLessThan(cold.evaluations);
  });
});

describe("newton", () => {
  test("takes a quadratic in one step, the last taken without looking", async () => {
    const objective = quadratic(matrix, rhs, noPenalty(3));
    await newton(objective, new Float64Array(3), stop);
    expect(objective.evaluations).toBeLessThanOrEqual(3);
  });

  test("asks for second derivatives again when the old ones stop helping", async () => {
    let curved = 0;
    const objective = { ...steep(3), intercepts: [0] };
    const counting: Objective = {
      ...objective,
      evaluate(x, curvature) {
        if (curvature) curved++;
        return objective.evaluate(x, curvature);
      },
    };
    const found = await newton(counting, Float64Array.of(4, 4, -4), stop);
    near(found.x, [0, 1, 2]);
    expect(curved).toBeGreaterThan(1);
  });
});
