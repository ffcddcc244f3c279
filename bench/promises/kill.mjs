// kill -9 at any moment: resume gives the identical model and redoes at most one unit; damage is found and mended.
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mixedCsv, mixedTable } from "../data.mjs";
import { flagsOf } from "./learners.mjs";
import { line, range, seconds, tried } from "./lines.mjs";
import {
  clear,
  finishedUnits,
  generator,
  leftOvers,
  placesIn,
  runFolder,
  runsIn,
  start,
  watchWrites,
  whole,
} from "./training.mjs";

const promise = "kill -9";
const inQuick = ["damaged journal", "damaged rest of the cache", "foreign journal"];
const kinds = ["event", "time", "write", "event", "resume"];

export async function killTrials({ quick, learners, kills = quick ? 20 : 100, scratch, say, seed = 11 }) {
  const jobs = jobsOf(learners);
  const lines = [];
  for (const [i, job] of jobs.entries()) {
    const share = Math.floor(kills / jobs.length) + (i < kills % jobs.length ? 1 : 0);
    const trial = `${job.name}, ${share} kills`;
    say(`${promise}: ${trial}`);
    lines.push(await tried(promise, trial, () => killed(job, trial, share, scratch, seed + i, quick ? 0 : 30)));
  }
  const args = await jobs[0].args(quick ? 100_000 : 1_000_000);
  const places = placesIn(scratch, "finished");
  const full = await whole(["train", ...args, ...places.flags]);
  for (const [trial, work] of Object.entries(damages)) {
    if (quick && !inQuick.includes(trial)) continue;
    say(`${promise}: ${trial}`);
    const own = placesIn(scratch, "harmed");
    for (const place of ["home", "cache"]) cpSync(places[place], own[place], { recursive: true });
    const given = { trial, args, places: own, full, scratch, next: generator(seed), times: quick ? 2 : 5 };
    lines.push(await tried(promise, trial, () => work(given)));
    clear(own);
  }
  clear(places);
  return lines;
}

/** Text that is landed first and Parquet in turn. */
const jobsOf = (learners) => learners.map((learner, i) => jobOf(learner, i % 2 === 0 ? "CSV" : "Parquet"));

const jobOf = (learner, form) => ({
  name: `${learner.name} on ${form}`,
  args: async (rows) => {
    const file = await (form === "CSV" ? mixedCsv : mixedTable)(rows);
    return [file, ...flagsOf(learner, true), "--threads", "2", "--memory", "512MB"];
  },
});

/** A short run of this learner, killed so many times at moments of the seed. */
export const killSome = ({ learner, form, kills, scratch, seed }) =>
  tried(promise, `${learner.name} on ${form}`, () =>
    killed(jobOf(learner, form), `${kills} kills`, kills, scratch, seed, 0),
  );

/** An undisturbed run of at least so many seconds on this machine, and the writes that were seen in it. */
async function undisturbed(job, scratch, leastSeconds) {
  for (let rows = leastSeconds > 0 ? 2_000_000 : 100_000; ; rows *= 2) {
    const args = await job.args(rows);
    const places = placesIn(scratch, "whole");
    const writes = [];
    const unwatch = watchWrites([places.home, places.cache], (name) => writes.push(name));
    const full = await whole(["train", ...args, ...places.flags]);
    unwatch();
    clear(places);
    if (full.seconds >= leastSeconds) return { args, rows, full, writes };
  }
}

