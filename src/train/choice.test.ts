import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generator } from "../base/seeds.js";
import { homeAt } from "../runs/home.js";
import { candidatesFor, decide, sampleRowsFor } from "./choice.js";
import type { TrainSpec } from "./spec.js";
import { trainModel } from "./train.js";
import { Workspace } from "./workspace.js";

let dir: string;
let bent: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "sluice-choice-"));
  bent = join(dir, "bent.csv");
  const next = generator(3);
  const lines = Array.from({ length: 2000 }, () => {
    const [a, b] = [next() - 0.5, next() - 0.5];
    // A checkerboard has no straight border; the plane has nothing else.
    return [a, b, a * b > 0 ? "in" : "out", (2 * a - b + 0.1 * next()).toFixed(6)].join(",");
  });
  writeFileSync(bent, `a,b,side,plane\n${lines.join("\n")}\n`);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function trained(spec: Partial<TrainSpec>, threads = 2, memoryBytes = 1e9, cache = "cache") {
  const home = homeAt({ home: join(dir, "home"), cache: join(dir, cache) });
  await using workspace = await Workspace.open({ memoryBytes, threads, home });
  return await trainModel({ sources: [bent], label: "side", ...spec }, workspace);
}

describe("a training without a learner", () => {
  test("takes boosting where a straight border misses, says why, and leaves nothing of the trial behind", async () => {
    const { result, model } = await trained({ drop: ["plane"] });
    expect(result).toMatchObject({ learner: "boosting", choice: { learner: "boosting", rows: 2000 } });
    expect(result.choice!.why).toMatch(
      /^boosting: log loss 0\.\d+ against 0\.69\d* of logistic on \d+ held-back rows of a sample$/,
    );
    expect(result.choice!.candidates.map(({ learner }) => learner)).toEqual(["logistic", "boosting"]);
    expect(model.about["chosen"]).toBe(result.choice!.why);
    expect(readdirSync(join(dir, "home/runs", result.run))).not.toContain("choice");
    expect(readdirSync(join(dir, "home/models"))).not.toContain("trial");
  });

  test("takes the linear model where it is as good, whatever the budget, the threads and the cache", async () => {
    const spec = { label: "plane", drop: ["side"] };
    const [large, small] = [await trained(spec), await trained(spec, 1, 300e6, "another")];
    expect(large.result.learner).toBe("linear");
    expect(large.result.choice!.why).toMatch(/^linear: RMSE 0\.0\d+ against 0\.\d+ of boosting on/);
    expect(small.result.choice!.candidates).toEqual(large.result.choice!.candidates);
    expect(small.result.stateHash).toBe(large.result.stateHash);
  });

  test("tries nothing where a filter leaves few rows", async () => {
    const { result } = await trained({ where: "a > 0.4", drop: ["plane"] });
    expect(result.choice).toMatchObject({ learner: "logistic", candidates: [], rows: 0 });
    expect(result.choice!.why).toMatch(/^logistic: \d+ rows are too few/);
  });

  test("tries whole numbers both ways, and takes them as categories where that is clearly better", async () => {
    const file = join(dir, "codes.csv");
    const next = generator(8);
    const effects = Array.from({ length: 40 }, () => 4 * next());
    const lines = Array.from({ length: 6000 }, () => {
      const [zip, size, hour] = [Math.floor(40 * next()), 10 * next(), Math.floor(24 * next())];
      return [98_000 + zip, size.toFixed(3), hour, (effects[zip]! + size + 0.2 * hour + next()).toFixed(4)].join(",");
    });
    writeFileSync(file, `zip,size,hour,price\n${lines.join("\n")}\n`);
    const { result, decisions } = await trained({ sources: [file], label: "price" });
    expect(result).toMatchObject({ learner: "linear", choice: { codes: ["zip"] } });
    expect(result.choice!.candidates.map(({ learner, codes }) => [learner, codes])).toEqual([
      ["linear", undefined],
      ["linear", ["zip"]],
      ["boosting", undefined],
    ]);
    expect(result.choice!.why).toMatch(/^linear: RMSE 0\.\d+ against .* of boosting on .*; zip as categories$/);
    expect(result.features.map(({ name, kind }) => [name, kind])).toEqual([
      ["zip", "category"],
      ["size", "number"],
      ["hour", "number"],
    ]);
    expect(decisions.find(({ column }) => column === "zip")).toMatchObject({ type: "int64", use: "one-hot" });
    // Named, the learner takes what it is given, and the offer can be pasted.
    const asked = await trained({ sources: [file], label: "price", learner: "linear" });
    const [offer] = asked.result.warnings.filter(({ code }) => code === "code_as_number");
    expect(offer).toMatchObject({ column: "zip", message: expect.stringContaining("'onehot(zip), size, hour'") });
    const pasted = await trained({
      sources: [file],
      label: "price",
      learner: "linear",
      features: "onehot(zip), size, hour",
    });
    const rmse = (one: typeof pasted): number => one.result.metrics.validation!["rmse"]!;
    expect(rmse(pasted)).toBeLessThan(rmse(asked) / 2);
  });

  test("leaves whole numbers numbers where a line says as much", async () => {
    const file = join(dir, "steps.csv");
    const next = generator(9);
    const lines = Array.from({ length: 3000 }, () => {
      const hour = Math.floor(24 * next());
      return [hour, next().toFixed(3), (0.3 * hour + next()).toFixed(4)].join(",");
    });
    writeFileSync(file, `hour,noise,y\n${lines.join("\n")}\n`);
    const { result } = await trained({ sources: [file], label: "y" });
    expect(result.choice!.candidates.map(({ learner }) => learner)).toEqual(["linear", "boosting"]);
    expect(result.choice!.codes).toBeUndefined();
  });

  test("takes the one that knows a parameter", async () => {
    const { result } = await trained({ params: { trees: 5 }, drop: ["plane"] });
    expect(result.choice!.why).toBe("boosting: it has the parameters trees");
  });
});

