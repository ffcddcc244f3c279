import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { SluiceError, UnknownNameError } from "../base/errors.js";
import { me } from "../base/owner.js";
import { syncPath } from "../pages/store.js";

/** Where runs and models live (`.sluice/` here, unless --home or SLUICE_HOME) and where caches do (the OS cache folder). */
export interface Home {
  readonly root: string;
  readonly cache: string;
}

export function homeAt(options: { home?: string | undefined; cache?: string | undefined } = {}): Home {
  const root = resolve(options.home ?? process.env["SLUICE_HOME"] ?? ".sluice");
  const os =
    process.platform === "darwin"
      ? join(homedir(), "Library/Caches")
      : process.platform === "win32"
        ? (process.env["LOCALAPPDATA"] ?? homedir())
        : (process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"));
  return { root, cache: resolve(options.cache ?? process.env["SLUICE_CACHE"] ?? join(os, "sluice")) };
}

export const runDir = (home: Home, id: string): string => join(home.root, "runs", id);
export const modelsDir = (home: Home): string => join(home.root, "models");

/** A new file, fsync, rename: a reader sees the old text or the new one, never half of it. */
export function writeWhole(path: string, data: string | Uint8Array): void {
  const partial = `${path}.partial-${me}`;
  try {
    writeFileSync(partial, data, { mode: 0o600 });
    syncPath(partial);
    renameSync(partial, path);
  } catch (error) {
    rmSync(partial, { force: true });
    throw storageError(error, path);
  }
}

/** Full disks and closed folders in our words. */
export function storageError(error: unknown, path: string, asRefusal?: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  if (code === "ENOSPC")
    return new SluiceError(
      "disk_full",
      `the disk is full: ${path} could not be written; free some space`,
      { path },
      { cause: error },
    );
  if (code === "EACCES" || code === asRefusal || code === "EROFS" || code === "EPERM")
    return new SluiceError(
      "no_permission",
      `${path} can't be written; choose another place with --home, --cache or --to`,
      { path },
      { cause: error },
    );
  if (code === "ENOTDIR" || code === "EEXIST")
    return new SluiceError(
      "no_permission",
      `${path} can't be made: a part of it is a file, not a folder`,
      { path },
      { cause: error },
    );
  return error;
}

export function ensureDir(path: string): void {
  // Not mkdir's own recursion: Node's never ends where a folder refuses children as if it were not there (/proc).
  try {
    const missing: string[] = [];
    // A root that is not there (a drive that is none) is its own parent.
    for (let dir = resolve(path); !existsSync(dir); dir = dirname(dir)) {
      missing.push(dir);
      if (dirname(dir) === dir) break;
    }
    while (missing.length > 0) makeOne(missing.pop()!);
    if (!statSync(path).isDirectory()) throw Object.assign(new Error(`${path} is a file`), { code: "EEXIST" });
  } catch (error) {
    throw storageError(error, path, "ENOENT");
  }
}

function makeOne(dir: string): void {
  try {
    mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    // Another process was quicker.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** Runs are named by their start, so that names sort by time: 20261121-143005-a1b2. */
export function newRunId(home: Home): string {
  const stamp = new Date().toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
  for (let tried = 0; ; tried++) {
    const id = `${stamp}-${Math.floor(Math.random() * 65_536)
      .toString(16)
      .padStart(4, "0")}`;
    try {
      ensureDir(join(home.root, "runs"));
      mkdirSync(runDir(home, id), { mode: 0o700 });
      return id;
    } catch (error) {
      // So many of one second are never there.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST" || tried > 1000)
        throw storageError(error, runDir(home, id));
    }
  }
}

/** Folders of that name must be possible everywhere, with a suffix while they are made. */
const longestName = 100;

export function checkModelName(name: string): void {
  if (name === "last")
    throw new SluiceError("usage", '"last" means the newest model, so no model can be called that; take another name', {
      name,
    });
  if (Buffer.byteLength(name) > longestName)
    throw new SluiceError(
      "usage",
      `a model's name may have ${longestName} bytes, and this one has ${Buffer.byteLength(name)}: ${name.slice(0, 40)}...`,
      { name },
    );
  if (!/^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u.test(name))
    throw new SluiceError("usage", `"${name}" can't name a model; use letters, digits, dots, dashes and underscores`, {
      name,
    });
}

/** Keeps a model under a name: `late` makes late/1, the next one late/2; nothing is overwritten. Gives "late/2". */
export function keepModel(home: Home, name: string, model: string, run: string): string {
  checkModelName(name);
  const dir = join(modelsDir(home), name);
  // A run that was killed between keeping its model and saying so keeps the one it has.
  const kept = listModels(home).find((model) => model.name === name && model.run === run);
  if (kept) return kept.ref;
  ensureDir(dir);
  for (let version = latestVersion(home, name) + 1; ; version++) {
    const place = join(dir, String(version));
    const partial = `${place}.partial-${me}`;
    mkdirSync(partial, { recursive: true, mode: 0o700 });
    writeWhole(join(partial, "model.json"), model);
    writeWhole(join(partial, "run"), run);
    try {
      renameSync(partial, place);
    } catch (error) {
      rmSync(partial, { recursive: true, force: true });
      if (existsSync(place)) continue;
      throw storageError(error, place);
    }
    pointLast(home, `${name}/${version}`);
    return `${name}/${version}`;
  }
}

function pointLast(home: Home, target: string): void {
  const link = join(modelsDir(home), ".last");
  const partial = `${link}.${me}`;
  rmSync(partial, { force: true });
  symlinkSync(target, partial);
  renameSync(partial, link);
}

const latestVersion = (home: Home, name: string): number => {
  const dir = join(modelsDir(home), name);
  if (!existsSync(dir)) return 0;
  return Math.max(
    0,
    ...readdirSync(dir)
      .filter((entry) => /^\d+$/.test(entry))
      .map(Number),
  );
};

export interface KeptModel {
  /** late/2 */
  readonly ref: string;
  readonly name: string;
  readonly version: number;
  readonly file: string;
  readonly run: string;
  readonly keptMs: number;
}

/** What lies among the models or runs and is none: a stray file, a folder without a model or a run. */
export interface Stray {
  readonly ref: string;
  readonly problem: string;
}

export const listModels = (home: Home): KeptModel[] => modelsAndStrays(home).models;

/** All models, newest first, and what is none: one bad entry does not hide the others. */
export function modelsAndStrays(home: Home): { readonly models: KeptModel[]; readonly strays: readonly Stray[] } {
  const dir = modelsDir(home);
  const models: KeptModel[] = [];
  const strays: Stray[] = [];
  for (const name of entriesOf(dir)) {
    if (!isFolder(join(dir, name))) {
      strays.push({ ref: name, problem: "is a file, and no folder of models" });
      continue;
    }
    for (const entry of entriesOf(join(dir, name))) {
      if (!/^\d+$/.test(entry)) continue;
      const place = join(dir, name, entry);
      const ref = `${name}/${entry}`;
      const file = join(place, "model.json");
      if (!existsSync(file)) strays.push({ ref, problem: "has no model.json" });
      else
        models.push({
          ref,
          name,
          version: Number(entry),
          file,
          run: textAt(join(place, "run")),
          keptMs: statSync(place).mtimeMs,
        });
    }
  }
  return { models: models.sort((a, b) => b.keptMs - a.keptMs || b.version - a.version), strays };
}

/** What lies among the runs and is none; a run that is only just being made has no `run.json` yet. */
export function straysOfRuns(home: Home): Stray[] {
  const dir = join(home.root, "runs");
  return entriesOf(dir).flatMap((name) => {
    const place = join(dir, name);
    const ref = `runs/${name}`;
    if (!isFolder(place)) return [{ ref, problem: "is a file, and no folder of a run" }];
    if (existsSync(join(place, "run.json"))) return [];
    const isNew = /^\d{8}-\d{6}-/.test(name) && Date.now() - statSync(place).mtimeMs < justMadeMs;
    return isNew ? [] : [{ ref, problem: "has no run.json, so it is no run" }];
  });
}

const justMadeMs = 60_000;

const entriesOf = (dir: string): string[] =>
  existsSync(dir) ? readdirSync(dir).filter((name) => !name.startsWith(".")) : [];

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function textAt(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}

/** A model by name (newest), name/version, run id, `last`, or the path of a model file. */
export function findModel(home: Home, ref: string): KeptModel {
  const models = listModels(home);
  const found =
    ref === "last"
      ? (models.find(({ ref: own }) => own === lastRef(home)) ?? models[0])
      : (models.find((model) => model.ref === ref || model.run === ref) ??
        models.filter((model) => model.name === ref).sort((a, b) => b.version - a.version)[0]);
  if (found) return found;
  if (ref.endsWith(".json") && existsSync(ref))
    return { ref, name: ref, version: 0, file: resolve(ref), run: "", keptMs: statSync(ref).mtimeMs };
  throw new UnknownNameError("model", ref, [...new Set(models.map(({ name }) => name))]);
}

function lastRef(home: Home): string | undefined {
  try {
    const file = join(modelsDir(home), ".last");
    const place = readFileSync(join(file, "run"), "utf8").trim();
    return listModels(home).find(({ run }) => run === place)?.ref;
  } catch {
    return undefined;
  }
}

/** A run by its id, a model's name, or `last` (the newest run). */
export function findRun(home: Home, ref: string): string {
  const dir = join(home.root, "runs");
  const ids = entriesOf(dir)
    .filter((id) => existsSync(join(dir, id, "run.json")))
    .sort();
  if (ids.includes(ref)) return ref;
  if (ref === "last" && ids.length > 0) return ids.at(-1)!;
  const named = ids.filter((id) => runName(home, id) === ref).at(-1);
  if (named) return named;
  const models = listModels(home);
  const model = models.find((m) => m.ref === ref) ?? models.find((m) => m.name === ref);
  if (model && ids.includes(model.run)) return model.run;
  throw new UnknownNameError("run", ref, ids.slice(-10));
}

function runName(home: Home, id: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(join(runDir(home, id), "run.json"), "utf8")) as { name?: string }).name;
  } catch {
    return undefined;
  }
}
