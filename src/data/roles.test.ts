import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { generator } from "../base/seeds.js";
import { evaluateModel } from "../predict/evaluate.js";
import { homeAt } from "../runs/home.js";
import type { TrainSpec } from "../train/spec.js";
import { trainModel } from "../train/train.js";
import { Workspace } from "../workspace/workspace.js";

const dir = mkdtempSync(join(tmpdir(), "sluice-roles-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const file = join(dir, "weighted.csv");
const next = generator(2);
const lines = Array.from({ length: 1200 }, () => {
  const [a, w] = [next() - 0.5, 1 + Math.floor(next() * 4)];
  return [a.toFixed(4), w, 2 * w, next() < 1 / (1 + Math.exp(-3 * a)) ? 1 : 0].join(",");
});
writeFileSync(file, `a,w,doubled,y\n${lines.join("\n")}\n`);

const home = homeAt({ home: join(dir, "home"), cache: join(dir, "cache") });
async function trained(spec: Partial<TrainSpec>) {
  await using workspace = await Workspace.open({ memoryBytes: 1e9, threads: 2, home });
  const asked = { sources: [file], label: "y", learner: "logistic", features: "a", ...spec };
  const { result, model } = await trainModel(asked, workspace);
  return { result, model, judged: await evaluateModel(model, [file], {}, workspace) };
}

test("a weight may be a formula, and counts like the column that has its values, in training and evaluate", async () => {
  const [column, formula, plain] = [
    await trained({ weight: "doubled" }),
    await trained({ weight: "w * 2" }),
    await trained({}),
  ];
  expect(formula.result.stateHash).toBe(column.result.stateHash);
  expect(formula.result.stateHash).not.toBe(plain.result.stateHash);
  expect(formula.result.metrics).toEqual(column.result.metrics);
  expect(formula.judged.model).toEqual(column.judged.model);
  expect(formula.judged.unweighted!.rows).toBe(1200);
  expect(plain.judged.unweighted).toBe(undefined);
});

test("weights that are no numbers, or below nought, are refused with their name", async () => {
  await expect(trained({ weight: "a > 0" })).rejects.toThrow(
    "--weight a > 0: the formula is bool; it must be a number",
  );
  await expect(trained({ weight: "a * 2" })).rejects.toThrow('"a * 2"');
  await expect(trained({ weight: "b * 2" })).rejects.toThrow('no column "b"');
});
