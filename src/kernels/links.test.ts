import { describe, expect, test } from "vitest";
import { Arena } from "../pages/arena.js";
import { kernelsOf } from "./index.js";

const arena = new Arena(2 ** 20);
const kernels = kernelsOf(arena);
const [margins, y, w, curvatures, sums] = [
  arena.f64(512),
  arena.f64(256),
  arena.f64(256),
  arena.f64(256),
  arena.f64(2),
];
const residuals = arena.f32(512);

/** Loss, residual and curvature of one row of weight 1, the other seven of its panel being out. */
function link(margin: number, label: number): { loss: number; residual: number; curvature: number } {
  margins.fill(0).set([margin]);
  y.fill(0).set([label]);
  w.fill(0).set([1]);
  sums.fill(0);
  kernels.logisticLink(
    margins.byteOffset,
    y.byteOffset,
    w.byteOffset,
    1,
    residuals.byteOffset,
    curvatures.byteOffset,
    sums.byteOffset,
  );
  return { loss: sums[0]!, residual: residuals[0]!, curvature: curvatures[0]! };
}

const points = Array.from({ length: 4001 }, (_, i) => (i - 2000) / 50 + Math.sin(i) / 100);

describe("the logistic link", () => {
  test("gives losses and curvatures to 1e-11 and probabilities to float32", () => {
    for (const m of points) {
      const e = Math.exp(-Math.abs(m));
      const { loss, residual, curvature } = link(m, 0);
      const right = Math.max(m, 0) + Math.log1p(e);
      expect(Math.abs(loss - right) / right).toBeLessThan(2e-11); // the series are cut at 1.5e-11
      const probability = (m >= 0 ? 1 : e) / (1 + e);
      expect(Math.abs(residual - probability) / probability).toBeLessThan(6.1e-8); // half a unit of float32
      expect(Math.abs(curvature / (e / (1 + e) ** 2) - 1)).toBeLessThan(2e-11);
    }
  });

  test("keeps its head where margins are huge, and knows the other label", () => {
    expect(link(1e6, 1)).toEqual({ loss: 0, residual: 0, curvature: expect.closeTo(0, 300) });
    expect(link(-1e6, 1).loss).toBe(1e6);
    expect(link(0, 1)).toEqual({ loss: expect.closeTo(Math.LN2, 11), residual: -0.5, curvature: 0.25 });
  });
});

describe("the softmax link", () => {
  test("with two classes is the logistic one", () => {
    for (const m of points) {
      const logistic = link(m, 1);
      margins[0] = 5 - (2 * m) / 3;
      margins[256] = m / 3 + 5;
      sums.fill(0);
      kernels.softmaxLink(margins.byteOffset, 2, y.byteOffset, w.byteOffset, 1, residuals.byteOffset, sums.byteOffset);
      expect(Math.abs(sums[0]! - logistic.loss)).toBeLessThan(1e-11 * Math.max(1, logistic.loss));
      expect(Math.abs(residuals[256]! - logistic.residual)).toBeLessThan(1e-7 * Math.abs(logistic.residual) + 1e-12);
      expect(margins[0]! + margins[256]!).toBeCloseTo(1, 14);
    }
  });
});
