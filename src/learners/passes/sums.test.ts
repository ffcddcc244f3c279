import { describe, expect, test } from "vitest";
import { generator } from "../../base/seeds.js";
import { inTriangle } from "../../kernels/space.js";
import { memoryData } from "../testing.js";
import { gram, readGram } from "./gram.js";
import { logistic, readLogistic } from "./logistic.js";
import { moments, readMoments, standardisation } from "./moments.js";
import { readSoftmax, softmax } from "./softmax.js";

const next = generator(3);
const column = (rows: number, make: (i: number) => number): number[] => Array.from({ length: rows }, (_, i) => make(i));

describe("gram", () => {
  test("sums what one would by hand", async () => {
    const data = memoryData({
      numbers: [[1, Number.NaN, 3, 100]],
      categories: [{ codes: [0, 1, -1, 1], width: 2 }],
      label: [10, 20, 30, Number.NaN],
      weight: [1, 4, 1, 0],
      task: "regression",
    });
    const params = { fill: [2], centre: [1], labelCentre: 10 };
    const sums = readGram(await data.pass(gram, params), params, data.layout);
    // Rows [x - 1, level 0, level 1 | y - 10]: [0, 1, 0 | 0], four times [1, 0, 1 | 10], [2, 0, 0 | 20].
    expect(sums).toMatchObject({ weight: 6, yy: 800, y1: 60, labelCentre: 10 });
    expect([...sums.xx]).toEqual([8, 0, 4, 1, 0, 4]);
    expect([...sums.xy]).toEqual([80, 0, 40]);
    expect([...sums.x1]).toEqual([6, 1, 4]);
    expect([...sums.centre]).toEqual([1, 0, 0]);
  });

  test("stays within its bound, 66 * 2^-24 of the summed magnitudes, which a centre near the mean makes small", async () => {
    const rows = 5000;
    const numbers = [column(rows, () => 1000 + next()), column(rows, () => 1000 + next())].map((each) =>
      each.map(Math.fround),
    );
    const data = memoryData({ numbers, label: column(rows, () => 0), task: "regression", pageRows: 1024 });
    const exact = (centre: number): number =>
      numbers[0]!.reduce((sum, x, i) => sum + (x - centre) * (numbers[1]![i]! - centre), 0);
    for (const centre of [0, 1000.5]) {
      const params = { fill: [0, 0], centre: [centre, centre] };
      const { xx } = readGram(await data.pass(gram, params), params, data.layout);
      const magnitudes = numbers[0]!.reduce(
        (sum, x, i) => sum + Math.abs((x - centre) * (numbers[1]![i]! - centre)),
        0,
      );
      expect(Math.abs(xx[1]! - exact(centre))).toBeLessThan(66 * 2 ** -24 * magnitudes);
    }
    // What the centre saves: about 0 the bound alone is 20 times the covariance.
    expect(66 * 2 ** -24 * exact(0)).toBeGreaterThan(20 * Math.abs(exact(1000.5)));
  });
});

describe("moments", () => {
  test("are exact to 1e-10 for a mean ten thousand times the deviation, over many pages", async () => {
    const values = column(3001, () => Math.fround(20_000 + 4 * (next() - 0.5)));
    const data = memoryData({ numbers: [values], label: values, task: "regression", pageRows: 320 });
    const params = { numbers: 1, classes: 0 };
    const { numbers, label, rows } = readMoments(await data.pass(moments, params), params, data.layout);
    const mean = 20_000 + values.reduce((sum, x) => sum + (x - 20_000), 0) / 3001;
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 3001;
    expect(rows).toBe(3001);
    for (const each of [numbers[0]!, label]) {
      expect(Math.abs(each.mean / mean - 1)).toBeLessThan(1e-14); // a few roundings of doubles
      expect(Math.abs(each.variance / variance - 1)).toBeLessThan(1e-10);
    }
  });

  test("count what is missing, and standardise with it filled", async () => {
    const data = memoryData({
      numbers: [[1, Number.NaN, 3, Number.NaN]],
      categories: [{ codes: [0, 1, 1, 1], width: 2 }],
      label: [0, 1, 1, 1],
      weight: [1, 1, 2, 0],
      task: "binary",
    });
    const params = { numbers: 1, classes: 2 };
    const read = readMoments(await data.pass(moments, params), params, data.layout);
    expect(read.numbers[0]).toMatchObject({
      weight: 3,
      missing: 1,
      mean: expect.closeTo(7 / 3, 14),
      variance: expect.closeTo(8 / 9, 14),
    });
    expect([...read.classWeights]).toEqual([1, 3]);
    expect([...read.levelWeights]).toEqual([1, 3]);
    // Filled with 5: 1, 5, 3, 3 has mean 3 and variance 2.
    const { mean, deviation } = standardisation(read, [5]);
    expect([...mean]).toEqual([expect.closeTo(3, 14), 0.25, 0.75]);
    expect([...deviation]).toEqual([
      expect.closeTo(Math.SQRT2, 14),
      expect.closeTo(Math.sqrt(3) / 4, 14),
      expect.closeTo(Math.sqrt(3) / 4, 14),
    ]);
  });
});

