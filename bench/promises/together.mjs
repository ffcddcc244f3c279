// Two runs at once on one cache: both make the model that each makes alone.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { mixedCsv, mixedTable } from "../data.mjs";
import { flagsOf } from "./learners.mjs";
import { line, seconds, tried } from "./lines.mjs";
import { clear, placesIn, start, whole } from "./training.mjs";

const promise = "two runs at once";
const container = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
const canContain = () => spawnSync(container[0], [...container.slice(1), "true"]).status === 0;

export async function togetherTrials({ quick, learners, scratch, say }) {
  const rows = quick ? 100_000 : 4_000_000;
  const [first, second = first] = learners;
  const [csv, parquet] = [await mixedCsv(rows), await mixedTable(rows)];
  const pairs = {
    "the same training of a CSV": [
      [csv, ...flagsOf(first)],
      [csv, ...flagsOf(first)],
    ],
    ...(quick
      ? {}
      : {
          "the same features, another seed": [
            [parquet, ...flagsOf(first)],
            [parquet, ...flagsOf(first), "--seed", "8"],
          ],
          "another learner and label": [
            [parquet, ...flagsOf(first)],
            [parquet, ...flagsOf(second)],
          ],
        }),
  };
  const lines = [];
  for (const [trial, pair] of Object.entries(pairs)) {
    say(`${promise}: ${trial}`);
    lines.push(await tried(promise, trial, () => sideBySide(trial, pair)));
  }
  const containers = "several containers at once on one cache";
  if (canContain()) {
    say(`${promise}: ${containers}`);
    lines.push(await tried(promise, containers, () => contained(containers, [csv, ...flagsOf(first)])));
  } else say(`${promise}: ${containers}: DID NOT RUN, it takes root on Linux (unshare)`);
  return lines;

  /** Each in a PID namespace of its own, where all have the same process number, and none can ask whether another lives. */
  async function contained(trial, args) {
    const own = placesIn(scratch, "alone");
    const alone = await whole(["train", ...args, ...own.flags]);
    clear(own);
    const broken = [];
    const count = quick ? 3 : 6;
    for (let round = 0; round < (quick ? 1 : 4); round++) {
      const homes = Array.from({ length: count }, (_, i) => placesIn(scratch, `container-${i}`, "containers"));
      const runs = await Promise.all(
        homes.map(({ flags }) => start(["train", ...args, ...flags], { inside: container }).ended),
      );
      for (const [i, run] of runs.entries())
        if (run.code !== 0)
          broken.push(`${i} ended with ${run.code}: ${JSON.stringify(run.json?.error ?? run.stderr)}`);
        else if (run.json.stateHash !== alone.json.stateHash) broken.push(`${i} made another model`);
      const left = readdirSync(join(homes[0].cache, "landed")).filter((name) => name.includes("partial"));
      if (left.length > 0) broken.push(`left behind: ${left.join(", ")}`);
      homes.forEach(clear);
    }
    return line(promise, trial, broken, `${count} trainings of one CSV each; alone ${seconds(alone.seconds)}`);
  }

  async function sideBySide(trial, pair) {
    const alone = [];
    for (const args of pair) {
      const places = placesIn(scratch, "alone");
      alone.push(await whole(["train", ...args, ...places.flags]));
      clear(places);
    }
    const broken = [];
    const delays = quick ? [0] : [0, 0.3, 0.7];
    for (const delay of delays) {
      const homes = pair.map((_, i) => placesIn(scratch, `both-${i}`, "both"));
      const runs = await Promise.all(
        pair.map(async (args, i) => {
          await new Promise((resolve) => setTimeout(resolve, i * delay * alone[0].seconds * 1000));
          return start(["train", ...args, ...homes[i].flags]).ended;
        }),
      );
      for (const [i, run] of runs.entries())
        if (run.code !== 0)
          broken.push(`${i} ended with ${run.code}: ${JSON.stringify(run.json?.error ?? run.stderr)}`);
        else if (run.json.stateHash !== alone[i].json.stateHash) broken.push(`${i} made another model`);
      // What they left in the cache is whole: a third one learns from it.
      const third = await whole(["train", ...pair[0], ...homes[0].flags]);
      if (third.json.stateHash !== alone[0].json.stateHash) broken.push("the cache they left makes another model");
      homes.forEach(clear);
    }
    return line(
      promise,
      trial,
      broken,
      `begun ${delays.map((delay) => `${delay}`).join(", ")} of a run apart; alone ${seconds(alone[0].seconds)}`,
    );
  }
}
