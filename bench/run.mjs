// `npm run bench [-- --rows 10000000 --rounds 3 --only logistic,ridge,profile,start --no-save]`: ours beside the floors and
// the peers, whole processes in turn. Worse rows are printed too. SLUICE_BENCH_SPARK=1 adds Spark local[2].
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { version as duckdbVersion } from "@duckdb/node-api";
import { cacheFolder } from "./cache.mjs";
import { limitLine, line, machine, megabytes, table, takeTurns } from "./contest.mjs";
import { binaryTable, binaryTest, ordersCsv, realTable, realTest, visitsCsv } from "./data.mjs";
import { measure, measureJson } from "./measure.mjs";
import { peer } from "./peers.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    rows: { type: "string", default: "10000000" },
    rounds: { type: "string", default: "3" },
    only: { type: "string", default: "logistic,ridge,profile,start" },
    "no-save": { type: "boolean", default: false },
  },
});
const rows = Number(options.rows);
const rounds = Number(options.rounds);
const withSpark = process.env.SLUICE_BENCH_SPARK === "1";
// beside the floor's file, so that both write to the same disk
const scratch = mkdtempSync(join(cacheFolder(""), "bench-"));

const cli = join(here, "../bin/sluice.cjs");
const places = (name) => ["--home", join(scratch, `${name}-home`), "--cache", join(scratch, `${name}-cache`)];
const fixed = ["--memory", "512MB", "--threads", "2", "--name", "bench"];
const emptied = (name) => {
  for (const old of readdirSync(scratch)) rmSync(join(scratch, old), { recursive: true, force: true });
  return name;
};
const sluice = (args, where) => measureJson(cli, [...args, ...places(where), "--json"]);
const floor = (mode, file) => measureJson(process.execPath, [join(here, "floor.mjs"), mode, file]);
/** A peer's time is that of its whole process without the judging. */
const published = async (script, files, environment) => {
  const run = await measureJson(...peer(script, files, environment));
  return { ...run, seconds: run.seconds - (run.result.testSeconds ?? 0) };
};

