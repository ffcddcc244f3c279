import { describe, expect, test } from "vitest";
import { resolveParams } from "../../base/params.js";
import { generator } from "../../base/seeds.js";
import { boosting } from "../boosting.js";
import { type MemoryTable, memoryData } from "../testing.js";
import { boost, type FitOptions, guardsFor } from "./fit.js";
import { objectiveOf } from "./objectives.js";
import { leafOf, type Tree, type TreesState } from "./tree.js";

const options: FitOptions = {
  trees: 20,
  learningRate: 0.3,
  leaves: 15,
  depth: 0,
  minLeafRows: 5,
  minLeafHessian: 1e-3,
  bins: 255,
  share: 1,
  featureShare: 1,
  patience: 0,
  l1: 0,
  l2: 0,
  minGain: 0,
  maxStep: Infinity,
  monotone: [],
  category: { smooth: 10, l2: 10, oneAgainstRest: 4, minGroupRows: 10, maxLevels: 32 },
};

/** A wavy function of two numbers and a category, some numbers missing. */
function table(rows: number, pageRows = 1000): MemoryTable & { readonly truth: number[] } {
  const next = generator(3);
  const a = Array.from({ length: rows }, () => (next() < 0.1 ? Number.NaN : next() * 10));
  const b = Array.from({ length: rows }, () => Math.floor(next() * 50));
  const c = Array.from({ length: rows }, () => Math.floor(next() * 8) - (next() < 0.05 ? 9 : 0));
  const effect = [3, -2, 0, 5, 1, -4, 2, 0];
  const truth = a.map(
    (x, i) => (Number.isNaN(x) ? -3 : Math.sin(x) * 4) + (b[i]! > 20 ? 2 : 0) + (c[i]! < 0 ? 1 : effect[c[i]!]!),
  );
  return {
    numbers: [a, b],
    categories: [{ codes: c.map((code) => Math.max(-1, code)), width: 8 }],
    label: truth.map((y) => y + (next() - 0.5)),
    task: "regression",
    pageRows,
    truth,
  };
}

function predict(state: TreesState, data: MemoryTable, row: number): number {
  return state.trees.reduce((sum, tree) => sum + tree.value[leafOfRow(tree, data, row)]!, state.base[0]!);
}

const leafOfRow = (tree: Tree, data: MemoryTable, row: number): number =>
  leafOf(tree, (node) => {
    const feature = tree.feature[node]!;
    const test = tree.test[node]!;
    if (typeof test === "number") {
      const value = Math.fround(data.numbers[feature]![row]!);
      return Number.isNaN(value) ? tree.missingLeft[node]! : value <= test;
    }
    const code = data.categories![feature - data.numbers.length]!.codes[row]!;
    return code < 0 ? tree.missingLeft[node]! : test.includes(code);
  });

describe("boosting", () => {
  test("learns a wavy function with missing values and a category", async () => {
    const rows = table(4000);
    const state = await boost(memoryData(rows), objectiveOf("squared", "regression", 0), { ...options, trees: 60 }, 1);
    const error = rows.truth.reduce((sum, y, i) => sum + (predict(state, rows, i) - y) ** 2, 0) / rows.truth.length;
    expect(error).toBeLessThan(0.1); // the labels' noise has variance 1/12, and trees follow a little of it
  });

  test.each([1, 0.5])("grows the same trees with all rows in a scratch file (rows of a tree: %d)", async (share) => {
    const grown = (keeperBytes: number) =>
      boost(
        memoryData({ ...table(4000), keeperBytes }),
        objectiveOf("squared", "regression", 0),
        { ...options, share },
        1,
      );
    expect(await grown(0)).toEqual(await grown(2 ** 28));
  });

  test("separates classes", async () => {
    const { truth, ...rows } = table(3000);
    const label = truth.map((y) => (y > 1 ? 1 : 0));
    const data = { ...rows, label, task: "binary" as const };
    const state = await boost(memoryData(data), objectiveOf("auto", "binary", 0), options, 1);
    const right = label.filter((y, i) => predict(state, data, i) > 0 === (y === 1)).length;
    expect(right / label.length).toBeGreaterThan(0.97);
  });
});

