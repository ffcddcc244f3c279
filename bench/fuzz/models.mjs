// Model files: a harmed one is refused, or answers exactly as before; one that is signed anew by who harmed it may answer otherwise, but only answer.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { isError } from "../../dist/base/errors.js";
import { fromJson, toJson } from "../../dist/base/json.js";
import { generator } from "../../dist/base/seeds.js";
import { learners } from "../../dist/learners/index.js";
import { contentHashOf, readModel, stateHashOf } from "../../dist/model/model.js";
import { explainRow } from "../../dist/predict/contributions.js";
import { effectsOf, gainsOf, rulesOf } from "../../dist/predict/explain.js";
import { outputsOf } from "../../dist/predict/formulas.js";
import { scoreRow } from "../../dist/predict/one.js";
import { rowReader } from "../../dist/predict/read-row.js";
import { homeAt } from "../../dist/runs/home.js";
import { duckdbDialect } from "../../dist/sql/duckdb.js";
import { exprSql } from "../../dist/sql/expr.js";
import { trainModel } from "../../dist/train/train.js";
import { Workspace } from "../../dist/workspace/workspace.js";
import { edited, editsOf, must, orRefused } from "./support.mjs";

const labels = { binary: "late", multiclass: "kind", regression: "cost" };
const rows = [
  { a: 5, c: "v", words: "the red one", day: "2024-02-29" },
  { a: null, c: "new", words: null, day: null },
  { a: -1e9, c: null, words: "", day: "1900-01-01" },
];
/** Besides what each learner makes by itself. */
const more = {
  calibrated: {
    label: "late",
    learner: "logistic",
    calibrate: "isotonic",
    threshold: "best-f1",
    drop: ["kind", "cost"],
  },
  texts: { label: "late", learner: "sparseLogistic", features: "tfidf(words, bits=8), hashed(c), a" },
  stages: { label: "cost", learner: "linear", features: "log(a + 1), bucketise(a, bins=4), oneHot(c), words" },
};

