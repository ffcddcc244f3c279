// Ctrl-C or SIGTERM at any moment of any command: it ends within two seconds and leaves no half of a file under its name.
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { mixedCsv, mixedTable } from "../data.mjs";
import { flagsOf } from "./learners.mjs";
import { line, seconds, tried } from "./lines.mjs";
import { clear, generator, placesIn, start, whole } from "./training.mjs";

const promise = "interrupt";
/** What a person waits for at most. */
const patienceMs = 2000;

export async function interruptTrials({ quick, learners, kills, scratch, say, seed = 23 }) {
  const rows = quick ? 200_000 : 2_000_000;
  const times = kills ?? (quick ? 2 : 10);
  const [table, text] = [await mixedTable(rows), await mixedCsv(rows)];
  const places = placesIn(scratch, "trained");
  const light = { ...learners.find(({ name }) => name === "boosting"), params: { trees: 3 } };
  await whole(["train", table, ...flagsOf(light), "--name", "m", ...places.flags]);
  const out = (name) => join(scratch, name);
  const pipe = join(scratch, "pipe.csv");
  spawnSync("mkfifo", [pipe]);
  const fresh = (args) => ({ args, fresh: true });
  const commands = {
    ...Object.fromEntries(
      learners.map((learner, i) => [
        `train ${learner.name}`,
        fresh(["train", i % 2 ? text : table, ...flagsOf(learner, true)]),
      ]),
    ),
    "train, learner chosen": fresh(["train", text, "--label", "y", "--drop", "target"]),
    plan: fresh(["plan", text, "--label", "y"]),
    scale: fresh(["scale", table, "--label", "y", "--learner", "logistic", "--threads", "1,2"]),
    evaluate: { args: ["evaluate", "m", text] },
    predict: { args: ["predict", "m", text, "--to", out("scored.parquet"), "--overwrite"], to: out("scored.parquet") },
    "predict to CSV": {
      args: ["predict", "m", table, "--to", out("scored.csv"), "--overwrite"],
      to: out("scored.csv"),
    },
    "explain rows": {
      args: ["explain", "m", table, "--rows", "--to", out("shares.csv"), "--overwrite"],
      to: out("shares.csv"),
    },
    explain: { args: ["explain", "m", table] },
    profile: { args: ["profile", table] },
    "profile --exact": fresh(["profile", text, "--exact"]),
    sql: {
      args: ["sql", `SELECT a, count(*) FROM '${table}' t, range(20) GROUP BY a ORDER BY 2 DESC`],
    },
    "a pipe that nobody writes to": { args: ["profile", pipe], endless: true },
    "standard input that never ends": { args: ["profile", "-", "--format", "csv"], endless: true },
  };
  const lines = [];
  const next = generator(seed);
  for (const [trial, command] of Object.entries(commands)) {
    say(`${promise}: ${trial}`);
    lines.push(
      await tried(promise, trial, () => interrupted(trial, command, { times, next, scratch, trained: places })),
    );
  }
  rmSync(pipe, { force: true });
  clear(places);
  return lines;
}

async function interrupted(trial, { args, fresh, to, endless }, { times, next, scratch, trained }) {
  const placesFor = (name) => (fresh ? placesIn(scratch, name) : trained);
  const end = (places) => (fresh ? clear(places) : undefined);
  let undisturbed = 2;
  if (!endless) {
    const places = placesFor("undisturbed");
    undisturbed = (await whole([...args, ...places.flags])).seconds;
    end(places);
  }
  if (to) rmSync(to, { force: true });
  const broken = [];
  let longest = 0;
  for (let n = 0; n < times; n++) {
    const signal = n % 2 === 0 ? "SIGINT" : "SIGTERM";
    const places = placesFor("interrupted");
    const waitMs = 300 + ((n + next()) / times) * undisturbed * 1000;
    const running = start([...args, ...places.flags], { input: endless });
    let sent = 0;
    const timer = setTimeout(() => {
      sent = performance.now();
      running.child.kill(signal);
    }, waitMs);
    const late = setTimeout(() => running.kill(), waitMs + 15_000);
    const ran = await running.ended;
    const took = performance.now() - sent;
    clearTimeout(timer);
    clearTimeout(late);
    const about = `${signal} after ${waitMs.toFixed(0)} ms`;
    const expected = signal === "SIGINT" ? [130, "SIGINT"] : [143, "SIGTERM"];
    if (sent > 0) {
      longest = Math.max(longest, took);
      if (took > patienceMs) broken.push(`${about}: ended ${seconds(took / 1000)} later (${ran.code})`);
      else if (ran.code !== 0 && !expected.includes(ran.code))
        broken.push(`${about}: ended with ${ran.code}: ${JSON.stringify(ran.json?.error ?? ran.stderr.slice(-300))}`);
      if (to && ran.code !== 0 && existsSync(to)) broken.push(`${about}: ${to} was left`);
    } else if (ran.code !== 0)
      broken.push(`ended with ${ran.code} by itself: ${JSON.stringify(ran.json?.error ?? ran.stderr.slice(-300))}`);
    if (to) rmSync(to, { force: true });
    end(places);
  }
  return line(
    promise,
    trial,
    broken,
    `${times} interrupts, the slowest answer ${seconds(longest / 1000)}; undisturbed ${endless ? "endless" : seconds(undisturbed)}`,
  );
}
