import { describe, expect, test } from "vitest";
import { generator } from "../../base/seeds.js";
import { type MemoryTable, memoryData } from "../testing.js";
import { boost, type FitOptions } from "./fit.js";
import { objectiveOf } from "./objectives.js";
import { leafOf, type TreesState } from "./tree.js";

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
  let sum = state.base[0]!;
  for (const tree of state.trees) {
    const leaf = leafOf(tree, (node) => {
      const feature = tree.feature[node]!;
      const test = tree.test[node]!;
      if (typeof test === "number") {
        const value = Math.fround(data.numbers[feature]![row]!);
        return Number.isNaN(value) ? tree.missingLeft[node]! : value <= test;
      }
      const code = data.categories![feature - data.numbers.length]!.codes[row]!;
      return code < 0 ? tree.missingLeft[node]! : test.includes(code);
    });
    sum += tree.value[leaf]!;
  }
  return sum;
}

describe("boosting", () => {
  test("learns a wavy function with missing values and a category", async () => {
    const rows = table(4000);
    const state = await boost(
      memoryData(rows),
      objectiveOf("squared", "regression", 1, 0),
      { ...options, trees: 60 },
      1,
    );
    const error = rows.truth.reduce((sum, y, i) => sum + (predict(state, rows, i) - y) ** 2, 0) / rows.truth.length;
    expect(error).toBeLessThan(0.1); // the labels' noise has variance 1/12, and trees follow a little of it
  });

  test("gives the same trees whatever the size of pages", async () => {
    // Pages seed the rounding, so they must be cut the same: a block is never longer than its page.
    const one = await boost(memoryData(table(4000)), objectiveOf("squared", "regression", 1, 0), options, 1);
    const two = await boost(memoryData(table(4000)), objectiveOf("squared", "regression", 1, 0), options, 1);
    expect(two).toEqual(one);
  });

  test("separates classes", async () => {
    const { truth, ...rows } = table(3000);
    const label = truth.map((y) => (y > 1 ? 1 : 0));
    const data = { ...rows, label, task: "binary" as const };
    const state = await boost(memoryData(data), objectiveOf("auto", "binary", 2, 0), options, 1);
    const right = label.filter((y, i) => predict(state, data, i) > 0 === (y === 1)).length;
    expect(right / label.length).toBeGreaterThan(0.97);
  });
});

describe("sampled boosting", () => {
  test("learns nearly as well from half of the rows", async () => {
    const rows = table(8000);
    const state = await boost(
      memoryData(rows),
      objectiveOf("squared", "regression", 1, 0),
      { ...options, trees: 60, share: 0.4 },
      1,
    );
    const error = rows.truth.reduce((sum, y, i) => sum + (predict(state, rows, i) - y) ** 2, 0) / rows.truth.length;
    expect(error).toBeLessThan(0.2); // a little more than with all rows
  });
});
