import { type Calibration, marginBins, marginOfBin } from "../../../model/calibration.js";

/**
 * Logistic regression of Platt's targets on the margin, by Newton's method with halved steps (Lin, Lin and Weng 2007). `no` and `yes` are
 * weights by the bin of the margin; `least` and `most` the shares that stand for a label of 0 and of 1.
 */
export function platt(no: Float64Array, yes: Float64Array, least: number, most: number): Calibration {
  const bins = Array.from({ length: marginBins }, (_, bin) => bin)
    .filter((bin) => no[bin]! + yes[bin]! > 0)
    .map((bin) => ({
      x: marginOfBin(bin),
      weight: no[bin]! + yes[bin]!,
      target: no[bin]! * least + yes[bin]! * most,
    }));
  const sums = (slope: number, intercept: number) => {
    let [loss, ga, gb, aa, ab, bb] = [0, 0, 0, 1e-12, 0, 1e-12];
    for (const { x, weight, target } of bins) {
      const margin = slope * x + intercept;
      const small = expOfMinus(Math.abs(margin));
      const share = (margin >= 0 ? 1 : small) / (1 + small);
      const error = weight * share - target;
      const curve = (weight * small) / (1 + small) ** 2;
      loss += weight * (logOnePlus(small) + Math.max(margin, 0)) - target * margin;
      ga += error * x;
      gb += error;
      aa += curve * x * x;
      ab += curve * x;
      bb += curve;
    }
    return { loss, ga, gb, aa, ab, bb };
  };
  let [slope, intercept] = [0, 0];
  let at = sums(slope, intercept);
  for (let round = 0; round < 100; round++) {
    const size = at.aa * at.bb - at.ab * at.ab;
    const da = (at.ab * at.gb - at.bb * at.ga) / size;
    const db = (at.ab * at.ga - at.aa * at.gb) / size;
    let step = 1;
    let next = sums(slope + da, intercept + db);
    while (!(next.loss <= at.loss) && step > 1e-9) {
      step /= 2;
      next = sums(slope + step * da, intercept + step * db);
    }
    if (step <= 1e-9) break;
    slope += step * da;
    intercept += step * db;
    const gained = at.loss - next.loss;
    at = next;
    if (gained <= 1e-14 * Math.abs(at.loss)) break;
  }
  return { kind: "platt", slope, intercept };
}

// What steers a state is made of sums and products alone: the digits of Math.exp and Math.log may differ between machines.
const ln2 = [0.6931471803691238, 1.9082149292705877e-10] as const;

/** e^-x for x >= 0: a power of two times the Taylor series on |r| <= ln(2) / 2, to the last bits of a double. */
export function expOfMinus(x: number): number {
  if (!(x < 700)) return 0;
  const n = Math.round(x / (ln2[0] + ln2[1]));
  const r = n * ln2[0] - x + n * ln2[1];
  let sum = 1;
  for (let k = 14; k > 0; k--) sum = 1 + (r / k) * sum;
  return sum * 2 ** -n;
}

/** ln(1 + x) for x in 0 .. 1: twice the inverse hyperbolic tangent of x / (2 + x), which is at most 1 / 3. */
export function logOnePlus(x: number): number {
  const z = x / (2 + x);
  let sum = 0;
  for (let k = 33; k > 0; k -= 2) sum = sum * z * z + 2 / k;
  return z * sum;
}
