/** Weight, mean and sum of squared deviations, three doubles in a sum; they merge without cancellation (Chan et al. 1979). */
export const momentsLength = 3;

export function addMoments(sum: Float64Array, at: number, weight: number, mean: number, squares: number): void {
  if (weight === 0) return;
  const before = sum[at]!;
  const total = before + weight;
  const shift = mean - sum[at + 1]!;
  sum[at] = total;
  sum[at + 1] = sum[at + 1]! + (shift * weight) / total;
  sum[at + 2] = sum[at + 2]! + squares + (shift * shift * before * weight) / total;
}

export const mergeMoments = (into: Float64Array, part: Float64Array, at: number): void =>
  addMoments(into, at, part[at]!, part[at + 1]!, part[at + 2]!);

/** Adds a page's weighted sums of x - origin and (x - origin)^2. */
export function addSums(
  sum: Float64Array,
  at: number,
  weight: number,
  first: number,
  second: number,
  origin = 0,
): void {
  if (weight === 0) return;
  const mean = first / weight;
  addMoments(sum, at, weight, origin + mean, Math.max(0, second - first * mean));
}

export const meanOf = (sum: Float64Array, at: number): number => (sum[at]! > 0 ? sum[at + 1]! : Number.NaN);
export const varianceOf = (sum: Float64Array, at: number): number =>
  sum[at]! > 0 ? sum[at + 2]! / sum[at]! : Number.NaN;