async function trained(scratch) {
  const dir = mkdtempSync(join(scratch, "models-"));
  const next = generator(5);
  const lines = Array.from({ length: 300 }, (_, i) => {
    const [a, c] = [next() * 10, Math.floor(next() * 4)];
    const day = new Date(Date.UTC(2024, 0, 1 + (i % 300))).toISOString().slice(0, 10);
    const kind = a > 7 ? "high" : a > 3 ? "mid" : "low";
    return [
      a.toFixed(4),
      "vwxy"[c],
      `the ${["red", "blue", "green"][i % 3]} one`,
      day,
      next() < a / 10 ? "yes" : "no",
      kind,
      (a + c + next()).toFixed(3),
    ].join(",");
  });
  const file = join(dir, "rows.csv");
  writeFileSync(file, `a,c,words,day,late,kind,cost\n${lines.join("\n")}\n`);
  const workspace = await Workspace.open({
    memoryBytes: 1e9,
    threads: 1,
    home: homeAt({ home: join(dir, "home"), cache: join(dir, "cache") }),
  });
  const models = {};
  try {
    const own = learners.map(({ name, tasks }) => {
      const label = labels[tasks[0]];
      const drop = Object.values(labels).filter((one) => one !== label);
      const params = ["boosting", "forest"].includes(name) ? { trees: 3 } : {};
      return [name, { label, learner: name, drop, params }];
    });
    for (const [name, spec] of [...own, ...Object.entries(more)]) {
      const { value, refused } = await orRefused(() => trainModel({ sources: [file], ...spec }, workspace));
      if (refused) throw new Error(`the model ${name} cannot be trained: ${refused.message}`);
      models[name] = toJson(value.model);
    }
  } finally {
    await workspace[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  }
  return models;
}

const strange = fc.oneof(
  fc.constantFrom(
    null,
    true,
    0,
    -1,
    1,
    0.5,
    1e308,
    -1e308,
    2 ** 31,
    2 ** 53,
    "",
    "a",
    "__proto__",
    "auto",
    [],
    {},
    [[]],
    { $bigint: "9" },
    { $bigint: "x" },
    { $bytes: "AA" },
  ),
  fc.integer(),
  fc.string({ maxLength: 6 }),
);
/** A walk down the file by draws, and what is done where it ends. */
const edit = fc.record({
  turns: fc.array(fc.nat(), { minLength: 1, maxLength: 8 }),
  act: fc.constantFrom("put", "put", "put", "delete", "double", "swap", "rename"),
  value: strange,
});

function spoil(model, { turns, act, value }) {
  let [parent, key, at] = [undefined, undefined, model];
  for (const turn of turns) {
    if (at === null || typeof at !== "object") break;
    const keys = Object.keys(at);
    if (keys.length === 0) break;
    [parent, key] = [at, keys[turn % keys.length]];
    at = at[key];
  }
  if (act === "put") parent[key] = value;
  else if (act === "delete") {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete parent[key];
  } else if (act === "double") {
    if (Array.isArray(parent)) parent.splice(Number(key), 0, at);
    else parent[`${key}2`] = at;
  } else if (act === "swap") {
    const other = Object.keys(parent)[turns[0] % Object.keys(parent).length];
    [parent[key], parent[other]] = [parent[other], parent[key]];
  } else if (!Array.isArray(parent)) {
    delete parent[key];
    parent[String(value)] = at;
  }
}

/** All that a model is asked; refusals of single questions are answers too. */
async function asked(model) {
  const answers = [];
  const ask = async (work) => {
    const { value, refused } = await orRefused(work);
    answers.push(refused ? refused.code : value);
  };
  await ask(() => rows.map(scoreRow(model)));
  await ask(() => effectsOf(model));
  await ask(() => gainsOf(model));
  await ask(() => rulesOf(model));
  await ask(() => {
    const [read, explained] = [rowReader(model), explainRow(model)];
    return rows.map((row) => explained(read(row)));
  });
  await ask(() => Object.values(outputsOf(model)).map((expr) => exprSql(expr, duckdbDialect, model.inputs)).length);
  return toJson(answers);
}

export async function modelsTarget({ scratch }) {
  const files = await trained(scratch);
  const sound = {};
  for (const [name, text] of Object.entries(files)) sound[name] = await asked(readModel(text, "model.json"));
  const name = fc.constantFrom(...Object.keys(files));
  const refusedRightly = (error) => isError(error, "damaged") || isError(error, "newer_format");
  /** Read and asked as before, or refused as a damaged file. */
  const same = async (of, text) => {
    const { value, refused } = await orRefused(() => readModel(text, "model.json"));
    if (refused) must(refusedRightly(refused), () => `is refused as ${refused.code}: ${refused.message}`);
    else must((await asked(value)) === sound[of], "is read, and answers otherwise");
  };
  return {
    properties: {
      "bytes of a file are harmed": {
        input: fc.record({ name, edits: editsOf([...'{}[]",:\\0-.e', "null", "1e999", "\xff", "true"], 4) }),
        holds: ({ name, edits }) => same(name, edited(Buffer.from(files[name]), edits).toString("utf8")),
      },
      "values of a file are harmed": {
        input: fc.record({ name, edits: fc.array(edit, { minLength: 1, maxLength: 2 }) }),
        async holds({ name, edits }) {
          const model = JSON.parse(files[name]);
          for (const one of edits) spoil(model, one);
          await same(name, JSON.stringify(model));
        },
      },
      "a harmed file is signed anew": {
        input: fc.record({ name, edits: fc.array(edit, { minLength: 1, maxLength: 2 }) }),
        async holds({ name, edits }) {
          const raw = JSON.parse(files[name]);
          for (const one of edits) spoil(raw, one);
          let text = JSON.stringify(raw);
          try {
            const model = fromJson(text);
            model.stateHash = stateHashOf(model);
            if (model.format !== 1) model.contentHash = contentHashOf(model);
            text = toJson(model);
          } catch {
            return; // what cannot be hashed is refused before hashes are looked at
          }
          const { value, refused } = await orRefused(() => readModel(text, "model.json"));
          if (refused) must(refusedRightly(refused), () => `is refused as ${refused.code}: ${refused.message}`);
          else await asked(value);
        },
      },
    },
  };
}
