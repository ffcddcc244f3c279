/** Whole numbers of so many values at most, in so many rows each at least, may be codes. */
const mostValues = 1000;
const fewestRows = 10;
/** By so much more of the label's variance a column must tell as a category than as a number. */
const leastGain = 0.02;

/** How much of the label's variance a column alone tells on rows that it was not fitted to, as a number and as a category. */
export interface AsCode {
  readonly values: number;
  readonly asNumber: number;
  readonly asCategory: number;
}

/** Whether a column of whole numbers tells much more when each value may have an effect of its own: a zip code, an hour, an id. */
export function tellsAsCode(x: Float64Array, label: Float64Array): AsCode | undefined {
  const groups = new Map<number, { n: number; sum: number }>();
  let [n, sx, sy, sxx, sxy] = [0, 0, 0, 0, 0];
  for (let i = 0; i < x.length; i += 2) {
    const value = x[i]!;
    if (Number.isNaN(value)) continue;
    const group = groups.get(value) ?? { n: 0, sum: 0 };
    if (groups.size >= mostValues && group.n === 0) return undefined;
    groups.set(value, { n: group.n + 1, sum: group.sum + label[i]! });
    n++;
    sx += value;
    sy += label[i]!;
    sxx += value * value;
    sxy += value * label[i]!;
  }
  if (groups.size < 3 || n < fewestRows * groups.size) return undefined;
  const mean = sy / n;
  const spread = sxx - (sx * sx) / n;
  const slope = spread > 0 ? (sxy - sx * mean) / spread : 0;
  let [all, byNumber, byCategory] = [0, 0, 0];
  for (let i = 1; i < x.length; i += 2) {
    const value = x[i]!;
    if (Number.isNaN(value)) continue;
    const group = groups.get(value);
    all += (label[i]! - mean) ** 2;
    byNumber += (label[i]! - mean - slope * (value - sx / n)) ** 2;
    byCategory += (label[i]! - (group ? group.sum / group.n : mean)) ** 2;
  }
  const [asNumber, asCategory] = [1 - byNumber / all, 1 - byCategory / all];
  return asCategory - Math.max(0, asNumber) >= leastGain ? { values: groups.size, asNumber, asCategory } : undefined;
}
