import { describe, expect, test } from "vitest";
import { factorise } from "./cholesky.js";

function closeTo(actual: Float64Array, expected: readonly number[], tolerance: number): void {
  for (const [i, value] of expected.entries()) expect(Math.abs(actual[i]! - value)).toBeLessThan(tolerance);
}

describe("factorise", () => {
  test("refuses a matrix that is not finite instead of looking for its ridge for ever", () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => factorise(Float64Array.of(1, value, value, value), 2)).toThrow("not finite");
  });

  test("solves a small system by hand", () => {
    // [4 2; 2 3] x = [10; 9] has x = [1.5, 2].
    closeTo(factorise(Float64Array.of(4, 2, 2, 3), 2).solve(Float64Array.of(10, 9)), [1.5, 2], 1e-14);
  });

  test("solves the Hilbert matrix of order 5 after refinement", () => {
    const size = 5;
    const hilbert = Float64Array.from(
      { length: size * size },
      (_, at) => 1 / (Math.floor(at / size) + (at % size) + 1),
    );
    const ones = Float64Array.from({ length: size }, (_, i) => {
      let sum = 0;
      for (let j = 0; j < size; j++) sum += hilbert[i * size + j]!;
      return sum;
    });
    // Condition 5e5, so 1e-10 of float64's 1e-16 is what can be kept.
    closeTo(factorise(hilbert, size).solve(ones), [1, 1, 1, 1, 1], 1e-9);
  });

  test("gives the shortest solution of a singular system", () => {
    // x + 2y = 5 alone: the shortest is [1, 2].
    closeTo(factorise(Float64Array.of(1, 2, 2, 4), 2).solve(Float64Array.of(5, 10)), [1, 2], 1e-7);
  });

  test("leaves coordinates at zero that nothing determines", () => {
    closeTo(factorise(Float64Array.of(2, 0, 0, 0), 2).solve(Float64Array.of(4, 0)), [2, 0], 1e-12);
    closeTo(factorise(new Float64Array(4), 2).solve(new Float64Array(2)), [0, 0], 1e-12);
  });

  test("copes with a matrix that rounding made indefinite", () => {
    const x = factorise(Float64Array.of(1, 1 + 1e-9, 1 + 1e-9, 1), 2).solve(Float64Array.of(2, 2));
    // Between the two columns only the sum is known.
    expect(Math.abs(x[0]! + x[1]! - 2)).toBeLessThan(1e-6);
  });
});
