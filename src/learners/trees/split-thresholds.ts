import { leafValue } from "./leaf-value.js";
import type { BinFeature } from "./split-contract.js";
import { type Best, scoreOf, type Terms } from "./split-terms.js";

/** The best threshold of a number, its missing values on the right and, where there are any, on the left. */
export function scanThresholds(
  histogram: Float64Array,
  feature: BinFeature,
  index: number,
  terms: Terms,
  monotone: -1 | 0 | 1,
  best: Best,
): void {
  const missing = 2 * (feature.offset + feature.bins - 1);
  const missingG = histogram[missing]!;
  const missingH = histogram[missing + 1]!;
  scanOneWay(histogram, feature, index, terms, monotone, 0, 0, best);
  if (missingG !== 0 || missingH !== 0)
    scanOneWay(histogram, feature, index, terms, monotone, missingG, missingH, best);
  else if (best.feature === index) best.missingLeft = 2 * best.h > terms.h;
}

/** Tries each bin as the last one on the left, where `g` and `h` (of missing values, or nothing) lie already. */
function scanOneWay(
  histogram: Float64Array,
  feature: BinFeature,
  index: number,
  terms: Terms,
  monotone: -1 | 0 | 1,
  missingG: number,
  missingH: number,
  best: Best,
): void {
  const { g: totalG, h: totalH, l1, l2, minSide } = terms;
  const free = monotone === 0 && !terms.bounded;
  const from = 2 * feature.offset;
  const to = from + 2 * (feature.bins - 1);
  let g = missingG;
  let h = missingH;
  for (let at = from; at < to; at += 2) {
    g += histogram[at]!;
    h += histogram[at + 1]!;
    if (h < minSide) continue;
    const restG = totalG - g;
    const restH = totalH - h;
    if (restH < minSide) break;
    let score: number;
    if (free) {
      const left = Math.max(Math.abs(g) - l1, 0);
      const right = Math.max(Math.abs(restG) - l1, 0);
      score = (left * left) / (h + l2) + (right * right) / (restH + l2);
    } else if (keepsOrder(g, h, terms, monotone)) score = scoreOf(g, h, terms, l2) + scoreOf(restG, restH, terms, l2);
    else continue;
    if (score < best.score) continue;
    const threshold = (at - from) / 2;
    if (score === best.score && (best.feature !== index || best.threshold <= threshold)) continue;
    best.score = score;
    best.feature = index;
    best.threshold = threshold;
    best.missingLeft = missingG !== 0 || missingH !== 0;
    best.g = g;
    best.h = h;
    best.l2 = l2;
  }
}

function keepsOrder(g: number, h: number, { g: totalG, h: totalH, l1, l2, bounds }: Terms, monotone: -1 | 0 | 1) {
  if (monotone === 0) return true;
  const left = leafValue(g, h, { l1, l2 }, bounds);
  const right = leafValue(totalG - g, totalH - h, { l1, l2 }, bounds);
  return monotone > 0 ? left <= right : left >= right;
}
