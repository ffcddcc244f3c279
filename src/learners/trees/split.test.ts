import { describe, expect, test } from "vitest";
import { unbounded } from "./leaf-value.js";
import { bestSplit } from "./split.js";
import type { BinFeature, SplitOptions } from "./split-contract.js";
import { defaults } from "./testing.js";

type Bins = readonly (readonly [g: number, h: number])[];

const free = { ...defaults, l2: 0, category: { ...defaults.category, smooth: 0, l2: 0, oneAgainstRest: 0 } };

/** Each row has h = 1 unless told; the last bin of a feature is that of missing values. */
function split(
  columns: readonly { readonly kind: BinFeature["kind"]; readonly bins: Bins }[],
  options: Partial<SplitOptions> = {},
  scales = { g: 1, h: 1 },
) {
  let offset = 0;
  const features = columns.map(({ kind, bins }) => {
    offset += bins.length;
    return { kind, bins: bins.length, offset: offset - bins.length };
  });
  const histogram = Float64Array.from(columns.flatMap(({ bins }) => bins.flat()));
  const [g, h] = columns[0]!.bins.reduce((sum, bin) => [sum[0] + bin[0], sum[1] + bin[1]], [0, 0]);
  const node = { g, h, rows: h, bounds: unbounded };
  const allowed = columns.map(() => 1);
  return bestSplit(histogram, scales, features, allowed, node, { ...free, ...options });
}

const number = (...bins: Bins) => ({ kind: "number", bins }) as const;
const category = (...bins: Bins) => ({ kind: "category", bins }) as const;
const slope = number([-3, 1], [-1, 1], [4, 2], [0, 0]);

