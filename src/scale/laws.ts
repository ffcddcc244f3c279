import { dot, type Line, lineThrough, ratioInterval, type Timing } from "./line.js";

/** With its 95 % interval; without `high` the data set no bound. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high?: number;
}

/** What the runs cannot tell, and why. */
export interface Unsupported {
  readonly why: string;
}

/** T(n) = T(1) (s + (1 - s) / n), Amdahl 1967: a share s of the work gains nothing from more of the machine. */
export interface Amdahl {
  readonly serial: Estimate;
  /** 1 / s: no number of cores is faster than one by more. Nothing where s may be 0 and is estimated so. */
  readonly mostSpeedUp?: Estimate;
}

/** T(n) = T(1) (1 + sigma (n - 1) + kappa n (n - 1)) / n, Gunther 1993: waiting for what is shared, and talking to each other. */
export interface Scalability {
  readonly contention: Estimate;
  readonly coherency: Estimate;
  /** sqrt((1 - sigma) / kappa): the size beyond which more makes it slower; why not, where the runs show no such size. */
  readonly best: Estimate | Unsupported;
}

export const isSupported = <T extends object>(found: T | Unsupported): found is T => !("why" in found);

/** Fits Amdahl's law to all runs; a line in 1 and 1/n, whose ratio is s. */
export function fitAmdahl(timings: readonly Timing[]): Amdahl | Unsupported {
  const lacking = lackOf(timings, 2, "Amdahl's law");
  if (lacking) return lacking;
  const line = lineThrough(timings, (n) => [1, 1 / n]);
  const serial = shareOf(line, [1, 0], [1, 1], 1);
  if (!isSupported(serial)) return serial;
  const { value, low, high = 1 } = serial;
  return {
    serial,
    ...(value > 0 ? { mostSpeedUp: { value: 1 / value, low: 1 / high, ...(low > 0 ? { high: 1 / low } : {}) } } : {}),
  };
}

/** Fits the Universal Scalability Law to all runs; a line in 1/n, 1 and n - 1. */
export function fitScalability(timings: readonly Timing[]): Scalability | Unsupported {
  const lacking = lackOf(timings, 3, "the Universal Scalability Law");
  if (lacking) return lacking;
  const line = lineThrough(timings, (n) => [1 / n, 1, n - 1]);
  const one = [1, 1, 0]; // T(1)
  const [first = 0, , talking = 0] = line.coefficients;
  const coherency = shareOf(line, [0, 0, 1], one, Number.POSITIVE_INFINITY);
  if (!isSupported(coherency)) return coherency;
  // Less than no coherency means none: contention is then what it is without it.
  const without = talking < 0 ? lineThrough(timings, (n) => [1 / n, 1]) : undefined;
  const contention = shareOf(line, [0, 1, 0], one, 1, without && ratio(without, [0, 1], [1, 1]));
  if (!isSupported(contention)) return contention;
  return { contention, coherency, best: bestOf(line, first, talking, coherency) };
}

function bestOf(line: Line, first: number, talking: number, coherency: Estimate): Estimate | Unsupported {
  const squared = coherency.low > 0 && first > 0 ? ratioInterval(line, [1, 0, 0], [0, 0, 1]) : undefined;
  if (!squared)
    return { why: "the runs do not tell kappa from 0, so no size is seen beyond which more would not help" };
  const [low, high] = squared.map((square) => Math.sqrt(Math.max(0, square)));
  return { value: Math.sqrt(first / talking), low: low!, high: high! };
}

/** Degrees of freedom: parameters need as many sizes, and their doubt at least one run more. */
function lackOf(timings: readonly Timing[], parameters: number, law: string): Unsupported | undefined {
  const sizes = new Set(timings.map(({ size }) => size)).size;
  if (sizes < parameters)
    return {
      why: `${law} has ${parameters} parameters with the time of one, and ${sizes === 1 ? "one size" : `${sizes} sizes`} cannot tell them apart: take at least ${parameters} sizes`,
    };
  if (timings.length <= parameters)
    return {
      why: `${timings.length} runs leave no doubt to be measured for the ${parameters} parameters of ${law}: take --repeats 2 or more`,
    };
  return undefined;
}

/** A ratio that the law wants between 0 and `most`, with what the runs say against it. */
function shareOf(
  line: Line,
  u: readonly number[],
  v: readonly number[],
  most: number,
  value = ratio(line, u, v),
): Estimate | Unsupported {
  const interval = ratioInterval(line, u, v);
  if (!interval) return { why: "the runs of one size differ too much from each other; take more --repeats" };
  const [low, high] = interval;
  // Rounding is no evidence.
  if (high < -1e-9)
    return {
      why: "larger sizes gained more than their share, which the law does not know: they had more of something else too",
    };
  if (low > most + 1e-9)
    return { why: "larger sizes were slower than the smallest by itself, which the law does not know" };
  if (low <= 0 && high >= most)
    return {
      why: `the runs differ too much from each other to tell: anything from 0 to ${most} would do; take more --repeats, or more work`,
    };
  const within = Math.min(most, Math.max(0, value));
  return { value: within, low: Math.min(within, Math.max(0, low)), high: Math.max(within, Math.min(most, high)) };
}

const ratio = ({ coefficients }: Line, u: readonly number[], v: readonly number[]): number =>
  dot(u, coefficients) / dot(v, coefficients);
