import { keyNumber } from "./keys.js";
import type { Bins } from "./sketch.js";

/** Quantiles of the error's size, each with the half width of its bin, and the share of squared error beyond it. */
export function errorQuantiles({
  level,
  count,
  middle,
  a,
  b,
}: Bins): { quantile: number; error: number; bound: number; squaredShare: number }[] {
  const bySize = Array.from({ length: count }, (_, i) => {
    const half = (2 ** level - 1) / 2;
    const [low, high] = [keyNumber(middle[i]! - half), keyNumber(middle[i]! + half)];
    return { error: Math.abs(low + high) / 2, bound: Math.abs(high - low) / 2, weight: a[i]!, square: b[i]! };
  }).sort((one, other) => one.error - other.error);
  const weight = bySize.reduce((sum, bin) => sum + bin.weight, 0);
  const square = bySize.reduce((sum, bin) => sum + bin.square, 0);
  const wanted = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999];
  const out: { quantile: number; error: number; bound: number; squaredShare: number }[] = [];
  let below = 0;
  let squareBelow = 0;
  for (const bin of bySize) {
    below += bin.weight;
    squareBelow += bin.square;
    while (wanted.length > 0 && below >= wanted[0]! * weight * (1 - 1e-12))
      out.push({
        quantile: wanted.shift()!,
        error: bin.error,
        bound: bin.bound,
        squaredShare: square > 0 ? 1 - squareBelow / square : 0,
      });
  }
  return out;
}

/** Mean residual (label minus prediction) in up to 20 groups of about equal weight by prediction. */
export function residualsByPrediction(
  { count, middle, a, b }: Bins,
  groups = 20,
): { predicted: number; residual: number; weight: number }[] {
  const weight = a.reduce((sum, value) => sum + value, 0);
  const out: { predicted: number; residual: number; weight: number }[] = [];
  let here = { predicted: 0, residual: 0, weight: 0 };
  let seen = 0;
  for (let i = 0; i < count; i++) {
    here.weight += a[i]!;
    here.predicted += a[i]! * keyNumber(middle[i]!);
    here.residual += b[i]!;
    seen += a[i]!;
    if (i < count - 1 && seen < ((out.length + 1) * weight) / groups) continue;
    out.push({ predicted: here.predicted / here.weight, residual: here.residual / here.weight, weight: here.weight });
    here = { predicted: 0, residual: 0, weight: 0 };
  }
  return out;
}

/** How the errors spread: 40 equal steps over the middle 98 %, what is beyond in the outer ones. */
export function errorHistogram({ count, middle, a }: Bins, steps = 40): { from: number; to: number; weight: number }[] {
  const weight = a.reduce((sum, value) => sum + value, 0);
  const at = (share: number): number => {
    let below = 0;
    for (let i = 0; i < count; i++) {
      below += a[i]!;
      if (below >= share * weight) return keyNumber(middle[i]!);
    }
    return 0;
  };
  if (count === 0) return [];
  const [low, high] = [at(0.01), at(0.99)];
  if (!(high > low)) return [{ from: low, to: high, weight }];
  const step = (high - low) / steps;
  const out = Array.from({ length: steps }, (_, i) => ({ from: low + i * step, to: low + (i + 1) * step, weight: 0 }));
  for (let i = 0; i < count; i++) {
    const place = Math.floor((keyNumber(middle[i]!) - low) / step);
    out[Math.max(0, Math.min(steps - 1, place))]!.weight += a[i]!;
  }
  return out;
}
