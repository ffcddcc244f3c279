/** What coefficients cost, one by one: `Σ l1ⱼ|xⱼ| + l2ⱼxⱼ²/2`. Intercepts have zeros. */
export interface Penalty {
  readonly l1: Float64Array;
  readonly l2: Float64Array;
}

export const hasL1 = ({ l1 }: Penalty): boolean => l1.some((strength) => strength > 0);

export function penaltyOf({ l1, l2 }: Penalty, x: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < x.length; j++) sum += l1[j]! * Math.abs(x[j]!) + 0.5 * l2[j]! * x[j]! * x[j]!;
  return sum;
}

export const noPenalty = (size: number): Penalty => ({ l1: new Float64Array(size), l2: new Float64Array(size) });

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
