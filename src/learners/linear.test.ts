import { describe, expect, test } from "vitest";
import { resolveParams } from "../base/params.js";
import { generator } from "../base/seeds.js";
import { baseline } from "./baseline.js";
import type { TrainingData } from "./contract.js";
import { linear } from "./linear.js";
import { logistic } from "./logistic.js";
import { type MemoryTable, memoryData } from "./testing.js";

const plain = resolveParams("linear", linear.params, { penalty: 0 });

function countingPasses(table: MemoryTable): { data: TrainingData; passes: string[] } {
  const passes: string[] = [];
  const data = memoryData(table);
  const counting: TrainingData = {
    ...data,
    pass(pass, params) {
      passes.push(pass.name);
      return data.pass(pass, params);
    },
  };
  return { passes, data: counting };
}

describe("linear", () => {
  test("finds a line and its standard error by hand, in one pass", async () => {
    // y = 1 + 2x + (1, -1, -1, 1) / 2: residuals of sum 0, orthogonal to x. RSS = 1, s² = 1 / 2, Σ(x - mean)² = 5.
    const { data, passes } = countingPasses({
      numbers: [[0, 1, 2, 3]],
      label: [1.5, 2.5, 4.5, 7.5],
      task: "regression",
    });
    const state = await linear.fit(data, plain, 0);
    expect(passes).toEqual(["gram"]);
    // Sums are of float32 products.
    expect(state.weights[0]![0]).toBeCloseTo(2, 6);
    expect(state.intercepts[0]).toBeCloseTo(1, 6);
    expect(state.errors![0]![0]).toBeCloseTo(Math.sqrt(0.5 / 5), 6);
    expect(state.means[0]).toBeCloseTo(1.5, 6);
    expect(state.deviations[0]).toBeCloseTo(Math.sqrt(1.25), 6);
  });

  test("looks twice where a column lies far from where it was expected", async () => {
    const next = generator(1);
    const rows = Array.from({ length: 200 }, () => Math.round(next() * 4096) / 4096);
    const table = {
      numbers: [rows.map((x) => 2000 + x)],
      label: rows.map((x) => 1e6 + 3 * x),
      task: "regression",
      fill: [0],
    } as const;
    const { data, passes } = countingPasses(table);
    const state = await linear.fit(data, plain, 0);
    expect(passes).toEqual(["gram", "gram"]);
    expect(state.weights[0]![0]).toBeCloseTo(3, 3);
  });

  test("gives a full set of indicators symmetric effects beside the intercept, with errors", async () => {
    const codes = Array.from({ length: 90 }, (_, i) => i % 3);
    const label = codes.map((code, i) => [1, 2, 6][code]! + (i % 2 ? 0.5 : -0.5));
    const data = memoryData({ numbers: [], categories: [{ codes, width: 3 }], label, task: "regression" });
    for (const penalty of [0, 1e-6]) {
      const { weights, intercepts, errors } = await linear.fit(data, { ...plain, penalty }, 0);
      // Equal counts: the levels' means are 1, 2 and 6 about their mean of 3.
      [-2, -1, 3].forEach((value, k) => void expect(weights[0]![k]).toBeCloseTo(value, 4));
      expect(intercepts[0]).toBeCloseTo(3, 4);
      // s² = 90 / 4 / 86, and a level's distance from the mean of three has the variance s² (1 / 30) (2 / 3).
      for (const error of errors![0]!) expect(error).toBeCloseTo(Math.sqrt((22.5 / 86 / 30) * (2 / 3)), 4);
    }
  });

  test("has the level's effects per level, standardised ones to compare", async () => {
    const data = memoryData({ numbers: [[0, 2, 4, 6]], label: [0, 1, 2, 3], task: "regression" });
    const [effect] = linear.effects!(await linear.fit(data, plain, 0), data.blocks);
    expect(effect!.feature).toBe("x0");
    expect(effect!.coefficient).toBeCloseTo(0.5, 6);
    expect(effect!.standardised).toBeCloseTo(0.5 * Math.sqrt(5), 6);
  });

  test("takes more than 500 columns by first-order steps, to the same coefficients", async () => {
    const next = generator(4);
    const rows = 1200;
    const width = 510;
    const numbers = Array.from({ length: width }, () => Array.from({ length: rows }, () => next() - 0.5));
    const label = Array.from({ length: rows }, (_, i) => 5 + 3 * numbers[0]![i]! - numbers[509]![i]! + next() / 10);
    const { data, passes } = countingPasses({ numbers, label, task: "regression", pageRows: 256 });
    const { weights, intercepts } = await linear.fit(data, resolveParams("linear", linear.params), 0);
    expect(passes.slice(1)).toEqual(passes.slice(1).map(() => "squared"));
    // Noise of deviation 0.03 over 1,200 rows and columns of deviation 0.29: errors of about 0.004.
    expect(Math.abs(weights[0]![0]! - 3)).toBeLessThan(0.02);
    expect(Math.abs(weights[0]![509]! + 1)).toBeLessThan(0.02);
    expect(Math.abs(intercepts[0]! - 5.05)).toBeLessThan(0.02);
  });

  test("has no errors where a penalty would make them wrong", async () => {
    const data = memoryData({ numbers: [[0, 1, 2, 3]], label: [0, 1, 2, 4], task: "regression" });
    expect((await linear.fit(data, { ...plain, penalty: 0.1 }, 0)).errors).toBeUndefined();
    expect((await linear.fit(data, { ...plain, penalty: 0.1, l1Ratio: 1 }, 0)).errors).toBeUndefined();
  });
});

