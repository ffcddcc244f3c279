import type { BinFeature, CategoryOptions } from "./split-contract.js";
import { type Best, scoreOf, type Terms } from "./split-terms.js";

/**
 * The best group of a category's levels to go left. Few levels are tried each alone; many are put in order of g / (h + smooth), where
 * the best group is a prefix (Fisher 1958), and prefixes are tried from both ends. As in LightGBM: small levels stay right, groups
 * have at most so many levels and grow by at least so many rows between tries, and l2 is larger against the optimism of the order.
 * Missing values are one more level where there are any; a level without rows goes right.
 */
export function scanLevels(
  histogram: Float64Array,
  feature: BinFeature,
  index: number,
  terms: Terms,
  options: CategoryOptions,
  best: Best,
): void {
  const counts = histogram.subarray(2 * feature.offset, 2 * (feature.offset + feature.bins));
  const tried = feature.bins - 1 <= options.oneAgainstRest ? scanAlone : scanOrdered;
  if (tried(counts, terms, options, best)) best.feature = index;
}

function scanAlone(sums: Float64Array, terms: Terms, _options: CategoryOptions, best: Best): boolean {
  let better = false;
  for (let bin = 0; 2 * bin < sums.length; bin++)
    if (improves(sums[2 * bin]!, sums[2 * bin + 1]!, terms, terms.l2, best)) {
      best.levels = Uint32Array.of(bin);
      better = true;
    }
  return better;
}

function scanOrdered(sums: Float64Array, terms: Terms, options: CategoryOptions, best: Best): boolean {
  const order = ordered(sums, terms, options.smooth);
  const most = Math.min(options.maxLevels, (order.length + 1) >> 1);
  const minGroup = terms.ofRows(options.minGroupRows);
  let better = false;
  for (const fromEnd of [false, true]) {
    let g = 0;
    let h = 0;
    let group = 0;
    for (let taken = 1; taken <= most; taken++) {
      const bin = order[fromEnd ? order.length - taken : taken - 1]!;
      g += sums[2 * bin]!;
      h += sums[2 * bin + 1]!;
      group += sums[2 * bin + 1]!;
      if (h < terms.minSide || group < minGroup) continue;
      if (terms.h - h < minGroup) break;
      group = 0;
      if (improves(g, h, terms, terms.levels.l2, best)) {
        best.levels = fromEnd ? order.subarray(order.length - taken) : order.subarray(0, taken);
        better = true;
      }
    }
  }
  return better;
}

function improves(g: number, h: number, terms: Terms, l2: number, best: Best): boolean {
  if (h < terms.minSide || terms.h - h < terms.minSide) return false;
  const score = scoreOf(g, h, terms, l2) + scoreOf(terms.g - g, terms.h - h, terms, l2);
  if (score <= best.score) return false;
  best.score = score;
  best.g = g;
  best.h = h;
  best.l2 = l2;
  return true;
}

/** The levels with rows enough, by g / (h + smooth); equal ones by their codes. */
function ordered(sums: Float64Array, { ofRows, levels: { smooth } }: Terms, leastRows: number): Uint32Array {
  const least = Math.max(ofRows(leastRows), 1);
  const keys = new Float64Array(sums.length / 2);
  const order = new Uint32Array(keys.length);
  let used = 0;
  for (let bin = 0; bin < keys.length; bin++) {
    const h = sums[2 * bin + 1]!;
    if (h < least) continue;
    keys[bin] = sums[2 * bin]! / (h + smooth);
    order[used++] = bin;
  }
  return order.subarray(0, used).sort((a, b) => keys[a]! - keys[b]! || a - b);
}
