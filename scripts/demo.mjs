// The main job on real data: three million flights, learned inside 512 MB, judged on flights that are later in time.
// `npm run demo -- --on spark` does it on a Spark cluster (SPARK_REMOTE, else one that is started here) and once more without.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const home = join(root, ".sluice/demo");
const flights = "node_modules/vega-datasets/data/flights-3m.parquet";
const started = Date.now();

if (!existsSync(join(root, flights))) {
  console.error(`${flights} is missing: run npm ci first`);
  process.exit(1);
}
rmSync(home, { recursive: true, force: true });
mkdirSync(home, { recursive: true });

const { on } = parseArgs({ options: { on: { type: "string" } } }).values;
if (on !== undefined && on !== "spark") {
  console.error(`--on ${on}: the demo runs on the embedded engine, or with --on spark`);
  process.exit(2);
}
let server;
if (on && !process.env.SPARK_REMOTE) {
  server = await (await import("./spark.mjs")).startSpark({ port: 15_402, say: console.log });
  process.env.SPARK_REMOTE = server.remote;
  process.on("exit", () => server.stop());
}
const there = on ? ["--on", "spark"] : [];
const source = on ? `sc:${join(root, flights)}` : flights;
const table = on ? `parquet.\`${join(root, flights)}\`` : `'${flights}'`;

const say = (text) => console.log(text.trim().replace(/^ +/gm, ""));
function sluice(...args) {
  console.log(`\n$ sluice ${args.map((arg) => (/^[\w./:=%@,+-]+$/.test(arg) ? arg : `"${arg}"`)).join(" ")}`);
  const done = spawnSync(join(root, "bin/sluice.cjs"), [...args, "--home", home], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (done.status !== 0) process.exit(done.status ?? 1);
}

const stateOf = (model) => {
  const shown = spawnSync(join(root, "bin/sluice.cjs"), ["show", model, "--json", "--home", home], {
    encoding: "utf8",
  });
  return JSON.parse(shown.stdout).stateHash;
};

say(`Three million flights of early 2001: when, how late, how far, from and to where.
     Will a flight be more than 15 minutes late? The last fifth of the time is kept back to judge on.`);
sluice(
  "plan",
  source,
  ...there,
  "--label",
  "delay > 15",
  "--memory",
  "512MB",
  "--time",
  "date",
  "--validate",
  "time:0.2",
);

say(`
     Before trusting a clock: what is "date"? If it were the planned departure, lateness could not depend so on the minute.`);
sluice(
  "sql",
  ...there,
  `SELECT hour(date) AS hour, count(*) AS flights, round(avg((delay > 15)::INT), 3) AS late FROM ${table} WHERE hour(date) IN (2, 3, 6, 12, 18, 23) GROUP BY 1 ORDER BY 1`,
);
sluice(
  "sql",
  ...there,
  `SELECT minute(date) % 5 = 0 AS on_the_dot, count(*) AS flights, round(avg((delay = 0)::INT), 3) AS exactly_on_time, round(avg((delay > 15)::INT), 3) AS late FROM ${table} GROUP BY 1 ORDER BY 1`,
);
say(`
     Flights stamped between two and three at night are late two times in three, and minutes on the dot cluster at delay 0:
     the stamp looks like the actual departure, which nobody knows beforehand. So it is done both ways: a model that may look
     at the time of day, and the honest one that may not.`);

const places = "distance, log(distance), onehot(origin), onehot(destination)";
const days = "onehot(dayOfWeek(date))";
const later = ["--time", "date", "--validate", "time:0.2"];
const judged = ["--label", "delay > 15", "--learner", "logistic", "--memory", "512MB", ...later];
sluice(
  "train",
  source,
  ...there,
  ...judged,
  "--features",
  `${places}, ${days}, onehot(hour(date)) as hour`,
  "--name",
  "with-clock",
);
sluice("train", source, ...there, ...judged, "--features", `${places}, ${days}`, "--name", "late");
sluice("compare", "late", "with-clock");
say(`
     What the clock adds is mostly the delay itself, seen through the stamp. "late" is the model to use; its signal is weak,
     and that is the truth about these five columns.`);
sluice("explain", "late", "--top", "12");

const tonight = join(home, "tonight.parquet");
const instance = await DuckDBInstance.create(":memory:");
const connection = await instance.connect();
await connection.run(
  `COPY (SELECT * EXCLUDE (delay) FROM '${join(root, flights)}' ORDER BY date DESC LIMIT 10000) TO '${tonight}' (FORMAT parquet)`,
);
connection.closeSync();
instance.closeSync();
sluice(
  "predict",
  "late",
  relative(root, tonight),
  ...there,
  "--to",
  relative(root, join(home, "scored.parquet")),
  "--keep",
  "date,origin,destination",
);
sluice("sql", `SELECT * FROM '${relative(root, join(home, "scored.parquet"))}' ORDER BY probability DESC LIMIT 5`);
sluice("report", "late", "--against", "with-clock", "--to", join(home, "report.html"));

if (on) {
  say(`
     The same training without a cluster:`);
  sluice("train", flights, ...judged, "--features", `${places}, ${days}`, "--name", "late-here");
  sluice("compare", "late", "late-here");
  const [cluster, here] = ["late", "late-here"].map(stateOf);
  say(`
     The model of the cluster is ${cluster.slice(0, 12)}, the one of this machine ${here.slice(0, 12)}: ${cluster === here ? "the same, bit for bit" : "NOT THE SAME"}.`);
  if (cluster !== here) process.exitCode = 1;
}
say(`
     Done in ${Math.round((Date.now() - started) / 1000)} s. Next:
     open ${relative(root, join(home, "report.html"))}
     npx sluice show late --home .sluice/demo
     npx sluice train YOUR.csv --label COLUMN --memory 1GB --name first`);
// A server that was started here would keep this process waiting.
if (server) process.exit();