describe("logistic", () => {
  test("finds the log odds of two groups and their standard error by hand", async () => {
    // 30 of 40 against 10 of 40: log odds ±ln 3; the difference has the variance 1/30 + 1/10 + 1/10 + 1/30.
    const x = Array.from({ length: 80 }, (_, i) => (i < 40 ? 1 : 0));
    const label = x.map((value, i) => +(i % 4 !== 0 ? value === 1 : value === 0));
    const data = memoryData({ numbers: [x], label, task: "binary" });
    const state = await logistic.fit(data, resolveParams("logistic", logistic.params, { penalty: 0 }), 0);
    // The tolerance is on the loss: a coefficient is known to some 1e-5.
    expect(state.weights[0]![0]).toBeCloseTo(2 * Math.log(3), 4);
    expect(state.intercepts[0]).toBeCloseTo(-Math.log(3), 4);
    // Second derivatives are those of a point within 0.05 of the last margins, and p (1 - p) moves by at most that share.
    expect(Math.abs(state.errors![0]![0]! / Math.sqrt(8 / 30) - 1)).toBeLessThan(0.05);
  });
});

describe("standard errors", () => {
  test("cover the true coefficients as often as they say, under the default penalty too", async () => {
    // Two numbers and a category of uneven levels, whose effects add up to zero as the penalty leaves them.
    const [first, second, ...levels] = [0.8, -0.4, 0.9, 0.1, -1];
    let [told, missed] = [0, 0];
    for (let seed = 0; seed < 40; seed++) {
      const next = generator(100 + seed);
      const numbers = [0, 1].map(() => Array.from({ length: 600 }, () => 4 * next() - 2));
      const codes = Array.from({ length: 600 }, () => [0, 0, 0, 0, 0, 0, 1, 1, 1, 2][Math.floor(10 * next())]!);
      const margin = (i: number) => 0.3 + first! * numbers[0]![i]! + second! * numbers[1]![i]! + levels[codes[i]!]!;
      const label = codes.map((_, i) => Number(next() < 1 / (1 + Math.exp(-margin(i)))));
      const data = memoryData({ numbers, categories: [{ codes, width: 3 }], label, task: "binary" });
      const { weights, errors } = await logistic.fit(data, resolveParams("logistic", logistic.params), 0);
      for (const [j, w] of [first!, second!, ...levels].entries()) {
        const error = errors![0]![j];
        if (typeof error !== "number") continue;
        told++;
        if (Math.abs(weights[0]![j]! - w) > 1.96 * error) missed++;
      }
    }
    expect(told).toBeGreaterThan(150); // of 200: a level of 60 rows has none now and then
    expect(missed).toBeGreaterThan(1);
    expect(missed).toBeLessThan(22); // 5 % and a little more: 10 on average, beyond 21 about once in 1,000
  });

  test("are left out for the coefficients alone that the penalty moves too far", async () => {
    // 2,000 rows tell the number; the level stands on 6 rows of one kind, and only the penalty keeps it finite.
    const next = generator(7);
    const x = Array.from({ length: 2000 }, () => next() - 0.5);
    const rare = x.map((_, i) => (i < 6 ? 1 : 0));
    const label = x.map((value, i) => (i < 6 ? 1 : Number(next() < 0.5 + 0.4 * value)));
    const data = memoryData({ numbers: [x], categories: [{ width: 2, codes: rare }], label, task: "binary" });
    const { errors } = await logistic.fit(data, resolveParams("logistic", logistic.params), 0);
    expect(errors![0]![0]).toBeGreaterThan(0);
    expect(errors![0]!.slice(1)).toContain(null);
  });
});

