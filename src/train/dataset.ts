import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { crc32 } from "node:zlib";
import { hashOf } from "../base/canonical.js";
import { isError, SluiceError } from "../base/errors.js";
import type { Presence } from "../base/owner.js";
import { generator } from "../base/seeds.js";
import type { Engine, RowsOfFile } from "../engines/contract.js";
import { call, type Expr, lit } from "../expr/expr.js";
import type { Part, Project, Relation, ScanRelation } from "../expr/relation.js";
import type { Block } from "../features/contract.js";
import { unguarded } from "../features/statistics/ask.js";
import { layoutOf, type PageColumn, type PageLayout } from "../pages/page.js";
import type { KeepRun, WorkerPool } from "../pages/pool.js";
import { spreadOrder } from "../pages/spread.js";
import {
  manifestFile,
  type PageManifest,
  pagesFile,
  pageVersion,
  readManifest,
  removeManifest,
  strideOf,
  syncFile,
  writeManifest,
} from "../pages/store.js";
import type { PageFiles, PageJob, PassCall } from "../pages/worker.js";
import { ensureDir, storageError, writeWhole } from "../runs/home.js";
import type { Journal } from "../runs/journal.js";
import type { LandedScan } from "../sources/scan.js";
import { Filling } from "./filling.js";

/** How a number block's values stand in a page: `(x - shift) * 2^exponent` as float32. */
export interface NumberCoding {
  readonly shift: number;
  readonly exponent: number;
}

export interface DatasetSpec {
  readonly scan: LandedScan;
  /** Rows that take part; absent = all. */
  readonly where?: Expr;
  readonly blocks: readonly Block[];
  readonly codings: readonly NumberCoding[];
  /** The label as a number (a class code, a target); null where missing. */
  readonly label: Expr;
  readonly weight?: Expr;
  /** The row's split code, for rows with a label. */
  readonly split: Expr;
  readonly rowsPerFile: readonly number[];
  /** Page rows for tests that want many small pages; never set by the budget. */
  readonly pageRows?: number;
}

export interface DatasetOptions {
  readonly engine: Engine;
  readonly pool: WorkerPool;
  readonly cacheDir: string;
  /** Says to other processes which pages are being used. */
  readonly presence?: Presence;
  /** Write pages, so that a later pass (and a later run) reads them instead of the source. */
  readonly keep: boolean;
  readonly signal?: AbortSignal;
  /** A page did not have the bytes that were written, and is being made again. */
  readonly onDamaged?: (error: SluiceError) => void;
  readonly onProgress?: (progress: { stage: "encode" | "pass"; rows: number; pass: number }) => void;
  /** Before rows of the source are read. */
  readonly beforeRows?: () => Promise<void>;
  /** After a scan of the source and before its pages count as whole: throws when the source is no longer what it was. */
  readonly checkSource?: () => Promise<void>;
  /** When a sum is infinite or not a number: throws with the value that made it so, if there is one. */
  readonly checkValues?: () => Promise<void>;
}

const checkpointMs = 8_000;
const workspaceBytes = 512 * 2 ** 20; // address space, not memory: a worker touches only what its passes take

/**
 * A chunk's columns are small buffers outside V8's heap, and it would let tens of megabytes of them pile up before it looks. The
 * command starts Node with --expose-gc, so that a page's are given back when it is full.
 */
const collectYoung = (globalThis as { gc?: (options: { type: "minor" }) => void }).gc;

/** Source rows as pages: encoded once while the first pass runs over them, read from the cache afterwards. */
export class Dataset {
  readonly layout: PageLayout;
  readonly side: PageLayout;
  readonly spec: DatasetSpec;
  readonly #options: DatasetOptions;
  /** Pages stay in the cache: from the start, or from when they are wanted in another order. */
  #keep: boolean;
  readonly #featuresDir: string;
  readonly #sideDir: string;
  readonly counters = { passes: 0, pagesRead: 0, pagesEncoded: 0, encodedBytes: 0 };
  #sample: PageJob[] | undefined;

