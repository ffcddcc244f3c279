import { formatCount } from "../../base/units.js";

export const leakLimits = {
  sampleRows: 50_000,
  /** Values read into this process at most: a very wide table gets a smaller sample. */
  sampleValues: 20e6,
  fewestRows: 200,
  fewestOfClass: 20,
  /** From here on a single column is suspicious. */
  auc: 0.98,
  /** Multiclass: the share of the errors of always saying the largest class that the column takes away. */
  errorsRemoved: 0.98,
  r2: 0.98,
  /** From here on it is a doubt, whatever its name; and with a name that speaks of what comes after, from the lower ones on. */
  doubt: { auc: 0.9, r2: 0.9 },
  doubtByName: { auc: 0.7, r2: 0.3 },
  /** A number is cut into so many ranges, or taken by value when it has no more values. */
  bins: 256,
} as const;

export type Task = "binary" | "multiclass" | "regression";

/** A column's values on the sampled rows: numbers, or (of text) numbers that stand for the texts; NaN where missing. */
export interface Sampled {
  readonly values: Float64Array;
  readonly isText: boolean;
}

/** A column's values, NaN where missing; those of text are mere names. */
export interface Values {
  readonly values: Float64Array;
  readonly ordered: boolean;
}

/** What one column alone tells of the label. */
export interface Told {
  readonly sure: boolean;
  readonly message: string;
}

/** Words for what is known when all is over. */
const afterwards =
  /(^|[^a-z])(duration|elapsed|actual|arrival|arr|outcome|result|final|total|ended|end|closed|close|cancell?ed|refund(ed)?|paid|settled|resolved|discharged?|returned|completed|landing|taxi in|winner|won|score)([^a-z]|$)/;
export const speaksOfAfterwards = (name: string): boolean =>
  afterwards.test(
    name
      .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
      .replaceAll(/[_.-]+/g, " ")
      .toLowerCase(),
  );

