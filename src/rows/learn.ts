import { permutation, subSeed } from "../base/seeds.js";
import type { Warning } from "../base/warning.js";
import type { Block } from "../features/contract.js";
import type { KeptRows, Task, TrainingData, WalkedRows } from "../learners/contract.js";
import type { PageLayout } from "../pages/page.js";
import type { Fold, Pass } from "../pages/pass.js";
import type { KeepRun, WorkerPool } from "../pages/pool.js";
import type { TrialRows } from "../pages/row-set.js";
import type { KeepCall, PassCall } from "../pages/worker.js";
import type { Journal } from "../runs/journal.js";
import type { Dataset } from "./dataset.js";

export interface LearningStep {
  readonly step: number;
  readonly loss?: number;
  readonly note?: string;
}

type KeepAsked = Pick<KeepCall, "name" | "params" | "rows">;

interface Waiting {
  readonly learner: number;
  readonly call?: PassCall;
  readonly keep?: NonNullable<KeepRun>;
  readonly resolve: (sum: Float64Array) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The training rows as learners see them. Several learners (the model and its baseline, later folds and trials) learn at the
 * same time: their passes wait until each of them waits, and then share one scan of the pages.
 */
export class SharedRows {
  readonly steps: LearningStep[] = [];
  /** What the main learner wants the user to know. */
  readonly warnings: Warning[] = [];
  readonly #dataset: Dataset;
  readonly #journal: Journal | undefined;
  readonly #pool: WorkerPool;
  /** What keepers may take of memory, and where their scratch files begin. */
  readonly #keeping: { readonly bytes: number; readonly scratch: string };
  #learning = 0;
  #learners = 0;
  #scans = 0;
  #kept = 0;
  #folds = 0;
  #waiting: Waiting[] = [];
  #busy: Promise<unknown> = Promise.resolve();

  constructor(
    dataset: Dataset,
    pool: WorkerPool,
    journal: Journal | undefined,
    keeping: { readonly bytes: number; readonly scratch: string },
  ) {
    this.#keeping = keeping;
    this.#dataset = dataset;
    this.#pool = pool;
    this.#journal = journal;
  }

  /** Runs the learners side by side. */
  async learn<T extends readonly (() => Promise<unknown>)[]>(
    fits: T,
  ): Promise<{ [K in keyof T]: Awaited<ReturnType<T[K]>> }> {
    this.#learning += fits.length;
    const results = await Promise.allSettled(
      fits.map(async (fit) => {
        try {
          return await fit();
        } finally {
          this.#learning--;
          this.#soon();
        }
      }),
    );
    // One that fails is told when the others have come to rest: nothing of theirs may still be running on the workers.
    await this.#busy;
    for (const result of results) if (result.status === "rejected") throw result.reason;
    return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as {
      [K in keyof T]: Awaited<ReturnType<T[K]>>;
    };
  }

