/** 95 % confidence intervals. `size` is a number of independent rows: with weights Kish's (sum w)^2 / sum w^2. */
export type Interval = readonly [low: number, high: number];

const z = 1.959963984540054;

/** A mean, by the central limit theorem. */
export const ofMean = (mean: number, variance: number, size: number, least = Number.NEGATIVE_INFINITY): Interval =>
  ofError(mean, Math.sqrt(variance / size), least);

/** An estimate with a standard error, cut to where it can be. */
export const ofError = (value: number, error: number, least: number, most = Number.POSITIVE_INFINITY): Interval => [
  Math.max(least, value - z * error),
  Math.min(most, value + z * error),
];

/** A share (Wilson 1927): sensible at 0 and 1 and for few rows. */
export function ofShare(share: number, size: number): Interval {
  const middle = (share + (z * z) / (2 * size)) / (1 + (z * z) / size);
  const half = (z / (1 + (z * z) / size)) * Math.sqrt((share * (1 - share)) / size + (z * z) / (4 * size * size));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/**
 * The largest gap between two distributions, from the bound of Dvoretzky, Kiefer and Wolfowitz with Massart's constant (1990) for
 * each of them at 97.5 %: it holds at least 95 times in 100, and is wide.
 */
export function ofGap(gap: number, rows: number, others: number): Interval {
  const off = (size: number): number => Math.sqrt(Math.log(2 / 0.025) / (2 * size));
  const most = off(rows) + off(others);
  return [Math.max(0, gap - most), Math.min(1, gap + most)];
}

/**
 * An area under the precision-recall curve: the binomial interval of Boyd, Eng and Page (2013), by Wilson's form of it, since their
 * logit one goes from 0 to 1 where the area is all but 1.
 */
export const ofPrecisionArea = (area: number, positives: number): Interval =>
  Number.isFinite(area) ? ofShare(area, positives) : [area, area];

/** F1 = 2a / (2a + b), a the share of true positives and b of errors, by the delta method on the multinomial. */
export function ofF1(truePositive: number, wrong: number, size: number): Interval {
  const base = 2 * truePositive + wrong;
  const byTrue = (2 * wrong) / base ** 2;
  const byWrong = (-2 * truePositive) / base ** 2;
  const variance =
    truePositive * (1 - truePositive) * byTrue ** 2 +
    wrong * (1 - wrong) * byWrong ** 2 -
    2 * truePositive * wrong * byTrue * byWrong;
  return ofError((2 * truePositive) / base, Math.sqrt(Math.max(0, variance) / size), 0, 1);
}
