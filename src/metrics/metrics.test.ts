import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { generator } from "../base/seeds.js";
import type { MetricSet } from "./contract.js";
import { metricSet } from "./index.js";

interface Fixture {
  readonly classes?: number;
  readonly outputs: number[];
  readonly label: number[];
  readonly weight?: number[];
  readonly values: Record<string, number>;
  readonly confusion?: number[];
  readonly medianError?: number;
}
const fixtures = JSON.parse(
  readFileSync(new URL("../../test/fixtures/metrics.json", import.meta.url), "utf8"),
) as Record<"binary" | "multiclass" | "regression", Record<string, Fixture>>;

type Rows = { outputs: ArrayLike<number>; label: ArrayLike<number>; weight?: ArrayLike<number> };

/** One part per page of `page` rows, merged in order. */
function sumOf(set: MetricSet, { outputs, label, weight }: Rows, page = label.length): Float64Array {
  const n = label.length;
  const per = outputs.length / n;
  const sum = new Float64Array(set.length);
  for (let from = 0; from < n; from += page) {
    const rows = Math.min(page, n - from);
    const out = new Float64Array(per * rows);
    for (let k = 0; k < per; k++) for (let i = 0; i < rows; i++) out[k * rows + i] = outputs[k * n + from + i]!;
    const labels = Float64Array.from({ length: rows }, (_, i) => label[from + i]!);
    const weights = Float64Array.from({ length: rows }, (_, i) => weight?.[from + i] ?? 1);
    const part = new Float64Array(set.length);
    set.add(part, out, labels, weights, rows);
    set.merge(sum, part);
  }
  return sum;
}

const judged = (set: MetricSet, rows: Rows, page?: number) => set.finish(sumOf(set, rows, page));

/** Margins of a weak model and labels that follow them. */
function weakModel(n: number, seed = 5): { outputs: Float64Array; label: Float64Array } {
  const next = generator(seed);
  const outputs = new Float64Array(n);
  const label = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
    outputs[i] = -1.4 + 0.4 * normal;
    label[i] = next() < 1 / (1 + Math.exp(-outputs[i]!)) ? 1 : 0;
  }
  return { outputs, label };
}

/** The definition, in memory: every pair of a positive and a negative. */
function exactAuc(outputs: Float64Array, label: Float64Array): number {
  const order = Array.from(outputs.keys()).sort((a, b) => outputs[a]! - outputs[b]!);
  let below = 0;
  let right = 0;
  for (const row of order)
    if (label[row] === 1) right += below;
    else below++;
  return right / (below * (outputs.length - below));
}

describe.each(["binary", "multiclass", "regression"] as const)("%s metrics", (task) => {
  describe.each(Object.entries(fixtures[task]))("on %s", (_, fixture) => {
    const set = metricSet(task, fixture.classes ?? (task === "binary" ? 2 : 1));
    test.each([1000, 64, 7])("equal scikit-learn's in pages of %d rows", (page) => {
      const { values, curves, rows } = judged(set, fixture, page);
      expect(rows).toBe(fixture.label.length);
      // The same sums in another order of adding.
      for (const [name, expected] of Object.entries(fixture.values))
        expect(Math.abs(values[name]! / expected - 1), name).toBeLessThan(1e-9);
      for (const [i, weight] of (fixture.confusion ?? []).entries())
        expect(curves["confusion"]![i]!["weight"]).toBeCloseTo(weight, 9);
    });
  });
});

