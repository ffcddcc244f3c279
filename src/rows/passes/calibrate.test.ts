import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { generator } from "../../base/seeds.js";
import { evaluate } from "../../expr/evaluate.js";
import { col } from "../../expr/expr.js";
import { type Calibration, calibrated, calibratedExpr, marginBinOf, marginBins } from "../../model/calibration.js";
import { readModel, stateHashOf, writeModel } from "../../model/model.js";
import { homeAt } from "../../runs/home.js";
import type { TrainSpec } from "../../train/spec.js";
import { trainModel } from "../../train/train.js";
import { Workspace } from "../../workspace/workspace.js";
import { expOfMinus, logOnePlus } from "./calibrate/platt.js";
import { fitCalibration } from "./calibrate.js";

const known = JSON.parse(
  readFileSync(new URL("../../../test/fixtures/calibration.json", import.meta.url), "utf8"),
) as Record<"margin" | "label" | "asked" | "platt", number[]> & {
  readonly isotonic: [margin: number, share: number][];
};

function counted(margins: readonly number[], labels: readonly number[]): Float64Array {
  const counts = new Float64Array(2 * marginBins);
  margins.forEach((margin, i) => {
    counts[labels[i]! * marginBins + marginBinOf(margin)]! += 1;
  });
  return counts;
}
const shareOf = (margin: number): number => 1 / (1 + Math.exp(-margin));

describe("calibration agrees with scikit-learn", () => {
  const counts = counted(known.margin, known.label);

  test("by Platt's line", () => {
    const map = calibrated(fitCalibration("platt", counts));
    // Its minimiser stops at a gradient of 1e-6 and more.
    known.asked.forEach((margin, i) => void expect(shareOf(map(margin))).toBeCloseTo(known.platt[i]!, 4));
  });

  test("by isotonic shares, kept off 0 and 1", () => {
    const map = calibrated(fitCalibration("isotonic", counts));
    const yes = known.label.filter((label) => label === 1).length;
    const [least, most] = [1 / (known.label.length - yes + 2), (yes + 1) / (yes + 2)];
    const corners = known.isotonic.map(([margin, share]) => [margin, Math.min(most, Math.max(least, share))] as const);
    for (const margin of known.asked) {
      const next = corners.findIndex(([corner]) => corner >= margin);
      const [to, high] = corners.at(next)!;
      const [from, low] = corners[next - 1] ?? [to - 1, high];
      const theirs = next < 0 ? high : low + Math.max(0, (margin - from) / (to - from)) * (high - low);
      expect(shareOf(map(margin))).toBeCloseTo(theirs, 9);
    }
  });
});

test("isotonic shares pool what falls: labels 0 1 0 1 become steps of 0, a half and 1, linear between", () => {
  const margins = [-1, 0, 1, 2].map((margin) => margin + 1 / 256);
  const fitted = fitCalibration("isotonic", counted(margins, [0, 1, 0, 1]));
  const map = calibrated(fitted);
  const shares = [-5, ...margins, 5].map((margin) => shareOf(map(margin)));
  // Two rows of each class: never below 1/4 nor above 3/4.
  [0.25, 0.25, 0.5, 0.5, 0.75, 0.75].forEach((share, i) => void expect(shares[i]).toBeCloseTo(share, 12));
  expect(shareOf(map(-0.5 + 1 / 256))).toBeCloseTo(0.375, 12);
});

test.each<Calibration>([
  { kind: "platt", slope: 0.5, intercept: -1 },
  { kind: "isotonic", first: 4090, shares: [0.1, 0.1, 0.3, 0.9] },
  { kind: "isotonic", first: 0, shares: [0.2] },
])("$kind is the same as a formula, missing for a missing margin", (calibration) => {
  const expr = calibratedExpr(calibration, col("margin"));
  const map = calibrated(calibration);
  for (const margin of [-40, -0.05, -0.043, -0.04, -0.031, 0, 3, 40])
    expect(evaluate(expr, { margin })).toBeCloseTo(map(margin), 12); // the same steps in double precision
  expect(evaluate(expr, { margin: null })).toBeNull();
});

test("one class alone can't be calibrated on", () => {
  expect(() => fitCalibration("platt", counted([0, 1], [1, 1]))).toThrow(/needs both classes/);
});

test("the logistic of Platt's line is that of Math, to the last digits", () => {
  for (const x of [0, 1e-300, 1e-9, 0.3, 0.3466, 1, 17.25, 36, 500, 699.9]) {
    expect(expOfMinus(x) / Math.exp(-x)).toBeCloseTo(1, 14); // 14 terms, and what rounding adds
    expect(logOnePlus(expOfMinus(x))).toBeCloseTo(Math.log1p(Math.exp(-x)), 15);
  }
  expect(expOfMinus(Infinity)).toBe(0);
});

describe("a training with --calibrate", () => {
  const dir = mkdtempSync(join(tmpdir(), "sluice-calibrate-"));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  const next = generator(5);
  const lines = Array.from({ length: 600 }, () => {
    const x = next() - 0.5;
    return `${x.toFixed(5)},${next() < shareOf(4 * x) ? "yes" : "no"}`;
  });
  const file = join(dir, "rows.csv");
  writeFileSync(file, `x,late\n${lines.join("\n")}\n`);
  const trained = async (spec: Partial<TrainSpec>) => {
    await using workspace = await Workspace.open({
      memoryBytes: 1e9,
      threads: 1,
      home: homeAt({ home: join(dir, "home"), cache: join(dir, "cache") }),
    });
    return await trainModel({ sources: [file], label: "late", learner: "logistic", ...spec }, workspace);
  };

  test("keeps the map with the model under its hash, and says whose figures flatter", async () => {
    const { model, result } = await trained({ calibrate: "platt" });
    expect(model.calibration).toMatchObject({ kind: "platt" });
    expect(result.warnings.map(({ code }) => code)).toContain("calibrated_on_validation");
    expect(readModel(writeModel(model), "here").calibration).toEqual(model.calibration);
    const { calibration: _, ...plain } = model;
    expect(stateHashOf(plain)).not.toBe(model.stateHash);
  });

  test.each([
    { spec: { calibrate: "beta" }, says: /--calibrate beta: it must be isotonic or platt/ },
    { spec: { calibrate: "platt", validate: "none" }, says: /needs validation rows/ },
    { spec: { calibrate: "platt", label: "x", learner: "linear" }, says: /is for two classes.*regression/ },
  ])("is refused: $spec", async ({ spec, says }) => {
    await expect(trained(spec)).rejects.toThrow(says);
  });
});
