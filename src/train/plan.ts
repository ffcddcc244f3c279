import { statfsSync } from "node:fs";
import type { Column } from "../base/schema.js";
import { formatBytes, formatCount } from "../base/units.js";
import { mixedWarnings } from "../data/mixed.js";
import { describeSource } from "../data/source.js";
import { foldsAsked, validateOf } from "../data/split.js";
import { columnsOf } from "../expr/expr.js";
import { parseExpr } from "../expr/parse.js";
import { learnerNamed } from "../learners/index.js";
import { isMllib } from "../learners/mllib.js";
import { passesFor } from "../learners/sparse/params.js";
import { defaultShare } from "../learners/trees/sampling.js";
import { whereSummed } from "../rows/where-summed.js";
import type { Scan, TextScan } from "../sources/scan.js";
import type { Workspace } from "../workspace/workspace.js";
import { sampleRowsFor } from "./choice.js";
import type { Plan, TrainSpec, Warning } from "./spec.js";

// Rates of one core, measured on 10 M x 20 floats, on the flights and on CSV (bench/RESULTS.md); the range around the sum says how
// far they can be trusted. A category weighs as several numbers: its levels have weights and second derivatives of their own.
const askValuesPerSecond = 140e6;
const encodeValuesPerSecond = 28e6;
const passValuesPerSecond = 270e6;
const textBytesPerSecond = 45e6;
const growValuesPerSecond = 100e6; // rows times columns times trees
const valuesOfCategory = 8;
const startSeconds = 0.6;
const trialSeconds = 0.8; // two small trainings' fixed costs
const trialValuesPerSecond = 0.6e6;
// One core takes texts apart and one learns; with 20 classes a word costs 100 ns, with two 20 ns.
const wordsPerSecond = 12e6;
const learnedWordsPerSecond = 20e6;
const textRowBytes = 60;
const bytesOfWord = 6.5;
const dollarsPerCoreHour = 0.05;
// Of a cluster, measured on two cores (docs/spark.md): a query costs its start whatever it reads.
const clusterStartSeconds = 4;
const queryStartSeconds = 0.8;
const clusterAskValuesPerSecond = 5e6;
const clusterEncodeValuesPerSecond = 2.5e6;
const travelBytesPerSecond = 50e6;
/** Queries of a training whatever its rows and columns: opening, labels, counting, checks that the source is the same. */
const fixedQueries = 14;
const columnsPerQuery = 25;

export const planTraining = async (spec: TrainSpec, workspace: Workspace): Promise<Plan> =>
  planFor(spec, await describeSource(spec.sources, spec, workspace), workspace);