describe("binary metrics", () => {
  const set = metricSet("binary", 2);

  test("are right on five rows by hand", () => {
    const { values, curves } = judged(set, { outputs: [2, 1, 0, -1, -2], label: [1, 0, 1, 0, 0] });
    expect(values["auc"]).toBeCloseTo(5 / 6, 12); // one of six pairs is in the wrong order
    expect(values["prAuc"]).toBeCloseTo((1 + 2 / 3) / 2, 12);
    expect(values["accuracy"]).toBe(3 / 5); // a margin of 0 predicts the negative class
    expect(values["precision"]).toBe(1 / 2);
    expect(values["ks"]).toBeCloseTo(2 / 3, 12);
    expect(curves["roc"]!.at(-1)).toEqual({ falsePositiveRate: 1, truePositiveRate: 1 });
  });

  test("count ties half", () => {
    expect(judged(set, { outputs: [1, 1, 1, 1], label: [1, 0, 1, 0] }).values["auc"]).toBe(0.5);
  });

  test("weigh a row of weight 3 like three rows", () => {
    const rows = weakModel(500);
    const weight = Float64Array.from({ length: 500 }, (_, i) => (i * 7) % 4);
    const repeat = (from: Float64Array) => Array.from(from).flatMap((x, i) => new Array<number>(weight[i]!).fill(x));
    const weighted = judged(set, { ...rows, weight });
    const repeated = judged(set, { outputs: repeat(rows.outputs), label: repeat(rows.label) });
    expect(weighted.weight).toBe(repeated.weight);
    for (const [name, value] of Object.entries(repeated.values))
      expect(weighted.values[name], name).toBeCloseTo(value, 10);
  });

  test("stay within the printed bound of the exact figures when bins are few", () => {
    const rows = weakModel(20_000);
    const exact = exactAuc(rows.outputs, rows.label);
    const fine = judged(metricSet("binary", 2, { bins: 2 ** 15 }), rows);
    expect(fine.errorBounds["auc"]).toBe(0);
    expect(fine.values["auc"]).toBeCloseTo(exact, 12);
    for (const bins of [2 ** 12, 2 ** 8, 2 ** 5]) {
      const coarse = judged(metricSet("binary", 2, { bins }), rows, 999);
      for (const name of ["auc", "prAuc"]) {
        const bound = coarse.errorBounds[name]!;
        expect(bound).toBeGreaterThan(0);
        expect(Math.abs(coarse.values[name]! - fine.values[name]!)).toBeLessThanOrEqual(bound);
      }
    }
  });

  test("bring a bound of at most 1e-4 for the AUC of a weak model on many rows", () => {
    const rows = weakModel(300_000);
    const { values, errorBounds } = judged(set, rows, 50_000);
    expect(errorBounds["auc"]).toBeGreaterThan(0);
    expect(errorBounds["auc"]).toBeLessThan(1e-4);
    expect(errorBounds["prAuc"]).toBeLessThan(1e-4);
    expect(Math.abs(values["auc"]! - exactAuc(rows.outputs, rows.label))).toBeLessThanOrEqual(errorBounds["auc"]!);
  });

  test("leave rows of weight 0 out and count rows that have no score", () => {
    const { rows, values } = judged(set, {
      outputs: [1, Number.NaN, -1, 9],
      label: [1, 1, 0, 0],
      weight: [1, 1, 1, 0],
    });
    expect(rows).toBe(2);
    expect(values).toMatchObject({ unscored: 1, accuracy: 1 });
  });

  test("leave out what one class does not define", () => {
    const { values, curves } = judged(set, { outputs: [1, 2], label: [1, 1] });
    expect(values).not.toHaveProperty("auc");
    expect(values["accuracy"]).toBe(1);
    expect(Object.keys(curves)).toEqual(["confusion"]);
  });

  test("take margins of any size", () => {
    const { values } = judged(set, { outputs: [1e300, 800, 700, -700, -1e300], label: [1, 1, 1, 0, 0] });
    expect(values["auc"]).toBe(1);
    expect(values["logLoss"]).toBeCloseTo(0, 12);
  });

  test("cut calibration and lift into groups of equal weight", () => {
    const rows = weakModel(1003);
    const { curves } = judged(set, rows);
    for (const name of ["calibration", "lift"]) {
      const weights = curves[name]!.map(({ weight }) => weight as number);
      expect(Math.max(...weights) - Math.min(...weights)).toBeLessThan(1e-6);
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1003, 6);
    }
    const constant = judged(set, { outputs: new Float64Array(1003).fill(-1), label: rows.label });
    for (const group of constant.curves["lift"]!) expect(group["lift"]).toBeCloseTo(1, 9);
  });
});

