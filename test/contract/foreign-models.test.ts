import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromJson, toJson } from "../../src/base/json.js";
import { generator } from "../../src/base/seeds.js";
import { learners } from "../../src/learners/index.js";
import { states } from "../../src/model/check/states.js";
import { contentHashOf, type Model, readModel, stateHashOf } from "../../src/model/model.js";
import { homeAt } from "../../src/runs/home.js";
import type { TrainSpec } from "../../src/train/spec.js";
import { trainModel } from "../../src/train/train.js";
import { Workspace } from "../../src/workspace/workspace.js";
import { place } from "../support/cli.js";

// A model file from elsewhere may be wrong in any way: it is refused by name and field, whoever wrote it signed it with right hashes.

// biome-ignore lint/suspicious/noExplicitAny: tests write anything anywhere
type Anything = any;

let dir: string;
const sound: Record<string, string> = {};
const kinds = {
  logistic: { label: "late", learner: "logistic", calibrate: "isotonic", drop: ["words"] },
  tree: { label: "kind", learner: "tree", params: { depth: 4 }, drop: ["words"] },
  sparse: { label: "late", learner: "sparseLogistic", features: "tfidf(words, bits=8), hashed(c), a" },
} as const;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "sluice-foreign-"));
  const next = generator(5);
  const lines = Array.from({ length: 400 }, () => {
    const [a, c] = [next() * 10, Math.floor(next() * 5)];
    const kind = a > 7 ? "high" : a > 3 ? "mid" : "low";
    return [a.toFixed(4), "vwxyz"[c], `the ${"red blue green"[c]} one`, next() < a / 10 ? "yes" : "no", kind].join(",");
  });
  const file = join(dir, "rows.csv");
  writeFileSync(file, `a,c,words,late,kind\n${lines.join("\n")}\n`);
  const home = homeAt({ home: join(dir, "home"), cache: join(dir, "cache") });
  await using workspace = await Workspace.open({ memoryBytes: 1e9, threads: 1, home });
  for (const [name, spec] of Object.entries(kinds)) {
    const { model } = await trainModel({ sources: [file], ...(spec as Omit<TrainSpec, "sources">) }, workspace);
    sound[name] = toJson(model);
  }
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A sound model after `spoil`, signed as its writer would. */
function spoilt(of: keyof typeof kinds, spoil: (model: Anything) => void): string {
  const model = fromJson<Anything>(sound[of]!);
  spoil(model);
  if (model && typeof model === "object" && "stateHash" in model) {
    try {
      model.stateHash = stateHashOf(model);
      model.contentHash = contentHashOf(model);
    } catch {
      // what can't be hashed is refused before hashes are looked at
    }
  }
  return toJson(model);
}

const put = (into: Anything, field: string | number, value: unknown): void => {
  into[field] = value;
};
const lit = (value: unknown) => ({ kind: "lit", value });
const numberOf = (model: Anything, input: unknown): void => {
  model.features = [{ feature: "number", name: "a", inputs: [input], params: { fill: "mean" }, state: { fill: 0 } }];
};
const evil = "0'); COPY (SELECT 1) TO '/tmp/owned' (FORMAT csv); --";
const lookup = (more: object) => ({
  kind: "lookup",
  key: { kind: "col", name: "c" },
  keys: ["v", "w"],
  values: [1, 2],
  otherwise: null,
  ...more,
});
let deep: Anything = { kind: "col", name: "a" };
for (let i = 0; i < 800; i++) deep = { kind: "call", op: "neg", args: [deep] };

