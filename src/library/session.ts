import { AsyncLocalStorage } from "node:async_hooks";
import { SluiceError } from "../base/errors.js";
import { parseBytes } from "../base/units.js";
import { Workspace } from "../workspace/workspace.js";
import * as calls from "./calls.js";
import type { EngineChoice } from "./words.js";

export interface OpenSettings {
  readonly on?: EngineChoice;
  /** For the whole process, like "512MB" (10^6) or "2GiB" (2^30); rules over what `on` says. */
  readonly memory?: string;
  /** Where runs and models live; `.sluice` here unless said. */
  readonly home?: string;
  /** Where encoded pages and landed text live; the OS cache folder unless said. */
  readonly cache?: string;
}

type Calls = typeof calls;
/** The library's functions without `on`, `home` and `cache`, which are the session's. They run one after another in one workspace. */
export interface Session
  extends AsyncDisposable,
    Readonly<
      Pick<
        Calls,
        | "plan"
        | "train"
        | "resume"
        | "evaluate"
        | "predict"
        | "importance"
        | "partial"
        | "profile"
        | "report"
        | "sql"
        | "loadModel"
        | "models"
        | "compare"
      >
    > {}

/** Where a call began: one that waits for another of the same session would wait for itself. */
const inside = new AsyncLocalStorage<SharedWorkspace>();

/**
 * One workspace (memory, engine, threads) for many calls: `await using sluice = await open({ memory: "512MB" })`. Each call does what it
 * does alone, to the same model; calls begun at the same time wait for each other. A call begun inside another of the same session, or
 * after its end, or with `on`, `home` or `cache` of its own, is refused as `usage`; a budget that is too small as `budget_too_small`.
 */
export async function open({ memory, on, ...folders }: OpenSettings = {}): Promise<Session> {
  const engine: EngineChoice = {
    engine: "duckdb",
    ...on,
    ...(memory === undefined ? {} : { memoryBytes: parseBytes(memory) }),
  };
  const shared = new SharedWorkspace({ on: engine, ...folders });
  await shared.run(undefined, 0, async () => {});
  const here = <P extends calls.Place>(given?: P): P => {
    shared.refuseClosed();
    for (const name of ["on", "home", "cache"] as const)
      if (given?.[name] !== undefined)
        throw new SluiceError(
          "usage",
          `${name} is the session's: say it to open(), or call the function without a session`,
          {
            name,
          },
        );
    return calls.hosted({ ...given, ...folders } as P, (bytes, work) => shared.run(given?.signal, bytes, work));
  };
  return {
    plan: async (settings) => calls.plan(here(settings)),
    train: async (settings) => calls.train(here(settings)),
    resume: async (run, settings) => calls.resume(run, here(settings)),
    evaluate: async (model, data, place) => calls.evaluate(model, data, here(place)),
    predict: async (model, data, place) => calls.predict(model, data, here(place)),
    importance: async (model, data, place) => calls.importance(model, data, here(place)),
    partial: async (model, data, column, place) => calls.partial(model, data, column, here(place)),
    profile: async (data, place) => calls.profile(data, here(place)),
    report: async (model, place) => calls.report(model, here(place)),
    sql: async (query, place) => calls.sql(query, here(place)),
    loadModel: (ref, place) => calls.loadModel(ref, here(place)),
    models: (place) => calls.models(here(place)),
    compare: (models, place) => calls.compare(models, here(place)),
    [Symbol.asyncDispose]: () => shared[Symbol.asyncDispose](),
  };
}

/** A workspace that outlives a call, as long as nothing of the call is left in it. */
class SharedWorkspace implements AsyncDisposable {
  readonly #place: calls.Place;
  #open: { readonly workspace: Workspace; readonly stop: AbortController } | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(place: calls.Place) {
    this.#place = place;
  }

  refuseClosed(): void {
    if (this.#closed) throw new SluiceError("usage", "the session is closed; open() another one", {});
  }

  run<T>(
    signal: AbortSignal | undefined,
    learnerBytes: number,
    work: (workspace: Workspace) => Promise<T>,
  ): Promise<T> {
    if (inside.getStore() === this)
      throw new SluiceError(
        "usage",
        "a call began inside another call of its session and would wait for itself; begin it after that one",
        {},
      );
    const done = this.#last.then(() => inside.run(this, () => this.#turn(signal, learnerBytes, work)));
    this.#last = done.catch(() => {});
    return done;
  }

  async #turn<T>(
    signal: AbortSignal | undefined,
    learnerBytes: number,
    work: (workspace: Workspace) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    // A learner's own share of the budget is set aside as for a call alone, so that the same budgets are refused.
    if (this.#open?.workspace.learnerBytes !== learnerBytes) await this.#end();
    if (!this.#open) {
      const stop = new AbortController();
      const options = calls.workspaceOptions({ ...this.#place, signal: stop.signal }, learnerBytes);
      this.#open = { workspace: await Workspace.open(options), stop };
    }
    const { workspace, stop } = this.#open;
    const abort = (): void => stop.abort(signal?.reason);
    signal?.addEventListener("abort", abort);
    let asNew = false;
    try {
      const result = await work(workspace);
      asNew = !stop.signal.aborted && (await workspace.clear());
      return result;
    } finally {
      signal?.removeEventListener("abort", abort);
      if (!asNew) await this.#end();
    }
  }

  async #end(): Promise<void> {
    const ending = this.#open;
    this.#open = undefined;
    await ending?.workspace[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#last;
    await this.#end();
  }
}
