import { advanceHead, sizeCounters } from "./binned-rows.js";

/** Weight of hessians in a row's size for minimal variance sampling. */
export const drawLambda = 0.1;

/**
 * The border mu of minimal variance sampling (Ibragimov and Gusev 2019): rows of size m are drawn with probability min(1, m / mu), and
 * the counts of sizes say which mu draws `target` rows. A counter holds the sizes whose float32 begins with its 16 bits.
 */
export function drawBorder(counts: Float64Array, target: number): number {
  const view = new DataView(new ArrayBuffer(4));
  const size = (bin: number): number => {
    view.setUint32(0, bin * 65_536 + 32_768);
    return view.getFloat32(0);
  };
  // From the largest down: those above mu are all drawn, those below by their share of it.
  let total = 0;
  let rows = 0;
  for (let bin = 0; bin < 0x7f80; bin++) {
    rows += counts[bin]!;
    if (counts[bin]! > 0) total += counts[bin]! * size(bin);
  }
  if (rows <= target || total === 0) return 0;
  let above = 0;
  for (let bin = 0x7f7f; bin >= 0; bin--) {
    if (counts[bin] === 0) continue;
    // With mu at the upper end of this bin: above + total / mu rows.
    if (target > above && total / (target - above) >= size(bin)) return total / (target - above);
    above += counts[bin]!;
    total -= counts[bin]! * size(bin);
  }
  return 0;
}

export const sizesOf = (answer: Float64Array, outputs: number): Float64Array =>
  answer.subarray(advanceHead + 2 * outputs, advanceHead + 2 * outputs + sizeCounters);

/** All rows up to 20 million: a tree on fewer would hardly grow faster, since all scores are updated all the same. Beyond it 10 million. */
export const defaultShare = (rows: number): number => (rows <= 20e6 ? 1 : 10e6 / rows);
