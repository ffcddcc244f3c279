import { closeSync, openSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import { SluiceError } from "../base/errors.js";
import { Arena } from "./arena.js";
import type { Keeper, KeeperRoom, Kept } from "./keeper.js";
import type { Page, PageLayout, PageShape, TermsOfPage } from "./page.js";
import { pageShape } from "./page.js";
import type { Fold, Pass } from "./pass.js";
import { isIn, partsOf, type RowSet, type TrialRows } from "./row-set.js";
import type { Scorer } from "./scorer.js";
import { bodyBytes, bodyOffset, openPage, readFully, sealPage, strideOf, termCounts, writeFully } from "./store.js";

/** What a worker can be asked to run, by name. */
export interface Registry {
  readonly passes: Readonly<Record<string, Pass<never>>>;
  readonly folds: Readonly<Record<string, Fold<never>>>;
  readonly scorers: Readonly<Record<string, Scorer<never>>>;
  readonly keepers: Readonly<Record<string, Keeper<never>>>;
}

export interface PassCall {
  readonly name: string;
  readonly params: unknown;
  readonly rows: RowSet;
}

/** Where the pages of a data set are. A file is absent while (or because) pages only live in buffers. */
export interface PageFiles {
  readonly features: { readonly layout: PageLayout; readonly path?: string };
  readonly side: { readonly layout: PageLayout; readonly path?: string };
}

export interface PageJob {
  readonly index: number;
  /** This process has written or checked the page before. */
  readonly trusted?: boolean;
  /** The page's bytes (header room included) when it was just encoded; else it is read from the files. */
  readonly fresh?: {
    readonly features?: ArrayBuffer;
    readonly side: ArrayBuffer;
    readonly rows: number;
    readonly file: number;
    readonly firstRow: number;
  };
}

/** A keeper that takes the rows of a trial, of the pages that its worker sees next. */
export interface KeepCall {
  readonly id: number;
  readonly name: string;
  readonly params: unknown;
  readonly rows: TrialRows;
  /** This worker's instances: made now, or by an earlier call of the same id. */
  readonly instances: readonly { readonly ordinal: number; readonly room: KeeperRoom }[];
  /** Page i is for instance i mod `shards`; without, a worker has one instance, and it takes whatever comes. */
  readonly shards?: number;
}

export type ToWorker =
  | { readonly type: "open"; readonly files: PageFiles; readonly arenaBytes: number; readonly keep: boolean }
  | { readonly type: "prepare"; readonly calls: readonly PassCall[]; readonly keep?: KeepCall }
  | {
      readonly type: "ask";
      readonly id: number;
      readonly ordinal: number;
      readonly question: string;
      readonly params: unknown;
    }
  | { readonly type: "release"; readonly id: number }
  /** `run` tells the answers of one run from those of an earlier one that failed. `reuse` are sums of an earlier page, merged by now: memory that would otherwise wait for the garbage collector. */
  | { readonly type: "page"; readonly run: number; readonly job: PageJob; readonly reuse?: readonly Float64Array[] }
  | {
      readonly type: "fold";
      readonly name: string;
      readonly params: unknown;
      readonly rows: RowSet;
      readonly state: Float64Array;
      readonly order: Uint32Array;
    };
export type FromWorker =
  | {
      readonly type: "page";
      readonly run: number;
      readonly index: number;
      readonly rows: number;
      readonly sums: readonly Float64Array[];
      readonly fresh?: PageJob["fresh"];
    }
  | { readonly type: "answer"; readonly ordinal: number; readonly answer: Float64Array }
  | { readonly type: "fold"; readonly state: Float64Array }
  | { readonly type: "folded"; readonly pages: number }
  | {
      readonly type: "failed";
      /** The page that failed; absent when it was something before any page. */
      readonly page?: { readonly run: number; readonly index: number };
      readonly error: {
        readonly message: string;
        readonly stack?: string;
        readonly code?: string;
        readonly facts?: unknown;
      };
    };

/** What WASM memories take lies outside of V8's heap: they would stay for long after the last word about them. */
const collect = (globalThis as { gc?: () => void }).gc;

/** The worker's side: opens page files, runs registered passes over pages, and knows nothing of engines or columns. */
export function serveWorker(registry: Registry): void {
  const port = parentPort!;
  let desk: Desk | undefined;
  const kept = new Map<number, Map<number, Kept>>();
  port.on("message", async (message: ToWorker) => {
    try {
      if (message.type === "open") {
        desk?.close();
        desk = undefined;
        collect?.();
        desk = new Desk(message, registry);
      } else if (message.type === "prepare") desk!.prepare(message.calls, message.keep, kept);
      else if (message.type === "ask") {
        const { ordinal } = message;
        const answer = kept.get(message.id)!.get(ordinal)!.ask(message.question, message.params);
        const { buffer } = answer;
        port.postMessage(
          { type: "answer", ordinal, answer } satisfies FromWorker,
          buffer instanceof ArrayBuffer ? [buffer] : [],
        );
      } else if (message.type === "release") {
        for (const instance of kept.get(message.id)?.values() ?? []) instance.close();
        kept.delete(message.id);
        collect?.();
      } else if (message.type === "page") {
        const done = { ...desk!.page(message.job, message.reuse), run: message.run };
        await desk!.written(message.job.index);
        const back = done.fresh ? [done.fresh.side, ...(done.fresh.features ? [done.fresh.features] : [])] : [];
        port.postMessage(done satisfies FromWorker, [...done.sums.map((sum) => sum.buffer as ArrayBuffer), ...back]);
      } else {
        const state = desk!.fold(message, (pages) => port.postMessage({ type: "folded", pages } satisfies FromWorker));
        port.postMessage({ type: "fold", state } satisfies FromWorker, [state.buffer as ArrayBuffer]);
      }
    } catch (error) {
      const { message: text, stack } = error as Error;
      const coded = error instanceof SluiceError ? { code: error.code, facts: error.facts } : {};
      port.postMessage({
        type: "failed",
        ...(message.type === "page" ? { page: { run: message.run, index: message.job.index } } : {}),
        error: { message: text, ...(stack ? { stack } : {}), ...coded },
      } satisfies FromWorker);
    }
  });
}

interface PageHeader {
  readonly rows: number;
  readonly index: number;
  readonly file: number;
  readonly firstRow: number;
}

interface OpenFile {
  readonly layout: PageLayout;
  readonly path: string | undefined;
  readonly fd: number | undefined;
  readonly stride: number;
  readonly shapeOf: (rows: number) => PageShape;
  readonly at: number;
}

/** Pages that someone removed are as damaged ones: made again. */
function openPages(path: string, flags: string): number {
  try {
    return openSync(path, flags);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new SluiceError("damaged", `${path} is not there any more`, { file: path });
  }
}

class Desk {
  readonly #registry: Registry;
  readonly #arena: Arena;
  readonly #features: OpenFile;
  readonly #side: OpenFile;
  readonly #weight: Float64Array;
  readonly #label: Float64Array;
  readonly #mark: number;
  readonly #keep: boolean;
  readonly #parts: Uint8Array;
  #keeping: { readonly rows: TrialRows; readonly at: (page: number) => Kept } | undefined;
  #steps: { rows: RowSet; length: number; step: (page: Page, into: Float64Array) => void }[] = [];

  constructor({ files, arenaBytes, keep }: Extract<ToWorker, { type: "open" }>, registry: Registry) {
    this.#registry = registry;
    this.#keep = keep;
    this.#arena = new Arena(arenaBytes);
    this.#features = this.#open(files.features, keep);
    this.#side = this.#open(files.side, keep);
    this.#weight = this.#arena.f64(files.features.layout.pageRows);
    this.#label = this.#arena.f64(files.features.layout.pageRows);
    this.#parts = new Uint8Array(files.features.layout.pageRows);
    this.#mark = this.#arena.mark();
  }

  #open({ layout, path }: PageFiles["features"], keep: boolean): OpenFile {
    const stride = strideOf(layout);
    const fd = path === undefined ? undefined : openPages(path, keep ? "r+" : "r");
    const at = this.#arena.take(stride);
    const shapes = new Map<number, PageShape>();
    const shapeOf = (rows: number): PageShape => {
      if (layout.pageTerms !== undefined) {
        const terms = termCounts(this.#arena.memory.buffer, at + bodyOffset, layout, rows);
        return pageShape(layout, rows, terms);
      }
      let found = shapes.get(rows);
      if (!found) {
        found = pageShape(layout, rows);
        shapes.set(rows, found);
      }
      return found;
    };
    return { layout, path, fd, stride, shapeOf, at };
  }

  close(): void {
    for (const { fd } of [this.#features, this.#side]) if (fd !== undefined) closeSync(fd);
  }

  readonly #writing = new Map<number, Promise<void>[]>();

  /** Waits until the page is with the operating system; its buffers may be used again then. */
  async written(index: number): Promise<void> {
    const writing = this.#writing.get(index);
    if (!writing) return;
    this.#writing.delete(index);
    await Promise.all(writing);
  }

  prepare(calls: readonly PassCall[], keep: KeepCall | undefined, kept: Map<number, Map<number, Kept>>): void {
    this.#arena.reset(this.#mark);
    this.#keeping = undefined;
    if (keep) {
      const keeper = this.#registry.keepers[keep.name];
      if (!keeper) throw new Error(`no keeper is registered as ${keep.name}`);
      const instances = kept.get(keep.id) ?? new Map<number, Kept>();
      kept.set(keep.id, instances);
      for (const { ordinal, room } of keep.instances)
        if (!instances.has(ordinal))
          instances.set(ordinal, keeper.start(keep.params as never, this.#features.layout, room));
      const { shards } = keep;
      const [only] = instances.values();
      const at = (page: number): Kept => (shards === undefined ? only! : instances.get(page % shards)!);
      this.#keeping = { rows: keep.rows, at };
    }
    this.#steps = calls.map(({ name, params, rows }) => {
      const pass = this.#registry.passes[name];
      if (!pass) throw new Error(`no pass is registered as ${name}`);
      const layout = this.#features.layout;
      return {
        rows,
        length: pass.length(params as never, layout),
        step: pass.start(params as never, layout, this.#arena),
      };
    });
  }

  page(
    { index, fresh, trusted = false }: PageJob,
    reuse: readonly Float64Array[] | undefined,
  ): Omit<Extract<FromWorker, { type: "page" }>, "run"> {
    const loaded = this.#load(index, fresh, trusted);
    const sums = this.#steps.map(({ rows, length, step }, i) => {
      const into = reuse?.[i]?.fill(0) ?? new Float64Array(length);
      step(this.#view(loaded, rows), into);
      return into;
    });
    if (this.#keeping) this.#keeping.at(index).take(this.#trialView(loaded, this.#keeping.rows));
    return { type: "page", index, rows: loaded.rows, sums, ...(fresh ? { fresh } : {}) };
  }

  fold(message: Extract<ToWorker, { type: "fold" }>, onPages: (pages: number) => void): Float64Array {
    const fold = this.#registry.folds[message.name];
    if (!fold) throw new Error(`no fold is registered as ${message.name}`);
    this.#arena.reset(this.#mark);
    const step = fold.start(message.params as never, this.#features.layout, this.#arena);
    const { state } = message;
    let done = 0;
    for (const index of message.order) {
      step(this.#view(this.#load(index, undefined, false), message.rows), state);
      if (++done % 16 === 0) onPages(done);
    }
    return state;
  }

  #load(index: number, fresh: PageJob["fresh"], trusted: boolean): PageHeader {
    const header = fresh && { rows: fresh.rows, index, file: fresh.file, firstRow: fresh.firstRow };
    const features = this.#fill(this.#features, index, fresh?.features, header, trusted);
    this.#fill(this.#side, index, fresh?.side, header ?? features, trusted);
    return header ?? features;
  }

  /** Brings a page into the arena: from the buffer it was encoded into (and then to disk, if kept), or from disk. */
  #fill(
    file: OpenFile,
    index: number,
    fresh: ArrayBuffer | undefined,
    header: PageHeader | undefined,
    trusted: boolean,
  ) {
    const room = new Uint8Array(this.#arena.memory.buffer, file.at, file.stride);
    if (fresh && header) {
      const bytes = new Uint8Array(fresh, 0, bodyOffset + bodyBytes(fresh, 0, file.layout, header.rows));
      if (this.#keep && file.fd !== undefined) {
        sealPage(bytes, file.layout, header);
        // On its way to disk while the passes run over it.
        const writing = writeFully(file.fd, bytes, index * file.stride);
        writing.catch(() => {}); // written() tells
        this.#writing.set(index, [...(this.#writing.get(index) ?? []), writing]);
      }
      room.set(bytes);
      return header;
    }
    const got = readFully(file.fd!, room, index * file.stride);
    return openPage(room.subarray(0, got), file.layout, index, file.path!, trusted);
  }

  /** A page whose split says what its rows are for in a trial. */
  #trialView(header: PageHeader, rows: TrialRows): Page {
    const page = this.#view(header, rows.train | rows.validation);
    return { ...page, split: partsOf(rows, page.split, this.#parts.subarray(0, page.rows)) };
  }

  #view(header: PageHeader, select: RowSet): Page {
    const { rows } = header;
    const { buffer } = this.#arena.memory;
    const numbers: Float32Array[] = [];
    const codes: Int32Array[] = [];
    const hashed: Int32Array[] = [];
    const ends: Int32Array[] = [];
    const base = this.#features.at + bodyOffset;
    const { offsets, terms: places } = this.#features.shapeOf(rows);
    this.#features.layout.columns.forEach(({ kind }, i) => {
      if (kind === "number") numbers.push(new Float32Array(buffer, base + offsets[i]!, rows));
      else {
        const column = new Int32Array(buffer, base + offsets[i]!, rows);
        if (kind === "terms") ends.push(column);
        else (kind === "hashed" ? hashed : codes).push(column);
      }
    });
    const terms = ends.map((column, i): TermsOfPage => {
      const [{ slots, counts }, count] = [places[i]!, column[rows - 1] ?? 0];
      return {
        ends: column,
        slots: new Int32Array(buffer, base + slots, count),
        counts: new Int16Array(buffer, base + counts, count),
      };
    });
    const side = this.#side.at + bodyOffset;
    const sideOffsets = this.#side.shapeOf(rows).offsets;
    const label = this.#label.subarray(0, rows);
    const weight = this.#weight.subarray(0, rows);
    let split = new Uint8Array(buffer, side, 0);
    this.#side.layout.columns.forEach(({ name }, i) => {
      if (name === "label") label.set(new Float64Array(buffer, side + sideOffsets[i]!, rows));
      else if (name === "weight") weight.set(new Float64Array(buffer, side + sideOffsets[i]!, rows));
      else {
        split = new Uint8Array(buffer, side + sideOffsets[i]!, rows);
        const weighted = this.#side.layout.columns.some((column) => column.name === "weight");
        for (let r = 0; r < rows; r++) {
          if (!isIn(select, split[r]!)) weight[r] = 0;
          else if (!weighted) weight[r] = 1;
        }
      }
    });
    return { ...header, numbers, codes, hashed, terms, label, weight, split };
  }
}
