import { rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { BudgetTooSmallError, SluiceError } from "../base/errors.js";
import { me } from "../base/owner.js";
import type { Underway } from "../engines/contract.js";
import { isMllib } from "../learners/mllib.js";
import { ensureDir, type Home } from "../runs/home.js";
import { learnerBytesOf } from "../train/check.js";
import type { TrainEvents, TrainSpec } from "../train/spec.js";
import { trainModel } from "../train/train.js";
import { planMemory, Workspace, type WorkspaceOptions } from "../workspace/workspace.js";
import { type Amdahl, fitAmdahl, fitScalability, type Scalability, type Unsupported } from "./laws.js";
import { notesOn } from "./notes.js";
import { othersCores } from "./others.js";

/** A size of machine, as a workspace is opened on it: so many threads here, a cluster, or a cluster that cuts its work into so many parts. */
export type Machine = Pick<WorkspaceOptions, "memoryBytes" | "threads" | "on">;

/** What is varied: whole servers, the parts that one of them cuts its work into, or the threads of this process. */
export type Way = "servers" | "partitions" | "threads";

export interface ScaleOptions {
  /** Counted runs of each size, after one that is not. */
  readonly repeats?: number;
  /** Runs get folders of their own in its cache, removed afterwards. */
  readonly home: Home;
  readonly signal?: AbortSignal;
  readonly events?: TrainEvents & {
    /** The next run begins: of which machine, as which of how many. */
    run?(name: string, run: number, runs: number): void;
    /** What the cluster is at. */
    underway?(work: Underway | undefined): void;
  };
}

export interface ScaledRun {
  /** From opening the source to the kept model; the session and the embedded engine were open before. */
  readonly seconds: number;
  /** That it did the work: nothing came from an earlier run. */
  readonly pagesEncoded: number;
  readonly stateHash: string;
}

export interface ScaledSize {
  /** Cores of a server, partitions, or threads. */
  readonly size: number;
  readonly name: string;
  readonly runs: readonly ScaledRun[];
  readonly medianSeconds: number;
  /** The smallest size's median over this one's. */
  readonly speedUp: number;
  /** The speed-up over how many times larger the size is: 1 where twice the size takes half the time. */
  readonly efficiency: number;
  /** Why the laws were not fitted to it. */
  readonly leftOut?: string;
}

export interface Scaled {
  readonly way: Way;
  readonly learner: string;
  readonly repeats: number;
  /** Smallest first. */
  readonly sizes: readonly ScaledSize[];
  readonly amdahl: Amdahl | Unsupported;
  readonly scalability: Scalability | Unsupported;
  /** What the figures do not say by themselves. */
  readonly notes: readonly string[];
}

/** A machine with what it said of itself. */
interface Sized {
  readonly machine: Machine;
  readonly size: number;
  readonly name: string;
  /** That its parts or threads can have; unknown where a cluster does not tell. */
  readonly cores: number | undefined;
}

/**
 * The same training on several sizes of machine, each with an empty cache: one run of each that does not count, then `repeats` rounds over
 * all sizes, every other one backwards, so that what drifts meanwhile meets all sizes alike. The laws are fitted to all counted runs.
 */
export async function scaleTraining(
  spec: TrainSpec,
  machines: readonly Machine[],
  { repeats = 3, home, signal, events }: ScaleOptions,
): Promise<Scaled> {
  const way = wayOf(machines);
  checkWork(spec, repeats);
  // Where scratch files are, so that what a killed process left is found and removed.
  const folder = join(home.cache, "spill", `${me}-scale-${Date.now().toString(36)}`);
  ensureDir(folder);
  const open = (machine: Machine, name: string): Promise<Workspace> =>
    Workspace.open({
      ...machine,
      learnerBytes: learnerBytesOf(spec),
      home: { root: join(folder, name), cache: join(folder, name, "cache") },
      ...(signal ? { signal } : {}),
    });
  try {
    const sized: Sized[] = [];
    for (const machine of machines) sized.push(await sizeOf(machine, way, open));
    sized.sort((a, b) => a.size - b.size);
    refuseOneSize(sized, way);
    const counted = sized.map(() => [] as ScaledRun[]);
    const coresSeen = sized.map(({ size }) => new Set([size]));
    const taken = way === "threads" ? othersCores() : undefined;
    let learner = "";
    let localThreads = 0;
    for (let round = 0; round <= repeats; round++) {
      const order = [...sized.keys()];
      for (const at of round > 0 && round % 2 === 0 ? order.reverse() : order) {
        const { machine, name } = sized[at]!;
        events?.run?.(name, round, repeats);
        {
          await using workspace = await open(machine, "run");
          if (events?.underway) workspace.engine.watch?.(events.underway);
          const started = performance.now();
          const { result, pages, threads } = await trainModel(spec, workspace, events);
          const seconds = (performance.now() - started) / 1000;
          [learner, localThreads] = [result.learner, threads];
          if (round > 0) counted[at]!.push({ seconds, pagesEncoded: pages.encoded, stateHash: result.stateHash });
          const cores = way === "servers" ? await workspace.engine.cores?.() : undefined;
          if (cores !== undefined) coresSeen[at]!.add(cores);
        }
        rmSync(join(folder, "run"), { recursive: true, force: true });
      }
    }
    const sizes = sized.map((one, at) => ({
      ...one,
      runs: counted[at]!,
      leftOut: leftOutOf(one, way, coresSeen[at]!),
    }));
    const notes = notesOn({ way, learner, isOwn: !isMllib(learner), localThreads, sizes, othersCores: taken?.() });
    return { way, learner, repeats, ...judged(sizes), notes };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Run = Sized & { readonly runs: readonly ScaledRun[]; readonly leftOut: string | undefined };

function judged(all: readonly Run[]): Pick<Scaled, "sizes" | "amdahl" | "scalability"> {
  const medians = all.map(({ runs }) => median(runs.map(({ seconds }) => seconds)));
  const sizes = all.map(({ size, name, runs, leftOut }, at) => {
    const speedUp = medians[0]! / medians[at]!;
    return {
      size,
      name,
      runs,
      medianSeconds: medians[at]!,
      speedUp,
      efficiency: (speedUp * all[0]!.size) / size,
      ...(leftOut === undefined ? {} : { leftOut }),
    };
  });
  const timings = sizes
    .filter(({ leftOut }) => leftOut === undefined)
    .flatMap(({ size, runs }) => runs.map(({ seconds }) => ({ size, seconds })));
  return { sizes, amdahl: fitAmdahl(timings), scalability: fitScalability(timings) };
}

async function sizeOf(
  machine: Machine,
  way: Way,
  open: (machine: Machine, name: string) => Promise<Workspace>,
): Promise<Sized> {
  await using workspace = await open(machine, "looking");
  if (way === "threads") {
    const size = machine.threads ?? availableParallelism();
    if (workspace.plan.threads < size)
      throw new BudgetTooSmallError(
        workspace.budgetBytes,
        leastFor(size, machine, workspace),
        `training with ${size} threads`,
      );
    return { machine, size, name: `${size} thread${size === 1 ? "" : "s"}`, cores: availableParallelism() };
  }
  const cores = await workspace.engine.cores?.();
  const address = addressOf(machine);
  if (way === "partitions") return { machine, size: machine.on!.partitions!, name: address, cores };
  if (cores === undefined)
    throw new SluiceError("cluster_error", `${address} does not tell how many cores it has`, { remote: address });
  return { machine, size: cores, name: address, cores };
}

/** The address without its token and headers. */
const addressOf = ({ on }: Machine): string => on!.address.split("/;")[0]!;

/** A larger budget by 10 % until the threads fit: what the memory plan would answer. */
function leastFor(threads: number, { memoryBytes }: Machine, { budgetBytes, learnerBytes }: Workspace): number {
  let bytes = memoryBytes ?? budgetBytes;
  while (planMemory(bytes, threads, learnerBytes).threads < threads) bytes *= 1.1;
  return bytes;
}

function wayOf(machines: readonly Machine[]): Way {
  const [first] = machines;
  if (first === undefined || machines.length < 2)
    throw new SluiceError(
      "usage",
      "how something scales takes at least two sizes: --threads 1,2 here, several servers (--on A --on B), or --partitions 1,2 on one",
      {},
    );
  const kinds = new Set(
    machines.map(({ on }) => (on === undefined ? "threads" : on.partitions === undefined ? "servers" : "partitions")),
  );
  const [way = "threads"] = kinds;
  if (kinds.size > 1)
    throw new SluiceError("usage", `vary one thing at a time: the sizes differ in ${[...kinds].join(" and ")}`, {});
  if (way === "partitions" && machines.some(({ on }) => on!.address !== first.on!.address))
    throw new SluiceError("usage", "partitions are varied on one cluster; several are compared by their cores", {});
  return way;
}

function checkWork(spec: TrainSpec, repeats: number): void {
  if (!Number.isInteger(repeats) || repeats < 1)
    throw new SluiceError("usage", `--repeats ${repeats}: it must be a whole number from 1`, { value: repeats });
  if (spec.sources.includes("-"))
    throw new SluiceError(
      "usage",
      "standard input can be read once, and each run reads its source anew: write it to a file",
      {},
    );
}

function refuseOneSize(sized: readonly Sized[], way: Way): void {
  if (new Set(sized.map(({ size }) => size)).size > 1) return;
  throw new SluiceError(
    "usage",
    `all ${sized.length} sizes have ${sized[0]!.size} ${way === "servers" ? "cores" : way}; how something scales takes two different ones`,
    { size: sized[0]!.size },
  );
}

/** A size that its machine did not have is no point of a law. */
function leftOutOf({ size, cores }: Sized, way: Way, seen: ReadonlySet<number>): string | undefined {
  if (way === "servers") {
    return seen.size > 1 ? `had ${[...seen].sort((a, b) => a - b).join(", then ")} cores` : undefined;
  }
  return cores !== undefined && size > cores ? `only ${cores} core${cores === 1 ? "" : "s"} for them` : undefined;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}
