import { describe, expect, test } from "vitest";
import { generator } from "../../base/seeds.js";
import type { Pass } from "../../pages/pass.js";
import { type MemoryTable, memoryData } from "../testing.js";
import { gram } from "./gram.js";
import { linearScores } from "./linear-scores.js";
import { logistic } from "./logistic.js";
import { moments } from "./moments.js";
import { softmax } from "./softmax.js";
import { squared } from "./squared.js";

/** Rows with everything that can go wrong: missing values and codes, weights of 0 with no label, a page that ends mid-panel. */
function table(shape: {
  numbers: number;
  widths: readonly number[];
  rows: number;
  classes: number;
  weighted: boolean;
}): MemoryTable {
  const next = generator(shape.numbers * 31 + shape.rows);
  const column = <T>(make: () => T): T[] => Array.from({ length: shape.rows }, make);
  const weight = column(() => (next() < 0.2 ? 0 : shape.weighted ? 0.5 + 2 * next() : 1));
  return {
    numbers: Array.from({ length: shape.numbers }, (_, j) =>
      column(() => (next() < 0.05 ? Number.NaN : next() * 2 - 1 + j / 10)),
    ),
    categories: shape.widths.map((width) => ({ codes: column(() => Math.floor(next() * (width + 1)) - 1), width })),
    label: weight.map((each) =>
      each === 0 ? Number.NaN : shape.classes > 0 ? Math.floor(next() * shape.classes) : next() * 3 + 5,
    ),
    weight,
    task: shape.classes > 2 ? "multiclass" : shape.classes === 2 ? "binary" : "regression",
    classes: Math.max(1, shape.classes),
    pageRows: 320,
  };
}

/** The sums by kernels, and by the plain reference, which pages outside the arena get. */
function bothWays<P>(pass: Pass<P>, params: P, given: MemoryTable): { kernel: Float64Array; reference: Float64Array } {
  const { layout, arena, pages } = memoryData(given);
  const step = pass.start(params, layout, arena);
  const kernel = new Float64Array(pass.length(params, layout));
  const reference = kernel.slice();
  for (const page of pages) {
    step(page, kernel);
    const { numbers, codes, label, weight } = page;
    const copied = {
      numbers: numbers.map((c) => c.slice()),
      codes: codes.map((c) => c.slice()),
      label: label.slice(),
      weight: weight.slice(),
    };
    step({ ...page, ...copied }, reference);
  }
  return { kernel, reference };
}

function expectClose(kernel: Float64Array, reference: Float64Array, tolerance: number): void {
  const scale = reference.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(scale).toBeGreaterThan(0);
  kernel.forEach((value, i) => {
    if (!(Math.abs(value - reference[i]!) <= tolerance * scale))
      throw new Error(`sum ${i}: ${value} by kernel, ${reference[i]} by reference`);
  });
}

// Sums of float32 products over tiles of 256 rows: each within 66 * 2^-24 (4e-6) of the sum of magnitudes, in practice a tenth.
const float32Sums = 4e-6;

describe.each([
  { numbers: 1, widths: [], rows: 5, weighted: false },
  { numbers: 2, widths: [3], rows: 257, weighted: true },
  { numbers: 7, widths: [4, 2], rows: 1003, weighted: true },
  { numbers: 20, widths: [], rows: 640, weighted: false },
  { numbers: 37, widths: [1, 5, 3], rows: 700, weighted: false },
  { numbers: 0, widths: [4, 3], rows: 300, weighted: true },
])("kernels over $numbers numbers, levels $widths, $rows rows", ({ numbers, widths, rows, weighted }) => {
  const next = generator(5);
  const width = widths.reduce((sum, each) => sum + each, numbers);
  const coefficients = (): number[] => Array.from({ length: width }, () => next() - 0.5);
  const reading = {
    fill: Array.from({ length: numbers }, (_, j) => j / 7),
    centre: Array.from({ length: numbers }, (_, j) => j / 10),
  };
  const of = (classes: number): MemoryTable => table({ numbers, widths, rows, classes, weighted });

  test("agree with the reference: moments", () => {
    for (const classes of [0, 3]) {
      const { kernel, reference } = bothWays(moments, { numbers, classes }, of(classes));
      kernel.forEach((value, i) => {
        expect(value).toBeCloseTo(reference[i]!, 9); // doubles, summed in another order
      });
    }
  });

  test("agree with the reference: gram", () => {
    const { kernel, reference } = bothWays(gram, { ...reading, labelCentre: 6.5 }, of(0));
    expectClose(kernel, reference, float32Sums);
  });

  test("agree with the reference: logistic", () => {
    for (const hessian of [false, true]) {
      const { kernel, reference } = bothWays(
        logistic,
        { ...reading, weights: coefficients(), intercept: -0.3, hessian },
        of(2),
      );
      expectClose(kernel, reference, float32Sums);
    }
  });

  test("agree with the reference: squared", () => {
    const { kernel, reference } = bothWays(squared, { ...reading, weights: coefficients(), intercept: 6 }, of(0));
    expectClose(kernel, reference, float32Sums);
  });

  test("agree with the reference: softmax", () => {
    for (const classes of [3, 7]) {
      const weights = Array.from({ length: classes }, coefficients);
      const params = { ...reading, weights, intercepts: weights.map((_, k) => k / 10), hessian: classes === 3 };
      const { kernel, reference } = bothWays(softmax, params, of(classes));
      expectClose(kernel, reference, float32Sums);
    }
  });

  test("agree with the reference: linearScores", () => {
    const { layout, arena, pages } = memoryData(of(3));
    const params = { weights: [coefficients(), coefficients()], intercepts: [0.1, -2], fill: reading.fill };
    const step = linearScores.start(params, layout, arena);
    for (const page of pages) {
      const kernel = new Float64Array(2 * page.rows);
      const reference = kernel.slice();
      step(page, kernel);
      step({ ...page, label: page.label.slice() }, reference);
      kernel.forEach((value, i) => {
        expect(value).toBeCloseTo(reference[i]!, 12); // doubles, summed in another order
      });
    }
  });
});