async function killed(job, trial, kills, scratch, seed, leastSeconds) {
  const next = generator(seed);
  const { args, rows, full, writes } = await undisturbed(job, scratch, leastSeconds);
  const marks = full.events.filter(({ event }) => event === "stage" || event === "unit");
  const total = full.json.units.done;
  const broken = [];
  const told = { redone: [], reused: [], halves: 0, counts: {} };
  for (let n = 0; n < kills; n++) {
    const kind = kinds[n % kinds.length];
    const where = placesIn(scratch, `kill-${n}`);
    const moment = {
      time: () => ({ ms: next() * full.seconds * 1000 }),
      resume: () => ({ ms: (0.1 + 0.7 * next()) * full.seconds * 1000 }),
      event: () => ({ mark: Math.floor(((n + next()) / kills) * marks.length), ms: next() * 200 }),
      write: () => ({ write: Math.floor(next() * writes.length) }),
    }[kind]();
    const about = `kill ${n} (${kind} ${JSON.stringify(moment)})`;
    const problems = [];
    let ran = await endedAt(["train", ...args, ...where.flags], where, moment);
    problems.push(...judged(ran, where, told));
    if (kind === "resume" && ran.code === "SIGKILL" && runsIn(where.home).length > 0) {
      ran = await endedAt(["resume", "last", ...where.flags], where, { ms: next() * full.seconds * 500 });
      problems.push(...judged(ran, where, told));
    }
    const kept = finishedUnits(where.home).length;
    const begun = existsSync(join(runFolder(where.home), "run.json"));
    // Killed before it wrote down what to do: there is nothing to go on with, and the command is given again.
    const again = begun ? ["resume", "last"] : ["train", ...args];
    const resumed = await start([...again, ...where.flags]).ended;
    if (resumed.code !== 0)
      problems.push(`resume ended with ${resumed.code}: ${JSON.stringify(resumed.json?.error ?? resumed.stderr)}`);
    else {
      const { stateHash, units, model, rows, metrics } = resumed.json;
      if (stateHash !== full.json.stateHash) problems.push(`another model: ${stateHash}`);
      if (JSON.stringify([rows, metrics]) !== JSON.stringify([full.json.rows, full.json.metrics]))
        problems.push(`other counts or metrics: ${JSON.stringify([rows, metrics])}`);
      if (model !== "model/1") problems.push(`kept as ${model}`);
      if (units.reused !== kept || units.done !== total - kept)
        problems.push(`${kept} of ${total} units were kept, and ${units.reused} reused, ${units.done} done`);
      told.reused.push(units.reused);
    }
    told.counts[kind] = (told.counts[kind] ?? 0) + 1;
    broken.push(...problems.map((problem) => `${about}: ${problem}`));
    clear(where);
  }
  return line(
    promise,
    trial,
    broken,
    `${Object.entries(told.counts)
      .map(([kind, count]) => `${count} by ${kind}`)
      .join(
        ", ",
      )}; ${told.halves} left a half-written file; redone ${range(told.redone)} units, reused ${range(told.reused)} of ${total}; ${rows / 1e6} M rows, undisturbed ${seconds(full.seconds)}`,
  );
}

/** What a killed process had begun that its journal does not vouch for is done again: the one it was at. */
function judged(ran, where, told) {
  if (ran.code !== "SIGKILL") return ran.code === 0 ? [] : [`ended with ${ran.code} before it was killed`];
  const finished = new Set(finishedUnits(where.home));
  const begun = new Set(ran.events.filter(({ event }) => event === "unit").map(({ unit }) => unit));
  const redone = [...begun].filter((unit) => !finished.has(unit));
  told.redone.push(redone.length);
  if (leftOvers([where.home, where.cache]) > 0) told.halves++;
  return redone.length > 1 ? [`${redone.length} units are lost: ${redone.join(", ")}`] : [];
}

/** Kills after so many milliseconds, at (so many milliseconds after) the n-th event, or when the n-th write has begun. */
async function endedAt(args, { home, cache }, { ms = 0, mark, write }) {
  let [events, writes] = [0, 0];
  const unwatch =
    write === undefined
      ? () => {}
      : watchWrites([home, cache], () => {
          if (writes++ === write) running.kill();
        });
  const running = start(args, {
    onEvent: ({ event }) => {
      if (mark !== undefined && (event === "stage" || event === "unit") && events++ === mark)
        setTimeout(running.kill, ms);
    },
  });
  const timer = mark === undefined && write === undefined ? setTimeout(running.kill, ms) : undefined;
  const ran = await running.ended;
  clearTimeout(timer);
  unwatch();
  return ran;
}

