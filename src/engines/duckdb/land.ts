import { mkdir, open, readdir, readFile, rename, rm, stat, statfs } from "node:fs/promises";
import { basename, join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { hashOf, sha256 } from "../../base/canonical.js";
import { BadRowError, SluiceError } from "../../base/errors.js";
import type { Presence } from "../../base/owner.js";
import { formatBytes } from "../../base/units.js";
import { compressionOf, utf8Blocks } from "../../sources/csv/bytes.js";
import type { CsvReading } from "../../sources/csv/records.js";
import { checkUnchanged, fileError } from "../../sources/files.js";
import type { Problem } from "../../sources/records.js";
import type { ParquetScan, SourceFile, TextScan } from "../../sources/scan.js";
import { pathsOf, storedNames } from "../../sql/duckdb/stored-names.js";
import type { LandOptions } from "../contract.js";
import { type Cut, csvRecords, cutCsv, cutRecords, errorColumn, type Input, layoutOf, recordsOf } from "./land/cut.js";
import {
  type BadFact,
  crcOf,
  durable,
  finishedParts,
  Journal,
  type Manifest,
  type Part,
  readManifest,
  release,
  settle,
  workFolder,
} from "./land/journal.js";
import { CsvScanner } from "./land/scan-csv.js";
import { type Survey, surveyCsv } from "./land/survey.js";
import { sliceToParquet } from "./land/to-parquet.js";
import { duckdbProbe } from "./probe.js";
import { teach } from "./teach.js";

export interface LandContext extends LandOptions {
  readonly connect: () => Promise<DuckDBConnection>;
  readonly cacheDir: string;
  /** Says to other processes that what is landed is being used. */
  readonly presence?: Presence;
  readonly memoryBytes?: number;
  readonly threads?: number;
  /** All rows were looked at before: what contradicts a type now is wrong. */
  readonly surveyed?: boolean;
  /** Bytes of text in one part. Never a matter of the budget: a row's place decides its split. */
  readonly partBytes?: number;
}

const encoderVersion = 4;
const defaultPartBytes = 64 * 1024 * 1024;

/** Lands a text source as Parquet parts in the cache, once; parts that a crash left finished are used again. */
export async function land(source: TextScan, context: LandContext): Promise<ParquetScan> {
  const home = join(context.cacheDir, "landed");
  let { scan, key } = keyed(source, context);
  try {
    // What all rows said when they were first read holds from then on.
    const before = await readSurvey(join(home, `${key}.survey.json`));
    if (before) ({ scan, key } = keyed(widened(source, before), context));
    let found = before;
    for (;;) {
      const done = join(home, key);
      context.presence?.use(done);
      try {
        let manifest = await readManifest(done, context.sizesOnly);
        if (!manifest) {
          await mkdir(home, { recursive: true });
          manifest = await landInto(scan, done, { ...context, surveyed: found !== undefined });
        }
        if (manifest.firstBad && context.badRows === "stop" && !context.badCells)
          throw new BadRowError(manifest.firstBad);
        return await asScan(scan, done, key, manifest, found, context);
      } catch (error) {
        if (!(error instanceof Contradiction)) throw error;
        found = await surveyCsv(source, (file) => unpackedInput(file, context), context.signal);
        await durable(join(home, `${keyed(source, context).key}.survey.json`), JSON.stringify(found));
        ({ scan, key } = keyed(widened(source, found), context));
      }
    }
  } catch (error) {
    throw await translated(error, context, scan);
  }
}

/** Thrown at a cell that is of another type than a sample found: all rows are asked then, and the source is landed again. */
class Contradiction extends Error {}

function keyed(
  scan: TextScan,
  { partBytes = defaultPartBytes, badCells }: LandContext,
): { scan: TextScan; key: string } {
  const key = hashOf({
    encoderVersion,
    format: scan.format,
    files: scan.files.map(({ fingerprint }) => fingerprint),
    schema: scan.schema,
    csv: scan.csv,
    json: scan.json,
    encodings: scan.encodings,
    given: scan.given,
    partitions: scan.partitions,
    partBytes,
    ...(badCells ? { badCells } : {}),
  }).slice(0, 32);
  return { scan, key };
}

const widened = (scan: TextScan, { columns }: Survey): TextScan => ({ ...scan, schema: { columns } });

const readSurvey = async (path: string): Promise<Survey | undefined> => {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Survey;
  } catch {
    return undefined;
  }
};

