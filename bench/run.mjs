// `npm run bench [-- --only logistic,trees --rows 10M --rounds 3 --sets adult,letter --no-save]`: ours beside the floors and the peers, whole
// processes in turn. Worse rows are printed too. SLUICE_BENCH_SPARK=1 adds Spark local[2].
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { version as duckdbVersion } from "@duckdb/node-api";
import { load, machine, table } from "./contest.mjs";
import { choice } from "./contests/choice.mjs";
import { classes } from "./contests/classes.mjs";
import { clicks } from "./contests/clicks.mjs";
import { logistic, ridge } from "./contests/linear.mjs";
import { order } from "./contests/order.mjs";
import { quality } from "./contests/quality.mjs";
import { rare } from "./contests/rare.mjs";
import { profile, start } from "./contests/reading.mjs";
import { huge, scale } from "./contests/scale.mjs";
import { spark, sparkSums } from "./contests/spark.mjs";
import { sparkRows } from "./contests/spark-rows.mjs";
import { text } from "./contests/text.mjs";
import { higgs, trees } from "./contests/trees.mjs";
import { saveSections } from "./results.mjs";
import { cleanUp, rowsOf, withSpark } from "./sluice.mjs";

/** Those that take hours, or more memory than most have, run only when they are named. */
const contests = {
  logistic,
  ridge,
  profile,
  start,
  trees,
  higgs,
  scale,
  huge,
  clicks,
  quality,
  classes,
  rare,
  order,
  choice,
  spark,
  "spark-rows": sparkRows,
  "spark-sums": sparkSums,
  text,
};
const everyday = "logistic,ridge,profile,start";

const { values: options } = parseArgs({
  options: {
    rows: { type: "string" },
    rounds: { type: "string" },
    sets: { type: "string" },
    only: { type: "string", default: everyday },
    "no-save": { type: "boolean", default: false },
  },
});
const names = options.only.split(",");
const unknown = names.filter((name) => !(name in contests));
if (unknown.length > 0) throw new Error(`no contest "${unknown}"; there are ${Object.keys(contests).join(", ")}`);
const given = {
  ...(options.rows && { rows: rowsOf(options.rows) }),
  ...(options.rounds && { rounds: Number(options.rounds) }),
  // some of the data sets of classes, order and choice; such a part is not kept
  ...(options.sets && { sets: options.sets.split(",") }),
};

const sections = {};
try {
  for (const name of names) {
    const before = load();
    console.log(`${name} ... (load ${before})`);
    const lines = await contests[name](given);
    console.log(`\n${table(lines)}\n`);
    // other sizes stand beside each other
    sections[given.rows ? `${name}, ${options.rows} rows` : name] = section(name, lines, before);
    if (lines.some(({ verdict }) => verdict === "did not run")) process.exitCode = 1;
  }
} finally {
  cleanUp();
}
if (!options["no-save"] && !options.sets)
  saveSections(join(dirname(fileURLToPath(import.meta.url)), "RESULTS.md"), sections);

function section(name, lines, before) {
  const flags = Object.entries(given).map(([flag, value]) => ` --${flag} ${value}`);
  return `- machine: ${machine()}; load average before: ${before}
- date: ${new Date().toISOString().slice(0, 10)}; DuckDB ${duckdbVersion()}
- command: \`npm run bench -- --only ${name}${flags.join("")}\`${withSpark ? " with SLUICE_BENCH_SPARK=1" : ""}

${table(lines)}`;
}
