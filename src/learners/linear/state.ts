import type { Block } from "../../features/contract.js";
import { spaceOf } from "../../kernels/space.js";
import type { PageLayout } from "../../pages/page.js";
import type { TrainingData } from "../contract.js";
import { type Coordinates, fillOf, toPage, unitsOf } from "./coordinates.js";
import type { Point } from "./losses.js";

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

/** Where an earlier fit ended, if it was one over as many columns and classes. */
export function startFrom(
  earlier: LinearState | undefined,
  { blocks, layout }: TrainingData,
  outputs: number,
): { readonly earlier?: Point } {
  const fits = earlier?.weights.length === outputs && earlier.weights[0]!.length === spaceOf(layout).width;
  return fits ? { earlier: pointOf(earlier, blocks, layout) } : {};
}

function pointOf(state: LinearState, blocks: readonly Block[], layout: PageLayout): Point {
  const fill = fillOf(blocks, layout);
  const { unit, shift } = unitsOf(layout);
  const centre = new Float64Array(spaceOf(layout).width);
  centre.set(Float32Array.from(fill));
  const outputs = state.weights.map((weights, k) => ({
    weights: Float64Array.from(weights, (weight, j) => weight / unit[j]!),
    intercept: weights.reduce(
      (sum, weight, j) => sum + weight * (centre[j]! / unit[j]! + shift[j]!),
      state.intercepts[k]!,
    ),
  }));
  return { outputs, centre, fill };
}