  view(about: {
    task: Task;
    classes: number;
    rows: number;
    weighted: boolean;
    validationRows: number;
    blocks: readonly Block[];
    seed: number;
    main: boolean;
    trial: TrialRows;
    fitBy?: NonNullable<TrainingData["fitBy"]>;
  }): TrainingData {
    const dataset = this.#dataset;
    const { trial } = about;
    const learner = this.#learners++;
    const layout: PageLayout = dataset.layout;
    return {
      task: about.task,
      classes: about.classes,
      layout,
      blocks: about.blocks,
      rows: about.rows,
      weighted: about.weighted,
      validationRows: about.validationRows,
      ...(about.fitBy ? { fitBy: about.fitBy } : {}),
      pass: <P>(pass: Pass<P>, params: P, options: { rows?: "train" | "validation" | "sample" } = {}) => {
        const { rows = "train" } = options;
        const asked = { name: pass.name, params, rows: rows === "validation" ? trial.validation : trial.train };
        return rows === "sample" ? this.#sampled(asked, about.seed, learner) : this.#scan(asked, learner);
      },
      fold: <P>(fold: Fold<P>, params: P, state: Float64Array, { epoch, seed }: { epoch: number; seed: number }) =>
        this.#fold({ name: fold.name, params, rows: trial.train }, state, epoch, seed),
      keep: (keeper, params) => this.#keep({ name: keeper.name, params, rows: trial }, learner),
      walk: (keeper, params, shards, spread) =>
        this.#walk({ name: keeper.name, params, rows: trial }, shards, learner, spread),
      unit: (name, work) => (this.#journal ? this.#journal.unit(`${learner}: ${name}`, work) : work()),
      warn: (warning) => void (about.main && this.warnings.push(warning)),
      report: (step) => void (about.main && this.steps.push(step)),
    };
  }

  /** Kept rows live as long as the workers; a resumed run gathers them anew. */
  async #keep(kept: KeepAsked, learner: number): Promise<KeptRows> {
    const id = ++this.#kept;
    const { threads } = this.#pool;
    const room = (worker: number) => ({
      workers: threads,
      memoryBytes: Math.floor(this.#keeping.bytes / threads),
      file: `${this.#keeping.scratch}-${id}-${worker}`,
    });
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ learner, keep: { id, ...kept, room }, resolve: () => resolve(), reject });
      this.#soon();
    });
    return {
      ask: (question, given) => this.#alone(() => this.#pool.ask(id, question, given)),
      release: () => this.#alone(async () => this.#pool.release(id)),
    };
  }

  async #walk(kept: KeepAsked, shards: number, learner: number, spread?: number): Promise<WalkedRows> {
    const id = ++this.#kept;
    const room = (ordinal: number) => ({
      workers: this.#pool.threads,
      memoryBytes: 0,
      file: `${this.#keeping.scratch}-${id}-${ordinal}`,
    });
    const keep: KeepRun = { id, ...kept, shards, room, ...(spread ? { spread } : {}) };
    const go = (again: boolean): Promise<void> =>
      new Promise((resolve, reject) => {
        this.#waiting.push({ learner, keep: { ...keep, again }, resolve: () => resolve(), reject });
        this.#soon();
      });
    await go(false);
    return {
      ask: (question, given) => this.#alone(() => this.#pool.ask(id, question, given)),
      release: () => this.#alone(async () => this.#pool.release(id)),
      again: () => go(true),
    };
  }

  #scan(call: PassCall, learner: number): Promise<Float64Array> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ learner, call, resolve, reject });
      this.#soon();
    });
  }

  /** A learner may ask for several passes at once: they are all there on the next turn of the loop. */
  #soon(): void {
    setImmediate(() => this.#flush());
  }

  /** A sample small enough for memory; where all rows are few, the sample is all of them. */
  async #sampled(call: PassCall, seed: number, learner: number): Promise<Float64Array> {
    const unit = `sample ${++this.#scans}`;
    const kept = this.#journal?.doubles(unit);
    if (kept) return kept[0]!;
    const [sum] = (await this.#alone(() => this.#dataset.runSample([call], subSeed(seed, "sample")))) ?? [];
    if (!sum) return this.#scan(call, learner);
    return sum;
  }

  #flush(): void {
    const waiting = new Set(this.#waiting.map(({ learner }) => learner)).size;
    if (waiting === 0 || waiting < this.#learning) return;
    // One keeper a scan: its rows and the sums that wait with it are for one learner's next step.
    const keeping = this.#waiting.find(({ keep }) => keep);
    // Pages in another order are for the keeper alone: sums are merged in theirs.
    const batch = this.#waiting.filter((one) => one === keeping || (one.call && !keeping?.keep?.spread));
    this.#waiting = this.#waiting.filter((waiting) => !batch.includes(waiting));
    const unit = `scan ${++this.#scans}`;
    const calls = new Map(batch.flatMap(({ call }) => (call ? [[keyOf(call), call]] : [])));
    // With a keeper it is not journaled: what counts is not the sums but that the workers have seen the rows.
    const journal = keeping ? undefined : this.#journal;
    this.#alone(() => this.#dataset.run([...calls.values()], journal, unit, keeping?.keep)).then(
      (sums) => {
        const found = new Map([...calls.keys()].map((key, i) => [key, sums[i]!]));
        for (const { call, resolve } of batch) resolve(call ? found.get(keyOf(call))!.slice() : new Float64Array(0));
      },
      (error) => batch.forEach(({ reject }) => void reject(error)),
    );
    if (this.#waiting.length > 0) this.#soon();
  }

  async #fold(call: PassCall, state: Float64Array, epoch: number, seed: number): Promise<Float64Array> {
    const unit = `fold ${++this.#folds}`;
    const kept = this.#journal?.doubles(unit);
    if (kept) {
      this.#journal!.units.reused++;
      return kept[0]!;
    }
    return this.#alone(async () => {
      this.#journal?.begin(unit);
      const walk = async (): Promise<Float64Array> => {
        if (!this.#dataset.complete) await this.#dataset.run([], undefined, `encode for ${unit}`);
        this.#dataset.openForReading();
        const order = permutation(this.#dataset.pageCount, subSeed(seed, `epoch ${epoch}`));
        return this.#pool.fold(call, state, order);
      };
      const next = await walk().catch(async (error: unknown) => {
        await this.#dataset.forget(error);
        return walk();
      });
      this.#dataset.counters.passes++;
      this.#journal?.keepDoubles(unit, [next]);
      if (this.#journal) this.#journal.units.done++;
      return next;
    });
  }

  /** The workers do one thing at a time. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#busy.then(work, work);
    this.#busy = done.catch(() => {});
    return done;
  }
}

/** Learners that ask for the same sum share it. */
const keyOf = ({ name, params, rows }: PassCall): string => `${name} ${rows} ${JSON.stringify(params)}`;
