import { availableParallelism } from "node:os";
import { join } from "node:path";
import { BudgetTooSmallError } from "../base/errors.js";
import { defaultBudget, Ledger } from "../base/ledger.js";
import { me, Presence } from "../base/owner.js";
import type { Engine } from "../engines/contract.js";
import { runOne } from "../engines/duckdb/statement.js";
import { DuckDBEngine } from "../engines/duckdb.js";
import { kernelTermCoder } from "../kernels/term-codes.js";
import { kernelTreeSums } from "../learners/passes/tree-sums.js";
import { WorkerPool, workerUrl } from "../pages/pool.js";
import { tidyCache } from "../runs/cache.js";
import { ensureDir, type Home, homeAt, storageError } from "../runs/home.js";
import { passes } from "./registry.js";

/** What the parts of the process take, measured (bench/memory.mjs); the ledger hands out the rest. */
const processBytes = 92e6; // Node with DuckDB loaded, idle
const perWorkerBytes = 16e6; // a thread's heap and code
const perWorkerPagesBytes = 12e6; // the page it works on and its scratch
const perBufferBytes = 4.8e6; // a page on its way from the engine to a worker
const perDuckdbThreadBytes = 24e6; // decoding buffers beside DuckDB's own limit
const leastDuckdbBytes = 40e6;
/** Of a budget that rows fill to its end: heaps, scratch files' buffers and messages grow with it (16 M rows in 512 MB took 526 MB). */
const keeperShare = 0.93;

export interface MemoryPlan {
  readonly threads: number;
  readonly duckdbBytes: number;
  readonly neededBytes: number;
  readonly peakBytes: number;
}

/** How a budget is shared out: fewer threads when it is small, more buffer for DuckDB when it is large. */
export function planMemory(budgetBytes: number, threadsWanted: number, extraBytes = 0): MemoryPlan {
  const fixed = (threads: number): number =>
    processBytes +
    extraBytes +
    threads * (perWorkerBytes + perWorkerPagesBytes + perDuckdbThreadBytes) +
    (2 * threads + 2) * perBufferBytes;
  const neededBytes = fixed(1) + leastDuckdbBytes;
  if (neededBytes > budgetBytes)
    throw new BudgetTooSmallError(budgetBytes, Math.ceil(neededBytes / 1e6) * 1e6, "training with one thread");
  let threads = threadsWanted;
  while (threads > 1 && fixed(threads) + leastDuckdbBytes > budgetBytes) threads--;
  const spare = budgetBytes - fixed(threads);
  const duckdbBytes = Math.max(leastDuckdbBytes, Math.floor(spare * 0.45));
  return { threads, duckdbBytes, neededBytes, peakBytes: fixed(threads) + Math.min(duckdbBytes, 100e6) };
}

/** A Spark cluster that relations run on. */
export interface ClusterChoice {
  /** `sc://host:port/;name=value` */
  readonly address: string;
  /** Where the address has none. */
  readonly token?: string;
  /** Into how many parts it shall cut each query. */
  readonly partitions?: number;
}

export interface WorkspaceOptions {
  readonly memoryBytes?: number;
  readonly threads?: number;
  /** What the learner holds beside the pages. */
  readonly learnerBytes?: number;
  readonly home?: Home;
  readonly on?: ClusterChoice;
  readonly signal?: AbortSignal;
}

/** Everything a command works with: the budget, the engine, the workers, the folders. Closed at its end, whatever happened. */
export class Workspace implements AsyncDisposable {
  readonly budgetBytes: number;
  readonly budgetReason: string;
  readonly ledger: Ledger;
  readonly plan: MemoryPlan;
  /** Set aside for what a learner holds beside the pages. */
  readonly learnerBytes: number;
  readonly home: Home;
  /** What relations run on: DuckDB here, or a cluster. */
  readonly engine: Engine;
  /** DuckDB in this process: files of this machine, whatever the engine is. */
  readonly local: DuckDBEngine;
  /** This process as others see it that share the cache. */
  readonly presence: Presence;
  readonly signal: AbortSignal | undefined;
  #pool: WorkerPool | undefined;

