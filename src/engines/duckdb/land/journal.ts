import { createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import type { BadRowError } from "../../../base/errors.js";
import { isAlive, me, ownerIn } from "../../../base/owner.js";

/** One part as its journal line keeps it: what was read, what was landed, what was set aside. */
export interface Part {
  readonly file: number;
  readonly path: string;
  readonly read: number;
  readonly rows: number;
  readonly setAside: number;
  /** Comment lines of a CSV. */
  readonly comments?: number;
  readonly bytes: number;
  /** CRC-32 of the part's file. */
  readonly crc: number;
  readonly end: number;
  readonly last: boolean;
}
export interface Manifest {
  readonly parts: readonly Part[];
  readonly firstBad?: BadFact;
}
export type BadFact = ConstructorParameters<typeof BadRowError>[0];

/** The finished parts of a landing, each with a line of its own on disk. */
export class Journal {
  readonly parts: Part[];
  firstBad: BadFact | undefined;
  readonly folder: string;
  constructor(folder: string, found: { readonly parts: Part[]; readonly firstBad: BadFact | undefined }) {
    this.folder = folder;
    this.parts = found.parts;
    this.firstBad = found.firstBad;
  }
  get rows(): number {
    return this.parts.reduce((sum, { rows }) => sum + rows, 0);
  }
  finished(file: number): boolean {
    return this.parts.some((part) => part.file === file && part.last);
  }
  progress(file: number): { end: number | undefined; read: number } {
    const parts = this.parts.filter((part) => part.file === file);
    return { end: parts.at(-1)?.end, read: parts.reduce((sum, { read }) => sum + read, 0) };
  }
  nextPath(): string {
    return join(this.folder, `part-${String(this.parts.length).padStart(5, "0")}.parquet`);
  }
  async add(part: Part): Promise<void> {
    this.parts.push(part);
    await durable(join(this.folder, `${part.path}.json`), JSON.stringify({ part, firstBad: this.firstBad }));
  }
  async setAside(
    target: string,
    rows: readonly { row: number; fact: BadFact; raw: string; harmless: boolean }[],
  ): Promise<void> {
    this.firstBad ??= rows.find(({ harmless }) => !harmless)?.fact;
    const cell = (text: string): string => `"${text.replaceAll('"', '""')}"`;
    await writeFile(
      `${target}.aside`,
      rows
        .map(
          ({ row, fact, raw }) =>
            `${row},${cell(`${fact.column ? `${fact.column}: ` : ""}${fact.problem}`)},${cell(raw)}\n`,
        )
        .join(""),
    );
  }
}

export async function finishedParts(folder: string): Promise<{ parts: Part[]; firstBad: BadFact | undefined }> {
  const parts: Part[] = [];
  let firstBad: BadFact | undefined;
  for (;;) {
    const path = join(folder, `part-${String(parts.length).padStart(5, "0")}.parquet`);
    try {
      const line = JSON.parse(await readFile(`${path}.json`, "utf8")) as { part: Part; firstBad?: BadFact };
      if (!(await isWhole(path, line.part))) break;
      parts.push(line.part);
      firstBad ??= line.firstBad;
    } catch {
      break;
    }
  }
  const kept = new Set(parts.flatMap(({ path }) => [path, `${path}.json`, `${path}.aside`]));
  for (const name of await readdir(folder)) if (!kept.has(name)) await rm(join(folder, name), { force: true });
  return { parts, firstBad };
}

/** Folders that this process is landing into. */
const held = new Set<string>();
let made = 0;

/**
 * A folder of this process's own for a landing. What a process that is gone has left of the same one is taken over with its finished
 * parts: by a rename, which one alone can do.
 */
export async function workFolder(done: string, cacheDir: string): Promise<string> {
  const mine = `${done}.partial-${me}-${made++}`;
  held.add(mine);
  for (const name of await readdir(dirname(done))) {
    if (!name.startsWith(`${basename(done)}.partial`)) continue;
    const other = join(dirname(done), name);
    const owner = ownerIn(name);
    if (owner === me ? held.has(other) : owner !== undefined && isAlive(owner, cacheDir)) continue;
    try {
      await rename(other, mine);
      return mine;
    } catch {
      // another process was quicker
    }
  }
  await mkdir(mine, { recursive: true });
  return mine;
}

/** Gives a folder up, finished or not. */
export const release = (folder: string): boolean => held.delete(folder);

/** Puts a finished landing under its name, unless another process has done so. What stands there and is damaged makes room. */
export async function settle(folder: string, done: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await rename(folder, done);
      return;
    } catch (error) {
      if (!["ENOTEMPTY", "EEXIST"].includes((error as NodeJS.ErrnoException).code ?? "") || attempt > 2) throw error;
      if ((await readManifest(done, true)) === undefined) continue;
      await rm(folder, { recursive: true, force: true });
      return;
    }
  }
}

/** Written, synced and renamed, so that it is there whole or not at all. */
export async function durable(path: string, text: string): Promise<void> {
  const file = await open(`${path}.tmp`, "w");
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.tmp`, path);
}

/** A landing that is there in full; one that is damaged is removed. With `sizesOnly` the bytes of the parts are not summed. */
export async function readManifest(folder: string, sizesOnly = false): Promise<Manifest | undefined> {
  if (!(await stat(folder).catch(() => undefined))) return undefined;
  try {
    const manifest = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8")) as Manifest;
    for (const part of manifest.parts)
      if (!(await isWhole(join(folder, part.path), part, sizesOnly))) throw new Error("damaged");
    return manifest;
  } catch {
    // Moved away first: what another process puts here meanwhile is not touched.
    const aside = `${folder}.damaged-${me}-${made++}`;
    await rename(folder, aside).catch(() => {});
    await rm(aside, { recursive: true, force: true });
    return undefined;
  }
}

const isWhole = async (path: string, { bytes, crc }: Part, sizesOnly = false): Promise<boolean> =>
  (await stat(path)).size === bytes && (sizesOnly || (await crcOf(path)) === crc);

export async function crcOf(path: string): Promise<number> {
  let crc = 0;
  for await (const bytes of createReadStream(path, { highWaterMark: 2 ** 20 })) crc = crc32(bytes as Buffer, crc);
  return crc;
}
