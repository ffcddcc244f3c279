import { open } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "../../../base/errors.js";
import { me } from "../../../base/owner.js";
import type { Column, Schema } from "../../../base/schema.js";
import { arrowRecords } from "../../../sources/arrow.js";
import { type Compression, utf8Blocks } from "../../../sources/csv/bytes.js";
import { Cells, cellText, cutRecord, cuttingOf, lineEnd } from "../../../sources/csv/cells.js";
import { columnNames, joinedHeader } from "../../../sources/csv/columns.js";
import { type CsvReading, csvReader, type Layout, longestRecord, type Passed } from "../../../sources/csv/records.js";
import { jsonTexts, lines } from "../../../sources/json/split.js";
import { jsonReader } from "../../../sources/jsonl.js";
import { libsvmReader } from "../../../sources/libsvm.js";
import { problemText, type Record } from "../../../sources/records.js";
import type { CsvDialect, TextScan } from "../../../sources/scan.js";
import { CanonicalCsv } from "./canonical.js";
import { CsvScanner } from "./scan-csv.js";
import { canonicalForm, type Slice } from "./to-parquet.js";

/** What is wrong with a row that was landed nevertheless. */
export const errorColumn: Column = { name: "__sluice_error", type: { kind: "text" } };

/** A file to land: its path may be that of an unpacked copy. */
export interface Input {
  readonly path: string;
  readonly name: string;
  readonly compression: Compression;
  /** How many bytes of it have been read, for progress. */
  readonly moved: (bytes: number) => void;
}

/** A piece of a file on disk. `doubtful` slices are read again, cell by cell, before the database sees them. */
export interface Cut extends Slice {
  readonly doubtful: boolean;
  /** Where the next piece begins, in bytes of unpacked text. */
  readonly end: number;
  readonly aside: readonly { readonly record: number; readonly entry: Extract<Record, { bad: unknown }> }[];
  readonly read: number;
  readonly comments: number;
}

export interface CutOptions extends CsvReading {
  readonly folder: string;
  readonly partBytes: number;
  readonly signal: AbortSignal | undefined;
  /** Called at a bad record with its number in its piece and the pieces before it that are not handed over; throws when bad rows stop the run. */
  readonly onBad: (
    entry: Extract<Record, { bad: unknown }>,
    record: number,
    waiting: readonly { readonly read: number }[],
  ) => void;
}

/** CSV text cut at record ends and copied as it is, while a quick look finds out whether the database may read it so. */
export async function* cutCsv(
  input: Input,
  dialect: CsvDialect,
  layout: Layout,
  columns: readonly Column[],
  from: number,
  options: CutOptions,
): AsyncGenerator<Cut> {
  const scanner = new CsvScanner(dialect, layout, options);
  let end = from;
  // One buffer for the whole file: what is left of a block moves to its front, and it grows only for a record that is longer.
  let window = Buffer.allocUnsafe(1 << 19);
  let filled = 0;
  let part = await newSlice(options.folder);
  let held = 0;
  const close = async (): Promise<Cut> => {
    await part.file.close();
    const { records, longest, quotedNewlines, lineFeeds, missing } = scanner;
    return {
      path: part.path,
      records,
      longest,
      quotedNewlines,
      lineFeeds,
      form: { ...dialect, missing },
      columns,
      doubtful: !scanner.plain,
      end,
      aside: [],
      read: records,
      comments: 0,
    };
  };
  const take = async function* (final: boolean): AsyncGenerator<Cut> {
    const bytes = window.subarray(0, filled);
    let at = 0;
    while (at < filled) {
      let next = scanner.scan(bytes, at, at + options.partBytes - held, final);
      if (next === at) {
        if (filled - at < longestRecord && !final) break;
        scanner.plain = false;
        next = lineEnd(bytes, at, filled, true);
      }
      await part.file.write(bytes, at, next - at);
      held += next - at;
      end += next - at;
      at = next;
      if (held >= options.partBytes) {
        yield await close();
        scanner.reset();
        part = await newSlice(options.folder);
        held = 0;
      }
    }
    window.copyWithin(0, at, filled);
    filled -= at;
  };
  try {
    for await (const block of utf8Blocks(input.path, {
      compression: input.compression,
      encoding: dialect.encoding,
      from,
      reuse: true,
    })) {
      options.signal?.throwIfAborted();
      input.moved(block.length);
      if (filled + block.length > window.length) {
        const wider = Buffer.allocUnsafe(2 * (filled + block.length));
        window.copy(wider, 0, 0, filled);
        window = wider;
      }
      filled += block.copy(window, filled);
      yield* take(false);
    }
    yield* take(true);
    yield await close();
  } finally {
    await part.file.close();
  }
}