export async function planFor(spec: TrainSpec, scan: Scan, workspace: Workspace): Promise<Plan> {
  const names = scan.schema.columns.map(({ name }) => name);
  const label = parseExpr(spec.label, names);
  const where = spec.where === undefined ? undefined : parseExpr(spec.where, names);
  const bytes = scan.files.reduce((sum, file) => sum + file.bytes, 0);
  const { rows, exact } = await countOrGuess(scan, bytes, workspace);
  const dropped = new Set([
    ...(spec.drop ?? []),
    ...columnsOf(label),
    ...[spec.id, spec.time, spec.group, spec.weight].filter((name) => name !== undefined),
  ]);
  const features = scan.schema.columns.filter(({ name }) => !dropped.has(name));
  const width = features.reduce((sum, column) => sum + widthOf(column), 0);
  const share = spec.sample ?? 1;
  const kept = rows * share;
  const { threads, peakBytes } = workspace.plan;
  const learner = spec.learner ?? "logistic";
  const sparse = learner.startsWith("sparse");
  const learningPasses = sparse
    ? passesFor(Number(spec.params?.["passes"] ?? 0), kept)
    : ({ baseline: 1, linear: 1, logistic: 3, sgd: 4 }[learner] ?? 3);
  const judging =
    (validateOf(spec) === "none" ? 0 : 1) + (spec.calibrate === undefined ? 0 : 1) + (spec.test?.length ?? 0);
  const text = !["parquet", "table", "spark"].includes(scan.format);

  const asked = rows * Math.max(1, features.length);
  const weighed = kept * features.reduce((sum, { type }) => sum + (type.kind === "text" ? valuesOfCategory : 1), 1);
  const later = learningPasses - 1 + judging;
  const words = sparse ? kept * wordsOfRow(scan, features, bytes / Math.max(1, rows)) : 0;
  const named = spec.learner === undefined || isMllib(spec.learner) ? undefined : learnerNamed(spec.learner);
  const size = { rows: Math.round(kept), columns: features.length, width };
  const sums = named && workspace.engine.hold ? whereSummed(spec, workspace.engine, named, size) : undefined;
  const cluster = await clusterPlan(scan, workspace, {
    rows,
    columns: features.length,
    // Sums alone come back, and a sample to start from.
    travelling: sums?.where === "cluster" || isMllib(spec.learner ?? "") ? Math.min(kept, 32_768) : kept,
    rowBytes: 4 * width + 9,
    weighed,
    passes: sums?.where === "cluster" ? learningPasses : 0,
  });
  // Whatever the number of folds.
  const once = {
    start: { what: "start", seconds: startSeconds },
    landing: text ? [{ what: "land the text as Parquet", seconds: bytes / (textBytesPerSecond * threads) }] : [],
    choosing: choosing(spec, kept, features.length, threads),
  };
  const stages = [
    once.start,
    ...(cluster ? [{ what: `${cluster.queries} queries on the cluster`, seconds: cluster.seconds }] : []),
    ...once.landing,
    ...(cluster
      ? [
          {
            what: `${formatBytes(cluster.travelBytes)} of encoded rows come here`,
            seconds: cluster.travelBytes / travelBytesPerSecond,
          },
        ]
      : [{ what: "count and ask for statistics", seconds: asked / (askValuesPerSecond * threads) }]),
    ...once.choosing,
    ...(cluster
      ? []
      : [{ what: "read and encode, with the first pass", seconds: weighed / (encodeValuesPerSecond * threads) }]),
    ...(sums?.where === "cluster"
      ? []
      : [{ what: `${later} more passes over pages`, seconds: (later * weighed) / (passValuesPerSecond * threads) }]),
  ];
  if (words > 0) {
    stages.push({ what: "take texts apart", seconds: words / wordsPerSecond });
    stages.push({ what: "learn from words", seconds: (learningPasses * words) / learnedWordsPerSecond });
  }
  if (learner === "boosting") {
    const trees = Number(spec.params?.["trees"] ?? 100);
    const grown = kept * defaultShare(kept) * Math.max(1, features.length) * trees;
    stages.push({ what: `grow ${trees} trees`, seconds: grown / (growValuesPerSecond * threads) });
  }
  const folds = foldsAsked(spec)?.k ?? 0;
  if (folds > 0) {
    const each = secondsOf(stages) - secondsOf([once.start, ...once.landing, ...once.choosing]);
    stages.push({ what: `judge by ${folds} folds, as many trainings`, seconds: folds * each });
  }
  const seconds = secondsOf(stages);
  const cacheBytes = sums?.where === "cluster" ? 0 : kept * (4 * width + 9) * (folds + 1) + (text ? bytes * 0.4 : 0);
  const advice: string[] = [];
  const warnings: Warning[] = await mixedWarnings(scan, undefined, workspace.local);
  if (where)
    advice.push(`--where is applied while reading; the plan counts all rows, since how many pass is not known before`);
  if (sums)
    advice.push(
      `passes over the rows run ${sums.where === "cluster" ? "on the cluster" : "on pages here"} (${sums.why})`,
    );
  if (seconds > 120 && share === 1)
    advice.push(
      `try --sample 1% first: about ${Math.max(2, Math.round(startSeconds + seconds * 0.3))} s, and enough to see whether the label can be learned`,
    );
  if (threads < 2)
    advice.push(`the budget allows one thread; ${formatBytes(workspace.plan.neededBytes + 120e6)} would allow two`);
  if (!exact) advice.push("rows of a text file are estimated from what was looked at of it; training counts them");
  const free = freeBytes(workspace.home.cache);
  if (free !== undefined && free < cacheBytes * 1.2)
    warnings.push({
      code: "disk_full",
      message: `the cache needs about ${formatBytes(cacheBytes)} and its disk has ${formatBytes(free)} left; name another place with --cache`,
    });
  return {
    rows: Math.round(rows),
    rowsExact: exact,
    bytes,
    passes: (learningPasses + judging) * (folds + 1),
    peakBytes: Math.min(peakBytes, workspace.budgetBytes),
    seconds: [round(seconds * 0.6), round(seconds * 2.5)],
    cacheBytes: Math.round(cacheBytes),
    columns: features.length,
    ...(sums ? { sums } : {}),
    ...(cluster ? { cluster: { ...cluster, seconds: round(cluster.seconds) } } : {}),
    stages: stages.map((stage) => ({ ...stage, seconds: round(stage.seconds) })),
    advice,
    warnings,
    cost: (seconds / 3600) * threads * dollarsPerCoreHour,
  };
}

