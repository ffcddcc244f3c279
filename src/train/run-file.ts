import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { hashOf } from "../base/canonical.js";
import { SluiceError } from "../base/errors.js";
import { fromJson, toJson } from "../base/json.js";
import { isAlive, me } from "../base/owner.js";
import type { OpenData } from "../data/source.js";
import { writeWhole } from "../runs/home.js";
import { Journal } from "../runs/journal.js";
import type { TrainSpec } from "./spec.js";

export interface RunFile {
  readonly command: "train";
  readonly name?: string;
  readonly spec: TrainSpec;
  /** Of the source, once it is known: a resumed run must find the same. */
  readonly fingerprint?: string;
  readonly started: string;
  /** Where the run was started: its sources are named from there. */
  readonly folder?: string;
}

/** The run is this process's until that ends: two that go on with one run at the same time would write one journal. */
export function claimRun(dir: string, run: string, cacheDir: string): Disposable {
  const file = join(dir, "owner");
  const owner = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
  if (owner !== "" && owner !== me && isAlive(owner, cacheDir))
    throw new SluiceError(
      "usage",
      `run ${run} is still being worked on (process ${Number.parseInt(owner.slice(1), 10)}); wait for it, or stop it first`,
      {
        run,
      },
    );
  if (existsSync(dir)) writeWhole(file, me);
  return { [Symbol.dispose]: () => rmSync(file, { force: true }) };
}

/** The run's folder says what it does, before anything is done. */
export function openRun(dir: string, spec: TrainSpec): void {
  if (existsSync(join(dir, "run.json"))) return;
  const { name } = spec;
  const file: RunFile = {
    command: "train",
    ...(name ? { name } : {}),
    spec,
    started: new Date().toISOString(),
    folder: process.cwd(),
  };
  writeWhole(join(dir, "run.json"), toJson(file, 1));
}

/** The run's spec for someone who is in another folder than the one it was started in. */
export function specFrom({ spec, folder = process.cwd() }: RunFile): TrainSpec {
  if (folder === process.cwd()) return spec;
  const found = (name: string): string => (name === "-" ? name : resolve(folder, name));
  return { ...spec, sources: spec.sources.map(found), ...(spec.test ? { test: spec.test.map(found) } : {}) };
}

/** Finished work counts for the source that it was done on. */
export function openJournal(
  dir: string,
  spec: TrainSpec,
  { fingerprint, source }: OpenData,
  onBegin?: (unit: string) => void,
  name?: string,
): Journal {
  const path = join(dir, "run.json");
  const file = fromJson<RunFile>(readFileSync(path, "utf8"));
  if (file.fingerprint !== undefined && file.fingerprint !== fingerprint)
    throw new SluiceError(
      "changed_source",
      `${spec.sources.join(", ")} has changed since the run began, so its finished work no longer counts; train again`,
      { sources: spec.sources },
    );
  if (file.fingerprint === undefined) {
    // Standard input and pipes are there once: who resumes reads what was spooled of them.
    const kept = source.files.some(({ spooled }) => spooled)
      ? { ...spec, sources: source.files.map(({ path }) => path) }
      : spec;
    writeWhole(path, toJson({ ...file, spec: kept, fingerprint }, 1));
  }
  return Journal.open(dir, ownerOf(spec, fingerprint), onBegin, name);
}

/** Of one fold of a run whose own journal is open already. */
export const openJournalOfFold = (
  dir: string,
  spec: TrainSpec,
  { fingerprint }: OpenData,
  onBegin: (unit: string) => void,
): Journal => Journal.open(dir, ownerOf(spec, fingerprint), onBegin);

/** The fingerprint says what was in the sources, wherever they lie; a test source decides nothing of the model. */
function ownerOf({ sources: _sources, test: _test, ...decides }: TrainSpec, fingerprint: string): string {
  return hashOf({ decides, fingerprint });
}
