import { availableParallelism } from "node:os";
import { SluiceError } from "../base/errors.js";
import { formatSeconds, parseBytes } from "../base/units.js";
import type { Estimate, Unsupported } from "../scale/laws.js";
import { isSupported } from "../scale/laws.js";
import { type Machine, type Scaled, scaleTraining } from "../scale/scale.js";
import { type Context, engineOf, homeOf, wholeNumber } from "./command.js";
import { progress } from "./progress.js";
import { table } from "./tables.js";
import { type LearningFlags, specOf } from "./train.js";

export interface ScaleFlags extends Omit<LearningFlags, "on"> {
  readonly on?: readonly string[];
  readonly partitions?: string;
  readonly repeats: string;
}

export async function scale(sources: readonly string[], flags: ScaleFlags, context: Context): Promise<void> {
  const { on: _on, ...rest } = flags;
  const spec = specOf(sources, rest);
  const machines = machinesOf(sources, flags);
  const bar = progress({ stream: process.stderr, quiet: flags.quiet === true, json: flags.json === true });
  let found: Scaled;
  let begun = "";
  try {
    found = await scaleTraining(spec, machines, {
      repeats: wholeNumber("repeats", flags.repeats)!,
      home: await homeOf(rest),
      signal: context.signal,
      events: {
        run: (name, run, runs) => {
          begun = `${name}, ${run === 0 ? "a run that does not count" : `run ${run} of ${runs}`}`;
        },
        underway: (work) => bar.cluster(work),
        stage: (name) => bar.stage(`${begun}: ${name}`),
        rows: ({ rows, of, pass }) => bar.update({ rows, ...(of > 0 ? { totalRows: of } : {}), pass }),
      },
    });
  } finally {
    bar.done();
  }
  for (const line of describe(found)) context.print(line);
  context.json(found);
}

/** The sizes that the flags name: servers, partitions of one, or threads here. */
function machinesOf(
  sources: readonly string[],
  { on = [], partitions, threads, memory, tokenFile }: ScaleFlags,
): Machine[] {
  const memoryOf = memory === undefined ? {} : { memoryBytes: parseBytes(memory) };
  const token = tokenFile === undefined ? {} : { tokenFile };
  const clusters = (on.length > 0 ? on : [undefined]).map((name) =>
    engineOf({ ...(name === undefined ? {} : { on: name }), ...token }, sources),
  );
  const here = clusters.includes(undefined);
  const [first] = clusters;
  if (here && (clusters.length > 1 || partitions !== undefined))
    throw new SluiceError(
      "usage",
      partitions === undefined
        ? "--on duckdb is this process, whose size is --threads 1,2; servers are compared among themselves"
        : "--partitions are a cluster's: name it with --on; here, --threads 1,2 is varied",
      {},
    );
  if (here)
    return sizesIn("threads", threads ?? powersOfTwo(availableParallelism()).join()).map((count) => ({
      ...memoryOf,
      threads: count,
    }));
  const local = { ...memoryOf, ...(threads === undefined ? {} : { threads: oneOf(threads) }) };
  if (partitions === undefined) return clusters.map((cluster) => ({ ...local, on: cluster! }));
  if (clusters.length > 1) throw new SluiceError("usage", "--partitions are varied on one cluster; give --on once", {});
  return sizesIn("partitions", partitions).map((count) => ({ ...local, on: { ...first!, partitions: count } }));
}

function sizesIn(flag: string, text: string): number[] {
  const sizes = text.split(",").map((part) => Number(part.trim() || "0"));
  if (sizes.some((size) => !Number.isInteger(size) || size < 1))
    throw new SluiceError(
      "usage",
      `--${flag} ${text}: write the sizes as whole numbers from 1 with commas between, like 1,2,4`,
      { value: text },
    );
  return [...new Set(sizes)];
}

function oneOf(threads: string): number {
  const [count, ...more] = sizesIn("threads", threads);
  if (more.length > 0)
    throw new SluiceError(
      "usage",
      `--threads ${threads} varies this process and --on names servers: vary one of them`,
      { value: threads },
    );
  return count!;
}

function powersOfTwo(most: number): number[] {
  const sizes: number[] = [];
  for (let size = 1; size < most; size *= 2) sizes.push(size);
  return [...sizes, most];
}

/** The table, the laws with their doubt, and what the figures do not say by themselves. */
export function describe({ way, learner, repeats, sizes, amdahl, scalability, notes }: Scaled): string[] {
  const lines = [
    `${learner}, ${repeats} run${repeats === 1 ? "" : "s"} of each size after one that does not count`,
    "",
  ];
  const unit = way === "servers" ? "cores" : way;
  lines.push(
    table(
      [unit, ...(way === "threads" ? [] : ["cluster"]), "median", "fastest", "slowest", "speed-up", "efficiency"],
      sizes.map(({ size, name, runs, medianSeconds, speedUp, efficiency }) => {
        const seconds = runs.map((run) => run.seconds);
        return [
          String(size),
          ...(way === "threads" ? [] : [name]),
          ...[medianSeconds, Math.min(...seconds), Math.max(...seconds)].map(timeOf),
          speedUp.toFixed(2),
          `${Math.round(100 * efficiency)} %`,
        ];
      }),
    ),
    "",
  );
  const one = way === "servers" ? "core" : unit.slice(0, -1);
  if (!isSupported(amdahl)) lines.push(`Amdahl    not fitted: ${amdahl.why}`);
  else {
    lines.push(`Amdahl    serial fraction ${told(amdahl.serial)}`);
    const { mostSpeedUp: most } = amdahl;
    if (most)
      lines.push(
        `          no number of ${unit} is more than ${short(most.value)} times as fast as one ${one} (95 %: ${short(most.low)} to ${most.high === undefined ? "no bound" : short(most.high)})`,
      );
  }
  if (!isSupported(scalability)) lines.push(`USL       not fitted: ${scalability.why}`);
  else {
    const { contention, coherency, best } = scalability;
    lines.push(`USL       contention (sigma) ${told(contention)}`, `          coherency (kappa) ${told(coherency)}`);
    lines.push(`          ${isSupported(best) ? bestOf(best, unit, sizes.at(-1)!.size) : best.why}`);
  }
  return [...lines, "", ...notes.map((note) => `note: ${note}`)];
}

const bestOf = (
  { value, low, high }: Exclude<Estimate | Unsupported, Unsupported>,
  unit: string,
  largest: number,
): string =>
  `more than ${short(value)} ${unit} (95 %: ${short(low)} to ${short(high!)}) would not help${value > largest ? `, by the law: the largest size that ran is ${largest}` : ""}`;

const told = ({ value, low, high }: Estimate): string =>
  `${short(value)} (95 %: ${short(low)} to ${high === undefined ? "no bound" : short(high)})`;
const short = (value: number): string => (value === 0 ? "0" : value >= 100 ? value.toFixed(0) : value.toPrecision(2));
const timeOf = (seconds: number): string => (seconds < 90 ? `${seconds.toFixed(2)} s` : formatSeconds(seconds));