describe("baseline", () => {
  test("keeps weighted shares and means", async () => {
    const table = { numbers: [[1, 2, 3, 4]], weight: [1, 1, 2, 4] } as const;
    const binary = memoryData({ ...table, label: [0, 1, 1, 0], task: "binary" });
    expect(await baseline.fit(binary, {}, 0)).toEqual({ shares: [5 / 8, 3 / 8] });
    const regression = memoryData({ ...table, label: [8, 16, 4, 2], task: "regression" });
    expect((await baseline.fit(regression, {}, 0)).shares[0]).toBeCloseTo(5, 12);
  });

  test("gives a class that never occurs a finite margin", async () => {
    const data = memoryData({ numbers: [[1, 2]], label: [0, 2], task: "multiclass", classes: 3 });
    const scores = baseline.score(await baseline.fit(data, {}, 0), data.blocks, "multiclass", 3);
    expect(scores["margin_1"]).toMatchObject({ args: [{ value: Math.log(1e-15) }] });
  });
});

describe("the default penalty", () => {
  test("is 1 / rows on standardised numbers and on the levels' own columns, like scikit-learn's C = 1", async () => {
    // Ridge by hand: y of a level's rows less the mean of all, held back by one row: sums 20 and -20 over 10 + 1 rows' worth.
    const rows = 20;
    const codes = Array.from({ length: rows }, (_, i) => i % 2);
    const data = memoryData({
      numbers: [],
      categories: [{ codes, width: 2 }],
      label: codes.map((code) => (code === 0 ? 2 : -2)),
      task: "regression",
    });
    const { weights, intercepts } = await linear.fit(data, resolveParams("linear", linear.params), 0);
    // Of a difference of 4: two coefficients w and -w, least of 10 (2 - w)² + w²: w = 20 / 11.
    expect(weights[0]![0]).toBeCloseTo(20 / 11, 5);
    expect(weights[0]![1]).toBeCloseTo(-20 / 11, 5);
    expect(intercepts[0]).toBeCloseTo(0, 5);
  });

  test("leaves a level of a few rows of one class where one row would pull it, not at infinity", async () => {
    const next = generator(3);
    const rows = 3000;
    const codes = Array.from({ length: rows }, (_, i) => (i < 7 ? 2 : i % 2));
    const label = codes.map((code) => (code === 2 ? 0 : +(next() < 0.7)));
    const data = memoryData({ numbers: [], categories: [{ codes, width: 3 }], label, task: "binary" });
    const { weights } = await logistic.fit(data, resolveParams("logistic", logistic.params), 0);
    expect(weights[0]![2]).toBeGreaterThan(-3);
    expect(weights[0]![2]).toBeLessThan(-1);
    const explicit = await logistic.fit(data, resolveParams("logistic", logistic.params, { penalty: 1e-6 }), 0);
    expect(explicit.weights[0]![2]).toBeLessThan(-6);
  });

  test("is a number or auto, and nothing else", () => {
    expect(resolveParams("logistic", logistic.params, { penalty: "auto" }).penalty).toBe("auto");
    expect(resolveParams("logistic", logistic.params, { penalty: "0.5" }).penalty).toBe(0.5);
    expect(() => resolveParams("logistic", logistic.params, { penalty: "automatic" })).toThrow(/from 0 to .*, or auto/);
  });
});

test("a column of denormal values has no coefficient, and the state is finite", async () => {
  const next = generator(4);
  const label = Array.from({ length: 200 }, () => +(next() < 0.5));
  const numbers = [label.map((y) => (y + next()) * 1e-310), label.map((y) => y + 2 * next())];
  const coding = [
    { shift: 0, exponent: 1000 },
    { shift: 0, exponent: 0 },
  ];
  const data = memoryData({ numbers, coding, label, task: "binary" });
  const state = await logistic.fit(data, resolveParams("logistic", logistic.params), 0);
  expect(state.weights[0]![0]).toBe(0);
  expect(state.weights[0]![1]).toBeGreaterThan(0.3);
  expect(JSON.stringify(state.weights)).not.toContain("null");
});

test("a solver that ran out of passes warns, with what to try", async () => {
  const next = generator(5);
  const label = Array.from({ length: 300 }, () => +(next() < 0.5));
  const data = memoryData({ numbers: [label.map((y) => y + next())], label, task: "binary" });
  await logistic.fit(data, resolveParams("logistic", logistic.params, { maxPasses: 2 }), 0);
  expect(data.warnings).toEqual([{ code: "not_converged", message: expect.stringContaining("maxPasses=8") }]);
  const enough = memoryData({ numbers: [label.map((y) => y + next())], label, task: "binary" });
  await logistic.fit(enough, resolveParams("logistic", logistic.params), 0);
  expect(enough.warnings).toEqual([]);
});
