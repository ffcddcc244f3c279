// Whole processes that take turns, the median of each, and the table that sets ours beside theirs.
import { cpus, loadavg, release, totalmem } from "node:os";

const slowSeconds = 60;

/**
 * Runs every contender once a round, in turn, so that a slow minute of the machine hits all of them. One that takes over a
 * minute runs once. Gives for each name the run with the median time.
 */
export async function takeTurns(contenders, rounds, say) {
  const runs = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const [name, contender] of Object.entries(contenders)) {
      if (round > 0 && (runs[name].length === 0 || runs[name][0].seconds > slowSeconds)) continue;
      try {
        const run = await contender(round);
        runs[name].push(run);
        say(`  ${name}: ${run.seconds.toFixed(2)} s, ${megabytes(run.peakRssBytes)}`);
      } catch (error) {
        say(`  ${name}: FAILED ${error.message.slice(0, 1500)}`);
      }
    }
  return Object.fromEntries(
    Object.entries(runs)
      .filter(([, list]) => list.length > 0)
      .map(([name, list]) => [name, median(list)]),
  );
}

export function median(runs) {
  const sorted = [...runs].sort((a, b) => a.seconds - b.seconds);
  return { ...sorted[Math.floor((sorted.length - 1) / 2)], runs: runs.length };
}

/** One line of the table: `goal` is the ratio to reach (ours / theirs), or undefined where it is told for comparison only. */
export function line(what, ours, peer, theirs, goal, note = "") {
  if (ours === undefined || theirs === undefined)
    return {
      what,
      peer,
      ours: seconds(ours),
      theirs: seconds(theirs),
      ratio: "",
      goal: goal ?? "",
      verdict: "did not run",
      memory: "",
      note,
    };
  const ratio = ours.seconds / theirs.seconds;
  return {
    what,
    peer,
    ours: seconds(ours),
    theirs: seconds(theirs),
    ratio: `${ratio.toFixed(2)}x`,
    goal: goal === undefined ? "" : `<= ${goal}x`,
    verdict: goal === undefined ? "" : ratio <= goal ? "reached" : "MISSED",
    memory: `${megabytes(ours.peakRssBytes)} / ${megabytes(theirs.peakRssBytes)}`,
    note,
  };
}

/** A line that holds a number against a fixed limit. */
export const limitLine = (what, value, limit, unit, digits = 1) => ({
  what,
  peer: "",
  ours: value === undefined ? "" : `${value.toFixed(digits)} ${unit}`,
  theirs: "",
  ratio: "",
  goal: `<= ${limit} ${unit}`,
  verdict: value === undefined ? "did not run" : value <= limit ? "reached" : "MISSED",
  memory: "",
  note: "",
});

/** A table has those columns of which its lines speak. */
const heads = {
  what: "what",
  metric: "metric",
  peer: "beside",
  ours: "Sluice",
  theirs: "it",
  chosen: "chosen",
  candidates: "on the test rows",
  sorted: "in the order of the label",
  shuffled: "shuffled; shuffled again",
  lightgbm: "LightGBM",
  scikit: "scikit-learn",
  behind: "behind LightGBM",
  behindBest: "behind the best",
  ratio: "ratio",
  goal: "goal",
  verdict: "",
  memory: "peak memory, Sluice / it",
  linear: "linear Sluice",
  note: "note",
};

export function table(lines) {
  const keys = Object.keys(heads).filter((key) => lines.some((each) => key in each));
  const width = (key) => Math.max(heads[key].length, ...lines.map((each) => String(each[key]).length));
  const row = (cells) => `| ${keys.map((key) => String(cells[key]).padEnd(width(key))).join(" | ")} |`;
  const rule = `|${keys.map((key) => "-".repeat(width(key) + 2)).join("|")}|`;
  return [row(heads), rule, ...lines.map(row)].join("\n");
}

const seconds = (run) => (run === undefined ? "" : `${run.seconds.toFixed(2)} s`);
export const megabytes = (bytes) => (bytes ? `${(bytes / 1e6).toFixed(0)} MB` : "?");

export const machine = () =>
  `${cpus().length} x ${cpus()[0]?.model ?? "?"}, ${(totalmem() / 1e9).toFixed(0)} GB, ${process.platform} ${release()}, Node ${process.version}`;

/** Threads that wait by spinning, as those of LightGBM and XGBoost do, take many times as long beside other work. */
export const load = () => loadavg()[0].toFixed(1);
