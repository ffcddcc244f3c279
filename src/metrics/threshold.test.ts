import { describe, expect, test } from "vitest";
import { generator } from "../base/seeds.js";
import { binaryMetrics } from "./binary.js";
import { cutFor, type Goal, parseGoal, type topRows } from "./threshold.js";

const next = generator(9);
const rows = 4000;
const label = Float64Array.from({ length: rows }, () => (next() < 0.05 ? 1 : 0));
const margin = label.map((y) => Math.fround(2 * y - 3 + 3 * (next() - 0.5) + 2 * (next() - 0.5)));
const ones = new Float64Array(rows).fill(1);

function judged(options: { cut?: number; goal?: Goal } = {}) {
  const set = binaryMetrics(options);
  const sum = new Float64Array(set.length);
  set.add(sum, margin, label, ones, rows);
  return set.finish(sum);
}
/** Every threshold there is, one by one. */
const byHand = [...new Set(margin)].map((at) => {
  let [hits, above, all] = [0, 0, 0];
  for (let i = 0; i < rows; i++) {
    all += label[i]!;
    if (margin[i]! < at) continue;
    above++;
    hits += label[i]!;
  }
  return { precision: hits / above, recall: hits / all, f1: (2 * hits) / (above + all), share: above / rows };
});
const most = (of: (one: (typeof byHand)[number]) => number): number => Math.max(...byHand.map(of));

describe("a threshold", () => {
  test("for the best F1 is the best of all", () => {
    const cut = judged({ goal: parseGoal("best-f1") }).cut!;
    expect(judged({ cut }).values["f1"]).toBeCloseTo(
      most(({ f1 }) => f1),
      3,
    );
  });
  test("for a precision finds the most positives that it allows", () => {
    const cut = judged({ goal: parseGoal("precision>=0.6") }).cut!;
    const { precision, recall } = judged({ cut }).values;
    expect(precision).toBeGreaterThanOrEqual(0.6);
    expect(recall).toBeCloseTo(
      most((one) => (one.precision >= 0.6 ? one.recall : 0)),
      3,
    );
  });
  test("for a recall is as precise as that allows", () => {
    const cut = judged({ goal: parseGoal("recall >= 80%") }).cut!;
    const { precision, recall } = judged({ cut }).values;
    expect(recall).toBeGreaterThanOrEqual(0.8);
    expect(precision).toBeCloseTo(
      most((one) => (one.recall >= 0.8 ? one.precision : 0)),
      2,
    );
  });
  test("for the top rows takes as many", () => {
    const cut = judged({ goal: parseGoal("top:5%") }).cut!;
    expect(margin.filter((value) => value > cut).length / rows).toBeCloseTo(0.05, 3);
  });
  test("as a probability is that one", () => {
    expect(cutFor(parseGoal("0.3"), undefined as never)).toBeCloseTo(Math.log(0.3 / 0.7), 12);
  });
  test("that nothing reaches is none", () => {
    expect(
      judged({ goal: parseGoal("precision>=0.99999") }).cut === undefined || most(({ precision }) => precision) === 1,
    ).toBe(true);
  });
  test.each(["", "1.5", "best", "precision>0.9", "top:0", "recall>=2", "NaN"])(
    "%s is refused with what there is",
    (text) => {
      expect(() => parseGoal(text)).toThrow(/best-f1, precision>=0.9, recall>=0.8 or top:1%/);
    },
  );
});

test("the rows with the highest scores are told by precision and lift", () => {
  const order = [...margin.keys()].sort((a, b) => margin[b]! - margin[a]!).slice(0, rows * 0.05);
  const found = order.reduce((sum, i) => sum + label[i]!, 0);
  const positives = label.reduce((sum, y) => sum + y, 0);
  const { values, curves } = judged();
  expect(values["precisionTop5"]).toBeCloseTo(found / order.length, 2);
  expect(values["liftTop5"]).toBeCloseTo(found / order.length / (positives / rows), 1);
  expect((curves["top"] as ReturnType<typeof topRows>).map(({ share }) => share)).toEqual([0.01, 0.05, 0.1]);
});
