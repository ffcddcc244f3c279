import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { generator } from "../base/seeds.js";
import { readModel, writeModel } from "../model/model.js";
import { evaluateModel } from "../predict/evaluate.js";
import { scoreRow } from "../predict/one.js";
import { predictFile } from "../predict/predict.js";
import { homeAt } from "../runs/home.js";
import { Workspace } from "../workspace/workspace.js";
import { trainModel } from "./train.js";

const dir = mkdtempSync(join(tmpdir(), "sluice-threshold-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const next = generator(8);
const rows = Array.from({ length: 2000 }, () => {
  const [a, b] = [next() * 4 - 2, next()];
  return {
    a: Number(a.toFixed(4)),
    b: Number(b.toFixed(4)),
    y: next() < 1 / (1 + Math.exp(5 - 2 * a - 2 * b)) ? "yes" : "no",
  };
});
const file = join(dir, "rows.csv");
writeFileSync(file, `a,b,y\n${rows.map(({ a, b, y }) => `${a},${b},${y}`).join("\n")}\n`);

test.each(["best-f1", "recall>=0.7", "0.2"])(
  "--threshold %s is in the model, and all that ask it answer by it",
  async (threshold) => {
    const home = homeAt({ home: join(dir, "home"), cache: join(dir, "cache") });
    await using workspace = await Workspace.open({ memoryBytes: 1e9, threads: 2, home });
    const spec = { sources: [file], label: "y", learner: "logistic", threshold };
    const { result, model } = await trainModel(spec, workspace);
    const { probability } = result.threshold!;
    expect(probability).toBeLessThan(0.5);
    if (threshold === "recall>=0.7") expect(result.metrics.validation!["recall"]).toBeGreaterThanOrEqual(0.7);

    const kept = readModel(writeModel(model), "kept");
    const score = scoreRow(kept);
    const judged = await evaluateModel(kept, [file], {}, workspace);
    const to = join(dir, `${result.stateHash}.parquet`);
    await predictFile(kept, [file], { to, overwrite: true }, workspace);
    const text = `SELECT a, b, y, prediction, probability FROM '${to}'`;
    const scored = await workspace.local.rows({ kind: "sql", text }, 10_000);
    let [hits, found] = [0, 0];
    for (const row of scored) {
      const one = score({ a: row["a"], b: row["b"] });
      expect(one.prediction).toBe(row["prediction"]);
      expect(row["prediction"]).toBe(Number(row["probability"]) > probability ? "yes" : "no");
      if (row["prediction"] === "yes") found++;
      if (row["prediction"] === "yes" && row["y"] === "yes") hits++;
    }
    expect(judged.model.values["precision"]).toBeCloseTo(hits / found, 10);
    expect(judged.model.values["recall"]).toBeCloseTo(hits / rows.filter(({ y }) => y === "yes").length, 10);
  },
);

test("a threshold is for two classes, and is found on validation rows", async () => {
  const home = homeAt({ home: join(dir, "home"), cache: join(dir, "cache") });
  await using workspace = await Workspace.open({ memoryBytes: 1e9, threads: 2, home });
  const trained = (spec: object) =>
    trainModel({ sources: [file], label: "y", learner: "logistic", threshold: "best-f1", ...spec }, workspace);
  await expect(trained({ label: "a", learner: "linear" })).rejects.toThrow("--threshold is for two classes");
  await expect(trained({ validate: "none" })).rejects.toThrow("--validate none");
  const named = await trained({ validate: "none", threshold: "0.3" });
  expect(named.result.threshold!.probability).toBeCloseTo(0.3, 12);
});

test("a goal that no threshold reaches leaves a model that calls rows positive from one half on, and is told", async () => {
  const home = homeAt({ home: join(dir, "home"), cache: join(dir, "cache") });
  await using workspace = await Workspace.open({ memoryBytes: 1e9, threads: 2, home });
  const noise = join(dir, "noise.csv");
  writeFileSync(
    noise,
    `a,y\n${rows.map((_, i) => `${(i * 7919) % 1009},${i % 10 === 0 ? "yes" : "no"}`).join("\n")}\n`,
  );
  const spec = { sources: [noise], label: "y", learner: "logistic", threshold: "precision>=0.99" };
  const { result, model } = await trainModel(spec, workspace);
  expect(result.threshold).toBeUndefined();
  expect(model.threshold).toBeUndefined();
  expect(result.warnings.map(({ code }) => code)).toContain("threshold_not_reached");
});
