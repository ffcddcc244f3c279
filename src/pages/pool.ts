import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { type ErrorCode, SluiceError } from "../base/errors.js";
import { addInto, type Pass } from "./pass.js";
import type { FromWorker, KeepCall, PageFiles, PageJob, PassCall, ToWorker } from "./worker.js";

/** A compiled worker file beside the caller; tests run from src/ and use the one in dist/. */
export function workerUrl(relative: string, base: string): URL {
  const beside = new URL(relative, base);
  return existsSync(fileURLToPath(beside)) ? beside : new URL(beside.href.replace("/src/", "/dist/"));
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** After each page, in page order, with the sums so far. */
  readonly onMerged?: (index: number, rows: number, sums: readonly Float64Array[]) => void;
  /** Gets the buffers of a fresh page back for reuse. */
  readonly onFree?: (fresh: NonNullable<PageJob["fresh"]>) => void;
  /** Sums of the pages before the first job, when a run goes on where an earlier one stopped. */
  readonly from?: readonly Float64Array[];
  /** Workers keep rows of the pages that they see in this run. */
  readonly keep?: KeepRun;
}

/** A keeper's instances: one for each worker, or with `shards` so many, each of which takes its pages in their order. */
export type KeepRun = Omit<KeepCall, "instances"> & {
  readonly room: (ordinal: number) => KeepCall["instances"][number]["room"];
  /** The instances have taken all pages before. */
  readonly again?: boolean;
  /** So many pages that follow each other are from parts of the source that lie evenly apart. */
  readonly spread?: number;
};

/** Threads that run passes over pages. Which worker does which page is chance; the sums merge in page order, so it leaves no trace. */
export class WorkerPool implements AsyncDisposable {
  readonly #workers: Worker[];
  readonly #registry: Readonly<Record<string, Pass<never>>>;
  readonly #signal: AbortSignal | undefined;
  #files: PageFiles | undefined;
  #runs = 0;
  readonly #keepers = new Map<number, number>();