  constructor(spec: DatasetSpec, options: DatasetOptions) {
    this.spec = spec;
    this.#options = options;
    this.#keep = options.keep;
    const columns = layoutColumns(spec.blocks, spec.codings);
    const none: PageColumn = { kind: "side", name: "none", dtype: "f64" };
    this.layout = { ...layoutOf(columns.length > 0 ? columns : [none], spec.pageRows), columns };
    const { pageRows } = this.layout;
    this.side = {
      columns: [
        { kind: "side", name: "label", dtype: "f64" },
        ...(spec.weight ? [{ kind: "side", name: "weight", dtype: "f64" } as const] : []),
        { kind: "side", name: "split", dtype: "u8" },
      ],
      pageRows,
    };
    const rows = {
      version: pageVersion,
      files: spec.scan.files.map(({ fingerprint }) => fingerprint),
      table: spec.scan.format === "table" && spec.scan.table,
      ...(spec.scan.format === "table" && spec.scan.within !== undefined ? { within: spec.scan.within } : {}),
      where: spec.where,
    };
    const features = spec.blocks.map((block) =>
      block.kind === "category"
        ? { expr: block.expr, levels: block.levels }
        : block.kind === "text"
          ? block.codes
          : block.expr,
    );
    this.#featuresDir = join(options.cacheDir, "pages", hashOf({ rows, features, layout: this.layout }).slice(0, 32));
    this.#sideDir = join(
      options.cacheDir,
      "pages",
      hashOf({
        rows,
        label: spec.label,
        weight: spec.weight,
        split: spec.split,
        side: this.side,
        // Rows with terms decide where a page ends.
        ...(this.layout.pageTerms === undefined ? {} : { pages: this.#featuresDir }),
      }).slice(0, 32),
    );
  }

  get complete(): boolean {
    if (this.#keep) for (const dir of [this.#featuresDir, this.#sideDir]) this.#options.presence?.use(dir);
    return this.#encoded !== undefined || this.#cached();
  }

  /** Waits until all that was done is on disk: learning goes on while pages are made durable. */
  settle(): Promise<void> {
    return this.#safe;
  }

  #trusted = false;
  #safe: Promise<void> = Promise.resolve();
  /** Pages that this process has written, before their manifest is. */
  #encoded: PageManifest["pages"] | undefined;

  get #pages(): PageManifest["pages"] {
    return this.#encoded ?? readManifest(this.#featuresDir)?.pages ?? [];
  }

  #cached(): boolean {
    return readManifest(this.#featuresDir)?.complete === true && readManifest(this.#sideDir)?.complete === true;
  }

  get encodedBytesPerRow(): number {
    return (strideOf(this.layout) + strideOf(this.side)) / this.layout.pageRows;
  }

  /**
   * All calls in one scan. Finished work is journaled every few seconds under `unit`, so that a resumed run goes on at the
   * page where it was: the sums after page k are the same whenever they are taken.
   */
  async run(
    calls: readonly PassCall[],
    journal: Journal | undefined,
    unit: string,
    keep?: KeepRun,
  ): Promise<Float64Array[]> {
    const finished = journal?.value<{ pages: number; complete: boolean }>(unit);
    const earlier = finished && journal?.doubles(unit);
    if (finished?.complete && earlier) {
      journal!.units.reused++;
      this.counters.passes++;
      return earlier;
    }
    // Only pages that are there can be taken in another order, so they are kept from here on.
    if (keep?.spread) this.#keep = true;
    if (keep?.spread && !this.complete) await this.run([], undefined, `encode for ${unit}`);
    journal?.begin(unit);
    try {
      const start = earlier ? { pages: finished.pages, sums: earlier } : undefined;
      return await this.#scan(calls, journal, unit, start, keep);
    } catch (error) {
      await this.forget(error);
      // Keepers have taken the pages before the damaged one: they begin anew, or cannot where they go on from an earlier scan.
      if (keep?.again) throw error;
      if (keep) this.#options.pool.release(keep.id);
      return this.#scan(calls, journal, unit, undefined, keep);
    }
  }

  /** After an error: pages that are damaged no longer count, and the next scan makes them again; any other error goes on. */
  async forget(error: unknown): Promise<void> {
    if (!isError(error, "damaged")) throw error;
    this.#options.onDamaged?.(error as SluiceError);
    await this.#safe.catch(() => {});
    this.#safe = Promise.resolve();
    this.#encoded = undefined;
    this.#trusted = false;
    removeManifest(this.#featuresDir);
    removeManifest(this.#sideDir);
  }

  async #scan(
    calls: readonly PassCall[],
    journal: Journal | undefined,
    unit: string,
    start: { pages: number; sums: Float64Array[] } | undefined,
    keeping: KeepRun | undefined,
  ): Promise<Float64Array[]> {
    const { pool, signal, onProgress } = this.#options;
    const keep = this.#keep;
    const fresh = !this.complete;
    // Another label, weight or split over the same features: only those are encoded anew.
    this.#sample = undefined; // whoever starts from it has started
    const sideOnly = fresh && keep && readManifest(this.#featuresDir)?.complete === true;
    const from = start?.pages ?? 0;
    const pages: PageManifest["pages"][number][] = [];
    if (fresh && keep) this.#prepareDirs();
    const known = fresh ? this.#knownPages(from) : this.#pages;
    if (fresh) pages.push(...known);
    pool.open(this.#files(fresh && !keep), workspaceBytes + 2 * strideOf(this.layout), fresh && keep);
    this.counters.passes++;
    const pass = this.counters.passes;

    const jobs = fresh ? this.#encode(known, sideOnly) : inOrder(known.length, from, this.#trusted, keeping?.spread);
    let rows = known.slice(0, from).reduce((sum, page) => sum + page.rows, 0);
    let saved = Date.now();
    const free: NonNullable<PageJob["fresh"]>[] = this.#free;
    const checkpoint = (index: number, sums: readonly Float64Array[], complete: boolean): void => {
      saved = Date.now();
      const dirs = fresh && keep ? this.#saveManifests(pages, complete, sideOnly) : [];
      journal?.keepDoubles(unit, sums, { pages: index + 1, complete });
      if (complete && journal) journal.units.done++;
      // A killed process leaves all that to the operating system; a power cut may take pages, and their checksums tell.
      this.#safe = this.#safe.then(async () => {
        for (const dir of dirs)
          for (const file of [pagesFile(dir), manifestFile(dir)]) if (existsSync(file)) await syncFile(file);
        await journal?.synced();
      });
      this.#safe.catch(() => {}); // settle() tells
    };
    const sums = await pool.run(calls, jobs, {
      ...(signal ? { signal } : {}),
      ...(start ? { from: start.sums } : {}),
      ...(keeping ? { keep: keeping } : {}),
      onFree: (buffers) => void free.push(buffers),
      onMerged: (index, pageRows, merged) => {
        rows += pageRows;
        if (fresh) this.counters.pagesEncoded++;
        else this.counters.pagesRead++;
        onProgress?.({ stage: fresh ? "encode" : "pass", rows, pass });
        if (Date.now() - saved > checkpointMs) {
          if (fresh) for (let i = pages.length; i <= index; i++) pages.push(this.#headers.get(i)!);
          checkpoint(index, merged, false);
        }
      },
    });
    if (fresh) await this.#options.checkSource?.();
    if (!sums.every((sum) => sum.every(Number.isFinite))) await this.#options.checkValues?.();
    if (fresh) for (let i = pages.length; i < this.#headers.size; i++) pages.push(this.#headers.get(i)!);
    if (fresh && keep) this.#encoded = pages;
    if (from === 0) this.#trusted = true;
    checkpoint((fresh ? pages.length : known.length) - 1, sums, true);
    this.#free = [];
    return sums;
  }

  /** A seeded sample of some ten thousand rows as pages in memory: what learners start from. Undefined when all rows are few. */
  async runSample(calls: readonly PassCall[], seed: number): Promise<Float64Array[] | undefined> {
    const total = this.spec.rowsPerFile.reduce((sum, rows) => sum + rows, 0);
    const fitting = Math.floor((8 * 2 ** 20) / Math.max(4, this.encodedBytesPerRow));
    // Of texts, however long, not many.
    const sampleRows = this.layout.pageTerms === undefined ? Math.max(2048, Math.min(32_768, fitting)) : 2048;
    if (total <= 4 * sampleRows || this.spec.where) return undefined;
    this.#sample ??= await this.#keptSample(sampleRows, seed);
    const { pool } = this.#options;
    pool.open(this.#files(true), workspaceBytes + 2 * strideOf(this.layout), false);
    const copies = this.#sample.map(({ index, fresh }) => ({
      index,
      fresh: { ...fresh!, features: fresh!.features!.slice(0), side: fresh!.side.slice(0) },
    }));
    return pool.run(calls, copies);
  }

  get pageCount(): number {
    return this.#pages.length;
  }

  openForReading(): void {
    this.#options.pool.open(this.#files(false), workspaceBytes + 2 * strideOf(this.layout), false);
  }

  #free: NonNullable<PageJob["fresh"]>[] = [];
  #headers = new Map<number, PageManifest["pages"][number]>();

  #files(buffersOnly: boolean): PageFiles {
    return {
      features: { layout: this.layout, ...(buffersOnly ? {} : { path: pagesFile(this.#featuresDir) }) },
      side: { layout: this.side, ...(buffersOnly ? {} : { path: pagesFile(this.#sideDir) }) },
    };
  }

  #prepareDirs(): void {
    for (const dir of [this.#featuresDir, this.#sideDir]) {
      ensureDir(dir);
      try {
        if (!existsSync(pagesFile(dir))) closeSync(openSync(pagesFile(dir), "a"));
      } catch (error) {
        throw storageError(error, dir);
      }
    }
  }

  /** Pages that an interrupted encode left whole and that the journal vouches for. */
  #knownPages(from: number): PageManifest["pages"] {
    this.#headers = new Map();
    if (from === 0) return [];
    const manifest = readManifest(this.#featuresDir);
    const side = readManifest(this.#sideDir);
    if (!manifest || !side || manifest.pages.length < from || side.pages.length < from)
      throw new SluiceError("damaged", `the page cache lost what the run's journal says is there`, {
        file: this.#featuresDir,
      });
    const known = manifest.pages.slice(0, from);
    for (const page of known) this.#headers.set(page.index, page);
    return known;
  }

  /** Gives the folders that it was done in. */
  #saveManifests(pages: PageManifest["pages"], complete: boolean, sideOnly: boolean): readonly string[] {
    const sets = [
      ...(sideOnly ? [] : [{ dir: this.#featuresDir, layout: this.layout }]),
      { dir: this.#sideDir, layout: this.side },
    ];
    // Another run over the same rows may be ahead of this one.
    for (const { dir, layout } of sets)
      if (complete || readManifest(dir)?.complete !== true)
        writeManifest(dir, { version: pageVersion, layout, pages, complete });
    return sets.map(({ dir }) => dir);
  }

  /** The rows of one file (or a part of it) as the columns of a page: features, label, weight, split. */
  protected encoded(scan: ScanRelation, sideOnly = false): Project {
    const { spec } = this;
    const from: Relation = spec.where ? { kind: "filter", from: scan, where: spec.where } : scan;
    const columns: Record<string, Expr> = {};
    let number = 0;
    const blocks = sideOnly ? [] : spec.blocks;
    const numbers = blocks.filter((block) => block.kind === "number");
    const categories = blocks.filter((block) => block.kind === "category");
    for (const block of numbers) {
      const { shift, exponent } = spec.codings[number]!;
      let value: Expr = unguarded(block.expr);
      if (shift !== 0) value = call("sub", value, lit(shift));
      if (exponent !== 0) value = call("mul", value, lit(2 ** exponent));
      columns[`n${number++}`] = call("toFloat32", value);
    }
    categories.forEach((block, i) => {
      columns[`k${i}`] = {
        kind: "lookup",
        key: block.expr,
        keys: block.levels,
        values: block.levels.map((_, code) => code),
        otherwise: -1,
      };
    });
    blocks
      .filter((block) => block.kind === "hashed")
      .forEach((block, i) => {
        columns[`h${i}`] = block.expr;
      });
    blocks
      .filter((block) => block.kind === "text")
      .forEach((block, i) => {
        columns[`t${i}`] = block.codes;
      });
    columns["label"] = call("toReal", spec.label);
    if (spec.weight) columns["weight"] = call("toReal", spec.weight);
    columns["split"] = spec.split;
    return { kind: "project", from, columns };
  }

  async *#encode(known: PageManifest["pages"], sideOnly: boolean): AsyncIterable<PageJob> {
    await this.#options.beforeRows?.();
    const written = sideOnly ? this.#pages : [];
    const layout = sideOnly ? { columns: [], pageRows: this.layout.pageRows } : this.layout;
    const resumed = known.at(-1);
    let index = known.length;
    let file = -1;
    let filling = new Filling(layout, this.side, () => undefined);
    let skip = 0;
    let firstRow = 0;
    // Labels of pages that are there already are cut as those are.
    const cut = (): void => {
      if (sideOnly) filling.most = written[index]?.rows ?? layout.pageRows;
    };
    const begin = (next: number): void => {
      file = next;
      filling = new Filling(layout, this.side, () => this.#free.pop());
      cut();
      // Without a filter the row's place in its file is its count; with one, pages can only be cut again from the file's start.
      skip = this.spec.where ? known.filter((page) => page.file === file).reduce((sum, page) => sum + page.rows, 0) : 0;
      firstRow = this.spec.where ? skip : resumed?.file === file ? resumed.lastRow : 0;
    };
    const emit = (): PageJob => {
      const { features, side, rows } = filling.take();
      collectYoung?.({ type: "minor" });
      this.#headers.set(index, { index, file, rows, firstRow, lastRow: firstRow + rows });
      const job: PageJob = {
        index,
        fresh: { ...(sideOnly ? {} : { features }), side, rows, file, firstRow },
      };
      firstRow += rows;
      index++;
      cut();
      return job;
    };
    const done = resumed && !this.spec.where ? resumed.lastRow : 0;
    for await (const { chunk, file: of, from, to } of this.#rowsFrom(resumed?.file ?? 0, done, sideOnly)) {
      if (of !== file) {
        if (filling.rows > 0) yield emit();
        begin(of);
      }
      let at = from + Math.min(skip, to - from);
      skip -= at - from;
      while (at < to) {
        at = filling.add(chunk, at, to);
        if (filling.full) yield emit();
      }
    }
    if (filling.rows > 0) yield emit();
  }

  /** The encoded rows from a row of a file on: of each file by itself, or of many in one query where the engine can. */
  async *#rowsFrom(first: number, row: number, sideOnly: boolean): AsyncIterable<RowsOfFile> {
    const { engine, signal } = this.#options;
    const { scan } = this.spec;
    const encoded = (part?: Part): Project => this.encoded({ kind: "scan", scan, ...(part ? { part } : {}) }, sideOnly);
    for (let file = first; file < scan.files.length; file++) {
      const isBegun = file === first && row > 0;
      if (engine.batchesByFile && !isBegun) return yield* engine.batchesByFile(encoded(), file, signal);
      for await (const chunk of engine.batches(encoded({ file, ...(isBegun ? { from: row } : {}) }), signal))
        yield { chunk, file, from: 0, to: chunk.rows };
    }
  }

  /** The sample lies beside the pages, so that a second run need not open its source at all. */
  async #keptSample(sampleRows: number, seed: number): Promise<PageJob[]> {
    if (!this.#options.keep) return this.#encodeSample(sampleRows, seed);
    const file = join(this.#featuresDir, `sample-${hashOf({ seed, side: this.#sideDir.slice(-32) }).slice(0, 16)}`);
    if (existsSync(file)) {
      const body = readFileSync(file);
      const check = existsSync(`${file}.crc`) ? readFileSync(`${file}.crc`, "utf8") : "";
      if (String(crc32(body)) === check) return deserialize(body) as PageJob[];
    }
    const jobs = await this.#encodeSample(sampleRows, seed);
    const body = serialize(jobs);
    ensureDir(this.#featuresDir);
    writeWhole(`${file}.crc`, String(crc32(body)));
    writeWhole(file, body);
    return jobs;
  }

  /** Runs of rows at seeded places: a start for an optimiser, so it need not be a fair sample. */
  async #encodeSample(sampleRows: number, seed: number): Promise<PageJob[]> {
    const { engine, signal, beforeRows } = this.#options;
    await beforeRows?.();
    const jobs: PageJob[] = [];
    const filling = new Filling(this.layout, this.side, () => undefined);
    const emit = (): void => {
      const { features, side, rows } = filling.take();
      jobs.push({ index: jobs.length, fresh: { features, side, rows, file: 0, firstRow: 0 } });
    };
    // A run costs a whole row group, all its columns decoded: a wide table gets fewer and longer ones.
    const runs = Math.max(12, Math.min(64, Math.round(320 / Math.max(1, this.layout.columns.length))));
    const parts = runsOfRows(this.spec.rowsPerFile, runs, Math.ceil(sampleRows / runs), seed);
    for (const scan of scansOf(engine, this.spec.scan, parts))
      for await (const chunk of engine.batches(this.encoded(scan), signal))
        for (let at = 0; at < chunk.rows; ) {
          at = filling.add(chunk, at);
          if (filling.full) emit();
        }
    if (filling.rows > 0) emit();
    return jobs;
  }
}

/** Runs of rows as relations: one each where the engine seeks, all in one where it would read the file for each. */
export const scansOf = (
  { seeks }: Pick<Engine, "seeks">,
  scan: LandedScan,
  runs: readonly Required<Part>[],
): ScanRelation[] => (seeks ? runs.map((part) => ({ kind: "scan", scan, part })) : [{ kind: "scan", scan, runs }]);

/** Runs of rows, one in each of equal stretches of all files, at places drawn by the seed: cheap to read, not a fair sample. */
export function runsOfRows(
  rowsPerFile: readonly number[],
  runs: number,
  rows: number,
  seed: number,
): { file: number; from: number; to: number }[] {
  const total = rowsPerFile.reduce((sum, count) => sum + count, 0);
  const next = generator(seed);
  return Array.from({ length: runs }, (_, i) => {
    let from = Math.floor(((i + next()) / runs) * Math.max(1, total - rows));
    let file = 0;
    while (from >= rowsPerFile[file]!) from -= rowsPerFile[file++]!;
    return { file, from, to: from + rows };
  });
}

export function layoutColumns(blocks: readonly Block[], codings: readonly NumberCoding[]): PageColumn[] {
  let number = 0;
  return [
    ...blocks
      .filter((block) => block.kind === "number")
      .map(({ name }): PageColumn => ({ kind: "number", name, dtype: "f32", ...codings[number++]! })),
    ...blocks
      .filter((block) => block.kind === "category")
      .map((block): PageColumn => ({ kind: "category", name: block.name, dtype: "i32", width: block.levels.length })),
    ...blocks
      .filter((block) => block.kind === "hashed")
      .map(({ name }): PageColumn => ({ kind: "hashed", name, dtype: "i32" })),
    ...blocks
      .filter((block) => block.kind === "text")
      .map(
        ({ name, terms: { bits, signed } }): PageColumn => ({
          kind: "terms",
          name,
          dtype: "i32",
          width: 2 ** bits,
          signed,
        }),
      ),
  ];
}

const inOrder = (pages: number, from: number, trusted: boolean, spread?: number): PageJob[] =>
  spread
    ? spreadOrder(pages, spread, 0).map((index) => ({ index, trusted }))
    : Array.from({ length: pages - from }, (_, i) => ({ index: from + i, trusted }));
