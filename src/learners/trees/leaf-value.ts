/** What the longest step and monotone constraints leave to a node's value. */
export interface Bounds {
  readonly lower: number;
  readonly upper: number;
}

export const stepsUpTo = (most: number): Bounds => ({ lower: -most, upper: most });

export const unbounded = stepsUpTo(Infinity);

/** g pulled towards zero by l1: the soft threshold. */
export const shrink = (g: number, l1: number): number => (g > l1 ? g - l1 : g < -l1 ? g + l1 : 0);

/** The value that lowers the objective of a leaf most, -T(g) / (h + l2) (Chen and Guestrin 2016, eq. 5), kept within its bounds. */
export function leafValue(
  g: number,
  h: number,
  { l1, l2 }: { readonly l1: number; readonly l2: number },
  { lower, upper }: Bounds = unbounded,
): number {
  const pull = shrink(-g, l1);
  return Math.min(upper, Math.max(lower, pull === 0 ? 0 : pull / (h + l2)));
}
