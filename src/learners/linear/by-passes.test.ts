import { describe, expect, test } from "vitest";
import { resolveParams } from "../../base/params.js";
import { generator } from "../../base/seeds.js";
import type { TrainingData } from "../contract.js";
import { logistic } from "../logistic.js";
import { memoryData } from "../testing.js";
import { fitByPasses } from "./by-passes.js";
import { logLoss, multinomialLogLoss } from "./losses.js";
import { toState } from "./state.js";

const options = { penalty: 1e-6, l1Ratio: 0, standardise: true, tolerance: 1e-8, maxPasses: 200, outputs: 1 };

/** Rows whose log odds are a + b / 2, and a seeded fifth of them as the sample; counts scans as train does: calls made at once share one. */
function manyRows(rows: number, rare = 0) {
  const next = generator(5);
  const table = (count: number) => {
    const a = Float64Array.from({ length: count }, () => next() * 4 - 2);
    const b = Float64Array.from({ length: count }, (_, i) => next() * 4 - 2 + a[i]! / 2);
    const label = Array.from(a, (value, i) => (next() < 1 / (1 + Math.exp(rare - value - b[i]! / 2)) ? 1 : 0));
    return memoryData({ numbers: [a, b], label, task: "binary", pageRows: 4096 });
  };
  const data = table(rows);
  const sample = table(rows / 5);
  const counted = { scans: 0, sampled: 0 };
  let open = false;
  const counting: TrainingData = {
    ...data,
    async pass(pass, params, { rows: which = "train" } = {}) {
      if (which === "sample") {
        counted.sampled++;
        return sample.pass(pass, params);
      }
      if (!open) counted.scans++;
      open = true;
      await new Promise(setImmediate);
      open = false;
      return data.pass(pass, params);
    },
  };
  return { data: counting, plain: data, counted };
}

describe("fitting by passes", () => {
  test("starts much data from a sample's solution and needs two scans", async () => {
    const { data, counted } = manyRows(120_000);
    const { x } = await fitByPasses(data, logLoss, { ...options, curved: true });
    expect(counted.sampled).toBeGreaterThan(3);
    expect(counted.scans).toBe(2);
    expect(x.every(Number.isFinite)).toBe(true);
  });

  test("comes to the same coefficients from the sample and from zero, by second-order and by first-order steps", async () => {
    const { data, plain } = manyRows(120_000);
    const fits = await Promise.all([
      fitByPasses(data, logLoss, { ...options, curved: true }),
      fitByPasses(data, logLoss, { ...options, curved: false }),
      fitByPasses({ ...plain, rows: 99_999 }, logLoss, { ...options, curved: true }),
    ]);
    const [newton, lbfgs, cold] = fits.map(({ coordinates, x }) => toState(coordinates, x, 1).weights[0]!);
    // Each stops within 1e-8 of the least loss: about 1e-4 of a coefficient.
    newton!.forEach((weight, j) => {
      expect(Math.abs(lbfgs![j]! / weight - 1)).toBeLessThan(1e-4);
      expect(Math.abs(cold![j]! / weight - 1)).toBeLessThan(1e-4);
    });
  });

  test("saves scans of first-order steps with what the sample said of the curvature", async () => {
    const warm = manyRows(120_000);
    await fitByPasses(warm.data, logLoss, { ...options, curved: false });
    const cold = manyRows(120_000);
    await fitByPasses({ ...cold.data, rows: 99_999 }, logLoss, { ...options, curved: false });
    expect(warm.counted.scans).toBeLessThan(cold.counted.scans);
  });

  test("starts from an earlier fit, and is done after one scan where nothing has changed", async () => {
    const { data, plain, counted } = manyRows(120_000);
    const params = resolveParams("logistic", logistic.params);
    const earlier = await logistic.fit(plain, params, 1);
    const again = await logistic.fit(data, params, 1, earlier);
    expect(counted).toEqual({ scans: 1, sampled: 0 });
    // Both within 1e-8 of the least loss.
    for (const [j, weight] of earlier.weights[0]!.entries())
      expect(Math.abs(again.weights[0]![j]! / weight - 1)).toBeLessThan(1e-4);
  });

  test("finds rare classes", async () => {
    const { data } = manyRows(120_000, 6);
    const { coordinates, x } = await fitByPasses(data, logLoss, { ...options, curved: true });
    const { weights, intercepts } = toState(coordinates, x, 1);
    // 120,000 rows with some 700 of the rare class know a coefficient to about 0.05.
    expect(Math.abs(weights[0]![0]! - 1)).toBeLessThan(0.2);
    expect(Math.abs(weights[0]![1]! - 0.5)).toBeLessThan(0.2);
    expect(Math.abs(intercepts[0]! + 6)).toBeLessThan(0.4);
  });

  test("says so when it stops before the tolerance is met", async () => {
    const notes: string[] = [];
    const { plain } = manyRows(2_000);
    const data: TrainingData = { ...plain, report: ({ note }) => void notes.push(note ?? "") };
    await fitByPasses(data, logLoss, { ...options, maxPasses: 2, curved: true });
    expect(notes.at(-1)).toBe("stopped after 2 passes, before the tolerance was met");
  });

  test("gives classes symmetric coefficients where only their differences matter", async () => {
    const next = generator(2);
    const a = Array.from({ length: 300 }, () => next());
    const label = a.map((value) => Math.min(2, Math.floor((value + next()) * 1.5)));
    const data = memoryData({ numbers: [a], label, task: "multiclass", pageRows: 64 });
    const { x } = await fitByPasses(data, multinomialLogLoss, { ...options, penalty: 0, outputs: 3, curved: true });
    expect(Math.abs(x[0]! + x[2]! + x[4]!)).toBeLessThan(1e-9);
    expect(Math.abs(x[1]! + x[3]! + x[5]!)).toBeLessThan(1e-9);
  });

  test("stays finite where classes separate and nothing penalises", async () => {
    const a = Array.from({ length: 200 }, (_, i) => i - 99.5);
    const data = memoryData({
      numbers: [a],
      label: a.map((value) => (value > 0 ? 1 : 0)),
      task: "binary",
      pageRows: 64,
    });
    for (const curved of [true, false]) {
      const { x } = await fitByPasses(data, logLoss, { ...options, penalty: 0, curved });
      expect(x.every(Number.isFinite)).toBe(true);
      expect(x[0]!).toBeGreaterThan(10);
    }
  });
});
