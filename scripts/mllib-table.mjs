// Writes src/engines/spark/mllib/table.ts: what Spark's ML operators take and give, asked of Spark itself (no server needed).
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { peer } from "../bench/peers.mjs";
import { meanings } from "./mllib-meanings.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const target = join(root, "src/engines/spark/mllib/table.ts");

const facts = JSON.parse(
  execFileSync(...peer("mllib-facts", [], "spark"), { maxBuffer: 64e6, stdio: ["ignore", "pipe", "inherit"] }),
);
const used = new Set();
const operators = [
  ...facts.estimators.map((one) => [one, "estimator"]),
  ...facts.transformers.map((one) => [one, "transformer"]),
  ...facts.evaluators.map((one) => [one, "evaluator"]),
];
writeFileSync(
  target,
  `// Made by scripts/mllib-table.mjs from Spark ${facts.version}. Names, types, ranges, words and defaults are Spark's.
import type { ModelFact, OperatorFact } from "./facts.js";

export const sparkVersion = ${JSON.stringify(facts.version)};

export const operators = ${table(operators.map(operator))} as const satisfies Readonly<Record<string, OperatorFact>>;

export const models = ${table(facts.models.filter(({ jvm }) => !jvm.endsWith("Wrapper")).map(model))} as const satisfies Readonly<Record<string, ModelFact>>;

/** What the server does outside of models: statistics, models made of known words, files. */
export const helper = ${table(Object.entries(attributes(facts.helper)))} as const;
`,
);
const unused = Object.keys(meanings).filter((name) => !used.has(name));
if (unused.length > 0) console.error(`meanings of no param: ${unused.join(", ")}`);
execFileSync(process.execPath, [join(root, "node_modules/@biomejs/biome/bin/biome"), "format", "--write", target], {
  stdio: "inherit",
});

/** An entry begins a line, and so does each of its params; the formatter keeps that. */
function table(entries) {
  const lines = entries.map(([name, value]) => {
    if (value.params === undefined) return `${JSON.stringify(name)}: ${JSON.stringify(value)}`;
    const { params, ...rest } = value;
    const own = Object.entries(params).map(
      (one) => `${JSON.stringify(one[0])}: ${JSON.stringify(one[1]).replace('"default":"NaN"', '"default":NaN')}`,
    );
    return `${JSON.stringify(name)}: {\n${JSON.stringify(rest).slice(1, -1)}, "params": {\n${own.join(",\n")}\n}}`;
  });
  return `{\n${lines.join(",\n")}\n}`;
}

function operator([{ jvm, params, model: fitted }, kind]) {
  const name = jvm.split(".").at(-1);
  return [
    name,
    {
      call: callOf(name),
      kind,
      jvm,
      task: taskOf(name, jvm.split(".").at(-2), kind),
      ...(fitted === undefined ? {} : { model: fitted.split(".").at(-1) }),
      params: Object.fromEntries(params.map((one) => [one.name, param(name, one)])),
    },
  ];
}

/** GBTClassifier is gbtClassifier, KMeans is kMeans, PCA is pca. */
function callOf(name) {
  const [capitals] = /^[A-Z]+/.exec(name);
  const length = capitals.length === name.length || capitals.length === 1 ? capitals.length : capitals.length - 1;
  return name.slice(0, length).toLowerCase() + name.slice(length);
}

function taskOf(name, group, kind) {
  if (kind === "evaluator") return "evaluation";
  if (["LinearSVC", "FMClassifier", "GBTClassifier"].includes(name)) return "binary classification";
  return { feature: "features", fpm: "patterns" }[group] ?? group;
}

function param(operator, { name, type, default: fallback, min, max, minOpen, maxOpen, of }) {
  const key = `${operator}.${name}` in meanings ? `${operator}.${name}` : name;
  const doc = meanings[key];
  if (doc === undefined) throw new Error(`say in scripts/mllib-meanings.mjs what ${operator}.${name} means`);
  used.add(key);
  const inside = typeof fallback !== "number" || ((min ?? -Infinity) <= fallback && fallback <= (max ?? Infinity));
  return {
    type: typeOf(type),
    ...(fallback === undefined || (Array.isArray(fallback) && fallback.length > 20) ? {} : { default: fallback }),
    ...(inside && min !== undefined ? { [minOpen ? "above" : "min"]: min } : {}),
    ...(inside && max !== undefined ? { [maxOpen ? "below" : "max"]: max } : {}),
    ...(of === undefined ? {} : { of }),
    doc,
  };
}

function typeOf(type) {
  const known = {
    String: "string",
    "String[]": "strings",
    "int[]": "ints",
    "double[]": "doubles",
    "double[][]": "doubles2",
    Vector: "vector",
    Matrix: "matrix",
  };
  const plain = ["boolean", "int", "long", "float", "double"];
  const found = plain.includes(type) ? type : known[type];
  if (found === undefined) throw new Error(`a param of type ${type} is new here`);
  return found;
}

function model({ jvm, attributes: own, summary }) {
  return [jvm.split(".").at(-1), { jvm, attributes: attributes(own), summary: attributes(summary) }];
}

/** "(int) frame, () frame": every way that an attribute can be asked. */
function attributes(of) {
  const ways = Object.entries(of).map(([name, signatures]) => [
    name,
    signatures.map(({ args, gives }) => `(${args.map(argumentOf).join(", ")}) ${answerOf(gives)}`).join(", "),
  ]);
  // the server has no way to send tuples
  return Object.fromEntries(
    ways.filter(([name, way]) => !["toString", "summary"].includes(name) && !way.endsWith("tuples")),
  );
}

function argumentOf(type) {
  if (type === "Dataset") return "frame";
  if (type === "Object") return "vector"; // a bridge of Scala's
  if (type === "String[][]") return "strings2";
  return typeOf(type);
}

function answerOf(type) {
  const name = type.split(".").at(-1).replace(";", "");
  if (name === "Dataset") return "frame";
  if (name.endsWith("Summary")) return "summary";
  if (type.startsWith("[L") && name.endsWith("Model")) return "models";
  if (name.endsWith("Model")) return "model";
  const arrays = { "[D": "doubles", "[I": "ints", "[J": "longs", "[[D": "doubles2", "[Tuple5": "tuples" };
  if (type in arrays) return arrays[type];
  if (name === "String")
    return { "java.lang.String": "string", "[Ljava.lang.String;": "strings", "[[Ljava.lang.String;": "strings2" }[type];
  if (name === "Tuple5") return "tuples";
  return { DenseVector: "vector", DenseMatrix: "matrix", Vector: "vector", Matrix: "matrix" }[name] ?? name;
}