  /** After `signal` nothing is waited for any more: a worker in a long loop does not listen, and ends with its pool. */
  constructor(url: URL, threads: number, registry: Readonly<Record<string, Pass<never>>>, signal?: AbortSignal) {
    this.#registry = registry;
    this.#signal = signal;
    this.#workers = Array.from({ length: threads }, () => {
      const worker = new Worker(url, { resourceLimits: { maxYoungGenerationSizeMb: 4 }, stdout: false });
      worker.setMaxListeners(0);
      return worker;
    });
  }

  get threads(): number {
    return this.#workers.length;
  }

  open(files: PageFiles, arenaBytes: number, keep: boolean): void {
    this.#files = files;
    for (const worker of this.#workers) send(worker, { type: "open", files, arenaBytes, keep });
  }

  /** All calls over all pages in one go: the sums, merged in page order. */
  async run(
    calls: readonly PassCall[],
    jobs: Iterable<PageJob> | AsyncIterable<PageJob>,
    options: RunOptions = {},
  ): Promise<Float64Array[]> {
    const layout = this.#files!.features.layout;
    const passes = calls.map(({ name }) => {
      const pass = this.#registry[name];
      if (!pass) throw new Error(`no pass is registered as ${name}`);
      return pass;
    });
    const sums =
      options.from?.map((sum) => sum.slice()) ??
      calls.map(({ params }, i) => new Float64Array(passes[i]!.length(params as never, layout)));
    const run = ++this.#runs;
    const { keep } = options;
    const shards = keep?.shards;
    if (keep) this.#keepers.set(keep.id, shards ?? this.threads);
    this.#workers.forEach((worker, w) => {
      send(worker, { type: "prepare", calls, ...(keep ? { keep: this.#keepOf(keep, w) } : {}) });
    });

    const iterator = Symbol.asyncIterator in jobs ? jobs[Symbol.asyncIterator]() : jobs[Symbol.iterator]();
    const early = new Map<number, Extract<FromWorker, { type: "page" }>>();
    let expected: number | undefined;
    const merged: (readonly Float64Array[])[] = [];
    const merge = (done: Extract<FromWorker, { type: "page" }>): void => {
      early.set(done.index, done);
      for (let next = early.get(expected!); next; next = early.get(expected!)) {
        early.delete(expected!);
        next.sums.forEach((part, i) => {
          const { merge: own } = passes[i]!;
          if (own) own(sums[i]!, part, calls[i]!.params as never);
          else addInto(sums[i]!, part);
        });
        merged.push(next.sums);
        options.onMerged?.(next.index, next.rows, sums);
        expected!++;
      }
    };

    // Each worker always has one page waiting behind the one it works on.
    let ended = false;
    let pulling: Promise<unknown> = Promise.resolve();
    const pull = (): Promise<PageJob | undefined> => {
      const pulled = pulling.then(async () => {
        if (ended) return undefined;
        options.signal?.throwIfAborted();
        const { done, value } = await iterator.next();
        if (done) ended = true;
        else expected ??= keep?.spread ? 0 : value.index;
        return done ? undefined : value;
      });
      pulling = pulled.catch(() => {});
      return pulled;
    };
    // Rows that stay with their worker are shared out evenly; else whoever is free takes the next page.
    const shares =
      keep && shards === undefined && Array.isArray(jobs)
        ? this.#workers.map((_, w) => shareOf(jobs as PageJob[], w, this.threads))
        : [];
    if (shares.length > 0) expected = (jobs as PageJob[])[0]?.index;
    const next = async (w: number): Promise<PageJob | undefined> => {
      if (shares.length === 0) return pull();
      options.signal?.throwIfAborted();
      return ended ? undefined : shares[w]!.shift();
    };
    const work = async (worker: Worker, job: PageJob): Promise<void> => {
      const reuse = merged.pop();
      const transfer = [...transfersOf(job), ...(reuse ?? []).map((sum) => sum.buffer as ArrayBuffer)];
      const done = await this.#question(worker, {
        message: { type: "page", run, job, ...(reuse ? { reuse } : {}) },
        transfer,
        isAnswer: (m) => m.type === "page" && m.run === run && m.index === job.index,
        isMine: (page) => page.run === run && page.index === job.index,
      });
      if (done.type !== "page") return;
      if (done.fresh) options.onFree?.(done.fresh);
      merge(done);
    };
    const lane = async (worker: Worker, w: number): Promise<void> => {
      for (let job = await next(w); job; job = await next(w)) await work(worker, job);
    };
    /** Pages in their order, each to the worker that has its shard. */
    const deal = async (count: number): Promise<void> => {
      const busy = this.#workers.map((): Promise<void>[] => []);
      for (let job = await pull(); job; job = await pull()) {
        const owner = (job.index % count) % this.threads;
        const queue = busy[owner]!;
        if (queue.length === 2) await queue.shift();
        const done = work(this.#workers[owner]!, job);
        done.catch(() => {}); // told when its turn comes
        queue.push(done);
      }
      const failed = (await Promise.allSettled(busy.flat())).find(({ status }) => status === "rejected");
      if (failed) throw (failed as PromiseRejectedResult).reason;
    };
    try {
      // All lanes come to rest before a failure is told: the workers must be free for what comes next.
      const lanes =
        shards === undefined
          ? this.#workers.flatMap((worker, w) => [lane(worker, w), lane(worker, w)])
          : [deal(shards)];
      const stop = (): void => {
        ended = true;
      };
      for (const one of lanes) one.catch(stop);
      const failed = (await Promise.allSettled(lanes)).find(({ status }) => status === "rejected");
      if (failed) throw (failed as PromiseRejectedResult).reason;
    } finally {
      ended = true;
      await iterator.return?.();
    }
    return sums;
  }

  #keepOf({ room, again: _, spread: __, ...keep }: KeepRun, worker: number): KeepCall {
    const ordinals = Array.from({ length: this.#keepers.get(keep.id)! }, (_, i) => i);
    const mine = ordinals.filter((ordinal) => ordinal % this.threads === worker);
    return { ...keep, instances: mine.map((ordinal) => ({ ordinal, room: room(ordinal) })) };
  }

  /** A question to what is kept under `id`; all answer at the same time, in the order of their shards. */
  async ask(id: number, question: string, params: unknown): Promise<Float64Array[]> {
    const ordinals = Array.from({ length: this.#keepers.get(id)! }, (_, i) => i);
    const answers = await Promise.allSettled(
      ordinals.map((ordinal) =>
        this.#question(this.#workers[ordinal % this.threads]!, {
          message: { type: "ask", id, ordinal, question, params },
          isAnswer: (m) => m.type === "answer" && m.ordinal === ordinal,
        }),
      ),
    );
    return answers.map((settled) => {
      if (settled.status === "rejected") throw settled.reason;
      return (settled.value as Extract<FromWorker, { type: "answer" }>).answer;
    });
  }

  release(id: number): void {
    for (const worker of this.#workers) send(worker, { type: "release", id });
  }

  /** Pages in `order`, one after the other on one worker, carrying the state along. */
  async fold(
    call: PassCall,
    state: Float64Array,
    order: Uint32Array,
    onPages?: (pages: number) => void,
  ): Promise<Float64Array> {
    const worker = this.#workers[0]!;
    const done = await this.#question(worker, {
      message: { type: "fold", ...call, state, order },
      isAnswer: (message) => {
        if (message.type === "folded") onPages?.(message.pages);
        return message.type === "fold";
      },
    });
    if (done.type !== "fold") throw new Error("a worker answered a fold with something else");
    return done.state;
  }

  async #question(worker: Worker, { message, transfer = [], isAnswer, isMine }: Question): Promise<FromWorker> {
    const signal = this.#signal;
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        worker.off("message", onMessage);
        worker.off("error", onError);
        worker.off("exit", onExit);
        signal?.removeEventListener("abort", onAbort);
        finish();
      };
      const onMessage = (answer: FromWorker): void => {
        if (answer.type === "failed") {
          if (!answer.page || isMine?.(answer.page)) settle(() => reject(revive(answer.error)));
        } else if (isAnswer(answer)) settle(() => resolve(answer));
      };
      const onError = (error: Error): void => settle(() => reject(error));
      const onExit = (code: number): void => settle(() => reject(new Error(`a worker ended with ${code}`)));
      const onAbort = (): void => settle(() => reject(signal!.reason));
      worker.on("message", onMessage);
      worker.on("error", onError);
      worker.on("exit", onExit);
      signal?.addEventListener("abort", onAbort);
      send(worker, message, transfer);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

const shareOf = (jobs: readonly PageJob[], worker: number, workers: number): PageJob[] =>
  jobs.filter((_, i) => i % workers === worker);
const send = (worker: Worker, message: ToWorker, transfer: ArrayBuffer[] = []): void =>
  worker.postMessage(message, transfer);
const transfersOf = ({ fresh }: PageJob): ArrayBuffer[] =>
  fresh ? [fresh.side, ...(fresh.features ? [fresh.features] : [])] : [];

/** What a worker is sent, and how its answer is told from what it says to others. */
interface Question {
  readonly message: ToWorker;
  readonly transfer?: ArrayBuffer[];
  readonly isAnswer: (message: FromWorker) => boolean;
  /** Whether a failure that names a page is about this question. */
  readonly isMine?: (page: { readonly run: number; readonly index: number }) => boolean;
}

function revive(error: Extract<FromWorker, { type: "failed" }>["error"]): Error {
  if (error.code)
    return new SluiceError(error.code as ErrorCode, error.message, (error.facts ?? {}) as Record<string, unknown>);
  const plain = new Error(error.message);
  if (error.stack) plain.stack = error.stack;
  return plain;
}