describe("intervals", () => {
  // 200 draws of 400 rows; a right 95 % interval misses 10 of them on average, and more than 24 once in 30,000.
  test("of a classifier's figures hold the true figure 95 times in 100", () => {
    const set = metricSet("binary", 2, { bins: 2 ** 12 });
    const truth = judged(set, weakModel(400_000, 99), 50_000).values;
    const missed: Record<string, number> = { auc: 0, ks: 0, prAuc: 0, logLoss: 0, brier: 0, accuracy: 0, recall: 0 };
    for (let seed = 0; seed < 200; seed++) {
      const { intervals } = judged(set, weakModel(400, seed + 1000));
      for (const name of Object.keys(missed)) {
        const [low, high] = intervals[name]!;
        if (truth[name]! < low || truth[name]! > high) missed[name]!++;
      }
    }
    for (const [name, times] of Object.entries(missed)) expect(times, name).toBeLessThanOrEqual(24);
  });

  test.each([0, 1])("of a precision-recall area of all but 1 is near it: %i pair in the wrong order", (pairs) => {
    const label = Float64Array.from({ length: 400 }, (_, i) => Number(i >= 200));
    const outputs = label.map(
      (_, i) => i - 200 + (pairs === 1 && (i === 199 || i === 200) ? (i === 199 ? 1.5 : -1.5) : 0),
    );
    const { values, intervals } = judged(metricSet("binary", 2), { outputs, label });
    expect(values["prAuc"]).toBeGreaterThan(0.9999);
    expect(intervals["prAuc"]![0]).toBeGreaterThan(0.97);
    expect(intervals["prAuc"]![0]).toBeLessThan(0.99);
    expect(intervals["prAuc"]![1]).toBeCloseTo(1, 3);
  });

  test("of the error of a regression hold the true figure 95 times in 100", () => {
    const set = metricSet("regression", 1);
    let missed = 0;
    for (let seed = 0; seed < 200; seed++) {
      const next = generator(seed);
      const label = Float64Array.from({ length: 300 }, () => next() + next() + next() - 1.5);
      const [low, high] = judged(set, { outputs: new Float64Array(300), label }).intervals["rmse"]!;
      if (0.5 < low || 0.5 > high) missed++; // three uniforms have variance 1/4
    }
    expect(missed).toBeLessThanOrEqual(24);
  });
});

describe("regression metrics", () => {
  test("give error quantiles within their bound", () => {
    const next = generator(3);
    const label = Float64Array.from({ length: 30_000 }, () => Math.exp(4 * next()) * (next() < 0.5 ? -1 : 1));
    const sizes = label.map(Math.abs).sort();
    const { curves } = judged(metricSet("regression", 1), { outputs: new Float64Array(30_000), label }, 1024);
    for (const { quantile, error, bound } of curves["quantiles"]! as {
      quantile: number;
      error: number;
      bound: number;
    }[]) {
      const exact = sizes[Math.ceil(quantile * 30_000) - 1]!;
      expect(Math.abs(error - exact)).toBeLessThanOrEqual(bound * (1 + 1e-6) + exact * 2 ** -23); // float32 keys
      expect(bound / error).toBeLessThan(0.01);
    }
  });

  test("show where predictions are off", () => {
    const outputs = Float64Array.from({ length: 1000 }, (_, i) => i - 500);
    const { curves, values } = judged(metricSet("regression", 1), {
      outputs,
      label: outputs.map((x) => x + (x < 0 ? 2 : 0)),
    });
    expect(values["bias"]).toBeCloseTo(-1, 12);
    expect(curves["residuals"]![0]!["residual"]).toBeCloseTo(2, 12);
    expect(curves["residuals"]!.at(-1)!["residual"]).toBe(0);
  });
});

