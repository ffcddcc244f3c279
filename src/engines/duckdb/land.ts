import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { hashOf, sha256 } from "../../base/canonical.js";
import { BadRowError, SluiceError } from "../../base/errors.js";
import { formatBytes } from "../../base/units.js";
import { compressionOf, utf8Blocks } from "../../sources/csv/bytes.js";
import { checkUnchanged, fileError } from "../../sources/files.js";
import type { ParquetScan, SourceFile, TextScan } from "../../sources/scan.js";
import type { LandOptions } from "../contract.js";
import { type Cut, cutCsv, cutRecords, csvRecords, type Input, layoutOf, recordsOf } from "./land/cut.js";
import { duckdbProbe } from "./probe.js";
import { CsvScanner } from "./land/scan-csv.js";
import { sliceToParquet } from "./land/to-parquet.js";

export interface LandContext extends LandOptions {
  readonly connect: () => Promise<DuckDBConnection>;
  readonly cacheDir: string;
  readonly memoryBytes?: number;
  readonly threads?: number;
  /** Bytes of text in one part. Never a matter of the budget: a row's place decides its split. */
  readonly partBytes?: number;
}

const encoderVersion = 1;
const defaultPartBytes = 64 * 1024 * 1024;

/** One part as its journal line keeps it: what was read, what was landed, what was set aside. */
interface Part {
  readonly file: number;
  readonly path: string;
  readonly read: number;
  readonly rows: number;
  readonly setAside: number;
  readonly bytes: number;
  readonly end: number;
  readonly last: boolean;
}
interface Manifest {
  readonly parts: readonly Part[];
  readonly firstBad?: BadFact;
}
type BadFact = ConstructorParameters<typeof BadRowError>[0];

/** Lands a text source as Parquet parts in the cache, once; parts that a crash left finished are used again. */
export async function land(scan: TextScan, context: LandContext): Promise<ParquetScan> {
  const key = hashOf({
    encoderVersion, format: scan.format, files: scan.files.map(({ fingerprint }) => fingerprint), schema: scan.schema, csv: scan.csv,
    partitions: scan.partitions, partBytes: context.partBytes ?? defaultPartBytes,
  }).slice(0, 32);
  const home = join(context.cacheDir, "landed");
  const done = join(home, key);
  try {
    let manifest = await readManifest(done);
    if (!manifest) {
      await mkdir(home, { recursive: true });
      manifest = await landInto(scan, done, context);
    }
    if (manifest.firstBad && context.badRows === "stop") throw new BadRowError(manifest.firstBad);
    return await asScan(scan, done, key, manifest, context);
  } catch (error) {
    throw await translated(error, context, scan);
  }
}

async function landInto(scan: TextScan, done: string, context: LandContext): Promise<Manifest> {
  const folder = await workFolder(done);
  const unpacked: string[] = [];
  try {
    const journal = new Journal(folder, await finishedParts(folder));
    const total = scan.files.reduce((sum, { bytes }) => sum + bytes, 0);
    let before = 0;
    for (const [index, file] of scan.files.entries()) {
      const packed = await compressionOf(file.path);
      const path = packed === "zstd" ? await duckdbProbe(context.connect).unpackZstd(file.path, context.cacheDir, file.fingerprint) : file.path;
      if (path !== file.path) unpacked.push(path);
      let moved = 0;
      const input: Input = {
        path,
        name: file.path,
        compression: packed === "zstd" ? "none" : packed,
        moved: (bytes) => {
          moved += bytes;
          context.onProgress?.({ bytes: before + Math.min(file.bytes, packed === "none" ? moved : file.bytes * (1 - 1 / (1 + moved / file.bytes / 4))), totalBytes: total, rows: journal.rows });
        },
      };
      if (!journal.finished(index)) await landFile(scan, index, input, journal, context);
      before += file.bytes;
      context.onProgress?.({ bytes: before, totalBytes: total, rows: journal.rows });
    }
    await checkUnchanged(scan);
    const manifest: Manifest = { parts: journal.parts, ...(journal.firstBad ? { firstBad: journal.firstBad } : {}) };
    await durable(join(folder, "manifest.json"), JSON.stringify(manifest));
    await rename(folder, done).catch(async (error: NodeJS.ErrnoException) => {
      // Another process landed the same source meanwhile.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
      await rm(folder, { recursive: true, force: true });
    });
    for (const path of unpacked) await rm(path, { force: true });
    return manifest;
  } catch (error) {
    for (const name of await readdir(folder).catch(() => [])) if (name.startsWith("slice-") || name.endsWith(".tmp")) await rm(join(folder, name), { force: true });
    // A finished part is worth keeping for the next attempt; an empty folder is not.
    if (!(await readdir(folder).catch(() => [])).some((name) => name.endsWith(".json"))) await rm(folder, { recursive: true, force: true });
    throw error;
  } finally {
    held.delete(folder);
    await rm(join(folder, "owner"), { force: true });
  }
}

