import type { BinFeature, CategoryOptions } from "./split-contract.js";
import { type Best, goesTooFar, scoreOfSides, scoreWithin, type Terms } from "./split-terms.js";

/**
 * The best group of a category's levels to go left. Few levels are tried each alone; many are put in order of g / (h + smooth), where
 * the best group is a prefix (Fisher 1958), and prefixes are tried from both ends. As in LightGBM: levels of fewer than `smooth` rows
 * stay right, groups have at most so many levels and grow by at least so many rows between tries, and l2 is larger against the
 * optimism of the order. Missing values are one more level where there are any; a level without rows goes right.
 */
export function scanLevels(
  histogram: Float64Array,
  feature: BinFeature,
  index: number,
  terms: Terms,
  options: CategoryOptions,
  room: Float64Array,
  best: Best,
): void {
  const sums = histogram.subarray(2 * feature.offset, 2 * (feature.offset + feature.bins));
  const alone = feature.bins - 1 <= options.oneAgainstRest;
  const levels = alone ? bestAlone(sums, terms, best) : bestPrefix(sums, terms, options, room, best);
  if (levels.length === 0) return;
  best.feature = index;
  best.levels = levels;
  best.missingEmpty = sums[sums.length - 1] === 0 && sums[sums.length - 2] === 0;
}

function bestAlone(sums: Float64Array, terms: Terms, best: Best): number[] {
  let levels: number[] = [];
  for (let bin = 0; 2 * bin < sums.length; bin++)
    if (improves(sums[2 * bin]!, sums[2 * bin + 1]!, terms, terms.l2, best)) levels = [bin];
  return levels;
}

function bestPrefix(
  sums: Float64Array,
  terms: Terms,
  { smooth, maxLevels, minGroupRows }: CategoryOptions,
  room: Float64Array,
  best: Best,
): readonly number[] {
  const bins = sums.length / 2;
  const keys = keysOf(sums, terms, smooth, room);
  const most = Math.min(maxLevels, (keys.length + 1) >> 1);
  const minGroup = terms.ofRows(minGroupRows);
  let levels: readonly number[] = [];
  for (const end of sortedEnds(keys, most)) {
    let g = 0;
    let h = 0;
    let group = 0;
    let better = 0;
    for (let taken = 1; taken <= most; taken++) {
      const bin = levelOf(end[taken - 1]!, bins);
      g += sums[2 * bin]!;
      h += sums[2 * bin + 1]!;
      group += sums[2 * bin + 1]!;
      if (group < minGroup || h < terms.minSide) continue;
      if (terms.h - h < minGroup) break;
      group = 0;
      if (improves(g, h, terms, terms.groupL2, best)) better = taken;
    }
    if (better > 0) levels = Array.from(end.subarray(0, better), (key) => levelOf(key, bins));
  }
  return levels;
}

function improves(g: number, h: number, terms: Terms, l2: number, best: Best): boolean {
  const restG = terms.g - g;
  const restH = terms.h - h;
  if (h < terms.minSide || restH < terms.minSide) return false;
  const score =
    terms.constrained || goesTooFar(g, h, restG, restH, terms.mostStep, l2)
      ? scoreWithin(g, h, restG, restH, terms, l2, 0)
      : scoreOfSides(g, h, restG, restH, terms.l1, l2);
  if (score <= best.score) return false;
  best.score = score;
  best.g = g;
  best.h = h;
  best.l2 = l2;
  return true;
}

/**
 * Keys of the levels with rows enough, in the order of g / (h + smooth). Plain numbers sort many times faster than by a comparison, so
 * a key is a whole number with its level in the last digits; levels that agree in 2^52 / bins steps stand by their codes.
 */
function keysOf(sums: Float64Array, { ofRows, smooth }: Terms, leastRows: number, room: Float64Array): Float64Array {
  const bins = sums.length / 2;
  const least = Math.max(ofRows(leastRows), 1);
  let largest = 0;
  for (let bin = 0; bin < bins; bin++) {
    const h = sums[2 * bin + 1]!;
    const ratio = h < least ? Number.NaN : sums[2 * bin]! / (h + smooth);
    if (Math.abs(ratio) > largest) largest = Math.abs(ratio);
    room[bin] = ratio;
  }
  const steps = Math.floor(2 ** 52 / bins) / (largest || 1);
  let used = 0;
  for (let bin = 0; bin < bins; bin++) {
    const ratio = room[bin]!;
    if (!Number.isNaN(ratio)) room[used++] = Math.floor(ratio * steps) * bins + bin;
  }
  return room.subarray(0, used);
}

const levelOf = (key: number, bins: number): number => key - Math.floor(key / bins) * bins;

/** The smallest keys upwards and the largest downwards, at least so many of each: of many keys, only their buckets are sorted. */
function sortedEnds(keys: Float64Array, most: number): readonly [Float64Array, Float64Array] {
  if (keys.length < 4 * most) return [keys.sort(), keys.slice().reverse()];
  const counts = new Uint32Array(258);
  for (let i = 0; i < keys.length; i++) counts[bucketOf(keys[i]!)]!++;
  let low = 0;
  let high = counts.length - 1;
  let below = counts[low]!;
  let above = counts[high]!;
  while (below < most) below += counts[++low]!;
  while (above < most) above += counts[--high]!;
  const smallest = new Float64Array(below);
  const largest = new Float64Array(above);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    const bucket = bucketOf(key);
    if (bucket <= low) smallest[--below] = key;
    if (bucket >= high) largest[--above] = key;
  }
  return [smallest.sort(), largest.sort().reverse()];
}

/** 0 .. 257, rising with the key, which is within 2^52 and the number of bins. */
const bucketOf = (key: number): number => (key * 2 ** -45 + 129) | 0;