const cases: readonly (readonly [
  what: string,
  of: keyof typeof kinds,
  field: string,
  spoil: (model: Anything) => void,
])[] = [
  ["SQL in a date", "logistic", "features[0].inputs[0].value.days", (m) => numberOf(m, lit({ days: evil }))],
  ["SQL in a time", "logistic", "features[0].inputs[0].value", (m) => numberOf(m, lit({ micros: evil }))],
  [
    "a time that is no bigint",
    "logistic",
    "features[0].inputs[0].value.micros",
    (m) => numberOf(m, lit({ micros: 5 })),
  ],
  [
    "SQL in a lookup's values",
    "logistic",
    "features[0].inputs[0].values[1]",
    (m) => numberOf(m, lookup({ values: [1, [evil]] })),
  ],
  [
    "SQL in what a lookup gives otherwise",
    "logistic",
    "features[0].inputs[0].otherwise",
    (m) => numberOf(m, lookup({ otherwise: [evil] })),
  ],
  [
    "texts among a lookup's numbers",
    "logistic",
    "features[0].inputs[0].values",
    (m) => numberOf(m, lookup({ values: [1, evil] })),
  ],
  [
    "a lookup with a key twice",
    "logistic",
    "features[0].inputs[0].keys",
    (m) => numberOf(m, lookup({ keys: ["v", "v"] })),
  ],
  [
    "a lookup with fewer values than keys",
    "logistic",
    "features[0].inputs[0].values",
    (m) => numberOf(m, lookup({ values: [1] })),
  ],
  [
    "an operation that every object has",
    "logistic",
    "features[0].inputs[0].op",
    (m) => numberOf(m, { kind: "call", op: "constructor", args: [] }),
  ],
  [
    "an unknown operation",
    "logistic",
    "features[0].inputs[0].op",
    (m) => numberOf(m, { kind: "call", op: "read_text", args: [lit("/etc/passwd")] }),
  ],
  [
    "too few arguments",
    "logistic",
    "features[0].inputs[0].args",
    (m) => numberOf(m, { kind: "call", op: "add", args: [lit(1)] }),
  ],
  [
    "arguments of a wrong type",
    "logistic",
    "features[0].inputs[0]",
    (m) => numberOf(m, { kind: "call", op: "ln", args: [{ kind: "col", name: "c" }] }),
  ],
  [
    "an unknown kind of formula",
    "logistic",
    "features[0].inputs[0].kind",
    (m) => numberOf(m, { kind: "sql", text: "1" }),
  ],
  ["a formula 800 levels deep", "logistic", "features[0].inputs[0]", (m) => numberOf(m, deep)],
  [
    "a column that is no input",
    "logistic",
    "features[0].inputs[0].name",
    (m) => numberOf(m, { kind: "col", name: "secret" }),
  ],
  ["a formula with NaN", "logistic", "features[0].inputs[0].value", (m) => numberOf(m, lit(undefined))],
  ["no features", "logistic", "features", (m) => put(m, "features", null)],
  ["a feature that is null", "logistic", "features[0]", (m) => put(m.features, 0, null)],
  ["an unknown feature", "logistic", "features[0].feature", (m) => put(m.features[0], "feature", "toString")],
  ["a feature without its state", "logistic", "features[0].state", (m) => void delete m.features[0].state],
  [
    "a feature's param out of range",
    "logistic",
    "features[0].params",
    (m) => put(m.features[0], "params", { fill: "worst" }),
  ],
  [
    "a feature's state of a wrong kind",
    "logistic",
    "features[0].state",
    (m) => put(m.features[0], "state", { fill: "0" }),
  ],
  ["no inputs", "logistic", "inputs", (m) => void delete m.inputs],
  [
    "a type without its kind",
    "logistic",
    "inputs.columns[0].type.kind",
    (m) => put(m.inputs.columns[0], "type", { kind: "blob; DROP" }),
  ],
  [
    "a column twice",
    "logistic",
    "inputs.columns[1].name",
    (m) => put(m.inputs.columns[1], "name", m.inputs.columns[0].name),
  ],
  [
    "a reading of dates that is none",
    "logistic",
    "inputs.columns[0].read.dateOrder",
    (m) => put(m.inputs.columns[0], "read", { dateOrder: "yes" }),
  ],
  ["an unknown task", "logistic", "task", (m) => put(m, "task", "oracle")],
  ["three classes of two", "logistic", "classes", (m) => void m.classes.push("maybe")],
  ["an unknown learner", "logistic", "learner", (m) => put(m, "learner", "constructor")],
  ["a learner of another task", "logistic", "learner", (m) => put(m, "learner", "linear")],
  ["a learner's param out of range", "logistic", "params", (m) => put(m.params, "penalty", -1)],
  ["short weights", "logistic", "state.weights[0]", (m) => void m.state.weights[0].pop()],
  ["a weight that is text", "logistic", "state.weights[0][0]", (m) => put(m.state.weights[0], 0, "1e0)")],
  ["a weight that was infinite", "logistic", "state.intercepts[0]", (m) => put(m.state.intercepts, 0, null)],
  ["no state", "logistic", "state", (m) => put(m, "state", null)],
  ["a role that is none", "logistic", "roles.owner", (m) => put(m, "roles", { owner: "a" })],
  ["a label that is no formula", "logistic", "label.expr", (m) => put(m.label, "expr", "late")],
  [
    "a label of other columns",
    "logistic",
    "label.expr.name",
    (m) => put(m.label, "expr", { kind: "col", name: "secret" }),
  ],
  ["a share above 1", "logistic", "calibration.shares[0]", (m) => put(m.calibration.shares, 0, 2)],
  ["a positive class that is the other one", "logistic", "positive", (m) => put(m, "positive", "no")],
  ["short codings", "logistic", "codings", (m) => put(m, "codings", [])],
  ["a baseline without shares", "logistic", "baseline.shares", (m) => put(m, "baseline", {})],
  ["no about", "logistic", "about", (m) => void delete m.about],
  ["a format that is none", "logistic", "format", (m) => put(m, "format", 1.5)],
  ["a loop in a tree", "tree", "state.trees[0]", (m) => put(m.state.trees[0].left, 1, 1)],
  ["a child out of range", "tree", "state.trees[0].left[0]", (m) => put(m.state.trees[0].left, 0, 1e6)],
  ["a leaf out of range", "tree", "state.trees[0].right[0]", (m) => put(m.state.trees[0].right, 0, -1e6)],
  ["a leaf below two nodes", "tree", "state.trees[0]", (m) => put(m.state.trees[0].left, 0, m.state.trees[0].right[0])],
  ["fewer tests than nodes", "tree", "state.trees[0].test", (m) => void m.state.trees[0].test.pop()],
  ["a test that is text", "tree", "state.trees[0].test[0]", (m) => put(m.state.trees[0].test, 0, "1e0) OR (1 = 1")],
  ["a feature out of range", "tree", "state.trees[0].feature[0]", (m) => put(m.state.trees[0].feature, 0, 99)],
  ["an output out of range", "tree", "state.trees[0].output", (m) => put(m.state.trees[0], "output", 7)],
  ["a leaf without a value", "tree", "state.trees[0].value", (m) => void m.state.trees[0].value.pop()],
  ["an unknown link", "tree", "state.link", (m) => put(m.state, "link", "sql")],
  ["slots beyond their table", "sparse", "state.hashed[0].size", (m) => put(m.state.hashed[0], "size", 2)],
  [
    "half a number in a table",
    "sparse",
    "state.hashed[0].values",
    (m) => put(m.state.hashed[0], "values", new Uint8Array([1])),
  ],
  ["bits out of range", "sparse", "state.bits", (m) => put(m.state, "bits", 60)],
  ["documents of another size", "sparse", "features[0].state", (m) => put(m.features[0].state.documents, "size", 1e9)],
];