async function unpackedInput(file: SourceFile, context: LandContext): Promise<Input> {
  const packed = await compressionOf(file.path);
  const path =
    packed === "zstd"
      ? await duckdbProbe(context.connect).unpackZstd(file.path, context.cacheDir, file.fingerprint)
      : file.path;
  return { path, name: file.path, compression: packed === "zstd" ? "none" : packed, moved: () => {} };
}

async function landInto(scan: TextScan, done: string, context: LandContext): Promise<Manifest> {
  const folder = await workFolder(done, context.cacheDir);
  const unpacked: string[] = [];
  try {
    const journal = new Journal(folder, await finishedParts(folder));
    const total = scan.files.reduce((sum, { bytes }) => sum + bytes, 0);
    if (journal.parts.length === 0) await refuseNoSpace(total, context.cacheDir, scan);
    let before = 0;
    for (const [index, file] of scan.files.entries()) {
      const plain = await unpackedInput(file, context);
      const { path } = plain;
      const packed = path === file.path ? plain.compression : "zstd";
      if (path !== file.path) unpacked.push(path);
      let moved = 0;
      const input: Input = {
        ...plain,
        moved: (bytes) => {
          moved += bytes;
          context.onProgress?.({
            bytes:
              before +
              Math.min(file.bytes, packed === "none" ? moved : file.bytes * (1 - 1 / (1 + moved / file.bytes / 4))),
            totalBytes: total,
            rows: journal.rows,
          });
        },
      };
      if (!journal.finished(index)) await landFile(scan, index, input, journal, context);
      before += file.bytes;
      context.onProgress?.({ bytes: before, totalBytes: total, rows: journal.rows });
    }
    await checkUnchanged(scan);
    const manifest: Manifest = { parts: journal.parts, ...(journal.firstBad ? { firstBad: journal.firstBad } : {}) };
    await durable(join(folder, "manifest.json"), JSON.stringify(manifest));
    await settle(folder, done);
    for (const path of unpacked) await rm(path, { force: true });
    return manifest;
  } catch (error) {
    for (const name of await readdir(folder).catch(() => []))
      if (name.startsWith("slice-") || name.endsWith(".tmp")) await rm(join(folder, name), { force: true });
    // A finished part is worth keeping for the next attempt; an empty folder is not, nor parts that were read wrongly.
    if (
      error instanceof Contradiction ||
      !(await readdir(folder).catch(() => [])).some((name) => name.endsWith(".json"))
    )
      await rm(folder, { recursive: true, force: true });
    throw error;
  } finally {
    release(folder);
  }
}