/** Some records, handed over one by one so that none outlives its turn. */
export type Batch = (each: (record: Record) => void) => void;

/** Any text source, record by record, as canonical slices. `skip` records were landed before. */
export async function* cutRecords(
  batches: AsyncIterable<Batch>,
  columns: readonly Column[],
  skip: number,
  options: CutOptions,
  passed: Passed = { comments: 0 },
): AsyncGenerator<Cut> {
  const withErrors = options.badCells === "error";
  const nothing = columns.map(() => null);
  let part = await newSlice(options.folder);
  let out = new CanonicalCsv();
  let aside: Cut["aside"][number][] = [];
  let read = 0;
  let skipped = 0;
  const full: { out: CanonicalCsv; aside: Cut["aside"]; read: number }[] = [];
  let counted = 0;
  const close = async (done: (typeof full)[number]): Promise<Cut> => {
    await part.file.write(done.out.take());
    await part.file.close();
    const { rows: records, longest, quotedNewlines } = done.out;
    const comments = passed.comments - counted;
    counted = passed.comments;
    return {
      path: part.path,
      records,
      longest,
      quotedNewlines,
      lineFeeds: true,
      form: canonicalForm,
      columns: withErrors ? [...columns, errorColumn] : columns,
      doubtful: false,
      end: 0,
      aside: done.aside,
      read: done.read,
      comments,
    };
  };
  try {
    for await (const batch of batches) {
      options.signal?.throwIfAborted();
      batch((record) => {
        if (skipped < skip) {
          skipped++;
          return;
        }
        read++;
        if ("bad" in record) {
          options.onBad(record, read, full);
          if (!withErrors || record.bad.harmless) {
            aside.push({ record: read, entry: record });
            return;
          }
          out.add([...nothing, problemText(record.bad)]);
        } else out.add(withErrors ? [...record.cells, record.error ?? null] : record.cells);
        if (out.bytes >= options.partBytes) {
          full.push({ out, aside, read });
          out = new CanonicalCsv();
          aside = [];
          read = 0;
        }
      });
      for (const done of full.splice(0)) {
        yield await close(done);
        part = await newSlice(options.folder);
      }
      await part.file.write(out.take());
    }
    yield await close({ out, aside, read });
  } finally {
    await part.file.close();
  }
}

export interface CsvAside {
  readonly moved?: (bytes: number) => void;
  readonly reading?: CsvReading;
  readonly passed?: Passed;
}

/** The records of a CSV, cell by cell. */
export async function* csvRecords(
  blocks: AsyncIterable<Buffer>,
  dialect: CsvDialect,
  layout: Layout,
  { moved = () => {}, reading = {}, passed }: CsvAside = {},
): AsyncGenerator<Batch> {
  const readCells = csvReader(dialect, layout, reading, passed);
  let rest: Buffer = Buffer.alloc(0);
  for await (const block of blocks) {
    moved(block.length);
    const bytes = rest.length === 0 ? block : Buffer.concat([rest, block]);
    yield (each) => {
      // The stream may use its block again.
      rest = Buffer.from(bytes.subarray(readCells(bytes, false, each)));
    };
  }
  yield (each) => readCells(rest, true, each);
}

/** The records of the file at this place in a source of another form. */
export async function* recordsOf(
  scan: TextScan,
  input: Input,
  { file, schema, badCells }: { readonly file: number; readonly schema: Schema; readonly badCells?: "error" },
): AsyncGenerator<Batch> {
  const all =
    (records: readonly Record[]): Batch =>
    (each) =>
      records.forEach(each);
  if (scan.format === "arrow") {
    for await (const records of arrowRecords(input.path, schema)) yield all(records);
    return;
  }
  const { shape, encoding } = scan.json?.files[file] ?? { shape: "lines", encoding: "utf-8" };
  const one = scan.format === "libsvm" ? libsvmReader(schema) : jsonReader(scan, schema, badCells);
  const blocks = counted(utf8Blocks(input.path, { compression: input.compression, encoding }), input.moved);
  let batch: Record[] = [];
  for await (const text of scan.format === "libsvm"
    ? lines(blocks, input.name)
    : jsonTexts(blocks, shape, input.name)) {
    const record = one(text);
    if (record) batch.push(record);
    if (batch.length >= 512) {
      yield all(batch);
      batch = [];
    }
  }
  yield all(batch);
}