test("there are cases of every learner's kind of state", () => {
  expect(cases.length).toBeGreaterThan(36);
  expect(Object.keys(states).sort()).toEqual(learners.map(({ name }) => name).sort());
});

test.each(Object.keys(kinds))("a sound %s model is read as it was written", (name) => {
  expect(toJson(readModel(sound[name]!, "m.json"))).toBe(sound[name]);
});

test.each(cases)("%s is refused by file and field", (_, of, field, spoil) => {
  let thrown: Anything;
  try {
    readModel(spoilt(of, spoil), "m.json");
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code: "damaged", facts: { file: "m.json" } });
  expect(thrown.facts.field.slice(0, field.length)).toBe(field);
  expect(thrown.message).toContain("m.json");
});

describe("what decides an answer", () => {
  test.each([
    ["the label's formula", (m: Anything) => put(m.label, "expr", { kind: "call", op: "not", args: [m.label.expr] })],
    ["the label's text", (m: Anything) => put(m.label, "text", "1 - late")],
    ["roles", (m: Anything) => put(m, "roles", { weight: "a" })],
    ["codings", (m: Anything) => put(m.codings[0], "shift", 12345)],
    ["the baseline", (m: Anything) => void m.baseline.shares.reverse()],
    ["how a column is read", (m: Anything) => put(m.inputs.columns[0], "read", { missing: ["7"] })],
    ["types of the label's columns", (m: Anything) => put(m.beside.columns[0], "read", { missing: ["yes"] })],
  ])("has a hash: %s changed by hand is refused", (_, change) => {
    const model = fromJson<Model>(sound["logistic"]!);
    change(model);
    expect(() => readModel(toJson(model), "m.json")).toThrow(
      expect.objectContaining({ code: "damaged", message: expect.stringContaining("was changed") }),
    );
  });

  test("does not include its name and what is told about it", () => {
    const model = fromJson<Anything>(sound["logistic"]!);
    model.name = "renamed";
    model.about.note = "mine";
    expect(readModel(toJson(model), "m.json").name).toBe("renamed");
  });
});

test("commands refuse such a file with exit 3", async () => {
  using here = place();
  here.write(
    "m.json",
    spoilt("logistic", (m) => numberOf(m, lit({ days: evil }))),
  );
  here.write("rows.csv", "a,c\n1,v\n");
  for (const command of [
    ["predict", "m.json", "rows.csv", "--to", "o.csv"],
    ["explain", "m.json"],
    ["show", "m.json"],
  ]) {
    const ran = await here.sluice(...command, "--json");
    expect([ran.code, ran.json.error.code]).toEqual([3, "damaged"]);
  }
});
