// Writes docs/equality.md from what the tests of Spark have compared: `npx vitest run test/spark`, then `npm run docs`.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const [here, there] = ["yes", "yes"];

/** Each section: its title, what is compared, and for a row on which engines the thing runs. */
const sections = {
  learner: {
    title: "Learners",
    says: "Trained on the same Parquet files on DuckDB and on Spark: rows of each split, `stateHash`, and metrics on validation rows.",
    engines: () => [here, there],
    equal: () => "one `stateHash`, the same rows and metrics",
  },
  scores: {
    title: "Scores",
    says: "The same model scores the same rows by DuckDB's SQL and by Spark's SQL: predictions, and probabilities of classes.",
    engines: () => [here, there],
  },
  feature: {
    title: "Features",
    says: "Fitted on both engines: the states are the same text. Then the columns that learners read, of 600 rows of training and of rows with values that training never saw. Where the numbers differ it is in the last digits of Java's and C's `ln`, `sin`, `cos` and `pow`; learners read them as float32.",
    engines: () => [here, there],
  },
  operation: {
    title: "Operations of formulas",
    says: "Over every pair of nasty values of its types, Spark beside the evaluator that judges single rows; `src/sql/duckdb.test.ts` holds DuckDB to the same evaluator with the same values.",
    engines: () => [here, there],
  },
  relation: {
    title: "What else a query is made of",
    says: "Spark beside the evaluator, or beside sums of exact integers.",
    engines: () => [here, there],
  },
  "mllib in train": {
    title: "MLlib's learners in `sluice train`",
    says: "Fitted by Spark, fetched, and scored on both engines by the same formulas.",
    engines: () => ["scores", "fits and scores"],
  },
  home: {
    title: "MLlib's models that come home",
    says: "What our formulas make of a row, without Spark, beside Spark's own `transform`. The formulas' operations are those above.",
    engines: () => ["as formulas", here],
  },
  mllib: {
    title: "MLlib's operators from TypeScript",
    says: "Our client beside PySpark's own on one server: transformed rows, every attribute of the model and of its training summary, metrics. `LDA` by `em` starts from chance in each fit.",
    engines: () => ["no", "yes"],
  },
};

/** Parts of a query that are no operations. */
const relations = [
  "lookup",
  "row hash",
  "sum of integers",
  "exact sum of reals",
  "count, least, greatest",
  "sample",
  "groups",
  "trees",
  "hashed weights",
  "words",
];

export const namesOf = ({ learners, features, opNames, operators, homeNames }) => ({
  learner: learners.map(({ name }) => name),
  scores: learners.map(({ name }) => name),
  feature: features.map(({ name }) => name),
  operation: opNames,
  relation: relations,
  "mllib in train": homeNames.filter((name) => /classification|regression/.test(operators[name].task)),
  home: homeNames,
  mllib: Object.keys(operators),
});

const bounds = [1e-12, 1e-9, 1e-6];

/**
 * The largest difference that is claimed: the next of the round bounds with room for ten times what was found, since last digits differ
 * from run to run, and never more than the test allows.
 */
function claimOf({ apart, within }) {
  if (within === 0) return 0;
  return Math.min(bounds.find((bound) => 10 * apart <= bound) ?? Number.POSITIVE_INFINITY, within);
}
const bound = (value) => (value === 0 ? "0" : value.toExponential());
const words = (claim) =>
  claim === 0 ? "the same values" : claim > 1e-6 ? `statistical, <= ${bound(claim)}` : `<= ${bound(claim)}`;

export function page(names, results, version) {
  const missing = [];
  const parts = Object.entries(sections).map(([section, { title, says, engines, equal }]) => {
    const own = new Map(results.filter((one) => one.section === section).map((one) => [one.name, one]));
    missing.push(...names[section].filter((name) => !own.has(name)).map((name) => `${section} ${name}`));
    const rows = names[section].flatMap((name) => {
      const one = own.get(name);
      if (!one) return [];
      const cells = [
        `\`${name}\``,
        ...engines(name),
        (equal ?? words)(claimOf(one)),
        bound(one.within),
        `\`${one.test}\``,
      ];
      return [`| ${cells.join(" | ")} |`];
    });
    return `## ${title}

${says}

| what | DuckDB | Spark | how equal | the test allows | the test |
|---|---|---|---|---|---|
${rows.join("\n")}
`;
  });
  if (missing.length > 0)
    throw new Error(`these were not compared yet; run their tests in test/spark first: ${missing.join(", ")}`);
  return `# What runs where, and how equal it is

Made from what the tests in \`test/spark\` measured on Spark ${version}: \`npx vitest run test/spark && npm run docs\`. A test that finds more than this page
claims fails. Differences are relative to the larger value. "The same values" and one \`stateHash\` are demanded to the last bit; the other claims are round
bounds with room for ten times what was measured.

${parts.join("\n")}`;
}

/** Rows of a page as [section, name, cells]. */
function rowsIn(text) {
  const titles = new Map(Object.entries(sections).map(([section, { title }]) => [title, section]));
  let section;
  const rows = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("## ")) section = titles.get(line.slice(3));
    const [, name, rest] = /^\| `([^`]+)` \| (.*) \|$/.exec(line) ?? [];
    if (section !== undefined && name !== undefined) rows.push([section, name, rest.split(" | ")]);
  }
  return rows;
}

export function claimsIn(text) {
  return new Map(
    rowsIn(text).map(([section, name, [, , equal]]) => [
      `${section} ${name}`,
      Number(/<= (\S+)$/.exec(equal)?.[1] ?? 0),
    ]),
  );
}

export const namesIn = (text) =>
  Object.fromEntries(
    Object.keys(sections).map((section) => [
      section,
      rowsIn(text).flatMap(([of, name]) => (of === section ? [name] : [])),
    ]),
  );

async function tables() {
  const from = (path) => import(new URL(`../dist/${path}.js`, import.meta.url).href);
  const [learners, features, ops, table, home] = await Promise.all(
    ["learners/index", "features/index", "expr/ops", "engines/spark/mllib/table", "engines/spark/mllib/home"].map(from),
  );
  const { opNames } = ops;
  return {
    version: table.sparkVersion,
    names: namesOf({ ...learners, ...features, opNames, ...table, ...home }),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { version, names } = await tables();
  const folder = join(root, ".sluice/equality", version.split(".").slice(0, 2).join("."));
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const results = files.flatMap((file) => JSON.parse(readFileSync(join(folder, file), "utf8")));
  writeFileSync(join(root, "docs/equality.md"), page(names, results, version));
  console.log(`docs/equality.md: ${results.length} comparisons`);
}