/** A finished run is harmed, and what it is answered with must be right. */
const damages = {
  "resume of a finished run": async ({ trial, places, full }) => {
    const again = await start(["resume", full.json.run, ...places.flags]).ended;
    const said = again.events.some(({ event, note }) => event === "note" && note.includes("had finished before"));
    const broken = [...same(again, full), ...(said ? [] : ["it does not say so"])];
    if (again.json?.units?.done !== 0) broken.push("units were done again");
    return line(
      promise,
      trial,
      broken,
      `exit 0; ${again.json?.units?.reused} units reused, ${again.json?.units?.done} done`,
    );
  },
  "damaged journal": async ({ trial, places, full, next, times }) => {
    const [broken, reused] = [[], []];
    const file = join(runFolder(places.home), "journal.jsonl");
    const good = readFileSync(file);
    for (let n = 0; n < times; n++) {
      writeFileSync(file, flipped(good, n === 0 ? 0.02 : next()));
      const again = await start(["resume", full.json.run, ...places.flags]).ended;
      broken.push(...same(again, full), ...warned(again));
      reused.push(again.json?.units?.reused);
    }
    return line(
      promise,
      trial,
      broken,
      `${times} times one byte; reused ${range(reused)} of ${full.json.units.done} units`,
    );
  },
  "damaged sums beside the journal": async ({ trial, places, full, next }) => {
    const dir = join(runFolder(places.home), "units");
    const files = readdirSync(dir).map((name) => join(dir, name));
    for (const file of files) writeFileSync(file, flipped(readFileSync(file), next()));
    const again = await start(["resume", full.json.run, ...places.flags]).ended;
    const { reused, done } = again.json?.units ?? {};
    return line(
      promise,
      trial,
      same(again, full),
      `${files.length} files, one byte each; ${reused} units reused, ${done} done`,
    );
  },
  "damaged pages": async ({ trial, args, places, full, next, times, scratch }) => {
    const broken = [];
    const files = filesIn(places.cache, "pages.bin").flatMap((file) => Array(Math.ceil(times / 2)).fill(file));
    for (const file of files) {
      writeFileSync(file, flipped(readFileSync(file), next()));
      const other = placesIn(scratch, "other", "harmed");
      const again = await start(["train", ...args, ...other.flags]).ended;
      broken.push(...same(again, full), ...warned(again));
      rmSync(other.home, { recursive: true });
    }
    return line(promise, trial, broken, `${files.length} times one byte, a new run after each`);
  },
  "damaged rest of the cache": async ({ trial, args, places, full, next, scratch }) => {
    const broken = [];
    const files = filesIn(places.cache, "").filter((file) => !file.endsWith("pages.bin"));
    for (const file of files) writeFileSync(file, flipped(readFileSync(file), next()));
    const other = placesIn(scratch, "other", "harmed");
    const again = await start(["train", ...args, ...other.flags]).ended;
    clear(other);
    return line(promise, trial, [...broken, ...same(again, full)], `${files.length} files, one byte each`);
  },
  "damaged landed text": async ({ trial, args, places, full, next, scratch }) => {
    for (const kind of ["pages", "facts"]) rmSync(join(places.cache, kind), { recursive: true });
    const files = filesIn(join(places.cache, "landed"), ".parquet");
    for (const file of files) writeFileSync(file, flipped(readFileSync(file), next()));
    const other = placesIn(scratch, "other", "harmed");
    const again = await start(["train", ...args, ...other.flags]).ended;
    clear(other);
    return line(promise, trial, same(again, full), `${files.length} files, one byte each`);
  },
  "foreign journal": async ({ trial, args, places, full, scratch }) => {
    const other = placesIn(scratch, "other", "harmed");
    await whole(["train", ...args, "--seed", "8", ...other.flags]);
    cpSync(join(runFolder(other.home), "journal.jsonl"), join(runFolder(places.home), "journal.jsonl"));
    const again = await start(["resume", full.json.run, ...places.flags]).ended;
    clear(other);
    return line(promise, trial, refused(again, "run_mismatch"), said(again));
  },
  "damaged plan of the run": async ({ trial, places, full }) => {
    writeFileSync(join(runFolder(places.home), "run.json"), "{");
    const again = await start(["resume", full.json.run, ...places.flags]).ended;
    return line(promise, trial, refused(again, "damaged"), said(again));
  },
  "train --resume with other parameters": async ({ trial, args, places, full }) => {
    const again = await start(["train", ...args, "--seed", "8", "--resume", full.json.run, ...places.flags]).ended;
    const equal = await start(["train", ...args, "--resume", full.json.run, ...places.flags]).ended;
    const broken = [...refused(again, "run_mismatch"), ...same(equal, full)];
    if (!again.json?.error?.message.includes("--seed was 7 and is now 8")) broken.push("the difference is not named");
    return line(promise, trial, broken, said(again));
  },
};

const filesIn = (dir, ending) =>
  readdirSync(dir, { recursive: true })
    .map((name) => join(dir, name))
    .filter((file) => file.endsWith(ending) && statSync(file).isFile() && statSync(file).size > 0);
const same = (ran, full) =>
  ran.code !== 0
    ? [`ended with ${ran.code}: ${JSON.stringify(ran.json?.error ?? ran.stderr.slice(-300))}`]
    : ran.json.stateHash === full.json.stateHash
      ? []
      : ["another model"];
const warned = (ran) =>
  ran.json?.warnings?.some(({ code }) => code === "damaged") ? [] : ["the damage is not mentioned"];
const refused = (ran, code) =>
  ran.json?.error?.code === code
    ? []
    : [`expected ${code}, got ${ran.code} ${JSON.stringify(ran.json)?.slice(0, 200)}`];
const said = (ran) => `exit ${ran.code}: ${ran.json?.error?.message.replaceAll(/\/\S*\//g, "").slice(0, 160)}`;

/** One bit of one byte is turned, at that share of the length. */
function flipped(bytes, at) {
  const harmed = Buffer.from(bytes);
  harmed[Math.floor(at * harmed.length)] ^= 16;
  return harmed;
}
