import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { generator } from "../base/seeds.js";
import { learners } from "../learners/index.js";
import { homeAt } from "../runs/home.js";
import { Workspace } from "../workspace/workspace.js";
import { balancedWeights, withClassWeights } from "./class-weights.js";
import type { TrainSpec } from "./spec.js";
import { trainModel } from "./train.js";

const dir = mkdtempSync(join(tmpdir(), "sluice-class-weights-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const next = generator(6);
const file = join(dir, "rare.csv");
const rows = Array.from({ length: 3000 }, (_, i) => {
  const a = 4 * next() - 2;
  const y = next() < 1 / (1 + Math.exp(4.5 - 1.5 * a)) ? 1 : 0;
  return { line: `${i},${a.toFixed(4)},${(next() - 0.5).toFixed(4)},${y}`, y };
});
const positives = rows.reduce((sum, { y }) => sum + y, 0);
const [zero, one] = [rows.length / (2 * (rows.length - positives)), rows.length / (2 * positives)];
writeFileSync(file, `row,a,b,y\n${rows.map(({ line }) => line).join("\n")}\n`);

async function trained(spec: Partial<TrainSpec>) {
  const home = homeAt({ home: join(dir, "home"), cache: join(dir, "cache") });
  await using workspace = await Workspace.open({ memoryBytes: 1e9, threads: 2, home });
  const asked = { sources: [file], label: "y", id: "row", pageRows: 256, ...spec };
  return (await trainModel(asked, workspace)).result;
}

const classifiers = learners.filter(({ name, tasks }) => tasks.includes("binary") && name !== "baseline");

describe.each(classifiers.map(({ name }) => name))("balanced classes of %s", (learner) => {
  // Leaves of a forest hold single rows unless told: weights change nothing there.
  const light: Record<string, TrainSpec["params"]> = {
    boosting: { trees: 10 },
    forest: { trees: 10, minLeafRows: 50 },
  };
  const params = light[learner] ?? {};
  test("are learned as by such weights, find more of the rare class, and are judged by rows as they come", async () => {
    const [plain, balanced, weighted] = [
      await trained({ learner, params }),
      await trained({ learner, params: { ...params, classWeights: "balanced" } }),
      await trained({ learner, params, weight: `if(y = 1, ${one}, ${zero})` }),
    ];
    expect(balanced.stateHash).toBe(weighted.stateHash);
    const recall = (of: typeof plain): number => of.metrics.validation!["recall"] ?? 0;
    expect(recall(balanced)).toBeGreaterThan(recall(plain) + 0.2);
    // The baseline and the share of positives are those of the rows, not of the weights.
    expect(balanced.metrics.baseline["validation"]!["logLoss"]).toBeCloseTo(
      plain.metrics.baseline["validation"]!["logLoss"]!,
      9,
    );
    expect(balanced.metrics.validation!["positiveRate"]).toBe(plain.metrics.validation!["positiveRate"]);
  });
});

test("balanced weights are those of scikit-learn, and are for classes", () => {
  expect(balancedWeights({ task: "multiclass", counts: [60, 30, 10] }, "y")).toEqual([100 / 180, 100 / 90, 100 / 30]);
  expect(() => balancedWeights({ task: "regression", counts: [] }, "price")).toThrow(
    'the label "price" makes this regression',
  );
  expect(withClassWeights({ sources: [], label: "y", params: { trees: 5, classWeights: "balanced" } })).toMatchObject({
    params: { trees: 5 },
    classWeights: "balanced",
  });
});

test("another word than balanced is refused with what there is", async () => {
  await expect(trained({ learner: "logistic", classWeights: "heavy" as never })).rejects.toThrow("it must be balanced");
});
