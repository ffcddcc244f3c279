// Writes docs/mllib-reference.md from the table of MLlib's operators (after `npm run build`): `npm run docs`.
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

const titles = {
  "binary classification": "Classifiers of two classes",
  classification: "Classifiers",
  regression: "Regression",
  clustering: "Clustering",
  recommendation: "Recommendation",
  patterns: "Patterns",
  features: "Features",
  evaluation: "Evaluators",
};
const kinds = { estimator: "estimator", transformer: "transformer, nothing is fitted", evaluator: "evaluator" };

/** The page of all operators, from the tables and from what may be trained by name and what comes home. */
export function reference({ operators, models, sparkVersion, mllibNames, homeNames }) {
  const sections = Object.entries(titles).map(([task, title]) => {
    const own = Object.entries(operators).filter(([, one]) => one.task === task);
    return `## ${title}\n\n${own.map(([name, one]) => operator(name, one)).join("\n")}`;
  });
  return `# MLlib's operators

Made from \`src/engines/spark/mllib/table.ts\`, which Spark ${sparkVersion} filled, by \`npm run docs\`. How they are used: [docs/mllib.md](mllib.md). Each is a function
of \`mllib\` that takes its params as an object and gives plain data; what is not given takes Spark's default, and a param without one is left to Spark, or
has to be given. A vector is given as a list of numbers. "Comes home": \`home(model)\` makes plain data and formulas of the fitted model, so that it predicts
without Spark; \`mllibNamed\` takes an operator by name, with named columns. What a model can be asked: \`attribute(name)\` gives values, \`frame(name)\` a table that
is computed when it is read, \`models(name)\` models of their own; of the training summary it is \`summary(name)\` and \`summaryFrame(name)\`.

${sections.join("\n")}`;

  function operator(name, { call, kind, task, model, params }) {
    const facts = [
      `${task === "features" || kind === "evaluator" ? "" : `${task}; `}${kinds[kind]}`,
      ...(homeNames.includes(name) ? ["its model comes home"] : []),
      ...(mllibNames.includes(`mllib.${name}`) ? [`\`${byName(name, task)}\``] : []),
    ];
    const rows = Object.entries(params).map(
      ([param, fact]) => `| \`${param}\` | ${typeOf(fact)} | ${defaultOf(fact)} | ${cell(fact.doc)} |`,
    );
    return `### ${name}

\`mllib.${call}\`: ${facts.join("; ")}.

| param | type | default | meaning |
|---|---|---|---|
${rows.join("\n")}
${modelsOf(name, model).map(asked).join("")}`;
  }

  /** `sluice train` takes what learns a label and comes home. */
  function byName(name, task) {
    const trains = homeNames.includes(name) && /classification|regression/.test(task);
    return trains ? `sluice train --learner mllib.${name}` : `mllibNamed("mllib.${name}")`;
  }

  /** LDA gives one or another class by its optimizer. */
  function modelsOf(name, model) {
    return name === "LDA" ? ["LocalLDAModel", "DistributedLDAModel"] : model === undefined ? [] : [model];
  }

  function asked(model) {
    const { attributes, summary } = models[model];
    const parts = [
      [`\`${model}\` can be asked`, attributes],
      ["What its training left (`summary`)", summary],
    ].filter(([, of]) => Object.keys(of).length > 0);
    const lines = parts.map(([title, of]) => `${title}: ${Object.entries(of).map(attribute).join(", ")}.`);
    return lines.length === 0 ? `\n\`${model}\` has nothing to ask.\n` : `\n${lines.join("\n\n")}\n`;
  }
}

/** "`roc` (frame)", "`rank` (int)", "`describeTopics(int)` (frame)": each way of asking. */
const attribute = ([name, ways]) =>
  [...ways.matchAll(/\(([^)]*)\) ([a-z0-9]+)/g)]
    .map(([, args, gives]) => `\`${name}${args === "" ? "" : `(${args})`}\` ${gives}`)
    .join(", ");

function typeOf({ type, of, min, max, above, below }) {
  if (of !== undefined) return of.map((word) => `\`${word}\``).join(", ");
  const range = [
    ...(min === undefined ? [] : [`>= ${min}`]),
    ...(above === undefined ? [] : [`> ${above}`]),
    ...(max === undefined ? [] : [`<= ${max}`]),
    ...(below === undefined ? [] : [`< ${below}`]),
  ];
  return [type, ...range].join(", ").replace(/^([^,]+), /, "$1 ");
}

function defaultOf({ default: value }) {
  if (value === undefined) return "";
  return `\`${typeof value === "string" ? JSON.stringify(value) : Array.isArray(value) ? JSON.stringify(value) : String(value)}\``;
}
const cell = (text) => text.replaceAll("|", "\\|");

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const from = (path) => import(new URL(`../dist/engines/spark/mllib/${path}.js`, import.meta.url).href);
  const [table, named, home] = await Promise.all(["table", "named", "home"].map(from));
  const page = reference({ ...table, ...named, ...home });
  writeFileSync(join(root, "docs/mllib-reference.md"), page);
  console.log(`docs/mllib-reference.md: ${Object.keys(table.operators).length} operators`);
}
