import type { SparkSession } from "../connection/session.js";
import type { Fetched } from "../frames/literals.js";
import type { Frame } from "../frames/plan.js";
import { type Argument, fetch, fetchFrame, methodOf } from "./fetch.js";
import { helper } from "./table.js";

/** The object of the server that stands for no model. */
const helperId = "______ML_CONNECT_HELPER______";

async function asked(session: SparkSession, name: keyof typeof helper, ...args: readonly Argument[]): Promise<Fetched> {
  const { method } = methodOf("helper", helper, name, args);
  return (await fetch(session, helperId, [method])).value ?? null;
}

const table = (name: keyof typeof helper, ...args: readonly Argument[]): Frame =>
  fetchFrame(helperId, [methodOf("helper", helper, name, args).method]);

/** Deletes what was written at a path of the cluster's. Nothing there is no error. */
export async function removeFiles(session: SparkSession, path: string): Promise<void> {
  await asked(session, "handleOverwrite", path, true);
}

/** Spark's stop words of a language, like "german". */
export const stopWords = async (session: SparkSession, language: string): Promise<readonly string[]> =>
  (await asked(session, "stopWordsRemoverLoadDefaultStopWords", language)) as readonly string[];

/** Pearson's or Spearman's correlations between the features of a vector column: one row with a matrix. */
export const correlation = (rows: Frame, features: string, method: "pearson" | "spearman" = "pearson"): Frame =>
  table("correlation", rows, features, method);

/** Whether each feature of a vector column and the label depend on each other; a row for each feature. */
export const chiSquareTest = (rows: Frame, features: string, label: string): Frame =>
  table("chiSquareTest", rows, features, label, true);

/** Whether a column of numbers looks like a normal distribution of this mean and deviation. */
export const normalityTest = (rows: Frame, sample: string, mean = 0, deviation = 1): Frame =>
  table("kolmogorovSmirnovTest", rows, sample, "norm", [mean, deviation]);

/** Frequent sequences (PrefixSpan) of a column of lists of item sets. */
export const frequentSequences = (
  rows: Frame,
  sequences: string,
  { minSupport = 0.1, maxLength = 10, maxLocalRows = 32_000_000 } = {},
): Frame => table("prefixSpanFindFrequentSequentialPatterns", rows, minSupport, maxLength, maxLocalRows, sequences);

/** Clusters of a graph (power iteration): an edge a row, its ends as whole numbers; gives `id` and `cluster`. */
export const graphClusters = (
  edges: Frame,
  { k = 2, maxIter = 20, start = "random" as "random" | "degree", from = "src", to = "dst", weight = "" } = {},
): Frame => table("powerIterationClusteringAssignClusters", edges, k, maxIter, start, from, to, weight);
