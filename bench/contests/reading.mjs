// A profile of a CSV, and how long the command and a model take to answer at all.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { limitLine, line, takeTurns } from "../contest.mjs";
import { ordersCsv, visitsCsv } from "../data.mjs";
import { measure, measureJson } from "../measure.mjs";
import { cli, emptied, fixed, floor, scratch, sluice } from "../sluice.mjs";

const oneRow = join(dirname(fileURLToPath(import.meta.url)), "../one-row.mjs");

export async function profile({ rows = 10e6, rounds = 3 }) {
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

export async function start({ rounds = 3 }) {
  const learn = ["--label", "clicked", "--learner", "logistic", ...fixed];
  const trained = await sluice(["train", await visitsCsv(200_000), ...learn], "start").catch((error) =>
    console.log(`  train: FAILED ${error.message}`),
  );
  const file = join(scratch, "start-home/models/bench/1/model.json");
  const runs = await takeTurns(
    {
      help: async () => checked(await measure(cli, ["--help"])),
      node: async () => checked(await measure(process.execPath, ["-e", "0"])),
      ...(trained && { row: () => measureJson(process.execPath, [oneRow, file]) }),
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
