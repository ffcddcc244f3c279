import type { BinFeature } from "./split-contract.js";
import { type Best, goesTooFar, scoreOfSides, scoreWithin, type Terms } from "./split-terms.js";

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
  const { g: totalG, h: totalH, l1, l2, minSide, constrained, mostStep } = terms;
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
    const score =
      constrained || goesTooFar(g, h, restG, restH, mostStep, l2)
        ? scoreWithin(g, h, restG, restH, terms, l2, monotone)
        : scoreOfSides(g, h, restG, restH, l1, l2);
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