test.each([2, 3])("the first trees of %d classes have the values of Newton's step, on rows enough", async (classes) => {
  const { truth, categories: _, ...rows } = table(1500); // groups of levels have a penalty of their own
  const label = truth.map((y) => (classes === 2 ? +(y > 1) : +(y > -1) + +(y > 3)));
  const task = classes === 2 ? "binary" : "multiclass";
  const data = { ...rows, label, task } as const;
  const { trees } = await boost(memoryData(data), objectiveOf("auto", task, 0), { ...options, trees: 1 }, 1);
  expect(trees).toHaveLength(classes === 2 ? 1 : classes);
  for (const tree of trees) {
    const own = label.map((y) => +(y === (classes === 2 ? 1 : tree.output)));
    const share = own.reduce((sum, one) => sum + one, 0) / own.length;
    const curve = share * (1 - share) * (classes === 2 ? 1 : classes / (classes - 1));
    const leaves = label.map((_, row) => leafOfRow(tree, data, row));
    tree.value.forEach((value, leaf) => {
      const ones = own.filter((_, row) => leaves[row] === leaf);
      // Every row has the same hessian before the first tree, so rows are counted exactly.
      expect(ones.length).toBeGreaterThanOrEqual(options.minLeafRows);
      const gradient = share - ones.reduce((sum, one) => sum + one, 0) / ones.length;
      // Gradients are rounded in 16,383 steps.
      expect(value).toBeCloseTo((-options.learningRate * gradient) / curve, 3);
    });
  }
});

describe("sampled boosting", () => {
  test("learns nearly as well from half of the rows", async () => {
    const rows = table(8000);
    const state = await boost(
      memoryData(rows),
      objectiveOf("squared", "regression", 0),
      { ...options, trees: 60, share: 0.4 },
      1,
    );
    const error = rows.truth.reduce((sum, y, i) => sum + (predict(state, rows, i) - y) ** 2, 0) / rows.truth.length;
    expect(error).toBeLessThan(0.2); // a little more than with all rows
  });
});

describe("objectives", () => {
  const { truth, ...rows } = table(3000);
  const next = generator(8);
  const positive = truth.map((y) => Math.exp(y / 4) * (0.5 + next()));
  const fitted = async (name: string, alpha: number, label: number[]) => {
    const data = { ...rows, label };
    const state = await boost(memoryData(data), objectiveOf(name, "regression", alpha), { ...options, trees: 40 }, 1);
    const raw = label.map((_, i) => predict(state, data, i));
    return state.link === "exp" ? raw.map(Math.exp) : raw;
  };
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

  test.each(["poisson", "gamma", "tweedie"])("%s follows the mean of a positive label", async (name) => {
    const found = await fitted(name, 1.5, positive);
    // The noise multiplies by 0.5 to 1.5, so its mean is 1: 29 % of deviation.
    expect(mean(found)).toBeCloseTo(mean(positive), 1);
    const spread = mean(found.map((value, i) => (value / Math.exp(truth[i]! / 4) - 1) ** 2));
    expect(spread).toBeLessThan(0.03);
  });

  test.each([0.1, 0.5, 0.9])("quantile %d leaves that share of labels below", async (alpha) => {
    const found = await fitted("quantile", alpha, positive);
    const below = mean(found.map((value, i) => (positive[i]! <= value ? 1 : 0)));
    expect(Math.abs(below - alpha)).toBeLessThan(0.05); // leaves of 5 rows and more, and steps of 0.3
  });

  test.each(["absolute", "huber"])("%s is not moved by wild labels", async (name) => {
    const wild = truth.map((y, i) => (i % 50 === 0 ? y + 1000 : y));
    const found = await fitted(name, 1, wild);
    const error = mean(found.map((value, i) => Math.abs(value - truth[i]!)).filter((_, i) => i % 50 !== 0));
    expect(error).toBeLessThan(name === "absolute" ? 0.5 : 1.5); // the mean of the labels is 20 away
  });
});

test("stops when the validation rows gain nothing more, and keeps the best trees", async () => {
  const { truth, ...rows } = table(600);
  const next = generator(4);
  const label = truth.map((y) => y + 8 * (next() - 0.5));
  const data = memoryData({ ...rows, label, split: label.map((_, i) => (i % 3 === 0 ? 1 : 0)) });
  const state = await boost(data, objectiveOf("squared", "regression", 0), { ...options, trees: 500, patience: 5 }, 1);
  expect(state.trees.length).toBeGreaterThan(2);
  expect(state.trees.length).toBeLessThan(100);
});

