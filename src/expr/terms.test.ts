import { describe, expect, test } from "vitest";
import { eachCount, packCounts } from "./slots.js";
import { TermCounter, type TermWeights, termWeigher } from "./terms.js";

test("counts come back from their packing, large ones too", () => {
  const counts = new Float64Array(100_000);
  for (const [slot, count] of [
    [0, 1],
    [1, 127],
    [2, 128],
    [99, 2 ** 32 + 5],
    [70_000, 2 ** 53 - 1],
    [99_999, 3],
  ] as const)
    counts[slot] = count;
  const found = new Float64Array(100_000);
  eachCount(packCounts(counts), (slot, count) => {
    found[slot] = count;
  });
  expect(found.every((count, slot) => count === counts[slot])).toBe(true);
});

describe("TermCounter", () => {
  test("counts rows behind one another, slot by slot", () => {
    const counter = new TermCounter({ bits: 4, signed: false });
    const [slots, counts] = [new Int32Array(20), new Int16Array(20)];
    // 17 shares the slot of 1; the second row sees none of what the first one left behind.
    const first = counter.count([1, 2, 17, 1], 0, 4, slots, counts, 0);
    const second = counter.count([2, 5, 2], 0, 3, slots, counts, first);
    expect([first, second]).toEqual([2, 4]);
    expect([...slots.subarray(0, 4)]).toEqual([1, 2, 2, 5]);
    expect([...counts.subarray(0, 4)]).toEqual([3, 1, 2, 1]);
  });
  test("lets terms of opposite sign take each other away", () => {
    const counter = new TermCounter({ bits: 4, signed: true });
    const [slots, counts] = [new Int32Array(4), new Int16Array(4)];
    const end = counter.count([3, 2 ** 30 + 3, 2 ** 30 + 4, 4 + 16, 2 ** 30 + 4], 0, 5, slots, counts, 0);
    expect(end).toBe(2);
    expect([...counts.subarray(0, 2)]).toEqual([0, -1]);
  });
});

describe("termWeigher", () => {
  const documents = { rows: 9, counts: packCounts([0, 9, 4, 1]), least: 2, most: 9 };
  const weighed = (terms: Partial<TermWeights>, codes: readonly number[]): number[] => {
    const { values, length } = termWeigher({ bits: 2, signed: false, count: "count", norm: "none", ...terms })(
      codes,
      0,
      codes.length,
    );
    return [...values.subarray(0, length)];
  };
  test("counts terms as they come, once, or by their logarithm", () => {
    expect(weighed({}, [1, 2, 1, 1])).toEqual([3, 1]);
    expect(weighed({ count: "binary" }, [1, 2, 1, 1])).toEqual([1, 1]);
    expect(weighed({ count: "log" }, [1, 2, 1, 1])).toEqual([1 + Math.log(3), 1]);
  });
  test("makes all texts of one length, but for those without terms", () => {
    expect(weighed({ norm: "l2" }, [1, 1, 1, 2, 2, 2, 2])).toEqual([0.6, 0.8]);
    expect(weighed({ norm: "l2" }, [])).toEqual([]);
  });
  test("weighs by documents as scikit-learn does, and leaves out what is too rare or never seen", () => {
    const idf = (d: number): number => Math.fround(Math.log(10 / (1 + d)) + 1);
    expect(weighed({ documents }, [0, 1, 2, 3, 2])).toEqual([0, idf(9), 2 * idf(4), 0]);
    expect(weighed({ documents: { ...documents, most: 8.5 } }, [1, 2])).toEqual([0, idf(4)]);
    expect(weighed({ documents, norm: "l2" }, [0, 3])).toEqual([0, 0]);
  });
});
