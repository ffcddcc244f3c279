import type { Row, Value } from "../../base/schema.js";
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
  /** A number is cut into so many ranges, or taken by value when it has no more values. */
  bins: 256,
} as const;

export type Task = "binary" | "multiclass" | "regression";

/** How well a column alone predicts the label on half of the rows after looking at the other half, when that is suspicious. */
export function tellsLabel(name: string, x: readonly Value[], rows: readonly Row[], task: Task): string | undefined {
  if (x.length < 2 * leakLimits.fewestRows) return undefined;
  const cells = cellsOf(x);
  const held = formatCount(Math.floor(x.length / 2));
  if (task === "regression") {
    const y = rows.map((row) => asNumber(row["y"]!) ?? 0);
    const r2 = Math.max(binnedR2(cells, y), correlation(x.map(asNumber), y) ** 2);
    return r2 >= leakLimits.r2
      ? `"${name}" alone explains ${percent(r2)} of the label's variance (${held} rows)`
      : undefined;
  }
  const classes = new Map<string, number>();
  const y = rows.map((row) => {
    const key = String(asNumber(row["y"]!) ?? row["y"]);
    if (!classes.has(key)) classes.set(key, classes.size);
    return classes.get(key)!;
  });
  if (task === "binary" || classes.size === 2) {
    const auc = singleAuc(cells, y);
    return auc !== undefined && auc >= leakLimits.auc
      ? `"${name}" alone tells the label almost surely: AUC ${auc.toFixed(4)} on ${held} rows`
      : undefined;
  }
  const removed = errorsRemoved(cells, y, classes.size);
  return removed !== undefined && removed >= leakLimits.errorsRemoved
    ? `"${name}" alone tells the label almost surely: it takes away ${percent(removed)} of the errors (${held} rows)`
    : undefined;
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

export function asNumber(value: Value): number | null {
  if (value === null) return null;
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") return Number(value);
  if (typeof value === "object" && "days" in value) return value.days * 86_400e6;
  return typeof value === "object" && "micros" in value ? Number(value.micros) : null;
}

/** A cell number per row: the value of a text, a quantile bin of a number; missing has its own. */
function cellsOf(x: readonly Value[]): Int32Array {
  const numbers = x.map(asNumber);
  const sorted = Float64Array.from(
    numbers.filter((value): value is number => value !== null && Number.isFinite(value)),
  ).sort();
  const out = new Int32Array(x.length);
  if (sorted.length > 0) {
    const bins = Math.min(leakLimits.bins, Math.ceil(sorted.length / 40));
    const values = [...new Set(sorted)];
    const edges =
      values.length <= leakLimits.bins
        ? values
        : [...new Set(Array.from({ length: bins }, (_, i) => sorted[Math.floor((i / bins) * sorted.length)]!))];
    numbers.forEach((value, i) => {
      out[i] = value === null ? 0 : 1 + bisect(edges, value);
    });
    return out;
  }
  const codes = new Map<string, number>();
  x.forEach((value, i) => {
    const key = value === null ? null : String(value);
    if (key !== null && !codes.has(key)) codes.set(key, codes.size + 1);
    out[i] = key === null ? 0 : codes.get(key)!;
  });
  return out;
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
function sumsByCell(cells: Int32Array, values: readonly number[]): Map<number, { n: number; sum: number }> {
  const sums = new Map<number, { n: number; sum: number }>();
  for (let i = 0; i < cells.length; i += 2) {
    const cell = sums.get(cells[i]!) ?? { n: 0, sum: 0 };
    cell.n++;
    cell.sum += values[i]!;
    sums.set(cells[i]!, cell);
  }
  return sums;
}

function binnedR2(cells: Int32Array, y: readonly number[]): number {
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
function correlation(x: readonly (number | null)[], y: readonly number[]): number {
  const pairs = x
    .map((value, i) => [value, y[i]!] as const)
    .filter((pair): pair is readonly [number, number] => Number.isFinite(pair[0]));
  if (pairs.length < leakLimits.fewestRows) return 0;
  const mean = (at: 0 | 1): number => pairs.reduce((sum, pair) => sum + pair[at], 0) / pairs.length;
  const [mx, my] = [mean(0), mean(1)];
  let [xx, yy, xy] = [0, 0, 0];
  for (const [a, b] of pairs) {
    xx += (a - mx) ** 2;
    yy += (b - my) ** 2;
    xy += (a - mx) * (b - my);
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : 0;
}

/** The area under the ROC curve of the cells' shares of class 1, on the rows that did not make them. */
function singleAuc(cells: Int32Array, y: readonly number[]): number | undefined {
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

function errorsRemoved(cells: Int32Array, y: readonly number[], classes: number): number | undefined {
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