test("rises where it must rise, whatever the order of columns in a row", async () => {
  const { truth, ...rows } = table(2000);
  // A category of more than 255 levels comes last in a row of bins, and is the second block of three here.
  const data = memoryData({ ...rows, label: truth, categories: [{ codes: rows.categories![0]!.codes, width: 300 }] });
  const blocks = [data.blocks[2]!, data.blocks[0]!, data.blocks[1]!];
  const monotone = [0, 0, 1] as const;
  const state = await boost({ ...data, blocks }, objectiveOf("squared", "regression", 0), { ...options, monotone }, 1);
  const at = (b: number): number =>
    state.trees.reduce((sum, tree) => {
      const leaf = leafOf(tree, (node) => {
        const test = tree.test[node]!;
        return typeof test === "number" ? (tree.feature[node] === 2 ? b : 5) <= test : test.includes(2);
      });
      return sum + tree.value[leaf]!;
    }, 0);
  const curve = Array.from({ length: 50 }, (_, b) => at(b));
  expect(curve.every((value, b) => b === 0 || value >= curve[b - 1]! - 1e-6)).toBe(true);
  expect(curve[49]! - curve[0]!).toBeGreaterThan(1);
});

test.each(["squared", "absolute", "quantile", "huber", "poisson", "gamma", "tweedie"])(
  "%s rises where it must rise, though the labels fall there",
  async (name) => {
    const next = generator(6);
    const numbers = [0, 1].map(() => Array.from({ length: 3000 }, () => Math.floor(next() * 40)));
    const [a, b] = numbers as [number[], number[]];
    const label = a.map((x, i) => 3 + x / 10 + (x > 25 ? -2.5 : 0) + Math.sin(b[i]!) + 3 * next() ** 3);
    const data = memoryData({ numbers, label, task: "regression", pageRows: 500, workers: 2 });
    const objective = objectiveOf(name, "regression", name === "quantile" ? 0.8 : 0);
    const state = await boost(data, objective, { ...options, trees: 30, monotone: [1, 0] }, 1);
    for (const other of [0, 7, 20, 39]) {
      const at = (x: number): number =>
        state.trees.reduce(
          (sum, tree) =>
            sum + tree.value[leafOf(tree, (node) => [x, other][tree.feature[node]!]! <= (tree.test[node] as number))]!,
          0,
        );
      const curve = Array.from({ length: 40 }, (_, x) => at(x));
      for (let x = 1; x < 40; x++) expect(curve[x]! - curve[x - 1]!).toBeGreaterThan(-1e-9);
      expect(curve[39]! - curve[0]!).toBeGreaterThan(0.1);
    }
  },
);

test.each([1e7, 4e-7, 3.7e-20])("weights times %d are the same weights", async (times) => {
  const { truth, ...rows } = table(1200);
  const next = generator(9);
  const weight = truth.map(() => 1 + Math.floor(3 * next()));
  const split = truth.map((_, i) => +(i % 4 === 0));
  for (const name of ["squared", "absolute", "quantile", "poisson"]) {
    const fitted = (weight: number[]) =>
      boost(
        memoryData({ ...rows, label: truth.map((y) => Math.max(0, y)), weight, split }),
        objectiveOf(name, "regression", 0),
        { ...options, patience: 5, l2: 1, minLeafHessian: 1 },
        1,
      );
    const [one, other] = [await fitted(weight), await fitted(weight.map((w) => w * times))];
    expect(other.trees.length).toBe(one.trees.length);
    const predictions = [one, other].map((state) => truth.map((_, row) => predict(state, rows, row)));
    for (const [row, value] of predictions[0]!.entries()) expect(predictions[1]![row]).toBeCloseTo(value, 1);
  }
});

test("poisson learns counts of ten millions as it learns small ones", async () => {
  const { truth, ...rows } = table(1500);
  const counts = truth.map((y) => Math.round(1000 * Math.exp(y / 4)));
  const split = truth.map((_, i) => +(i % 4 === 0));
  const fitted = async (times: number): Promise<number[]> => {
    const data = memoryData({ ...rows, label: counts.map((count) => count * times), split });
    const state = await boost(data, objectiveOf("poisson", "regression", 0), { ...options, patience: 5 }, 1);
    expect(state.trees.length).toBe(options.trees);
    return truth.map((_, row) => Math.exp(predict(state, rows, row)) / times);
  };
  const [small, large] = [await fitted(1), await fitted(2 ** 20)];
  for (const [row, value] of small.entries()) expect(large[row]! / value).toBeCloseTo(1, 6);
});

test("stops when scores are no numbers any more, with a rate to try", async () => {
  const { truth, ...rows } = table(200);
  const data = memoryData({ ...rows, label: truth.map((y, i) => (i === 7 ? Number.NaN : y)) });
  const fit = boost(data, objectiveOf("squared", "regression", 0), options, 1);
  await expect(fit).rejects.toMatchObject({
    code: "not_finite",
    message: expect.stringContaining("learningRate=0.03"),
  });
});