describe("multiclass metrics", () => {
  /** 40 classes, each row's own a little ahead of the others. */
  const many = (n: number, seed: number): { outputs: Float64Array; label: Float64Array } => {
    const next = generator(seed);
    const label = Float64Array.from({ length: n }, () => Math.floor(40 * next() * next()));
    const outputs = new Float64Array(40 * n).map((_, i) => next() + (label[i % n] === Math.floor(i / n) ? 0.3 : 0));
    return { outputs, label };
  };
  /** What scikit-learn's roc_auc_score(multi_class="ovr", average="macro") is. */
  const macroAuc = ({ outputs, label }: ReturnType<typeof many>): number => {
    const n = label.length;
    const sums = new Float64Array(n).map((_, i) => {
      let sum = 0;
      for (let k = 0; k < 40; k++) sum += Math.exp(outputs[k * n + i]!);
      return sum;
    });
    const areas = Array.from({ length: 40 }, (_, k) =>
      exactAuc(
        sums.map((sum, i) => Math.exp(outputs[k * n + i]!) / sum),
        label.map((own) => (own === k ? 1 : 0)),
      ),
    ).filter(Number.isFinite);
    return areas.reduce((sum, area) => sum + area, 0) / areas.length;
  };

  test("rank 40 classes within the bound that they tell, whatever the pages", () => {
    const rows = many(4000, 3);
    const set = metricSet("multiclass", 40, { bins: 2 ** 9 });
    const [whole, parts] = [judged(set, rows), judged(set, rows, 333)];
    const off = Math.abs(whole.values["auc"]! - macroAuc(rows));
    expect(whole.errorBounds["auc"]).toBeGreaterThan(0);
    expect(whole.errorBounds["auc"]).toBeLessThan(0.01);
    expect(off).toBeLessThanOrEqual(whole.errorBounds["auc"]! + 1e-6); // keys are float32
    expect(parts.errorBounds).toEqual(whole.errorBounds);
    expect(parts.values["auc"]).toBeCloseTo(whole.values["auc"]!, 12);
  });

  test("have an interval of the mean area that is at least as wide as it must be", () => {
    const set = metricSet("multiclass", 40, { bins: 2 ** 9 });
    const truth = judged(set, many(100_000, 77), 10_000).values["auc"]!;
    let missed = 0;
    for (let seed = 0; seed < 40; seed++) {
      const [low, high] = judged(set, many(1000, seed + 500)).intervals["auc"]!;
      if (truth < low || truth > high) missed++;
    }
    expect(missed).toBeLessThanOrEqual(7); // more than 7 of 40 once in 1,000 at 95 %
  });

  test("beyond 100 classes keep the counts of each class but not of each pair", () => {
    const classes = 150;
    const outputs = new Float64Array(classes * 300).map((_, i) =>
      Math.floor(i / 300) === (i % 300) % classes ? 5 : 0,
    );
    const { values, curves } = judged(metricSet("multiclass", classes), {
      outputs,
      label: Array.from({ length: 300 }, (_, i) => i % classes),
    });
    expect(values["accuracy"]).toBe(1);
    expect(curves).not.toHaveProperty("confusion");
    expect(curves["classes"]).toHaveLength(classes);
  });
});

describe("a merge", () => {
  const anyRows = fc.array(fc.tuple(fc.double({ min: -40, max: 40, noNaN: true }), fc.nat(1), fc.nat(3)), {
    minLength: 1,
    maxLength: 200,
  });

  test.each(["binary", "regression"] as const)("of parts gives the whole, for %s", (task) => {
    fc.assert(
      fc.property(anyRows, fc.integer({ min: 1, max: 60 }), (data, page) => {
        const rows = { outputs: data.map(([x]) => x), label: data.map(([, y]) => y), weight: data.map(([, , w]) => w) };
        const set = metricSet(task, 2, { bins: 16 });
        const [whole, parts] = [judged(set, rows), judged(set, rows, page)];
        for (const [name, value] of Object.entries(whole.values))
          expect(Math.abs(parts.values[name]! - value), name).toBeLessThanOrEqual(1e-9 * (1 + Math.abs(value))); // order of adding
        expect(parts.errorBounds).toEqual(whole.errorBounds);
      }),
      { seed: 1, numRuns: 60 },
    );
  });
});
