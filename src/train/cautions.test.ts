import { describe, expect, test } from "vitest";
import type { Metrics } from "../metrics/contract.js";
import { fewPositives, lossOf, unscored, worseThanBaseline } from "./cautions.js";

const metrics = (values: Record<string, number>): Metrics => ({
  rows: 100,
  weight: 100,
  values,
  intervals: {},
  errorBounds: {},
  curves: {},
});

describe("a model beside its baseline", () => {
  const quality = (own: number, base: number) => ({
    validation: {
      model: metrics({ logLoss: own, rmse: own, mae: own }),
      baseline: metrics({ logLoss: base, rmse: base, mae: base }),
    },
  });
  test("is told where it is worse or no better, and by the loss that was minimised", () => {
    expect(worseThanBaseline("binary", quality(0.3, 0.69), undefined)).toBe(undefined);
    expect(worseThanBaseline("binary", quality(0.69, 0.69), undefined)?.code).toBe("worse_than_baseline");
    expect(worseThanBaseline("multiclass", quality(923, 1.08), undefined)?.message).toContain(
      "log loss 923 against 1.080",
    );
    expect(worseThanBaseline("regression", quality(2, 1), "absolute")?.message).toContain("MAE");
    expect(lossOf("regression", "squared")).toBe("rmse");
  });
  test("nothing is said where nothing was judged", () => {
    expect(worseThanBaseline("binary", {}, undefined)).toBe(undefined);
  });
  test("test rows count for more than those that were held out", () => {
    const { validation } = quality(0.3, 0.69);
    expect(
      worseThanBaseline("binary", { validation, test: quality(1, 0.69).validation }, undefined)?.message,
    ).toContain("test rows");
  });
});

test("rows without a score are told, and that the figures are those of the others", () => {
  expect(unscored(metrics({ auc: 0.9 }), "validation rows")).toBe(undefined);
  expect(unscored(metrics({ unscored: 20 }), "validation rows")).toMatchObject({
    code: "unscored",
    message: expect.stringContaining("no score for 20 of 120 validation rows"),
  });
});

test("few rows of a class are told, for training and for judging", () => {
  expect(fewPositives("binary", [0, 1], [9000, 1000], 0.2)).toBe(undefined);
  expect(fewPositives("binary", ["no", "yes"], [9000, 40], 0.2)?.message).toContain("few rows of yes (40 rows)");
  expect(fewPositives("multiclass", ["a", "b", "c"], [900, 120, 12], 0.2)?.message).toMatch(
    /few rows of b .*, c .* them/,
  );
  expect(fewPositives("regression", [], [], 0.2)).toBe(undefined);
  expect(fewPositives("binary", [0, 1], [60, 60], 0)).toBe(undefined);
  expect(fewPositives("binary", [0, 1], [9000, 40], 0.2)?.message).toContain("about 20 % judge the model");
  expect(fewPositives("binary", [0, 1], [9000, 40], 0)?.message).not.toContain("judge"); // no rows were held back
});
