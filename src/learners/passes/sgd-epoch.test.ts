import { describe, expect, test } from "vitest";
import { generator } from "../../base/seeds.js";
import { memoryData } from "../testing.js";
import { readSgd, type SgdParams, sgdEpoch, sgdHead } from "./sgd-epoch.js";

const one: SgdParams = {
  loss: "squared",
  outputs: 1,
  rate: { start: 0.5, decay: 0, power: 0 },
  batchRows: 2,
  l1: [0],
  l2: [0],
  momentum: 0,
  meanWeight: 1,
  centre: [0],
  scale: [1],
  fill: [0],
  rows: 3,
  seed: 3, // under which the third row comes last
};
const data = memoryData({ numbers: [[1, 3, 2]], label: [2, 4, 6], task: "regression", pageRows: 64 });
const epoch = async (params: SgdParams): Promise<Float64Array> =>
  data.fold(sgdEpoch, params, new Float64Array(sgdEpoch.length(params, data.layout)), { epoch: 0, seed: 1 });

describe("sgdEpoch", () => {
  test("learns rows of several pages together, in a seeded order", async () => {
    const rows = 400;
    const label = Array.from({ length: rows }, (_, i) => +(i >= rows / 2)); // sorted: a page has one label
    const data = memoryData({ numbers: [label.map((y, i) => y + (i % 7) / 7)], label, task: "binary", pageRows: 64 });
    const params: SgdParams = { ...one, loss: "logistic", batchRows: 40, rows, centre: [0.93] };
    const after = async (given: SgdParams): Promise<Float64Array> =>
      data.fold(sgdEpoch, given, new Float64Array(sgdEpoch.length(given, data.layout)), { epoch: 0, seed: 1 });
    const { weights, intercepts } = readSgd(await after(params), params, 1);
    const margin = (y: number): number => weights[0]![0]! * (y + 3 / 7 - 0.93) + intercepts[0]!;
    expect(margin(0)).toBeLessThan(0);
    expect(margin(1)).toBeGreaterThan(0);
    expect(await after(params)).toEqual(await after(params));
    expect(await after({ ...params, seed: 5 })).not.toEqual(await after(params));
  });

  test("takes the steps that one would by hand", async () => {
    // From 0: mean gradients (-(2 + 12) / 2, -(2 + 4) / 2) = (-7, -3), so weight 3.5 and intercept 1.5 at rate 0.5.
    // Then row 2 alone is half a batch: margin 8.5, residual 2.5, rate 0.25: weight 3.5 - 1.25, intercept 1.5 - 0.625.
    const state = await epoch(one);
    const { step, meanLoss, weights, intercepts } = readSgd(state, one, 1);
    expect([step, weights[0]![0], intercepts[0]]).toEqual([2, 2.25, 0.875]);
    expect(meanLoss).toBeCloseTo((2 + 8 + 3.125) / 3, 12);
  });

  test("shrinks by l2, thresholds by l1, carries velocity, lowers its rate", async () => {
    const { weights: plain } = readSgd(await epoch({ ...one, batchRows: 3 }), one, 1);
    const { weights: sparse } = readSgd(await epoch({ ...one, batchRows: 3, l1: [1] }), one, 1);
    expect(plain[0]![0]! - sparse[0]![0]!).toBeCloseTo(0.5, 12); // rate * l1
    const { weights: none } = readSgd(await epoch({ ...one, l1: [100] }), one, 1);
    expect(none[0]![0]).toBe(0);

    const state = new Float64Array([1, 0, 0, 2, 0, 10, 0]);
    const moved = await data.fold(
      sgdEpoch,
      { ...one, batchRows: 3, l2: [3], momentum: 0.5, rate: { start: 0.5, decay: 3, power: 0.5 } },
      state,
      { epoch: 0, seed: 1 },
    );
    // At weight 2 residuals are 0, 2, -2 and x is 1, 3, 2: gradient 2 / 3 + 3 * 2, velocity 5 more, rate 0.5 / sqrt(1 + 3).
    expect(moved[sgdHead]).toBeCloseTo(2 - 0.25 * (2 / 3 + 6 + 5), 6); // residuals are float32
  });

  test.each([
    { loss: "logistic", outputs: 1, classes: 2 },
    { loss: "softmax", outputs: 3, classes: 3 },
    { loss: "squared", outputs: 1, classes: 2 },
  ] as const)(
    "agrees with its reference, and standardising is the same as standardised columns: $loss",
    async ({ loss, outputs, classes }) => {
      const next = generator(9);
      const rows = 700;
      const column = <T>(make: (i: number) => T): T[] => Array.from({ length: rows }, (_, i) => make(i));
      const raw = [column(() => next() * 4 + 100), column(() => next() - 3)];
      const codes = column(() => Math.floor(next() * 3) - 1);
      const weight = column(() => (next() < 0.2 ? 0 : 1));
      const label = column(() => Math.floor(next() * classes));
      const [centre, scale] = [
        [102.1, -2.5, 0.3, 0.4],
        [1.2, 0.3, 0.5, 0.5],
      ];
      const shared = { codes, weight, label, task: "multiclass", classes, pageRows: 320 } as const;
      const params: SgdParams = {
        ...one,
        loss,
        outputs,
        batchRows: 300,
        l1: centre.map(() => 0.001),
        l2: centre.map(() => 0.01),
        rate: { start: 0.1, decay: 0, power: 0 },
        centre,
        scale,
        fill: [0, 0],
        rows: weight.filter((own) => own > 0).length,
      };
      const given = memoryData({ ...shared, numbers: raw, categories: [{ codes, width: 2 }] });
      const zero = new Float64Array(sgdEpoch.length(params, given.layout));
      const [kernel, reference, inAdvance] = [zero.slice(), zero.slice(), zero.slice()];
      const steps = [0, 1].map(() => sgdEpoch.start(params, given.layout, given.arena));
      for (const page of given.pages) {
        steps[0]!(page, kernel);
        steps[1]!({ ...page, label: page.label.slice() }, reference);
      }
      const standard = (values: number[], j: number): number[] =>
        values.map((value) => (value - centre[j]!) / scale[j]!);
      const levels = [0, 1].map((level) =>
        standard(
          codes.map((code) => (code === level ? 1 : 0)),
          2 + level,
        ),
      );
      const scaled = memoryData({ ...shared, numbers: [...raw.map(standard), ...levels] });
      const plain = { ...params, centre: [0, 0, 0, 0], scale: [1, 1, 1, 1], fill: [0, 0, 0, 0] };
      const scaledStep = sgdEpoch.start(plain, scaled.layout, scaled.arena);
      for (const page of scaled.pages) scaledStep(page, inAdvance);
      expect(kernel[0]).toBe(2); // about 560 rows count
      kernel.forEach((value, i) => {
        const magnitude = Math.max(1, Math.abs(value));
        expect(Math.abs(value - reference[i]!) / magnitude).toBeLessThan(3e-6); // float32 products and page values
        expect(Math.abs(value - inAdvance[i]!) / magnitude).toBeLessThan(3e-5); // 100 and more in float32 before centring
      });
    },
  );
});