  private constructor(
    options: WorkspaceOptions,
    budget: { bytes: number; reason: string },
    plan: MemoryPlan,
    home: Home,
    local: DuckDBEngine,
    presence: Presence,
    engine: Engine = local,
  ) {
    this.budgetBytes = budget.bytes;
    this.budgetReason = budget.reason;
    this.ledger = new Ledger(budget.bytes);
    this.plan = plan;
    this.home = home;
    this.engine = engine;
    this.local = local;
    this.presence = presence;
    this.signal = options.signal;
    this.ledger.lease("process", processBytes);
    this.ledger.lease("DuckDB", plan.duckdbBytes + plan.threads * perDuckdbThreadBytes);
    this.ledger.lease("workers", plan.threads * (perWorkerBytes + perWorkerPagesBytes));
    this.learnerBytes = options.learnerBytes ?? 0;
    this.ledger.lease("the learner's weights", this.learnerBytes);
    this.ledger.lease("page buffers", (2 * plan.threads + 2) * perBufferBytes);
  }

  static async open(options: WorkspaceOptions = {}): Promise<Workspace> {
    const given = options.memoryBytes;
    const budget = given === undefined ? defaultBudget() : { bytes: given, reason: "--memory" };
    const plan = planMemory(budget.bytes, options.threads ?? availableParallelism(), options.learnerBytes);
    const home = options.home ?? homeAt();
    ensureDir(home.cache);
    tidyCache(home.cache);
    const presence = presenceIn(home);
    const local = await DuckDBEngine.open({
      presence,
      treeSums: kernelTreeSums,
      termCoder: kernelTermCoder(),
      memoryBytes: plan.duckdbBytes,
      threads: plan.threads,
      spillDir: join(home.cache, "spill", `${me}-${Date.now().toString(36)}`),
      cacheDir: home.cache,
    });
    try {
      return new Workspace(options, budget, plan, home, local, presence, await clusterOf(options, local));
    } catch (error) {
      presence[Symbol.dispose]();
      await local[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Workers and DuckDB with other folders, for work here whose traces shall not stay. It ends with this one, not by itself. */
  at(home: Home): Workspace {
    const budget = { bytes: this.budgetBytes, reason: this.budgetReason };
    const options = this.signal ? { signal: this.signal } : {};
    const place = new Workspace(options, budget, this.plan, home, this.local, this.presence);
    place.#pool = this.pool;
    return place;
  }

  /** Made ready for another call, where the last one left nothing behind that the next would see: a view, a file that is open. */
  async clear(): Promise<boolean> {
    this.engine.counters.spillBytes = 0;
    const [[left]] = await this.local.use(async (connection) => {
      const found = await runOne(
        connection,
        `SELECT (SELECT count(*) FROM duckdb_views() WHERE NOT internal)
          + (SELECT count(*) FROM duckdb_databases() WHERE NOT internal AND database_name <> 'memory')`,
      );
      return (await found.getRowsJS()) as [[bigint]];
    });
    return left === 0n;
  }

  /** A folder for this process alone, removed at its end. */
  get scratch(): string {
    return this.local.spillDir;
  }

  /** What workers may keep of the rows while DuckDB rests. */
  get keeperBytes(): number {
    const { threads } = this.plan;
    const taken =
      processBytes + threads * (perWorkerBytes + perWorkerPagesBytes) + leastDuckdbBytes + this.learnerBytes;
    return Math.max(16e6, this.budgetBytes * keeperShare - taken);
  }

  /** The workers, started when first asked for. */
  get pool(): WorkerPool {
    this.#pool ??= new WorkerPool(workerUrl("./worker.js", import.meta.url), this.plan.threads, passes, this.signal);
    return this.#pool;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const engines = this.engine === this.local ? [this.local] : [this.local, this.engine];
    await Promise.all([this.#pool, ...engines].map((part) => part?.[Symbol.asyncDispose]()));
    this.presence[Symbol.dispose]();
  }
}

function presenceIn({ cache }: Home): Presence {
  try {
    return new Presence(cache);
  } catch (error) {
    throw storageError(error, cache);
  }
}

/** Loaded when it is asked for: gRPC alone takes as long to load as DuckDB. */
async function clusterOf({ on, signal }: WorkspaceOptions, local: DuckDBEngine): Promise<Engine | undefined> {
  if (!on) return undefined;
  const [{ SparkEngine }, { parseRemote }] = await Promise.all([
    import("../engines/spark.js"),
    import("../engines/spark/connection/remote.js"),
  ]);
  return SparkEngine.open({
    remote: parseRemote(on.address, on.token),
    local,
    ...(on.partitions === undefined ? {} : { partitions: on.partitions }),
    ...(signal ? { signal } : {}),
  });
}