async function landFile(scan: TextScan, index: number, input: Input, journal: Journal, context: LandContext): Promise<void> {
  const file = scan.files[index]!;
  const folders = new Map((scan.partitions ?? []).map(({ name, values }) => [name, values[index] ?? null]));
  const columns = scan.schema.columns.filter(({ name }) => !folders.has(name));
  const { end, read } = journal.progress(index);
  let recordsBefore = read;
  const badAt = (record: number, entry: Cut["aside"][number]["entry"]): BadFact => ({ file: file.path, row: recordsBefore + record, ...entry.bad });
  let base = read;
  const options = {
    folder: journal.folder,
    partBytes: context.partBytes ?? defaultPartBytes,
    signal: context.signal,
    onBad: (entry: Cut["aside"][number]["entry"], record: number, waiting: readonly { readonly read: number }[]): void => {
      const before = waiting.reduce((sum, piece) => sum + piece.read, base);
      if (context.badRows === "stop") throw new BadRowError({ file: file.path, row: before + record, ...entry.bad });
    },
  };
  const { layout, begin, inOrder } = scan.csv ? await layoutOf(input, scan.csv, columns) : { layout: undefined, begin: 0, inOrder: columns };
  const direct = scan.csv && layout && new CsvScanner(scan.csv, layout).plain;
  const cuts = direct
    ? cutCsv(input, scan.csv!, layout, inOrder, end ?? begin, options)
    : withBase(cutRecords(scan.csv && layout ? csvRecords(utf8Blocks(input.path, { compression: input.compression, encoding: scan.csv.encoding, from: begin, reuse: true }), scan.csv, layout, input.moved) : recordsOf(scan, input, { columns }), columns, read, options), (n) => (base += n));

  const finish = async (cut: Cut): Promise<Omit<Part, "last">> => {
    const connection = await context.connect();
    const stop = (): void => connection.interrupt();
    context.signal?.addEventListener("abort", stop, { once: true });
    const target = journal.nextPath();
    try {
      let [slice, rows] = [cut, -1];
      if (!cut.doubtful) {
        try {
          rows = await sliceToParquet(connection, cut, scan.schema.columns, folders, `${target}.tmp`);
        } catch (error) {
          context.signal?.throwIfAborted();
          if (!direct || isDiskFull(error)) throw error;
        }
      }
      if (rows !== cut.records && direct) {
        // The database saw other rows than the quick look, or there was a doubt: now cell by cell.
        const careful = cutRecords(csvRecords(utf8Blocks(cut.path, { compression: "none", encoding: "utf-8", reuse: true }), scan.csv!, layout!), columns, 0, {
          ...options,
          partBytes: Number.POSITIVE_INFINITY,
          onBad: (entry, record) => {
            if (context.badRows === "stop") throw new BadRowError(badAt(record, entry));
          },
        });
        for await (const again of careful) slice = again;
        rows = await sliceToParquet(connection, slice, scan.schema.columns, folders, `${target}.tmp`).finally(() => rm(slice.path, { force: true }));
      }
      if (rows !== slice.records) throw new Error(`${slice.records} records were written to a slice of ${file.path} and ${rows} rows read from it`);
      const kept = { file: index, path: basename(target), read: slice.read, rows, setAside: slice.aside.length, end: cut.end };
      if (slice.aside.length > 0) await journal.setAside(target, slice.aside.map(({ record, entry }) => ({ row: recordsBefore + record, fact: badAt(record, entry), raw: entry.raw })));
      recordsBefore += slice.read;
      await rename(`${target}.tmp`, target);
      return { ...kept, bytes: (await stat(target)).size };
    } finally {
      context.signal?.removeEventListener("abort", stop);
      connection.closeSync();
      await rm(cut.path, { force: true });
    }
  };

  // While the database writes one part, the next is cut.
  let pending: Promise<Omit<Part, "last">> | undefined;
  try {
    for await (const cut of cuts) {
      if (pending) await journal.add({ ...(await pending), last: false });
      pending = finish(cut);
      pending.catch(() => {});
    }
    await journal.add({ ...(await pending!), last: true });
  } catch (error) {
    await pending?.catch(() => {});
    throw error;
  }
}

async function* withBase(cuts: AsyncIterable<Cut>, add: (read: number) => void): AsyncGenerator<Cut> {
  for await (const cut of cuts) {
    add(cut.read);
    yield cut;
  }
}

/** The finished parts of a landing, each with a line of its own on disk. */
class Journal {
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
  async setAside(target: string, rows: readonly { row: number; fact: BadFact; raw: string }[]): Promise<void> {
    this.firstBad ??= rows[0]!.fact;
    const cell = (text: string): string => `"${text.replaceAll('"', '""')}"`;
    await writeFile(`${target}.aside`, rows.map(({ row, fact, raw }) => `${row},${cell(`${fact.column ? `${fact.column}: ` : ""}${fact.problem}`)},${cell(raw)}\n`).join(""));
  }
}

