// The exercise of every course on big data: `npm run exercise -- --gb 10`. A CSV larger than memory, logistic regression on a
// random 1 %, then on all of it, both within 1 GB, judged on the same rows: what do time, bytes and money buy?
import { mkdtempSync, rmSync, statfsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { cacheFolder } from "./cache.mjs";
import { machine } from "./contest.mjs";
import { visitsCsv, visitsTest } from "./data.mjs";
import { measureJson } from "./measure.mjs";

const { values: options } = parseArgs({
  options: {
    gb: { type: "string", default: "1" },
    memory: { type: "string", default: "1GB" },
    sample: { type: "string", default: "1%" },
    /** Dollars an hour of a machine like this one: 2 cores, 8 GB, on demand; list prices of 2026 are about that. */
    price: { type: "string", default: "0.10" },
  },
});
const bytesPerRow = 54.9;
const gigabytes = positive("gb");
const dollarsPerHour = positive("price");

const { bavail, bsize } = statfsSync(cacheFolder("bench-data"));
const needed = gigabytes * 4e9; // the CSV, its columns once more as Parquet, the pages, and room
if (bavail * bsize < needed)
  throw new Error(
    `a CSV of ${gigabytes} GB and the work on it take ${(needed / 1e9).toFixed(0)} GB of disk; ${((bavail * bsize) / 1e9).toFixed(0)} GB are free`,
  );

const cli = join(dirname(fileURLToPath(import.meta.url)), "../bin/sluice.cjs");
const data = await visitsCsv(Math.round((gigabytes * 1e9) / bytesPerRow));
const test = await visitsTest(500_000);
const dataBytes = statSync(data).size;
console.log(`${(dataBytes / 1e9).toFixed(2)} GB of CSV: ${data}\non ${machine()}\n`);

const scratch = mkdtempSync(join(cacheFolder(""), "exercise-"));
try {
  const sample = await train("sample", ["--sample", options.sample]);
  const all = await train("all", []);
  console.log(sideBySide(sample, all));
  console.log(`\n${gain(sample, all)}`);
  console.log(
    `Cost assumes $${dollarsPerHour.toFixed(2)} for an hour of a machine like this one (--price), billed by the second; storage is not in it.`,
  );
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** A cache of its own for each, so that neither profits from what the other has read. */
async function train(name, more) {
  const places = ["--home", join(scratch, name), "--cache", join(scratch, `${name}-cache`), "--name", name];
  const args = [
    "train",
    data,
    "--label",
    "clicked",
    "--learner",
    "logistic",
    "--memory",
    options.memory,
    "--validate",
    "none",
    "--test",
    test,
    ...places,
    ...more,
  ];
  console.log(
    `$ sluice train visits.csv --label clicked --learner logistic --memory ${options.memory} --validate none --test test.csv ${more.join(" ")}`,
  );
  const run = await measureJson(cli, [...args, "--json"], { timeoutMs: 24 * 3_600_000 });
  rmSync(join(scratch, `${name}-cache`), { recursive: true, force: true });
  return run;
}

function sideBySide(sample, all) {
  const rows = [
    ["", options.sample, "all"],
    ["rows trained on", ...pair((run) => run.result.rows.train.toLocaleString("en-US"))],
    ["rows read", ...pair((run) => run.result.rows.read.toLocaleString("en-US"))],
    ["time", ...pair((run) => `${run.seconds.toFixed(1)} s`)],
    ["bytes read", ...pair((run) => `${(run.result.bytesRead / 1e9).toFixed(2)} GB`)],
    ["spilled", ...pair((run) => `${(run.result.spillBytes / 1e9).toFixed(2)} GB`)],
    ["peak memory", ...pair((run) => `${(run.peakRssBytes / 1e6).toFixed(0)} MB`)],
    ["passes", ...pair((run) => String(run.result.passes))],
    ["AUC, test", ...pair((run) => run.result.metrics.test.auc.toFixed(5))],
    ["log loss, test", ...pair((run) => run.result.metrics.test.logLoss.toFixed(6))],
    ["accuracy, test", ...pair((run) => run.result.metrics.test.accuracy.toFixed(5))],
    ["cloud cost", ...pair((run) => `$${cost(run).toFixed(5)}`)],
  ];
  return rows.map(([what, a, b]) => what.padEnd(18) + a.padStart(16) + b.padStart(16)).join("\n");

  function pair(told) {
    return [told(sample), told(all)];
  }
}

function gain(sample, all) {
  const [few, many] = [sample.result, all.result];
  const [auc, loss] = [
    many.metrics.test.auc - few.metrics.test.auc,
    few.metrics.test.logLoss - many.metrics.test.logLoss,
  ];
  return (
    `From ${options.sample} to all: ${(many.rows.train / few.rows.train).toFixed(0)} times the rows and ` +
    `${(all.seconds / sample.seconds).toFixed(1)} times the time for ${signed(auc)} AUC and ${signed(-loss)} log loss, ` +
    `at $${(cost(all) - cost(sample)).toFixed(5)} more.`
  );
}

function cost(run) {
  return (run.seconds / 3600) * dollarsPerHour;
}

function signed(number) {
  return `${number < 0 ? "-" : "+"}${Math.abs(number).toFixed(5)}`;
}

function positive(name) {
  const number = Number(options[name]);
  if (!(number > 0)) throw new Error(`--${name} ${options[name]} is not a number above 0`);
  return number;
}