async function* counted(blocks: AsyncIterable<Buffer>, moved: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const block of blocks) {
    moved(block.length);
    yield block;
  }
}

/** Where a CSV's rows begin, and where the columns of the schema stand in this file. */
export async function layoutOf(
  input: Input,
  dialect: CsvDialect,
  columns: readonly Column[],
): Promise<{ layout: Layout; begin: number; inOrder: readonly Column[]; comments: number }> {
  const straight: Layout = { columns, order: columns.map((_, i) => i), width: columns.length };
  if (!dialect.header && dialect.skipLines === 0) return { layout: straight, begin: 0, inOrder: columns, comments: 0 };
  const cutting = cuttingOf(dialect);
  const cells = new Cells();
  let head: Buffer = Buffer.alloc(0);
  const attempt = (final: boolean): { lines?: string[][]; line?: Buffer; at: number; comments: number } | undefined => {
    let at = 0;
    for (let i = 0; i < dialect.skipLines; i++) {
      at = at < head.length || final ? lineEnd(head, at, head.length, final) : -1;
      if (at < 0) return undefined;
    }
    if (!dialect.header) return { at, comments: 0 };
    let comments = 0;
    const lines: string[][] = [];
    for (;;) {
      const next = at < head.length ? cutRecord(head, at, head.length, final, cutting, cells) : -1;
      if (next < 0) return final ? { lines, at: head.length, comments } : undefined;
      if (!cells.blank) lines.push(Array.from({ length: cells.count }, (_, i) => cellText(head, cells, i, cutting)));
      else if (head[at] === cutting.comment) comments++;
      if (lines.length === (dialect.headerLines ?? 1))
        return { lines, line: head.subarray(at, next), at: next, comments };
      at = next;
    }
  };
  let found: ReturnType<typeof attempt>;
  for await (const block of utf8Blocks(input.path, { compression: input.compression, encoding: dialect.encoding })) {
    head = Buffer.concat([head, block]);
    found = attempt(false);
    if (found || head.length > longestRecord) break;
  }
  found ??= attempt(true)!;
  if (!found.lines) return { layout: straight, begin: found.at, inOrder: columns, comments: 0 };
  const single = found.lines.length === 1 && found.line ? found.lines[0] : undefined;
  const again: Pick<Layout, "header" | "headerLine"> = single
    ? { header: single, headerLine: Buffer.from(withoutEnd(found.line!)) }
    : {};
  // The names were given, and stand for the columns in the order of the first file.
  if (dialect.renamed)
    return { layout: { ...straight, ...again }, begin: found.at, inOrder: columns, comments: found.comments };
  const cellsOfHeader = joinedHeader(found.lines);
  const known = new Map(columns.map(({ name }, i) => [name, i]));
  // A header line shorter than the rows: its names are completed as they were when the source was opened.
  const lack = columns.length - cellsOfHeader.length;
  const empty = Array.from({ length: Math.max(0, lack) }, () => "");
  let names = columnNames([...cellsOfHeader, ...empty]);
  if (lack === 1 && !columns.every(({ name }) => names.includes(name))) names = columnNames(["", ...cellsOfHeader]);
  const order = columns.map(({ name }) => names.indexOf(name));
  const lacking = columns.filter((_, i) => order[i] === -1);
  if (lacking.length > 0)
    throw new SluiceError(
      "unreadable_source",
      `${input.name} lacks ${lacking
        .map(({ name }) => `"${name}"`)
        .slice(0, 8)
        .join(", ")}, which the source's first file has; all files of one source need the same columns`,
      { file: input.name },
    );
  const width = Math.max(...order) + 1;
  const inOrder = names
    .slice(0, width)
    .map((name) => columns[known.get(name) ?? -1] ?? { name, type: { kind: "text" } as const });
  return { layout: { columns, order, width, ...again }, begin: found.at, inOrder, comments: found.comments };
}

function withoutEnd(line: Buffer): Buffer {
  let end = line.length;
  while (end > 0 && (line[end - 1] === 10 || line[end - 1] === 13)) end--;
  return line.subarray(0, end);
}

let made = 0;
async function newSlice(folder: string): Promise<{ path: string; file: Awaited<ReturnType<typeof open>> }> {
  const path = join(folder, `slice-${me}-${made++}.csv`);
  return { path, file: await open(path, "w") };
}
