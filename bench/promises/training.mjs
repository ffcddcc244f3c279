// Trainings of the built command line, watched while they run.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, watch } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";

export const cli = fileURLToPath(new URL("../../bin/sluice.cjs", import.meta.url));

/** Folders of one trial: a home and a cache that nobody else uses, or a cache that some share. */
export function placesIn(scratch, name, cacheName = name) {
  const [home, cache] = [join(scratch, `home-${name}`), join(scratch, `cache-${cacheName}`)];
  for (const dir of [home, cache]) mkdirSync(dir, { recursive: true });
  return { home, cache, flags: ["--home", home, "--cache", cache, "--json"] };
}

export const clear = ({ home, cache }) => {
  for (const dir of [home, cache]) rmSync(dir, { recursive: true, force: true });
};

/**
 * Starts the command and reads its events from standard error as they come. `ended` gives exit code or signal, the JSON object of
 * standard output (undefined when there is none), all events with the milliseconds at which they came, and seconds. With \`input\`
 * its standard input stays open and empty; `inside` is a command that runs it in a room of its own.
 */
export function start(args, { onEvent = () => {}, input = false, inside = [] } = {}) {
  const began = performance.now();
  const [program, ...own] = [...inside, cli, ...args];
  const child = spawn(program, own, { stdio: [input ? "pipe" : "ignore", "pipe", "pipe"] });
  const events = [];
  let [stdout, line, rest] = ["", "", ""];
  child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => {
    line += text;
    for (let end = line.indexOf("\n"); end >= 0; end = line.indexOf("\n")) {
      const event = parsed(line.slice(0, end));
      if (event) {
        events.push({ ...event, atMs: performance.now() - began });
        onEvent(event);
      } else rest += line.slice(0, end + 1);
      line = line.slice(end + 1);
    }
  });
  const ended = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) =>
      resolve({
        code: code ?? signal,
        json: parsed(stdout),
        events,
        stderr: rest + line,
        seconds: (performance.now() - began) / 1000,
      }),
    );
  });
  return { child, ended, kill: () => child.kill("SIGKILL") };
}

/** To the end, which must be a good one. */
export async function whole(args) {
  const ran = await start(args).ended;
  if (ran.code !== 0 || !ran.json)
    throw new Error(
      `sluice ${args.join(" ")} ended with ${ran.code}: ${JSON.stringify(ran.json?.error ?? ran.stderr.slice(-500))}`,
    );
  return ran;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const runsIn = (home) => (existsSync(join(home, "runs")) ? readdirSync(join(home, "runs")).sort() : []);
export const runFolder = (home) => join(home, "runs", runsIn(home)[0] ?? "none");

/** Names of the units that the run's journal vouches for. */
export function finishedUnits(home) {
  const file = join(runFolder(home), "journal.jsonl");
  const done = new Map();
  if (existsSync(file))
    for (const line of readFileSync(file, "utf8").split("\n")) {
      const body = line.slice(9);
      if (line === "" || crc32(body).toString(16).padStart(8, "0") !== line.slice(0, 8)) break;
      const { unit, value } = JSON.parse(body);
      if (unit !== "journal of") done.set(unit, value?.complete !== false);
    }
  return [...done].filter(([, complete]) => complete).map(([unit]) => unit);
}

const unfinished = /partial|\.tmp$|manifest\.json\.\d+$/;

/** Calls `onWrite` whenever a file begins that is not yet under its own name; gives what stops it. */
export function watchWrites(dirs, onWrite) {
  const watchers = dirs.map((dir) =>
    watch(dir, { recursive: true }, (_, name) => {
      if (name && unfinished.test(name)) onWrite(name);
    }),
  );
  for (const watcher of watchers) watcher.on("error", () => {}); // a folder was removed while it was being added
  return () => {
    for (const watcher of watchers) watcher.close();
  };
}

/** Files that a killed process left under a name that is not their own. */
export const leftOvers = (dirs) =>
  dirs.flatMap((dir) =>
    readdirSync(dir, { recursive: true, withFileTypes: true }).filter(
      (entry) => entry.isFile() && unfinished.test(entry.name),
    ),
  ).length;

/** The numbers of Mulberry32 in [0, 1), as in src/base/seeds.ts. */
export { generator } from "../../dist/base/seeds.js";
