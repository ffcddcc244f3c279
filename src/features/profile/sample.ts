import { canonical } from "../../base/canonical.js";
import type { Value } from "../../base/schema.js";
import { shownValue } from "../formulas.js";
import { quantileOf } from "../statistics/quantiles.js";

export interface SampleFacts {
  /** Of numbers only. */
  readonly mean: number | null;
  readonly deviation: number | null;
  readonly quantiles: readonly { readonly at: number; readonly value: string | number }[];
  /** The most frequent values with their share of all rows. */
  readonly top: readonly { readonly value: string | number; readonly share: number }[];
  /** Equal bins between the 1 % and the 99 % quantile; the outermost hold the rest. */
  readonly histogram: { readonly from: number; readonly to: number; readonly shares: readonly number[] } | null;
}

export const quantilesShown = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99] as const;
export const topShown = 10;
const bins = 20;

export function describeSample(values: readonly Value[], ordered: boolean, kind: string, sampled: number): SampleFacts {
  const top = topOf(values, sampled);
  const none = { mean: null, deviation: null, quantiles: [], top, histogram: null };
  if (!ordered || values.length === 0) return none;
  const sorted = Float64Array.from(values, orderOf).filter(Number.isFinite).sort();
  if (sorted.length === 0) return none;
  const isTime = kind === "date" || kind === "timestamp";
  const mean = sorted.reduce((sum, x) => sum + x, 0) / sorted.length;
  const deviation = Math.sqrt(sorted.reduce((sum, x) => sum + (x - mean) ** 2, 0) / sorted.length);
  return {
    mean: isTime ? null : mean,
    deviation: isTime ? null : deviation,
    quantiles: quantilesShown.map((at) => ({ at, value: shownOrder(quantileOf(sorted, at), kind) })),
    top,
    histogram: histogramOf(sorted),
  };
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

/** No list where nearly every value stands alone. */
function topOf(values: readonly Value[], sampled: number): SampleFacts["top"] {
  const keyOf = (value: Value): string | number | bigint | boolean => (typeof value === "object" ? canonical(value) : value);
  const counts = new Map<string | number | bigint | boolean, number>();
  for (const value of values) {
    const key = keyOf(value);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  if (counts.size > 0.9 * values.length && values.length > topShown) return [];
  const shownKey = new Map(values.map((value) => [keyOf(value), shownValue(value)]));
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || (shownKey.get(a)! < shownKey.get(b)! ? -1 : 1))
    .slice(0, topShown)
    .map(([key, count]) => ({ value: typeof key === "number" ? key : shownKey.get(key)!, share: count / Math.max(1, sampled) }));
}

export function histogramOf(sorted: Float64Array): SampleFacts["histogram"] {
  const [from, to] = [quantileOf(sorted, 0.01), quantileOf(sorted, 0.99)];
  if (!(to > from)) return null;
  const counts = new Array<number>(bins).fill(0);
  for (const x of sorted) counts[Math.max(0, Math.min(bins - 1, Math.floor(((x - from) / (to - from)) * bins)))]!++;
  return { from, to, shares: counts.map((count) => count / sorted.length) };
}