/** How well a column alone predicts the label on half of the rows after looking at the other half, when that is suspicious. */
export function tellsLabel(name: string, x: Values, label: Float64Array, task: Task): Told | undefined {
  if (label.length < 2 * leakLimits.fewestRows) return undefined;
  const doubtful = speaksOfAfterwards(name) ? leakLimits.doubtByName : leakLimits.doubt;
  const known = "Would it be known when a prediction is asked for?";
  const cells = cellsOf(x);
  const held = formatCount(Math.floor(label.length / 2));
  if (task === "regression") {
    const r2 = Math.max(binnedR2(cells, label), x.ordered ? correlation(x.values, label) ** 2 : 0);
    const explains = `"${name}" alone explains ${percent(r2)} of the label's variance (${held} rows)`;
    if (r2 >= leakLimits.r2) return { sure: true, message: explains };
    return r2 >= doubtful.r2 ? { sure: false, message: `${explains}. ${known}` } : undefined;
  }
  const classes = new Map([...new Set(label)].map((value, code) => [value, code]));
  const y = label.map((value) => classes.get(value)!);
  if (classes.size === 2) {
    const auc = singleAuc(cells, y);
    if (auc === undefined || auc < doubtful.auc) return undefined;
    const reached = `AUC ${auc.toFixed(4)} on ${held} rows`;
    return auc >= leakLimits.auc
      ? { sure: true, message: `"${name}" alone tells the label almost surely: ${reached}` }
      : { sure: false, message: `"${name}" alone tells much of the label: ${reached}. ${known}` };
  }
  const removed = errorsRemoved(cells, y, classes.size);
  return removed !== undefined && removed >= leakLimits.errorsRemoved
    ? {
        sure: true,
        message: `"${name}" alone tells the label almost surely: it takes away ${percent(removed)} of the errors (${held} rows)`,
      }
    : undefined;
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** A cell number per row: each value of a text or of a number with few, a quantile range of another; missing has its own. */
function cellsOf({ values, ordered }: Values): Int32Array {
  const present = values.filter((value) => !Number.isNaN(value)).sort();
  const distinct = [...new Set(present)];
  const bins = Math.min(leakLimits.bins, Math.ceil(present.length / 40));
  const edges =
    !ordered || distinct.length <= leakLimits.bins
      ? distinct
      : [...new Set(Array.from({ length: bins }, (_, i) => present[Math.floor((i / bins) * present.length)]!))];
  return Int32Array.from(values, (value) => (Number.isNaN(value) ? 0 : 1 + bisect(edges, value)));
}

/** How many edges are at most the value. */
function bisect(edges: readonly number[], value: number): number {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Sums of each cell over the even rows; the odd rows then judge. */
function sumsByCell(cells: Int32Array, values: Float64Array): Map<number, { n: number; sum: number }> {
  const sums = new Map<number, { n: number; sum: number }>();
  for (let i = 0; i < cells.length; i += 2) {
    const cell = sums.get(cells[i]!) ?? { n: 0, sum: 0 };
    cell.n++;
    cell.sum += values[i]!;
    sums.set(cells[i]!, cell);
  }
  return sums;
}

function binnedR2(cells: Int32Array, y: Float64Array): number {
  const sums = sumsByCell(cells, y);
  let [n, total, left, count, seen] = [0, 0, 0, 0, 0];
  for (const cell of sums.values()) [n, total] = [n + cell.n, total + cell.sum];
  const mean = total / n;
  let variance = 0;
  for (let i = 1; i < cells.length; i += 2) {
    const cell = sums.get(cells[i]!);
    const guess = cell ? cell.sum / cell.n : mean;
    if (cell) seen++;
    left += (y[i]! - guess) ** 2;
    variance += (y[i]! - mean) ** 2;
    count++;
  }
  return count > 0 && seen > 0 && variance > 0 ? 1 - left / variance : 0;
}

/** Finds a near-copy of a label whose few large values no bin can follow. */
function correlation(x: Float64Array, y: Float64Array): number {
  const rows = Float64Array.from(x.keys()).filter((row) => Number.isFinite(x[row]));
  if (rows.length < leakLimits.fewestRows) return 0;
  const mean = (of: Float64Array): number => rows.reduce((sum, row) => sum + of[row]!, 0) / rows.length;
  const [mx, my] = [mean(x), mean(y)];
  let [xx, yy, xy] = [0, 0, 0];
  for (const row of rows) {
    const [a, b] = [x[row]! - mx, y[row]! - my];
    [xx, yy, xy] = [xx + a * a, yy + b * b, xy + a * b];
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : 0;
}

/** The area under the ROC curve of the cells' shares of class 1, on the rows that did not make them. */
function singleAuc(cells: Int32Array, y: Float64Array): number | undefined {
  const sums = sumsByCell(cells, y);
  let [n, ones] = [0, 0];
  for (const cell of sums.values()) [n, ones] = [n + cell.n, ones + cell.sum];
  const groups = new Map<number, [zeros: number, ones: number]>();
  let [negatives, positives] = [0, 0];
  for (let i = 1; i < cells.length; i += 2) {
    const cell = sums.get(cells[i]!);
    const score = cell ? cell.sum / cell.n : ones / n;
    const group = groups.get(score) ?? [0, 0];
    group[y[i] === 1 ? 1 : 0]++;
    groups.set(score, group);
    if (y[i] === 1) positives++;
    else negatives++;
  }
  if (Math.min(positives, negatives) < leakLimits.fewestOfClass) return undefined;
  let [below, area] = [0, 0];
  for (const [, [zeros, hits]] of [...groups].sort(([a], [b]) => a - b)) {
    area += hits * (below + zeros / 2);
    below += zeros;
  }
  return area / (positives * negatives);
}

function errorsRemoved(cells: Int32Array, y: Float64Array, classes: number): number | undefined {
  const counts = new Map<number, Float64Array>();
  const all = new Float64Array(classes);
  for (let i = 0; i < cells.length; i += 2) {
    const cell = counts.get(cells[i]!) ?? new Float64Array(classes);
    cell[y[i]!]!++;
    all[y[i]!]!++;
    counts.set(cells[i]!, cell);
  }
  const largest = (of: Float64Array): number => of.reduce((best, count, k) => (count > of[best]! ? k : best), 0);
  const usual = largest(all);
  const best = new Map([...counts].map(([cell, of]) => [cell, largest(of)]));
  let [wrong, wrongUsual] = [0, 0];
  for (let i = 1; i < cells.length; i += 2) {
    if ((best.get(cells[i]!) ?? usual) !== y[i]) wrong++;
    if (usual !== y[i]) wrongUsual++;
  }
  return wrongUsual < leakLimits.fewestOfClass ? undefined : 1 - wrong / wrongUsual;
}