test("parameters narrow the candidates, and unknown ones are refused with the simplest's list", () => {
  expect(candidatesFor("binary")).toEqual(["logistic", "boosting"]);
  expect(candidatesFor("binary", {}, true)).toEqual(["logistic", "sparseLogistic", "boosting"]);
  expect(candidatesFor("regression", { penalty: 1 })).toEqual(["linear"]);
  expect(() => candidatesFor("binary", { treees: 1 })).toThrow(/no parameter "treees"/);
});

describe("the rule", () => {
  const loss = (learner: string, value: number, error: number) =>
    ({ learner, metric: "logLoss", value, error }) as const;
  test.each([
    { simple: 0.5, other: 0.48, error: 0.01, takes: "boosting" },
    { simple: 0.5, other: 0.48, error: 0.03, takes: "logistic" }, // within a standard error
    { simple: 0.5, other: 0.496, error: 0.001, takes: "logistic" }, // within 1 %
    { simple: 0.5, other: 0.6, error: 0.001, takes: "logistic" },
  ])("takes $takes for $other against $simple ± $error", ({ simple, other, error, takes }) => {
    const compared = { gain: simple - other, error, rows: 100 };
    expect(decide(loss("logistic", simple, 0.1), loss("boosting", other, 0.1), compared).learner).toBe(takes);
  });
});

test("the sample's size is bounded by rows and by values", () => {
  expect(sampleRowsFor(1e7, 10, 1)).toBe(25_000);
  expect(sampleRowsFor(1e7, 1000, 1)).toBe(5000);
  expect(sampleRowsFor(1e7, 50, 10)).toBe(10_000);
  expect(sampleRowsFor(999, 10, 1)).toBe(0);
  expect(sampleRowsFor(1e7, 784, 10)).toBe(2500); // wide, and still tried on enough rows
  expect(sampleRowsFor(1e7, 3000, 1)).toBe(0);
  expect(sampleRowsFor(1e7, 1100, 10)).toBe(0);
});