describe("Hessians", () => {
  const rows = 500;
  const shared = {
    numbers: [column(rows, () => next() - 0.5), column(rows, () => next())],
    categories: [{ codes: column(rows, () => Math.floor(next() * 3)), width: 3 }],
    pageRows: 128,
  };
  const step = 2 ** -8;

  test("of the log loss are the slopes of its gradient", async () => {
    const data = memoryData({ ...shared, label: column(rows, () => Math.round(next())), task: "binary" });
    const weights = [0.5, -0.25, 0.125, 0.5, -1];
    const at = async (j: number, by: number) => {
      const params = {
        fill: [0, 0],
        weights: weights.map((each, i) => each + (i === j ? by : 0)),
        intercept: 0.25 + (j === 5 ? by : 0),
        hessian: true,
      };
      return readLogistic(await data.pass(logistic, params), params, data.layout);
    };
    const { hessian } = await at(0, 0);
    for (let j = 0; j <= 5; j++) {
      const [more, less] = [await at(j, step), await at(j, -step)];
      more.gradient.forEach((value, i) => {
        const slope = (value - less.gradient[i]!) / (2 * step);
        // Central differences are off by step^2 / 6 of the third derivative, at most rows / 10.
        expect(Math.abs(slope - hessian![inTriangle(Math.min(i, j), Math.max(i, j), 6)]!)).toBeLessThan(
          rows * step ** 2,
        );
      });
      expect((more.loss - less.loss) / (2 * step)).toBeCloseTo((await at(j, 0)).gradient[j]!, 2);
    }
  });

  test("of softmax are the slopes of its gradient", async () => {
    const data = memoryData({ ...shared, label: column(rows, () => Math.floor(next() * 3)), task: "multiclass" });
    const weights = [
      [0.5, -0.25, 0.125, 0.5, -1],
      [0, 0.25, 0, 0, 0],
      [-0.5, 0, 0, 0.25, 0.5],
    ];
    const at = async (k: number, j: number, by: number) => {
      const moved = weights.map((each, l) => each.map((value, i) => value + (k === l && i === j ? by : 0)));
      const params = { fill: [0, 0], weights: moved, intercepts: [0, 0.5, k === 2 && j === 5 ? by : 0], hessian: true };
      return readSoftmax(await data.pass(softmax, params), params, data.layout);
    };
    const { hessian } = await at(0, 0, 0);
    for (const [k, j] of [
      [0, 0],
      [1, 3],
      [2, 5],
    ] as const) {
      const [more, less] = [await at(k, j, step), await at(k, j, -step)];
      more.gradient.forEach((value, i) => {
        const slope = (value - less.gradient[i]!) / (2 * step);
        expect(Math.abs(slope - hessian![(k * 6 + j) * 18 + i]!)).toBeLessThan(rows * step ** 2);
      });
    }
  });
});

describe("a pass", () => {
  test("gives the same bits in another arena, and in one that was used before", async () => {
    const table = {
      numbers: [column(700, () => next()), column(700, () => next())],
      categories: [{ codes: column(700, () => Math.floor(next() * 4) - 1), width: 3 }],
      label: column(700, () => Math.round(next())),
      task: "binary",
      pageRows: 320,
    } as const;
    const params = { fill: [0, 0], weights: [1, -1, 0.5, 0.1, 0.2], intercept: 0, hessian: true };
    const used = memoryData(table);
    await used.pass(gram, { fill: [0, 0] });
    const first = await used.pass(logistic, params);
    expect(await used.pass(logistic, params)).toEqual(first);
    expect(await memoryData(table).pass(logistic, params)).toEqual(first);
  });
});
