import type { Row, Schema, Value } from "../base/schema.js";
import { formatCount } from "../base/units.js";
import { col, type Expr, lit } from "../expr/expr.js";
import type { Relation } from "../expr/relation.js";
import { countRows, inSample, type StatisticsOptions } from "./statistics/ask.js";

export interface LeakWarning {
  readonly code: "leak";
  readonly column: string;
  readonly message: string;
}

export interface LeakOptions extends StatisticsOptions {
  readonly label: Expr;
  readonly task: "binary" | "multiclass" | "regression";
  /** Columns that features read. */
  readonly columns: readonly string[];
  readonly schema: Schema;
  /** The column that says when the event was, if one was named. */
  readonly time?: string;
  /** Columns the user vouches for. */
  readonly allowed?: readonly string[];
}

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

/**
 * Columns that know too much: alone, they predict the label almost surely on half of a seeded sample after looking at the
 * other half; or they are times that always lie after the event.
 */
export async function leakWarnings(options: LeakOptions): Promise<LeakWarning[]> {
  const allowed = new Set(options.allowed);
  const asked = new Set(options.columns);
  const candidates = options.schema.columns.filter(({ name, type }) => asked.has(name) && !allowed.has(name) && comparable(type.kind));
  if (candidates.length === 0) return [];
  const rows = await countRows(options);
  const wanted = Math.max(2000, Math.min(leakLimits.sampleRows, Math.floor(leakLimits.sampleValues / candidates.length)));
  const where = inSample(options.seed, wanted, rows);
  const from: Relation = where.kind === "lit" ? options.relation : { kind: "filter", from: options.relation, where };
  const warnings: LeakWarning[] = [];
  const width = Math.max(1, Math.floor(2e6 / wanted));
  for (let at = 0; at < candidates.length; at += width) {
    const block = candidates.slice(at, at + width);
    const columns: Record<string, Expr> = { y: options.label, t: options.time === undefined ? lit(null) : col(options.time) };
    block.forEach(({ name }, i) => {
      columns[`x${i}`] = col(name);
    });
    const sample = await options.engine.rows({ kind: "project", from, columns }, wanted * 2, options.signal);
    const known = sample.filter((row) => row["y"] !== null);
    block.forEach(({ name, type }, i) => {
      const x = known.map((row) => row[`x${i}`] ?? null);
      const problem = isTime(type.kind) && options.time !== undefined && afterEvent(x, known) ? afterText(name, options.time) : tellsLabel(name, x, known, options.task);
      if (problem) warnings.push({ code: "leak", column: name, message: `${problem}. ${remedy(name)}` });
    });
  }
  return warnings;
}

const comparable = (kind: string): boolean => ["bool", "int64", "real", "decimal", "text", "date", "timestamp"].includes(kind);
const isTime = (kind: string): boolean => kind === "date" || kind === "timestamp";
const quoted = (name: string): string => (/^\w+$/.test(name) ? name : `'${name}'`);
const remedy = (name: string): string =>
  `If it is known only after the event, leave it out: --drop ${quoted(name)}; if it is known before, say so: --allow-leak ${quoted(name)}`;
const afterText = (name: string, time: string): string => `"${name}" always lies after "${time}", so it was recorded after the event`;

function afterEvent(x: readonly Value[], rows: readonly Row[]): boolean {
  let pairs = 0;
  for (const [i, value] of x.entries()) {
    const [later, event] = [asNumber(value), asNumber(rows[i]!["t"] ?? null)];
    if (later === null || event === null) continue;
    if (later <= event) return false;
    pairs++;
  }
  return pairs >= leakLimits.fewestRows;
}

function tellsLabel(name: string, x: readonly Value[], rows: readonly Row[], task: LeakOptions["task"]): string | undefined {
  if (x.length < 2 * leakLimits.fewestRows) return undefined;
  const cells = cellsOf(x);
  const held = formatCount(Math.floor(x.length / 2));
  if (task === "regression") {
    const y = rows.map((row) => asNumber(row["y"]!) ?? 0);
    const r2 = Math.max(binnedR2(cells, y), correlation(x.map(asNumber), y) ** 2);
    return r2 >= leakLimits.r2 ? `"${name}" alone explains ${percent(r2)} of the label's variance (${held} rows)` : undefined;
  }
  const classes = new Map<string, number>();
  const y = rows.map((row) => {
    const key = String(asNumber(row["y"]!) ?? row["y"]);
    if (!classes.has(key)) classes.set(key, classes.size);
    return classes.get(key)!;
  });
  if (task === "binary" || classes.size === 2) {
    const auc = singleAuc(cells, y);
    return auc !== undefined && auc >= leakLimits.auc ? `"${name}" alone tells the label almost surely: AUC ${auc.toFixed(4)} on ${held} rows` : undefined;
  }
  const removed = errorsRemoved(cells, y, classes.size);
  return removed !== undefined && removed >= leakLimits.errorsRemoved
    ? `"${name}" alone tells the label almost surely: it takes away ${percent(removed)} of the errors (${held} rows)`
    : undefined;
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

function asNumber(value: Value): number | null {
  if (value === null) return null;
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") return Number(value);
  if (typeof value === "object" && "days" in value) return value.days * 86_400e6;
  return typeof value === "object" && "micros" in value ? Number(value.micros) : null;
}

/** A cell number per row: the value of a text, a quantile bin of a number; missing has its own. */
function cellsOf(x: readonly Value[]): Int32Array {
  const numbers = x.map(asNumber);
  const sorted = Float64Array.from(numbers.filter((value): value is number => value !== null && Number.isFinite(value))).sort();
  const out = new Int32Array(x.length);
  if (sorted.length > 0) {
    const bins = Math.min(leakLimits.bins, Math.ceil(sorted.length / 40));
    const values = [...new Set(sorted)];
    const edges = values.length <= leakLimits.bins ? values : [...new Set(Array.from({ length: bins }, (_, i) => sorted[Math.floor((i / bins) * sorted.length)]!))];
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
  const pairs = x.map((value, i) => [value, y[i]!] as const).filter((pair): pair is readonly [number, number] => Number.isFinite(pair[0]));
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
