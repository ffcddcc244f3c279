import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generator } from "../../src/base/seeds.js";
import { parseExpr } from "../../src/expr/parse.js";
import type { Model } from "../../src/model/model.js";
import { evaluateModel } from "../../src/predict/evaluate.js";
import { scoreRow } from "../../src/predict/one.js";
import { predictFile } from "../../src/predict/predict.js";
import { homeAt } from "../../src/runs/home.js";
import type { TrainDetails, TrainSpec } from "../../src/train/spec.js";
import { trainModel } from "../../src/train/train.js";
import { Workspace } from "../../src/train/workspace.js";

let dir: string;
let workspace: Workspace;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "sluice-answers-"));
  const home = homeAt({ home: join(dir, "home"), cache: join(dir, "cache") });
  workspace = await Workspace.open({ memoryBytes: 1e9, threads: 1, home });
});
afterAll(async () => {
  await workspace?.[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

let files = 0;
function csv(header: string, rows: readonly (readonly unknown[])[]): string {
  const path = join(dir, `rows-${files++}.csv`);
  writeFileSync(path, `${header}\n${rows.map((row) => row.join(",")).join("\n")}\n`);
  return path;
}
const train = (source: string, spec: Omit<TrainSpec, "sources">): Promise<TrainDetails> =>
  trainModel({ sources: [source], ...spec }, workspace);
const codes = ({ result }: TrainDetails): string[] => result.warnings.map(({ code }) => code);
async function predicted(model: Model, source: string, form = "jsonl"): Promise<Record<string, unknown>[]> {
  const to = join(dir, `out-${files++}.${form}`);
  await predictFile(model, [source], { to }, workspace);
  return readFileSync(to, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}
const next = generator(1);
const draws = (count: number): number[] => Array.from({ length: count }, () => Math.round(2000 * next() - 1000) / 100);

describe("rows that judge a model", () => {
  test("of classes that it does not know are counted apart and are wrong in the accuracy", async () => {
    const source = csv(
      "x,k",
      draws(200).map((x) => [x, x > 0 ? "yes" : "no"]),
    );
    const { model } = await train(source, { label: "k", learner: "tree", validate: "none" });
    const unseen = csv("x,k", [
      [-1, "no"],
      [-2, "no"],
      [1, "yes"],
      [2, "maybe"],
      [3, "maybe"],
      [4, "never"],
      [5, ""],
    ]);
    const { rows, model: quality } = await evaluateModel(model, [unseen], {}, workspace);
    expect(rows).toMatchObject({ read: 7, labelled: 3, unlabelled: 1, unknownClass: 3, filtered: 0, setAside: 0 });
    expect(rows.unknownClasses).toEqual(["maybe", "never"]);
    expect(quality.values["accuracy"]).toBe(0.5);
    const tested = await train(source, { label: "k", learner: "tree", validate: "none", test: [unseen] });
    expect(tested.quality["test"]!.model.values["accuracy"]).toBe(0.5);
    expect(codes(tested)).toContain("unknown_class");
  });

  test("none at all make no figures: evaluate says what the rows are, a training keeps its model", async () => {
    const source = csv(
      "x,k",
      draws(200).map((x) => [x, x > 0 ? "yes" : "no"]),
    );
    const { model } = await train(source, { label: "k", learner: "tree", validate: "none" });
    const others = csv("x,k", [
      [1, "yes."],
      [2, ""],
      [-1, "no."],
    ]);
    const judged = evaluateModel(model, [others], {}, workspace);
    await expect(judged).rejects.toMatchObject({ code: "no_labels", facts: { rows: { read: 3, unknownClass: 2 } } });
    await expect(judged).rejects.toThrow(
      /3 rows read, 1 without a label, 2 of classes that training did not see \(no\., yes\.\); the model knows no, yes/,
    );
    const tested = await train(source, { label: "k", learner: "tree", validate: "none", test: [others] });
    expect(tested.quality["test"]).toBeUndefined();
    expect(tested.result.rows).toMatchObject({ read: 203, train: 200, test: 0, unlabelled: 3 });
    expect(codes(tested)).toContain("no_test_rows");
  });

  test.each([
    ["words", "k", ["True", "False", "Unknown"], ["True", "False"]],
    ["numbers with a point", "k", ["1", "0", "2"], ["1.0", "0.0"]],
  ])("have labels of the model's type: %s", async (_, label, classes, two) => {
    const { model } = await train(
      csv(
        "x,k",
        draws(300).map((x) => [x, classes[x > 3 ? 0 : x > -3 ? 1 : 2]]),
      ),
      {
        label,
        task: "multiclass",
        learner: "tree",
        validate: "none",
      },
    );
    const { rows, model: quality } = await evaluateModel(
      model,
      [
        csv("x,k", [
          [5, two[0]],
          [0, two[1]],
          [6, two[0]],
        ]),
      ],
      {},
      workspace,
    );
    expect([rows.labelled, quality.values["accuracy"]]).toEqual([3, 1]);
  });

  test("have no negative weight", async () => {
    const rows = (weight: number) =>
      csv(
        "x,y,w",
        draws(200).map((x, i) => [x, x > 0 ? 1 : 0, i === 7 ? weight : 1]),
      );
    const spec = { label: "y", weight: "w", learner: "tree", validate: "none" } as const;
    const { model } = await train(rows(2), spec);
    const refused = expect.objectContaining({ code: "bad_row", column: "w", value: "-1" });
    await expect(evaluateModel(model, [rows(-1)], {}, workspace)).rejects.toEqual(refused);
    await expect(train(rows(2), { ...spec, test: [rows(-1)] })).rejects.toEqual(refused);
  });

  test("with a cell that training would not have read are refused by column and value", async () => {
    const { model } = await train(
      csv(
        "x,y",
        draws(100).map((x) => [x, x > 0 ? 1 : 0]),
      ),
      { label: "y", learner: "tree", validate: "none" },
    );
    const path = join(dir, "words.jsonl");
    writeFileSync(path, '{"x": "1.5", "y": 1}\n{"x": "many", "y": 0}\n');
    await expect(evaluateModel(model, [path], {}, workspace)).rejects.toEqual(
      expect.objectContaining({ code: "bad_row", column: "x", value: "many" }),
    );
  });
});

test.each(["tree", "forest", "boosting", "logistic", "sgd", "sparseLogistic"])(
  "a probability of exactly 0.5 is one class to %s, wherever it is asked",
  async (learner) => {
    // As many rows of either class for each x: nothing to learn.
    const source = csv(
      "x,y",
      Array.from({ length: 80 }, (_, i) => [(i >> 1) % 2, i % 2]),
    );
    const found = await train(source, { label: "y", learner, validate: "none" });
    // Whatever digits its fit left, the margin is made 0.
    const state = structuredClone(found.model.state) as Record<string, unknown>;
    if (learner === "boosting") Object.assign(state, { base: [0], trees: [] });
    else if (learner === "tree" || learner === "forest") Object.assign(state, { base: [0.5], trees: [] });
    else if (learner === "sparseLogistic") return;
    else
      Object.assign(state, {
        intercepts: [0],
        weights: (state["weights"] as number[][]).map((row) => row.map(() => 0)),
      });
    const model: Model = { ...found.model, state };
    const judged = csv("x,y", [
      [0, 0],
      [1, 0],
      [1, 0],
      [0, 1],
    ]);
    const { model: quality } = await evaluateModel(model, [judged], {}, workspace);
    const rows = await predicted(model, judged);
    expect(rows.map(({ prediction, probability }) => [prediction, probability])).toEqual(new Array(4).fill([0, 0.5]));
    expect(quality.values["accuracy"]).toBe(0.75);
    expect(scoreRow(model)({ x: 1 })).toEqual({ prediction: 0, probability: 0.5 });
  },
);

describe("names", () => {
  test("that differ in capitals alone are columns of their own", async () => {
    const source = csv(
      "x,Y,y",
      draws(300).map((x, i) => [x, i % 2, x > 0 ? 1 : 0]),
    );
    const { model, quality } = await train(source, { label: "y", learner: "logistic" });
    expect(quality["validation"]!.model.values["auc"]).toBe(1);
    expect(model.inputs.columns.map(({ name }) => name)).toEqual(["x", "Y"]);
    const rows = await predicted(
      model,
      csv("x,Y,y", [
        [5, 1, 0],
        [-5, 0, 1],
      ]),
    );
    expect(rows).toMatchObject([
      { x: 5, Y: 1, y_1: 0, prediction: 1 },
      { x: -5, Y: 0, y_1: 1, prediction: 0 },
    ]);
  });

  test.each(["jsonl", "csv", "parquet"])("of our own columns keep their values in %s", async (form) => {
    const names = [
      "first",
      "keep_0",
      "__error",
      "__keep_0",
      "prediction",
      "Probability",
      "error",
      "margin",
      "largest",
      "__proto__",
      "constructor",
    ];
    const values = draws(120).map((x) => [x, ...names.slice(1).map((_, k) => k + (Math.abs(Math.round(x)) % 3))]);
    const source = csv(
      [...names, "y"].join(","),
      values.map((row) => [...row, row[0]! > 0 ? 1 : 0]),
    );
    const { model } = await train(source, {
      label: "y",
      learner: "logistic",
      validate: "none",
      features: names.map((name) => `"${name}"`).join(", "),
    });
    const to = join(dir, `names.${form}`);
    await predictFile(model, [source], { to, overwrite: true }, workspace);
    const columns = [...names, "y", "prediction_1", "probability_1", "error_1"];
    const text = `SELECT ${columns.map((name) => `"${name}"`).join(", ")} FROM '${to}' LIMIT 1`;
    const [row] = await workspace.engine.rows({ kind: "sql", text }, 1);
    expect(names.map((name) => row![name])).toEqual(values[0]);
    expect(row!["prediction_1"]).toBe(values[0]![0]! > 0 ? 1 : 0);
    expect(row!["error_1"]).toBe(null);
  });
});

describe("whole numbers", () => {
  test("past 64 bits in a formula are computed with real numbers, and it is said", async () => {
    const rows = draws(300).map((x) => {
      const [a, b] = [3_700_000_000 + Math.round(1e7 * x), 3_600_000_000 - Math.round(2e6 * x)];
      return [a, b, a * b > 3_700_000_000 * 3_600_000_000 ? 1 : 0] as const;
    });
    const source = csv("a,b,y", rows);
    const found = await train(source, { label: "y", features: "a * b", learner: "logistic" });
    expect(found.quality["validation"]!.model.values["auc"]).toBeGreaterThan(0.999);
    expect(codes(found)).toContain("overflow");
    const where = await train(source, {
      label: "a * b > 13320000000000000000",
      where: "a * b > 0",
      features: "y",
      learner: "tree",
      allowLeak: ["y"],
    });
    expect(where.result.rows).toMatchObject({ read: 300, filtered: 0, unlabelled: 0 });
    const small = await train(
      csv(
        "a,b,y",
        draws(100).map((x, i) => [i, i % 7, x > 0 ? 1 : 0]),
      ),
      { label: "y", features: "a * b", learner: "tree" },
    );
    expect(codes(small)).not.toContain("overflow");
  });

  test("of 2^53 and more stay apart as labels and categories", async () => {
    const big = ["9007199254740992", "9007199254740993", "9007199254740994"];
    const rows = Array.from({ length: 300 }, (_, i) => [big[i % 3], i % 3 === 1 ? "odd" : "even", big[(i + 1) % 3]]);
    const source = csv("id,y,other", rows);
    const category = await train(source, { label: "y", features: "onehot(id)", learner: "logistic" });
    expect(category.quality["validation"]!.model.values["accuracy"]).toBe(1);
    const label = await train(source, { label: "id", features: "onehot(other)", learner: "tree" });
    expect(label.model.classes).toEqual(big);
    expect(label.quality["validation"]!.model.values["accuracy"]).toBe(1);
  });
});

test("--group alone keeps groups together, and missing weights, groups and times are counted", async () => {
  const rows = Array.from({ length: 60 }, (_, g) =>
    Array.from({ length: 20 }, () => [g === 59 ? "" : `g${g}`, g, g % 2, g === 3 ? "" : 1]),
  ).flat();
  const source = csv("g,x,y,w", rows);
  const found = await train(source, {
    label: "y",
    group: "g",
    weight: "w",
    features: "onehot(x)",
    learner: "logistic",
  });
  expect(found.validate).toBe("group:0.2");
  expect(found.assumed.join(" ")).toContain("group:0.2");
  expect(found.quality["validation"]!.model.values["auc"]).toBe(0.5);
  expect(
    found.result.warnings
      .filter(({ code }) => code.startsWith("no_"))
      .map(({ code, message }) => [code, message.slice(0, 3)]),
  ).toEqual([
    ["no_weight", "20 "],
    ["no_group", "20 "],
  ]);
});

describe("a predict", () => {
  const trained = () =>
    train(
      csv(
        "n,x,y",
        draws(200).map((x, i) => [i, x, x > 0 ? 1 : 0]),
      ),
      { label: "y", learner: "tree", validate: "none", features: "n, x" },
    );

  test("says of each row what does not fit", async () => {
    const { model } = await trained();
    const rows = await predicted(
      model,
      csv("n,x", [
        [1, 5],
        ["many", 5],
        ["1.0", 5],
        [2, "?"],
      ]),
    );
    expect(rows.map(({ prediction }) => prediction)).toEqual([1, null, 1, null]);
    expect(rows[1]!["error"]).toContain("many");
  });

  test("of which no row fits leaves them with their errors and fails", async () => {
    const { model } = await trained();
    const to = join(dir, "failed.jsonl");
    const work = predictFile(
      model,
      [
        csv("n,x", [
          ["a", "b"],
          ["c", "d"],
        ]),
      ],
      { to },
      workspace,
    );
    await expect(work).rejects.toEqual(expect.objectContaining({ code: "no_rows" }));
    expect(readFileSync(to, "utf8").trim().split("\n")).toHaveLength(2);
  });
});

describe("formulas", () => {
  test("of a thousand terms work, and too deep ones are refused", async () => {
    const source = csv(
      "x,y",
      draws(100).map((x) => [x, x > 0 ? 1 : 0]),
    );
    for (const sign of ["+", "and", "or", "||"]) {
      const term = sign === "+" ? "x" : sign === "||" ? "'a'" : "x > -100";
      const sum = new Array(1000).fill(term).join(` ${sign} `);
      const where = sign === "+" ? `${sum} > -1e9` : sign === "||" ? `${sum} <> 'b'` : sum;
      const { result } = await train(source, { label: "y", where, learner: "tree", validate: "none" });
      expect(result.rows.filtered).toBe(0);
    }
    for (const deep of [
      `${"abs(".repeat(400)}x${")".repeat(400)}`,
      `${"(".repeat(5000)}x${")".repeat(5000)}`,
      new Array(1000).fill("x").join(" - "),
      `${"NOT ".repeat(3000)}true`,
    ])
      expect(() => parseExpr(deep, ["x"])).toThrow(expect.objectContaining({ code: "bad_formula" }));
    expect(parseExpr("x + x + x", ["x"])).toMatchObject({ op: "add", args: [{ op: "add" }, { kind: "col" }] });
  });
});