async function finishedParts(folder: string): Promise<{ parts: Part[]; firstBad: BadFact | undefined }> {
  const parts: Part[] = [];
  let firstBad: BadFact | undefined;
  for (;;) {
    const path = join(folder, `part-${String(parts.length).padStart(5, "0")}.parquet`);
    try {
      const line = JSON.parse(await readFile(`${path}.json`, "utf8")) as { part: Part; firstBad?: BadFact };
      if ((await stat(path)).size !== line.part.bytes) break;
      parts.push(line.part);
      firstBad ??= line.firstBad;
    } catch {
      break;
    }
  }
  const kept = new Set(parts.flatMap(({ path }) => [path, `${path}.json`, `${path}.aside`]));
  for (const name of await readdir(folder)) if (!kept.has(name) && name !== "owner") await rm(join(folder, name), { force: true });
  return { parts, firstBad };
}

/** Folders that this process is landing into. */
const held = new Set<string>();

/** The folder of an unfinished landing; one of its own where another process is at it. */
async function workFolder(done: string): Promise<string> {
  for (let n = 0; ; n++) {
    const folder = n === 0 ? `${done}.partial` : `${done}.partial-${process.pid}-${n}`;
    if (held.has(folder)) continue;
    await mkdir(folder, { recursive: true });
    const owner = Number(await readFile(join(folder, "owner"), "utf8").catch(() => "0"));
    if (owner > 0 && owner !== process.pid && isAlive(owner)) continue;
    held.add(folder);
    await writeFile(join(folder, "owner"), String(process.pid));
    return folder;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Written, synced and renamed, so that it is there whole or not at all. */
async function durable(path: string, text: string): Promise<void> {
  const file = await open(`${path}.tmp`, "w");
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.tmp`, path);
}

async function readManifest(folder: string): Promise<Manifest | undefined> {
  try {
    const manifest = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8")) as Manifest;
    for (const part of manifest.parts) if ((await stat(join(folder, part.path))).size !== part.bytes) throw new Error("damaged");
    return manifest;
  } catch {
    await rm(folder, { recursive: true, force: true });
    return undefined;
  }
}

async function asScan(scan: TextScan, folder: string, key: string, { parts }: Manifest, context: LandContext): Promise<ParquetScan> {
  const files: SourceFile[] = [];
  for (const [i, part] of parts.entries()) {
    const path = join(folder, part.path);
    // What a part holds follows from the key, so that landing again gives the same identity.
    files.push({ path, bytes: part.bytes, modifiedMs: Math.floor((await stat(path)).mtimeMs), fingerprint: sha256(`${key}:${i}`) });
  }
  const setAside = parts.reduce((sum, part) => sum + part.setAside, 0);
  const setAsideFile = setAside > 0 ? await writeAside(scan, folder, parts, context.asideDir) : undefined;
  return {
    format: "parquet",
    files,
    schema: scan.schema,
    landed: { from: scan.files.map(({ path }) => path), setAside, ...(setAsideFile ? { setAsideFile } : {}) },
  };
}

async function writeAside(scan: TextScan, folder: string, parts: readonly Part[], asideDir: string): Promise<string> {
  await mkdir(asideDir, { recursive: true });
  const path = join(asideDir, `${basename(scan.files[0]!.path)}.set-aside.csv`);
  const file = await open(`${path}.tmp`, "w");
  try {
    await file.write("file,row,reason,text\n");
    for (const part of parts) {
      if (part.setAside === 0) continue;
      const name = `"${scan.files[part.file]!.path.replaceAll('"', '""')}",`;
      // A row begins with its number; the text of one may go over several lines, so names are put where rows begin.
      const text = await readFile(join(folder, `${part.path}.aside`), "utf8");
      await file.write(withName(text, name));
    }
  } finally {
    await file.close();
  }
  await rename(`${path}.tmp`, path);
  return path;
}

function withName(text: string, name: string): string {
  let quotes = 0;
  return text
    .split("\n")
    .map((line) => {
      const begins = quotes % 2 === 0 && line !== "";
      quotes += line.split('"').length - 1;
      return begins ? name + line : line;
    })
    .join("\n");
}

const isDiskFull = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOSPC" || /No space left on device|Disk quota exceeded/i.test((error as Error).message ?? "");

async function translated(error: unknown, context: LandContext, scan: TextScan): Promise<unknown> {
  if (context.signal?.aborted && !(error instanceof SluiceError || error instanceof BadRowError)) return context.signal.reason ?? error;
  if (isDiskFull(error)) {
    const needed = scan.files.reduce((sum, { bytes }) => sum + bytes, 0);
    return new SluiceError("disk_full", `no space left in ${context.cacheDir} while reading ${scan.files[0]!.path}; about ${formatBytes(needed)} are needed there, so free some or point --cache at another disk`, { neededBytes: needed, folder: context.cacheDir }, { cause: error });
  }
  return fileError(context.cacheDir, error);
}