test("rare positives under the default params are no worse than their share, and better ranked than by chance", async () => {
  const next = generator(12);
  const made = (rows: number) => {
    const numbers = Array.from({ length: 4 }, () => Array.from({ length: rows }, () => 4 * next() - 2));
    const label = numbers[0]!.map((x, i) => +(next() < Math.exp(x + 0.7 * numbers[1]![i]!) / 1200));
    return { numbers, label, task: "binary" as const, pageRows: 4096 };
  };
  const [train, test] = [made(20_000), made(40_000)];
  const state = (await boosting.fit(memoryData(train), resolveParams("boosting", boosting.params), 1)) as TreesState;
  const loss = (margins: readonly number[]): number =>
    test.label.reduce((sum, y, i) => sum + Math.log1p(Math.exp(y === 1 ? -margins[i]! : margins[i]!)), 0);
  const margins = test.label.map((_, row) => predict(state, test, row));
  expect(loss(margins)).toBeLessThan(loss(margins.map(() => state.base[0]!)));
  const positives = margins.filter((_, i) => test.label[i] === 1);
  const negatives = margins.filter((_, i) => test.label[i] === 0 && i % 20 === 0);
  const above = positives.map((margin) => negatives.filter((other) => other < margin).length / negatives.length);
  expect(above.reduce((sum, share) => sum + share, 0) / above.length).toBeGreaterThan(0.7);
});

describe("the guards against leaves of few rare rows", () => {
  test("are whole for two classes and uneven ones, and shrink where many classes are all frequent", () => {
    expect(guardsFor([1, 1])).toEqual({ l2: 5, minLeafHessian: 3 });
    expect(guardsFor([999, 1])).toEqual({ l2: 5, minLeafHessian: 3 });
    expect(guardsFor([997, 1, 1, 1])).toEqual({ l2: 5, minLeafHessian: 3 });
    expect(guardsFor([1, 1, 1, 1])).toEqual({ l2: 2.5, minLeafHessian: 1.5 });
    expect(guardsFor(Array.from({ length: 26 }, () => 700)).minLeafHessian).toBeCloseTo(6 / 26, 2);
    expect(guardsFor([4e-7, 4e-7, 4e-7])).toEqual(guardsFor([7, 7, 7]));
    expect(guardsFor([])).toEqual({ l2: 0, minLeafHessian: 1e-3 });
  });
});

describe("the longest step", () => {
  /** A leaf's steps before the learning rate, of all trees. */
  const steps = ({ trees }: TreesState, learningRate: number): number[] =>
    trees.flatMap(({ value }) => value.map((one) => Math.abs(one) / learningRate));

  test("of classes is 10 by default, though rare rows lie together among sure ones", async () => {
    // 40 of 80,000 rows are positive, all in one level that has half as many negatives: Newton's step is about 1,300 there.
    const rows = 80_000;
    const level = Array.from({ length: rows }, (_, i) => +(i % 1300 === 0));
    const label = level.map((one, i) => +(one === 1 && i % 3 > 0));
    const noise = level.map((_, i) => (i * 7919) % 1000);
    const data = { numbers: [level, noise], label, task: "binary" as const, pageRows: 8192 };
    const fitted = async (given: Record<string, number>) => {
      const params = resolveParams("boosting", boosting.params, { minLeafHessian: 0, l2: 0, trees: 30, ...given });
      return (await boosting.fit(memoryData(data), params, 1)) as TreesState;
    };
    const loss = (state: TreesState): number =>
      label.reduce((sum, y, i) => {
        const margin = predict(state, data, i);
        return sum + Math.log1p(Math.exp(y === 1 ? -margin : margin));
      }, 0);
    const [bounded, free] = [await fitted({}), await fitted({ maxStep: 0 })];
    expect(Math.max(...steps(bounded, 0.1))).toBeCloseTo(10, 5); // values are float32
    expect(Math.max(...steps(free, 0.1))).toBeGreaterThan(1000);
    expect(loss(bounded)).toBeLessThan(loss(free) / 10);
    expect(Math.max(...steps(await fitted({ maxStep: 2 }), 0.1))).toBeCloseTo(2, 5);
  });

  test.each([
    ["squared", 5],
    ["absolute", 5],
    ["poisson", 0.5],
  ])("of %s may be set, in what its scores are in", async (name, maxStep) => {
    const { truth, ...rows } = table(1200);
    const data = memoryData({ ...rows, label: truth.map((y) => Math.max(0, Math.round(50 * y))) });
    const state = await boost(data, objectiveOf(name, "regression", 0), { ...options, maxStep }, 1);
    expect(Math.max(...steps(state, options.learningRate))).toBeCloseTo(maxStep, 4);
  });
});
