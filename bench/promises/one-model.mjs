// The budget never changes the model: one stateHash over budgets, threads and states of the cache.
import { mixedTable } from "../data.mjs";
import { flagsOf } from "./learners.mjs";
import { line, range, tried } from "./lines.mjs";
import { clear, placesIn, whole } from "./training.mjs";

const promise = "one model";

export async function oneModelTrials({ quick, learners, scratch, say }) {
  const file = await mixedTable(quick ? 100_000 : 10_000_000);
  const lines = [];
  for (const learner of learners) {
    const trial = `${learner.name}, ${quick ? "0.1 M" : "10 M"} rows`;
    say(`${promise}: ${trial}`);
    lines.push(await tried(promise, trial, () => compared(trial, learner, file, quick, scratch)));
  }
  return lines;
}

/** Every budget with every number of threads; each second one finds the pages of the one before. */
async function compared(trial, learner, file, quick, scratch) {
  const settings = (quick ? ["256MB", "4GB"] : ["256MB", "512MB", "1GB", "4GB"]).flatMap((memory) =>
    (quick ? [1, 4] : [1, 2, 3, 4]).map((threads) => ({ memory, threads })),
  );
  const hashes = new Set();
  const [cold, warm] = [[], []];
  for (const [i, { memory, threads }] of settings.entries()) {
    const places = placesIn(scratch, `model-${i}`, `model-${i >> 1}`);
    const args = [file, ...flagsOf(learner), "--memory", memory, "--threads", `${threads}`];
    const run = await whole(["train", ...args, ...places.flags]);
    hashes.add(run.json.stateHash);
    (i % 2 === 0 ? cold : warm).push(run.seconds);
    if (i % 2 === 1) clear(places);
  }
  return line(
    promise,
    trial,
    hashes.size === 1 ? [] : [`${hashes.size} models: ${[...hashes].map((hash) => hash.slice(0, 8)).join(", ")}`],
    `${settings.length} runs (256 MB to 4 GB, 1 to 4 threads, ${cold.length} with a cold cache and ${warm.length} with a warm one), ` +
      `state ${[...hashes][0].slice(0, 12)}; cold ${range(cold.map(seconds1))} s, warm ${range(warm.map(seconds1))} s`,
  );
}

const seconds1 = (number) => Number(number.toFixed(1));