describe("bestSplit", () => {
  test("sends a level that it never met, and a missing value where none was, to the larger side", () => {
    const most = split([category([-9, 1], [-9, 1], [-9, 1], [5, 1], [0, 0])])!;
    const few = split([category([9, 1], [9, 1], [9, 1], [-25, 1], [0, 0])])!;
    for (const found of [most, few]) {
      const largerLeft = found.left.h > found.right.h;
      expect([found.missingLeft, found.goesLeft[4]]).toEqual([largerLeft, +largerLeft]);
    }
    // Where some row is missing it goes as that row does.
    expect(split([category([-9, 1], [-9, 1], [-9, 1], [5, 1], [6, 1])])!.missingLeft).toBe(
      split([category([-9, 1], [-9, 1], [-9, 1], [5, 1], [6, 1])])!.goesLeft[3] === 1,
    );
  });

  test("cuts a number where the scores of both sides are largest", () => {
    // (-4)^2 / 2 + 4^2 / 2 = 16 after the second bin, 9 / 1 + 9 / 3 = 12 after the first; the node's own score is 0.
    const found = split([slope])!;
    expect(found).toMatchObject({ feature: 0, threshold: 1, missingLeft: false, gain: 16 });
    expect([...found.goesLeft]).toEqual([1, 1, 0, 0]);
    expect(found.left).toEqual({ g: -4, h: 2, rows: 2, l2: 0, bounds: unbounded });
    expect(found.right).toEqual({ g: 4, h: 2, rows: 2, l2: 0, bounds: unbounded });
  });

  test("reckons penalties in real units", () => {
    // g = -2 and 2, h = 4 and 4 in real units: T = 1.5 after l1, 1.5^2 / (4 + 1) on each side.
    expect(split([slope], { l1: 0.5, l2: 1 }, { g: 0.5, h: 2 })!.gain).toBeCloseTo(0.9, 12); // one rounding of a division
  });

  test("sends missing values to the side where they gain more", () => {
    // With the left: 64 / 4 + 9 / 2 = 20.5, less 25 / 6 of the node; missing against all else: 1 / 4 + 36 / 2 = 18.25.
    const left = split([number([-2, 2], [3, 2], [-6, 2])])!;
    expect(left).toMatchObject({ threshold: 0, missingLeft: true, gain: 20.5 - 25 / 6 });
    expect([...left.goesLeft]).toEqual([1, 0, 1]);
    expect([...split([number([-2, 2], [3, 2], [6, 2])])!.goesLeft]).toEqual([1, 0, 0]);
    expect([...split([number([1, 2], [1, 2], [-6, 2])])!.goesLeft]).toEqual([1, 1, 0]);
  });

  test("sends missing values that it never saw where more rows go", () => {
    expect(split([number([-1, 3], [1, 2], [0, 0])])!.missingLeft).toBe(true);
    expect(split([number([-1, 2], [1, 3], [0, 0])])!.missingLeft).toBe(false);
  });

  test("takes the first of equal splits", () => {
    expect(split([slope, slope])!.feature).toBe(0);
    expect(split([number([-3, 1], [0, 0], [0, 0], [3, 1], [0, 0])])!.threshold).toBe(0);
    // Missing values make no difference to the score: they stay right.
    expect(split([number([-3, 1], [3, 1], [0, 1])])!).toMatchObject({ threshold: 0, missingLeft: false });
  });

  test("gives nothing where nothing is gained, or too little, or sides are too small", () => {
    expect(split([number([1, 1], [1, 1], [1, 1], [0, 0])])).toBeUndefined();
    // Thirds and tenths round differently on both sides of this equation; that is no gain.
    expect(split([number([3, 30], [1, 10], [7, 70], [0, 0])])).toBeUndefined();
    expect(split([slope], { minGain: 16 })).toBeUndefined();
    expect(split([slope], { minGain: 15.9 })!.gain).toBe(16);
    expect(split([slope], { minLeafRows: 3 })).toBeUndefined();
    expect(split([slope], { minLeafHessian: 2.1 })).toBeUndefined();
  });

  test("groups the levels of a category by their gradients", () => {
    // In order: -6, -3, 4, 5; (-9)^2 / 2 + 9^2 / 2 = 81.
    const found = split([category([5, 1], [-6, 1], [4, 1], [-3, 1], [0, 0])])!;
    expect(found).toMatchObject({ threshold: -1, missingLeft: false, gain: 81 });
    expect([...found.goesLeft]).toEqual([0, 1, 0, 1, 0]);
    const missing = split([category([5, 1], [-6, 1], [4, 1], [0, 0], [-3, 1])])!;
    expect([...missing.goesLeft]).toEqual([0, 1, 0, 0, 1]);
    expect(missing.missingLeft).toBe(true);
  });

  test("keeps small levels right and penalises groups more", () => {
    const smooth = { ...free.category, smooth: 2, l2: 3 };
    // The level of one row is no candidate, so the two others are: -4 against 4 - 9 = -5, or 4 against -13.
    const found = split([category([-4, 2], [4, 2], [-9, 1], [0, 0])], { category: smooth })!;
    expect([...found.goesLeft]).toEqual([0, 1, 0, 0]);
    expect(found.gain).toBeCloseTo(16 / 5 + 169 / 6 - 81 / 5, 12); // one rounding of a division
    expect(found.left.l2).toBe(3);
  });

  test("finds the ends of many levels without sorting them all", () => {
    const gradients = Array.from({ length: 400 }, (_, level) => ((level * 173) % 401) - 200);
    const bins: Bins = [...gradients.map((g) => [g, 1] as const), [0, 0]];
    const found = split([category(...bins)], { category: { ...free.category, maxLevels: 5 } })!;
    const left = [...found.goesLeft.keys()].filter((bin) => found.goesLeft[bin]);
    const extreme = gradients.slice().sort((a, b) => a - b);
    const low = extreme.slice(0, 5);
    const high = extreme.slice(-5);
    expect([low, high]).toContainEqual(left.map((bin) => gradients[bin]!).sort((a, b) => a - b));
  });

  test("tries few levels each alone", () => {
    const alone = { ...free.category, oneAgainstRest: 4, l2: 9 };
    const found = split([category([-6, 1], [5, 1], [-3, 1], [4, 1], [0, 0])], { category: alone })!;
    expect([...found.goesLeft]).toEqual([1, 0, 0, 0, 0]);
    expect(found.gain).toBe(36 + 36 / 3);
  });

  test("refuses the wrong order of values under a monotone constraint and parts the values at their middle", () => {
    expect(split([slope], { monotone: [1] })).toBeUndefined();
    const found = split([slope], { monotone: [-1] })!;
    // Values are 2 on the left and -2 on the right.
    expect(found.left.bounds).toEqual({ lower: 0, upper: Infinity });
    expect(found.right.bounds).toEqual({ lower: -Infinity, upper: 0 });
  });
});
