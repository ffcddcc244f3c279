// A memory budget for the whole process: the kernel kills what exceeds it, and has nothing to kill.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { memoryCgroupRoot } from "../../scripts/optional.mjs";
import { megabytes } from "../contest.mjs";
import { binaryTable, realTable, slimTable } from "../data.mjs";
import { measureCapped } from "../scale/memory-cap.mjs";
import { flagsOf } from "./learners.mjs";
import { line, seconds, skipped, tried } from "./lines.mjs";
import { clear, cli, placesIn, runFolder } from "./training.mjs";

const promise = "memory budget";
const MB = 1e6;
const columns = 20;

export async function budgetTrials({ quick, learners, budgets = quick ? [256] : [256, 512, 1000], scratch, say }) {
  const lines = [];
  for (const budget of budgets)
    for (const learner of learners)
      for (const shape of learner.rowStateBytes && !quick ? ["wide", "slim"] : ["wide"]) {
        const trial = `${learner.name}, ${budget} MB, ${shape} table`;
        say(`${promise}: ${trial}`);
        if (memoryCgroupRoot() === undefined)
          lines.push(skipped(promise, trial, "no memory cgroup can be made here: that takes root on Linux"));
        else lines.push(await tried(promise, trial, () => capped(trial, learner, budget, shape, scratch)));
      }
  return lines;
}

/** Four times the budget and a little, of pages or (on the slim table) once of what is kept for each row. */
const rowsFor = ({ rowStateBytes }, budget, shape) =>
  Math.ceil(((shape === "slim" ? 1.1 / rowStateBytes : 4.1 / (4 * columns)) * budget * MB) / 1e5) * 1e5;

async function capped(trial, learner, budget, shape, scratch) {
  const rows = rowsFor(learner, budget, shape);
  const table = shape === "slim" ? slimTable : learner.label === "y" ? binaryTable : realTable;
  const flags = flagsOf(
    shape === "slim" ? { ...learner, params: learner.slim } : { ...learner, label: "y", other: undefined },
  );
  const run = await trainCapped([await table(rows), ...flags, "--threads", "2"], budget, scratch);
  const broken = [
    ...(run.killed === 0 ? [] : [`${run.killed} processes were killed`]),
    ...(run.status === 0 ? [] : [`ended with ${run.status ?? run.signal}: ${run.error}`]),
  ];
  if (run.status !== 0) return line(promise, trial, broken, "");
  const encoded = run.pages.encodedBytes / (budget * MB);
  const state = ((learner.rowStateBytes ?? 0) * rows) / (budget * MB);
  if (run.peakRssBytes > budget * MB) broken.push("the peak is above the budget");
  if (shape === "wide" && encoded < 4) broken.push("the pages are less than four times the budget");
  if (shape === "slim" && state < 1) broken.push("the state of all rows fits in the budget");
  if (run.pages.read <= run.pages.encoded) broken.push("no page was read more than once");
  return line(
    promise,
    trial,
    broken,
    `0 killed; peak ${megabytes(run.peakRssBytes)}, ${(run.peakRssBytes / (budget * MB)).toFixed(2)} of the budget; ` +
      `${(rows / 1e6).toFixed(1)} M rows; pages ${encoded.toFixed(1)} times the budget` +
      (shape === "slim" ? `, state of the rows ${state.toFixed(1)} times` : "") +
      `; ${run.pages.encoded} pages written, ${run.pages.read} read; ${seconds(run.seconds)}`,
  );
}

/** A training under a memory limit of the kernel: what it took, and what it says of its pages. */
export async function trainCapped(args, budget, scratch) {
  const places = placesIn(scratch, `budget-${budget}`);
  try {
    const run = await measureCapped(cli, ["train", ...args, "--memory", `${budget}MB`, ...places.flags], {
      limitBytes: budget * MB,
    });
    if (run.status !== 0) return { ...run, error: run.stdout.slice(0, 500) || run.stderr.slice(-500) };
    const { pages } = JSON.parse(readFileSync(join(runFolder(places.home), "result.json"), "utf8"));
    return { ...run, told: JSON.parse(run.stdout), pages };
  } finally {
    clear(places);
  }
}
