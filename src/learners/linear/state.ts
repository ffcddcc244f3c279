import { type Coordinates, toPage } from "./coordinates.js";

/** Fitted coefficients in the units of the user's data, one list per output: numbers in their order, then levels. */
export interface LinearState {
  readonly intercepts: readonly number[];
  readonly weights: readonly (readonly number[])[];
  /** Standard errors of the weights, where second derivatives were at hand; null where the data do not determine a weight. */
  readonly errors?: readonly (readonly (number | null)[])[];
  /** Of the columns, missing values filled. */
  readonly means: readonly number[];
  readonly deviations: readonly number[];
}

/** Standardised coefficients (and the variances of their estimates) in the units of the user's data. */
export function toState(
  coordinates: Coordinates,
  x: Float64Array,
  outputs: number,
  variances?: Float64Array,
): LinearState {
  const { space, mean, deviation, unit, shift } = coordinates;
  const order = space.width + 1;
  const plain = (values: Iterable<number>): number[] => Array.from(values, (value) => value + 0); // no -0: JSON has none
  const fitted = Array.from({ length: outputs }, (_, k) => {
    const { weights, intercept } = toPage(
      coordinates,
      x,
      k,
      shift.map((s, j) => -s * unit[j]!),
    );
    return { intercept, weights: plain(weights.map((weight, j) => weight * unit[j]!)) };
  });
  const errorsOf = (k: number): (number | null)[] =>
    Array.from({ length: space.width }, (_, j) => {
      const error = Math.sqrt(variances![k * order + j]!) * (unit[j]! / deviation[j]!);
      return deviation[j] !== 0 && Number.isFinite(error) ? error : null;
    });
  return {
    intercepts: plain(fitted.map(({ intercept }) => intercept)),
    weights: fitted.map(({ weights }) => weights),
    ...(variances ? { errors: fitted.map((_, k) => errorsOf(k)) } : {}),
    means: plain(mean.map((value, j) => value / unit[j]! + shift[j]!)),
    deviations: plain(deviation.map((value, j) => value / unit[j]!)),
  };
}
