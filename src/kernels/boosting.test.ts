import { describe, expect, test } from "vitest";
import { generator } from "../base/seeds.js";
import { Arena } from "../pages/arena.js";
import { derivatives, objectives, stepsOf } from "./boosting.reference.js";
import { kernelsOf } from "./index.js";

const arena = new Arena(2 ** 21);
const kernels = kernelsOf(arena);
const start = arena.mark();
const f32 = (from: ArrayLike<number>): Float32Array => {
  const to = arena.f32(from.length);
  to.set(from);
  return to;
};

const alphas: Partial<Record<string, number>> = { huber: 0.75, quantile: 0.25, tweedie: 1.5 };

describe.each(objectives)("%s", (objective) => {
  const outputs = objective === "softmax" ? 3 : 1;
  const alpha = alphas[objective] ?? 0;
  const code = objectives.indexOf(objective);

  /** Scores of [output][row] with a gap between outputs, labels that suit the objective, weights of 0 among them. */
  function given(rows: number) {
    arena.reset(start);
    const next = generator(rows + 1);
    const step = rows + 3;
    const scores = f32(Array.from({ length: outputs * step }, (_, i) => (i % 7 === 0 ? 60 : 6) * (next() - 0.5)));
    const label = () =>
      objective === "binary" ? Math.floor(2 * next()) : objective === "softmax" ? Math.floor(3 * next()) : 4 * next();
    const y = f32(Array.from({ length: rows }, label));
    const w = f32(Array.from({ length: rows }, (_, i) => (i % 5 === 4 ? 0 : 0.5 + next())));
    return { rows, step, scores, y, w };
  }
  const rowOf = ({ step, scores, y }: ReturnType<typeof given>, i: number) =>
    derivatives[objective](
      Array.from({ length: outputs }, (_, k) => scores[k * step + i]!),
      y[i]!,
      alpha,
    );

  test.each([0, 1, 2, 5, 100])("has the reference's derivatives of %i rows, and writes no more", (rows) => {
    for (const weighted of [true, false]) {
      const data = given(rows);
      const { step, scores, y, w } = data;
      const [g, h] = [f32(scores).fill(7), f32(scores).fill(7)];
      kernels.gradients(
        ...([code, alpha, rows, scores.byteOffset, 4 * step, outputs, y.byteOffset] as const),
        ...([weighted ? w.byteOffset : 0, g.byteOffset, h.byteOffset, 4 * step] as const),
      );
      for (let i = 0; i < rows; i++) {
        const weight = weighted ? w[i]! : 1;
        const right = rowOf(data, i);
        for (let k = 0; k < outputs; k++) {
          // float32 results, of softmax from float32 probabilities; near p = y what is left of 1 counts
          const close = (by: number) => 3e-7 * Math.max(Math.abs(by), weight);
          expect(Math.abs(g[k * step + i]! - weight * right.g[k]!)).toBeLessThanOrEqual(close(weight * right.g[k]!));
          expect(Math.abs(h[k * step + i]! - weight * right.h[k]!)).toBeLessThanOrEqual(close(weight * right.h[k]!));
        }
      }
      for (const each of [g, h])
        for (let k = 0; k < outputs; k++)
          expect(Array.from(each.subarray(k * step + rows, (k + 1) * step))).toEqual([7, 7, 7]);
    }
  });

  test.each([0, 1, 2, 5, 100])("has the reference's loss of %i rows, in whole steps", (rows) => {
    for (const weighted of [true, false]) {
      const data = given(rows);
      const { step, scores, y, w } = data;
      const loss = kernels.losses(
        ...([
          code,
          alpha,
          rows,
          scores.byteOffset,
          4 * step,
          outputs,
          y.byteOffset,
          weighted ? w.byteOffset : 0,
        ] as const),
      );
      let right = 0;
      let off = 0;
      for (let i = 0; i < rows; i++) {
        const exact = rowOf(data, i).loss * (weighted ? w[i]! : 1);
        right += stepsOf(exact);
        // of the series; only so near a tie do both round apart
        const error = Math.abs(exact) * 2 ** 20 * 2e-11;
        if (stepsOf(exact - error / 2 ** 20) !== stepsOf(exact + error / 2 ** 20)) off += Math.ceil(error);
      }
      expect(loss).toBe(Math.round(loss));
      expect(Math.abs(loss - right)).toBeLessThanOrEqual(off);
    }
  });
});

test("scores that are NaN show in extents and losses", () => {
  arena.reset(start);
  const [scores, y, g, h, out] = [
    f32([0, Number.NaN, 0, 0]),
    f32([0, 1, 1, 0]),
    f32([0, 0, 0, 0]),
    f32([0, 0, 0, 0]),
    f32([0, 0]),
  ];
  kernels.gradients(0, 0, 4, scores.byteOffset, 16, 1, y.byteOffset, 0, g.byteOffset, h.byteOffset, 16);
  kernels.extent(4, g.byteOffset, h.byteOffset, out.byteOffset);
  expect(Array.from(out)).toEqual([Number.NaN, Number.NaN]);
  expect(kernels.losses(0, 0, 4, scores.byteOffset, 16, 1, y.byteOffset, 0)).toBeNaN();
});