const contests = { logistic, ridge, profile, start };
const lines = [];
try {
  for (const name of options.only.split(",")) {
    console.log(`${name} ...`);
    lines.push(...(await contests[name]()));
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`\n${table(lines)}\n`);
if (!options["no-save"]) save();
if (lines.some(({ verdict }) => verdict === "did not run")) process.exitCode = 1;

async function logistic() {
  const train = await binaryTable(rows);
  const test = await binaryTest(1_000_000);
  const learn = ["train", train, "--label", "y", "--learner", "logistic", ...fixed];
  // like the peers: all rows, none held back to judge on
  const command = [...learn, "--validate", "none"];
  const runs = await takeTurns(
    {
      judged: () => sluice(learn, emptied("judged")),
      first: () => sluice(command, emptied("logistic")),
      second: () => sluice(command, "logistic"),
      floor: () => floor("write", train),
      lbfgs: () => published("logistic_lbfgs", [train, test]),
      sgd: () => published("logistic_sgd", [train, test]),
      ...(withSpark && { spark: () => published("logistic_spark", [train, test], "spark") }),
    },
    rounds,
    console.log,
  );
  const judged = runs.first && (await sluice(["evaluate", "bench", test], "logistic"));
  const loss = judged?.result.metrics.logLoss;
  const what = `logistic, ${rows / 1e6} M x 20`;
  const than = (run) =>
    run && loss !== undefined ? `log loss ${loss.toFixed(6)} / ${run.result.logLoss.toFixed(6)}` : "";
  const told = runs.first && `${runs.first.result.passes} passes, budget ${megabytes(runs.first.result.budgetBytes)}`;
  return [
    line(`${what}, first run`, runs.first, "DuckDB stream + write of the same bytes", runs.floor, 1.5, told),
    line(`${what}, cached pages`, runs.second, "DuckDB stream + write of the same bytes", runs.floor, 0.5),
    line(
      `${what}, first run, a fifth held back and judged`,
      runs.judged,
      "DuckDB stream + write of the same bytes",
      runs.floor,
    ),
    line(`${what}, first run`, runs.first, "scikit-learn lbfgs in memory", runs.lbfgs, 0.2, than(runs.lbfgs)),
    line(`${what}, first run`, runs.first, "SGDClassifier.partial_fit, one epoch", runs.sgd, 0.35, than(runs.sgd)),
    ...(withSpark ? [line(`${what}, first run`, runs.first, "Spark local[2]", runs.spark, 0.1, than(runs.spark))] : []),
    limitLine(
      "log loss above lbfgs, same held-out rows",
      runs.lbfgs && loss !== undefined ? loss - runs.lbfgs.result.logLoss : undefined,
      1e-4,
      "nats",
      6,
    ),
  ];
}

async function ridge() {
  const train = await realTable(rows);
  const test = await realTest(1_000_000);
  const learn = ["train", train, "--label", "y", "--task", "regression", "--learner", "linear", ...fixed];
  const command = [...learn, "--validate", "none"];
  const runs = await takeTurns(
    {
      ours: () => sluice(command, emptied("ridge")),
      stream: () => floor("stream", train),
      sum: () => floor("sum", train),
      numpy: () => published("ridge_stream", [train, test]),
      ridge: () => published("ridge_memory", [train, test]),
    },
    rounds,
    console.log,
  );
  const judged = runs.ours && (await sluice(["evaluate", "bench", test], "ridge"));
  const error = judged?.result.metrics.rmse;
  const what = `ridge, ${rows / 1e6} M x 20`;
  const than = (run) => (run && error !== undefined ? `RMSE ${error.toFixed(6)} / ${run.result.rmse.toFixed(6)}` : "");
  return [
    line(what, runs.ours, "DuckDB's bare stream", runs.stream, 1.3, runs.ours && `${runs.ours.result.passes} passes`),
    line(what, runs.ours, "DuckDB's bare sum", runs.sum, undefined),
    line(what, runs.ours, "numpy XᵀX over streamed batches", runs.numpy, undefined, than(runs.numpy)),
    line(what, runs.ours, "scikit-learn Ridge in memory", runs.ridge, undefined, than(runs.ridge)),
  ];
}

async function profile() {
  const file = await ordersCsv(rows);
  const runs = await takeTurns(
    {
      ours: () => sluice(["profile", file, "--memory", "512MB", "--threads", "2"], emptied("profile")),
      sum: () => floor("csv-sum", file),
      summarize: () => floor("summarize", file),
    },
    rounds,
    console.log,
  );
  const what = `profile, CSV of ${rows / 1e6} M x 8`;
  return [
    line(what, runs.ours, "DuckDB's own sum over it", runs.sum, 2),
    line(what, runs.ours, "DuckDB's SUMMARIZE", runs.summarize, undefined),
  ];
}

async function start() {
  const learn = ["--label", "clicked", "--learner", "logistic", ...fixed];
  const trained = await sluice(["train", await visitsCsv(200_000), ...learn], "start").catch((error) =>
    console.log(`  train: FAILED ${error.message}`),
  );
  const file = join(scratch, "start-home/models/bench/1/model.json");
  const runs = await takeTurns(
    {
      help: async () => checked(await measure(cli, ["--help"])),
      node: async () => checked(await measure(process.execPath, ["-e", "0"])),
      ...(trained && { row: () => measureJson(process.execPath, [join(here, "one-row.mjs"), file]) }),
    },
    Math.max(rounds, 5),
    () => {},
  );
  return [
    limitLine("sluice --help", runs.help && runs.help.seconds * 1000, 200, "ms", 0),
    line("sluice --help", runs.help, "node -e 0", runs.node, undefined),
    limitLine("one row scored in process", runs.row?.result.microseconds, 50, "us"),
  ];
}

function checked(run) {
  if (run.status !== 0) throw new Error(`it ended with ${run.status}: ${run.stderr.slice(-500)}`);
  return run;
}

function save() {
  const text = `# Results

Written by \`npm run bench\`. Whole processes, start-up included, taking turns on one machine; the median of ${rounds} where a
run takes under a minute. Peers without the time they take to judge. Ratio: Sluice / it, below 1 is faster.

- machine: ${machine()}
- date: ${new Date().toISOString().slice(0, 10)}
- DuckDB ${duckdbVersion()}; peers pinned in \`bench/peers.mjs\`
- command: \`npm run bench -- --rows ${rows} --rounds ${rounds} --only ${options.only}\`${withSpark ? " with SLUICE_BENCH_SPARK=1" : ""}

${table(lines)}
`;
  writeFileSync(join(here, "RESULTS.md"), text);
}
