import { describe, expect, test } from "vitest";
import { bestSplit } from "./split.js";
import { bestClassSplit } from "./split-classes.js";
import { defaults } from "./testing.js";

/** A feature with 4 bins (the last one for missing values): rows of each class by bin. */
const histogramOf = (counts: readonly (readonly number[])[]): Float64Array =>
  Float64Array.from(
    counts.flatMap((own) => own.flatMap((count, bin) => [-count, counts.reduce((sum, each) => sum + each[bin]!, 0)])),
  );
const nodeOf = (counts: readonly (readonly number[])[]) => {
  const rows = counts.flat().reduce((sum, count) => sum + count, 0);
  return { g: 0, h: rows, rows, bounds: { lower: -Infinity, upper: Infinity } };
};
const split = (kind: "number" | "category", counts: readonly (readonly number[])[], minLeafRows = 1) =>
  bestClassSplit(
    histogramOf(counts),
    counts.length,
    { g: 1, h: 1 },
    [{ kind, bins: 4, offset: 0 }],
    [1],
    nodeOf(counts),
    { minLeafRows },
  );

describe("bestClassSplit", () => {
  const apart = [
    [5, 0, 0, 0],
    [0, 4, 0, 0],
    [0, 0, 3, 0],
  ];

  test("parts the classes where the Gini impurity falls most", () => {
    // 12 rows: sum of squares / rows is 50 / 12; 5 | 7 gives 5 + (16 + 9) / 7, and 9 | 3 gives (25 + 16) / 9 + 3, which is less.
    const found = split("number", apart)!;
    expect(found).toMatchObject({ threshold: 0, left: { rows: 5, pure: true }, right: { rows: 7, pure: false } });
    expect(found.gain).toBeCloseTo(5 + 25 / 7 - 50 / 12, 12);
  });

  test("leaves so many rows on both sides", () => {
    expect(split("number", apart, 6)).toBeUndefined();
    expect(split("number", apart, 3)).toMatchObject({ threshold: 0 });
  });

  test("tries missing values on both sides", () => {
    const together = [
      [5, 0, 0, 4],
      [0, 4, 3, 0],
    ];
    expect(split("number", together)).toMatchObject({ threshold: 0, missingLeft: true, left: { rows: 9, pure: true } });
  });

  test("groups levels that are not neighbours", () => {
    const found = split("category", [
      [5, 0, 4, 0],
      [0, 6, 0, 0],
      [0, 1, 0, 0],
    ])!;
    expect([0, 1, 2].filter((level) => found.goesLeft[level] !== found.goesLeft[1])).toEqual([0, 2]);
  });

  test("finds nothing in rows of one class", () => {
    const pure = [
      [3, 3, 3, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ];
    expect(split("number", pure)).toBeUndefined();
  });

  test("is the split by squared error for two classes", () => {
    const ones = [1, 5, 2, 3];
    const zeros = [6, 1, 4, 0];
    const h = ones.map((count, bin) => count + zeros[bin]!);
    const single = Float64Array.from(ones.flatMap((count, bin) => [-count, h[bin]!]));
    const node = { ...nodeOf([zeros, ones]), g: -11 };
    const feature = { kind: "number", bins: 4, offset: 0 } as const;
    const options = { ...defaults, l2: 0, minLeafHessian: 0 };
    const squared = bestSplit(single, { g: 1, h: 1 }, [feature], [1], node, options)!;
    const gini = split("number", [zeros, ones])!;
    expect([gini.threshold, gini.missingLeft]).toEqual([squared.threshold, squared.missingLeft]);
    expect(gini.gain).toBeCloseTo(2 * squared.gain, 12); // both indicators err alike
  });
});