async function landFile(
  scan: TextScan,
  index: number,
  input: Input,
  journal: Journal,
  context: LandContext,
): Promise<void> {
  const file = scan.files[index]!;
  const folders = new Map((scan.partitions ?? []).map(({ name, values }) => [name, values[index] ?? null]));
  const columns = scan.schema.columns.filter(({ name }) => !folders.has(name));
  const csv = scan.csv && { ...scan.csv, encoding: scan.encodings?.[index] ?? scan.csv.encoding };
  const reading: CsvReading = {
    given: scan.given?.columns ?? [],
    ...(context.badCells ? { badCells: context.badCells } : {}),
    ...(context.surveyed ? { surveyed: true } : {}),
  };
  const schema = context.badCells ? [...scan.schema.columns, errorColumn] : scan.schema.columns;
  const { end, read } = journal.progress(index);
  let recordsBefore = read;
  const badAt = (record: number, entry: Cut["aside"][number]["entry"]): BadFact => ({
    file: file.path,
    row: recordsBefore + record,
    ...factOf(entry.bad),
  });
  const judge = (entry: Cut["aside"][number]["entry"], fact: () => BadFact): void => {
    if (entry.bad.harmless) return;
    if (entry.bad.contradicts && scan.given && !context.surveyed) throw new Contradiction(entry.bad.problem);
    if (context.badRows === "stop" && !context.badCells) throw new BadRowError(fact());
  };
  let base = read;
  const options = {
    folder: journal.folder,
    partBytes: context.partBytes ?? defaultPartBytes,
    signal: context.signal,
    ...reading,
    onBad: (
      entry: Cut["aside"][number]["entry"],
      record: number,
      waiting: readonly { readonly read: number }[],
    ): void => {
      const before = waiting.reduce((sum, piece) => sum + piece.read, base);
      judge(entry, () => ({ ...badAt(record, entry), row: before + record }));
    },
  };
  const { layout, begin, inOrder, comments } = csv
    ? await layoutOf(input, csv, columns)
    : { layout: undefined, begin: 0, inOrder: columns, comments: 0 };
  const direct = csv && layout && new CsvScanner(csv, layout, reading).plain;
  const passed = { comments: read === 0 ? comments : 0 };
  const cuts = direct
    ? cutCsv(input, csv, layout, inOrder, end ?? begin, options)
    : withBase(
        cutRecords(
          csv && layout
            ? csvRecords(
                utf8Blocks(input.path, {
                  compression: input.compression,
                  encoding: csv.encoding,
                  from: begin,
                  reuse: true,
                }),
                csv,
                layout,
                { moved: input.moved, reading, passed },
              )
            : recordsOf(scan, input, {
                file: index,
                schema: { columns },
                ...(context.badCells ? { badCells: context.badCells } : {}),
              }),
          columns,
          read,
          options,
          passed,
        ),
        (n) => (base += n),
      );

  const finish = async (cut: Cut): Promise<Omit<Part, "last">> => {
    const connection = await context.connect();
    const stop = (): void => connection.interrupt();
    context.signal?.addEventListener("abort", stop, { once: true });
    const target = journal.nextPath();
    try {
      let [slice, rows] = [cut, -1];
      if (!cut.doubtful) {
        try {
          rows = await sliceToParquet(connection, cut, schema, folders, `${target}.tmp`);
        } catch (error) {
          context.signal?.throwIfAborted();
          if (!direct || isDiskFull(error)) throw error;
        }
      }
      if (rows !== cut.records && direct) {
        // The database saw other rows than the quick look, or there was a doubt: now cell by cell.
        const careful = cutRecords(
          csvRecords(
            utf8Blocks(cut.path, { compression: "none", encoding: "utf-8", reuse: true, piece: true }),
            csv!,
            layout!,
            {
              reading,
              passed,
            },
          ),
          columns,
          0,
          {
            ...options,
            partBytes: Number.POSITIVE_INFINITY,
            onBad: (entry, record) => judge(entry, () => badAt(record, entry)),
          },
          passed,
        );
        for await (const again of careful) slice = again;
        rows = await sliceToParquet(connection, slice, schema, folders, `${target}.tmp`).finally(() =>
          rm(slice.path, { force: true }),
        );
      }
      if (rows !== slice.records)
        throw new Error(
          `${slice.records} records were written to a slice of ${file.path} and ${rows} rows read from it`,
        );
      const kept = {
        file: index,
        path: basename(target),
        read: slice.read,
        rows,
        setAside: slice.aside.length,
        ...(slice.comments > 0 ? { comments: slice.comments } : {}),
        end: cut.end,
      };
      if (slice.aside.length > 0)
        await journal.setAside(
          target,
          slice.aside.map(({ record, entry }) => ({
            row: recordsBefore + record,
            fact: badAt(record, entry),
            raw: entry.raw,
            harmless: entry.bad.harmless === true,
          })),
        );
      recordsBefore += slice.read;
      await rename(`${target}.tmp`, target);
      return { ...kept, bytes: (await stat(target)).size, crc: await crcOf(target) };
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

const factOf = ({ contradicts: _, harmless: __, ...fact }: Problem): Problem => fact;

async function* withBase(cuts: AsyncIterable<Cut>, add: (read: number) => void): AsyncGenerator<Cut> {
  for await (const cut of cuts) {
    add(cut.read);
    yield cut;
  }
}

async function asScan(
  scan: TextScan,
  folder: string,
  key: string,
  { parts }: Manifest,
  survey: Survey | undefined,
  context: LandContext,
): Promise<ParquetScan> {
  const files: SourceFile[] = [];
  for (const [i, part] of parts.entries()) {
    const path = join(folder, part.path);
    // What a part holds follows from the key, so that landing again gives the same identity.
    files.push({
      path,
      bytes: part.bytes,
      modifiedMs: Math.floor((await stat(path)).mtimeMs),
      fingerprint: sha256(`${key}:${i}`),
    });
  }
  const paths = pathsOf(
    storedNames([...scan.schema.columns, ...(context.badCells ? [errorColumn] : [])].map(({ name }) => name)),
  );
  const setAside = parts.reduce((sum, part) => sum + part.setAside, 0);
  const comments = parts.reduce((sum, part) => sum + (part.comments ?? 0), 0);
  const setAsideFile = setAside > 0 ? await writeAside(scan, folder, parts, context.asideDir) : undefined;
  return {
    format: "parquet",
    files,
    schema: scan.schema,
    ...(Object.keys(paths).length > 0 ? { paths } : {}),
    ...(context.badCells ? { errorColumn: errorColumn.name } : {}),
    landed: {
      from: scan.files.map(({ path }) => path),
      setAside,
      ...(setAsideFile ? { setAsideFile } : {}),
      ...(comments > 0 ? { comments } : {}),
      ...(survey ? { assumed: survey.assumed } : {}),
    },
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

/** Parquet takes a third to a half of the text it was; where even a tenth does not fit, there is no use in trying. */
async function refuseNoSpace(textBytes: number, folder: string, scan: TextScan): Promise<void> {
  const disk = await statfs(folder).catch(() => undefined);
  const freeBytes = disk && disk.bavail * disk.bsize;
  if (freeBytes === undefined || freeBytes >= textBytes / 10) return;
  const neededBytes = Math.ceil(0.4 * textBytes);
  throw new SluiceError(
    "disk_full",
    `${folder} has ${formatBytes(freeBytes)} free, and ${scan.files[0]!.path} (${formatBytes(textBytes)} in all) needs about ${formatBytes(neededBytes)} there as Parquet; free some or point --cache at another disk`,
    { neededBytes, freeBytes, folder },
  );
}

const isDiskFull = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException).code === "ENOSPC" ||
  /No space left on device|Disk quota exceeded/i.test((error as Error).message ?? "");

async function translated(error: unknown, context: LandContext, scan: TextScan): Promise<unknown> {
  if (context.signal?.aborted && !(error instanceof SluiceError || error instanceof BadRowError))
    return context.signal.reason ?? error;
  if (isDiskFull(error)) {
    const needed = scan.files.reduce((sum, { bytes }) => sum + bytes, 0);
    return new SluiceError(
      "disk_full",
      `no space left in ${context.cacheDir} while reading ${scan.files[0]!.path}; about ${formatBytes(needed)} are needed there, so free some or point --cache at another disk`,
      { neededBytes: needed, folder: context.cacheDir },
      { cause: error },
    );
  }
  const taught = teach(error);
  return taught instanceof SluiceError ? taught : fileError(context.cacheDir, error);
}