const secondsOf = (stages: readonly { readonly seconds: number }[]): number =>
  stages.reduce((sum, { seconds }) => sum + seconds, 0);

/** What a cluster does of a training; nothing where the rows are read here. */
async function clusterPlan(
  scan: Scan,
  { engine }: Workspace,
  of: {
    readonly rows: number;
    readonly columns: number;
    readonly travelling: number;
    readonly rowBytes: number;
    readonly weighed: number;
    readonly passes: number;
  },
): Promise<Plan["cluster"]> {
  if (engine.name !== "spark" || scan.format !== "spark") return undefined;
  const cores = (await engine.cores?.().catch(() => undefined)) ?? 1;
  const asking = Math.ceil(of.columns / columnsPerQuery);
  const sums = of.passes * Math.max(1, Math.ceil((of.columns * (of.columns + 1)) / 400));
  const queries = fixedQueries + 4 * asking + sums;
  const asked = of.rows * of.columns * (3 + of.passes);
  return {
    cores,
    queries,
    travelBytes: Math.round(of.travelling * of.rowBytes),
    seconds:
      clusterStartSeconds +
      queries * queryStartSeconds +
      asked / (clusterAskValuesPerSecond * cores) +
      of.weighed / (clusterEncodeValuesPerSecond * cores),
  };
}

/** Words of a row's free text, which columns of text have when rows are long: what is in a file tells the training alone. */
function wordsOfRow(scan: Scan, features: readonly Column[], rowBytes: number): number {
  const texts = features.filter(({ type }) => type.kind === "text").length;
  const written = scan.format === "parquet" ? 3 * rowBytes : rowBytes; // Parquet packs text to a third or so
  return texts > 0 && written / texts > textRowBytes ? written / bytesOfWord : 0;
}

/** With no learner named, two are tried on a sample first. How many classes there are is not known yet. */
function choosing(spec: TrainSpec, rows: number, columns: number, threads: number): Plan["stages"] {
  if (spec.learner !== undefined) return [];
  const sample = sampleRowsFor(rows, columns, 1);
  if (sample === 0) return [];
  const seconds = trialSeconds + (sample * columns) / (trialValuesPerSecond * threads);
  return [{ what: `choose the learner on a sample of ${formatCount(sample)} rows`, seconds }];
}

const round = (seconds: number): number => Math.round(seconds * 10) / 10;

/** Columns of a page that automatic features usually make of a column. */
function widthOf({ type }: Column): number {
  if (type.kind === "timestamp") return 4;
  if (type.kind === "date") return 3;
  return type.kind === "list" || type.kind === "struct" || type.kind === "bytes" || type.kind === "other" ? 0 : 1;
}

async function countOrGuess(
  scan: Scan,
  bytes: number,
  workspace: Workspace,
): Promise<{ rows: number; exact: boolean }> {
  if (workspace.engine.reads(scan)) {
    const [row] = await workspace.engine.rows(
      { kind: "aggregate", from: { kind: "scan", scan }, by: {}, columns: { rows: { agg: "count" } } },
      1,
    );
    return { rows: Number(row?.["rows"] ?? 0), exact: true };
  }
  const { rowsGuess } = scan as TextScan;
  return { rows: rowsGuess ?? bytes / Math.max(20, 9 * scan.schema.columns.length), exact: false };
}

function freeBytes(dir: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(dir);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
