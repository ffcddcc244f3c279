import type { Value } from "../../base/schema.js";
import { shownValue } from "../formulas.js";
import { quantileOf } from "../statistics/quantiles.js";

export interface SampleFacts {
  /** Counted when the sample shows every value often or the profile is exact; else an estimate that is often 10 % off. */
  readonly distinct: number;
  /** Of numbers only. */
  readonly mean: number | null;
  readonly deviation: number | null;
  readonly quantiles: readonly { readonly at: number; readonly value: string | number }[];
  /** The most frequent values with their share of all rows. */
  readonly top: readonly { readonly value: string | number; readonly share: number }[];
  /** Equal bins between the 1 % and the 99 % quantile; the outermost hold the rest. */
  readonly histogram: { readonly from: number; readonly to: number; readonly shares: readonly number[] } | null;
}

export interface ColumnProfile extends SampleFacts {
  readonly name: string;
  readonly type: string;
  readonly missing: number;
  readonly min: string | number | null;
  readonly max: string | number | null;
}

export const quantilesShown = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99] as const;
export const topShown = 10;
const bins = 20;

export interface SampleContext {
  readonly ordered: boolean;
  readonly kind: string;
  /** Rows of the sample, and rows of the source that have the column. */
  readonly sampled: number;
  readonly present: number;
  /** Of the engine, over all rows. */
  readonly estimate: number | undefined;
  /** Values that differ may be one number here. */
  readonly isWide?: boolean;
}

export function describeSample(
  values: readonly Value[],
  { ordered, kind, sampled, present, estimate, isWide = false }: SampleContext,
): SampleFacts {
  const counts = countValues(values);
  const distinct =
    isWide && estimate !== undefined ? estimate : distinctFrom([...counts.values()], values.length, present, estimate);
  const top = isWide && distinct > counts.size ? [] : topOf(counts, values.length, sampled);
  const none = { distinct, mean: null, deviation: null, quantiles: [], top, histogram: null };
  if (!ordered || values.length === 0) return none;
  const sorted = Float64Array.from(values, orderOf).filter(Number.isFinite).sort();
  if (sorted.length === 0) return none;
  const isTime = kind === "date" || kind === "timestamp";
  const { mean, deviation } = momentsOf(values, sorted[sorted.length >> 1]!);
  return {
    distinct,
    mean: isTime ? null : mean,
    deviation: isTime ? null : deviation,
    quantiles: quantilesShown.map((at) => ({ at, value: shownOrder(quantileOf(sorted, at), kind) })),
    top,
    histogram: histogramOf(sorted),
  };
}

/** Summed from the middle on: numbers far from zero for their range would lose in their sum what sets them apart. */
function momentsOf(values: readonly Value[], middle: number): { mean: number; deviation: number } {
  const off = values
    .filter((value) => Number.isFinite(orderOf(value)))
    .map((value) => (typeof value === "bigint" ? Number(value - BigInt(middle)) : orderOf(value) - middle));
  const meanOf = (numbers: readonly number[]): number => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
  const mean = meanOf(off);
  return { mean: middle + mean, deviation: Math.sqrt(meanOf(off.map((x) => (x - mean) ** 2))) };
}

/** As JSON carries it: whole numbers past 2^53, dates, times and infinities as text. */
export function shown(value: Value): string | number | null {
  if (value === null || (typeof value === "number" && Number.isFinite(value))) return value;
  return typeof value === "number" ? String(value) : shownValue(value);
}

/** A value's place on a line: days of a date, microseconds of a time. */
export function orderOf(value: Value): number {
  if (value !== null && typeof value === "object" && "days" in value) return value.days;
  if (value !== null && typeof value === "object" && "micros" in value) return Number(value.micros);
  return Number(value);
}

export function shownOrder(order: number, kind: string): string | number {
  if (kind === "date") return shownValue({ days: Math.round(order) });
  return kind === "timestamp" ? shownValue({ micros: BigInt(Math.round(order)) }) : order;
}

type Key = string | number | bigint | boolean;
const keyOf = (value: Value): Key => (value !== null && typeof value === "object" ? shownValue(value) : (value as Key));

function countValues(values: readonly Value[]): Map<Key, number> {
  const counts = new Map<Key, number>();
  for (const value of values) {
    const key = keyOf(value);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/**
 * Whether a sample of so many rows will show each value often, going by the first rows: few of them differ, or they differ as
 * draws from equally frequent values do, each of which the sample will have eight times.
 */
export function sampleCounts(first: readonly Value[], sampled: number): boolean {
  const counts = [...countValues(first).values()];
  if (counts.length <= first.length / 5) return true;
  const draws = (values: number): number => values * -Math.expm1(-first.length / values);
  let [low, high] = [counts.length, sampled / 8];
  if (draws(high) < counts.length) return false;
  while (high - low > 1)
    [low, high] = draws((low + high) / 2) < counts.length ? [(low + high) / 2, high] : [low, (low + high) / 2];
  return chao(counts) < 1.3 * high;
}

/** Chao's lower bound of the number of values (1984), from how many were seen once and twice. */
function chao(counts: readonly number[]): number {
  const once = counts.filter((count) => count === 1).length;
  const twice = counts.filter((count) => count === 2).length;
  return counts.length + (once * (once - 1)) / (2 * (twice + 1));
}

/** The sample's own count where hardly any value was seen once; else the engine's estimate, or Chao's lower bound. */
function distinctFrom(
  counts: readonly number[],
  sampled: number,
  present: number,
  estimate: number | undefined,
): number {
  if (sampled >= present) return counts.length;
  const once = counts.filter((count) => count === 1).length;
  if (once <= 0.01 * counts.length) return counts.length;
  return Math.min(present, Math.max(counts.length, estimate ?? Math.round(chao(counts))));
}

/** No list where nearly every value stands alone. */
function topOf(counts: ReadonlyMap<Key, number>, length: number, sampled: number): SampleFacts["top"] {
  if (counts.size > 0.9 * length && length > topShown) return [];
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, topShown)
    .map(([key, count]) => ({
      value: typeof key === "number" && Number.isFinite(key) ? key : String(key),
      share: count / Math.max(1, sampled),
    }));
}

export function histogramOf(sorted: Float64Array): SampleFacts["histogram"] {
  const [from, to] = [quantileOf(sorted, 0.01), quantileOf(sorted, 0.99)];
  if (!(to > from)) return null;
  const counts = new Array<number>(bins).fill(0);
  for (const x of sorted) counts[Math.max(0, Math.min(bins - 1, Math.floor(((x - from) / (to - from)) * bins)))]!++;
  return { from, to, shares: counts.map((count) => count / sorted.length) };
}
