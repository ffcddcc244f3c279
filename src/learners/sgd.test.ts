import { describe, expect, test } from "vitest";
import { resolveParams } from "../base/params.js";
import { generator } from "../base/seeds.js";
import type { Task, TrainingData } from "./contract.js";
import type { LinearState } from "./linear/state.js";
import { linear } from "./linear.js";
import { logistic } from "./logistic.js";
import { sgd } from "./sgd.js";
import { memoryData } from "./testing.js";

/** Correlated columns of very different sizes, so that an unscaled step would diverge or crawl. */
function dataOf(task: Task, rows = 20_000) {
  const next = generator(3);
  const a = Array.from({ length: rows }, () => 1000 * (next() - 0.5));
  const b = a.map((value) => value / 1e5 + next() / 100);
  const codes = Array.from({ length: rows }, () => Math.floor(next() * 3));
  const margin = a.map((value, i) => value / 300 - 100 * b[i]! + codes[i]! / 2 + 2 * (next() + next() - 1));
  const label = {
    regression: margin.map((m) => 50 + 10 * m),
    binary: margin.map((m) => +(m > 0)),
    multiclass: margin.map((m) => +(m > -1) + +(m > 0.5)),
  }[task];
  return memoryData({
    numbers: [a, b],
    categories: [{ codes, width: 3 }],
    label,
    task,
    pageRows: 2048,
    coding: [
      { shift: 0, exponent: -9 },
      { shift: 0, exponent: 7 },
    ],
  });
}
const fitted = (data: TrainingData, given: Record<string, unknown> = {}, seed = 1): Promise<LinearState> =>
  sgd.fit(data, resolveParams("sgd", sgd.params, given), seed);
const steepness = ({ weights, deviations }: LinearState): number[] =>
  weights.flatMap((row) => row.map((weight, j) => weight * deviations[j]!));

describe("sgd", () => {
  test.each(["regression", "binary", "multiclass"] as const)(
    "comes near the optimum in five epochs: %s",
    async (task) => {
      const data = dataOf(task);
      const exact = task === "regression" ? linear : logistic;
      const best = steepness(await exact.fit(data, resolveParams(exact.name, exact.params), 1));
      const found = steepness(await fitted(data));
      // The noise of 400 late steps of 256 rows: some hundredths of the largest coefficient.
      const scale = Math.max(...best.map(Math.abs));
      for (const [j, value] of best.entries()) expect(Math.abs(found[j]! - value) / scale).toBeLessThan(0.1);
    },
  );

  test.each([
    { momentum: 0.9 },
    { schedule: "constant", rate: 0.1 },
    { schedule: "sqrt" },
    { batchRows: 32 },
    { batchRows: 2048 },
  ])("lowers the loss from epoch to epoch with %o", async (given) => {
    const losses: number[] = [];
    const data: TrainingData = { ...dataOf("binary", 8_000), report: ({ loss }) => void losses.push(loss!) };
    await fitted(data, { ...given, epochs: 4 });
    expect(losses.length).toBe(4);
    expect(losses[0]!).toBeLessThan(Math.LN2);
    // The first epoch learns nearly all; later ones may not lose more than noise.
    expect(losses[3]!).toBeLessThan(losses[0]!);
  });

  test("depends on its seed, and on nothing else", async () => {
    const data = dataOf("binary", 8_000);
    expect(await fitted(data)).toEqual(await fitted(data));
    expect((await fitted(data, {}, 2)).weights).not.toEqual((await fitted(data)).weights);
  });

  test("sets coefficients to zero under a strong L1 penalty", async () => {
    const { weights } = await fitted(dataOf("binary", 8_000), { penalty: 10, l1Ratio: 1 });
    expect(weights[0]).toEqual([0, 0, 0, 0, 0]);
  });
});
