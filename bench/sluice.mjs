// The built command as a user runs it, in folders of its own, and the peers' scripts beside it.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "./cache.mjs";
import { measureJson } from "./measure.mjs";
import { peer } from "./peers.mjs";

const here = dirname(fileURLToPath(import.meta.url));
export const withSpark = process.env.SLUICE_BENCH_SPARK === "1";
export const cli = join(here, "../bin/sluice.cjs");

/** A scratch folder beside the data, so that everybody writes to the same disk. */
export const scratch = mkdtempSync(join(cacheFolder(""), "bench-"));
export const cleanUp = () => rmSync(scratch, { recursive: true, force: true });
/** Starts `name` with an empty home and cache, and takes away what others left. */
export function emptied(name) {
  for (const old of readdirSync(scratch)) rmSync(join(scratch, old), { recursive: true, force: true });
  return name;
}

const places = (name) => ["--home", join(scratch, `${name}-home`), "--cache", join(scratch, `${name}-cache`)];
export const fixed = ["--memory", "512MB", "--threads", "2", "--name", "bench"];
export const sluice = (args, where) => measureJson(cli, [...args, ...places(where), "--json"]);
export const floor = (mode, file) => measureJson(process.execPath, [join(here, "floor.mjs"), mode, file]);

/** A peer's time is that of its whole process without the judging, and its memory that before the judging, where it says so. */
export async function published(script, args, environment) {
  const run = await measureJson(...peer(script, args, environment));
  const { testSeconds = 0, peakRssBytes = run.peakRssBytes } = run.result;
  return { ...run, seconds: run.seconds - testSeconds, peakRssBytes };
}

/** "1M" and "200k" are numbers of rows too. */
export function rowsOf(text) {
  const [, digits, unit = ""] = /^(\d+)([kM]?)$/.exec(text) ?? [];
  if (digits === undefined) throw new Error(`--rows is "${text}"; it would be like 200k, 10M or 1000000`);
  return Number(digits) * { "": 1, k: 1e3, M: 1e6 }[unit];
}
export const rowsText = (rows) => (rows % 1e6 === 0 ? `${rows / 1e6} M` : `${rows / 1e3} k`);
