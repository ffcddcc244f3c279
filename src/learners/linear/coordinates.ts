import type { Block } from "../../features/contract.js";
import { type Space, spaceOf } from "../../kernels/space.js";
import type { PageLayout } from "../../pages/page.js";
import type { Penalty } from "../solvers/penalty.js";
import type { Strength } from "./params.js";

/**
 * The columns that coefficients belong to, in page units: numbers in their order, then each category's levels. Solvers work with
 * z = (x - mean) / deviation; passes read x - centre; the fitted state speaks in the units of the user's data.
 */
export interface Coordinates {
  readonly space: Space;
  readonly fill: Float64Array;
  readonly mean: Float64Array;
  /** 0 where a column is constant: its coefficient stays 0. */
  readonly deviation: Float64Array;
  /** Units of the user's data. */
  readonly unit: Float64Array;
  readonly shift: Float64Array;
}

export function coordinatesOf(
  layout: PageLayout,
  fill: Float64Array,
  mean: Float64Array,
  deviation: Float64Array,
): Coordinates {
  const space = spaceOf(layout);
  const units = unitsOf(layout);
  const varies = (value: number, j: number): boolean =>
    !isConstant(value, mean[j]!) && value / units.unit[j]! > leastDeviation;
  return { space, fill, mean, deviation: deviation.map((value, j) => (varies(value, j) ? value : 0)), ...units };
}

/** Per coefficient: x = page / unit + shift. */
export function unitsOf(layout: PageLayout): { readonly unit: Float64Array; readonly shift: Float64Array } {
  const { width } = spaceOf(layout);
  const unit = new Float64Array(width).fill(1);
  const shift = new Float64Array(width);
  numberColumns(layout).forEach((column, j) => {
    unit[j] = 2 ** column.exponent;
    shift[j] = column.shift;
  });
  return { unit, shift };
}

/** In units of the data. A column that varies by less (denormal values) has no coefficient that a double could hold. */
const leastDeviation = 1e-280;

/** A float32 column that varies at all varies by more than rounding leaves behind. */
const isConstant = (deviation: number, mean: number): boolean =>
  !(deviation > 1e-12 * Math.abs(mean)) || !(deviation > 1e-200);

export const numberColumns = (layout: PageLayout) => layout.columns.filter((column) => column.kind === "number");

/** What a missing number counts as, in page units. */
export function fillOf(blocks: readonly Block[], layout: PageLayout): Float64Array {
  const fills = blocks.filter((block) => block.kind === "number").map(({ fill }) => fill);
  return Float64Array.from(numberColumns(layout), ({ shift, exponent }, j) => (fills[j]! - shift) * 2 ** exponent);
}

/** As `fillOf`, but nothing stands in for a value of a block that is complete. */
export function fillWhereMissing(blocks: readonly Block[], fill: Float64Array): Float64Array {
  const numbers = blocks.filter((block) => block.kind === "number");
  return fill.map((value, j) => (numbers[j]!.complete ? Number.NaN : value));
}

/** The strengths on standardised coefficients; `standardise: false` puts the penalty on the coefficients of raw columns. */
export function penaltyOn(
  { space, deviation, unit }: Coordinates,
  { penalty, l1Ratio, standardise, standardiseLevels }: Strength,
  outputs: number,
): Penalty {
  const order = space.width + 1;
  const l1 = new Float64Array(outputs * order);
  const l2 = new Float64Array(outputs * order);
  for (let k = 0; k < outputs; k++)
    for (let j = 0; j < space.width; j++) {
      if (deviation[j] === 0) continue;
      const standard = j < space.numbers ? standardise : standardiseLevels;
      const raw = standard ? 1 : unit[j]! / deviation[j]!;
      l1[k * order + j] = penalty * l1Ratio * raw;
      l2[k * order + j] = penalty * (1 - l1Ratio) * raw * raw;
    }
  return { l1, l2 };
}

/** Coefficients as passes want them: per page unit, the intercept for columns about `centre`. */
export function toPage(
  { space, mean, deviation }: Coordinates,
  x: Float64Array,
  output: number,
  centre: Float64Array,
): { weights: Float64Array; intercept: number } {
  const at = output * (space.width + 1);
  const weights = new Float64Array(space.width);
  let intercept = x[at + space.width]!;
  for (let j = 0; j < space.width; j++) {
    if (deviation[j] === 0) continue;
    weights[j] = x[at + j]! / deviation[j]!;
    intercept -= weights[j]! * (mean[j]! - centre[j]!);
  }
  return { weights, intercept };
}

/** The way back, from weights and an intercept for columns about `centre`. */
export function fromPage(
  { space, mean, deviation }: Coordinates,
  { weights, intercept }: { weights: Float64Array; intercept: number },
  centre: Float64Array,
): Float64Array {
  const x = new Float64Array(space.width + 1);
  x[space.width] = intercept;
  for (let j = 0; j < space.width; j++) {
    x[j] = weights[j]! * deviation[j]!;
    x[space.width]! += weights[j]! * (mean[j]! - centre[j]!);
  }
  return x;
}

/** What a pass subtracts: the numbers' means as float32, nothing from indicators. */
export function centreFor({ space, mean }: Coordinates): Float64Array {
  const centre = new Float64Array(space.width);
  centre.set(Float32Array.from(mean.subarray(0, space.numbers)));
  return centre;
}

/** Sums of gradients about `centre` become mean gradients in standardised coefficients, output after output. */
export function standardGradient(
  { space, mean, deviation }: Coordinates,
  centre: Float64Array,
  gradient: Float64Array,
  weight: number,
): Float64Array {
  const p = space.width;
  const out = new Float64Array(gradient.length);
  for (let at = 0; at < gradient.length; at += p + 1) {
    const free = gradient[at + p]! / weight;
    out[at + p] = free;
    for (let j = 0; j < p; j++)
      if (deviation[j] !== 0)
        out[at + j] = (gradient[at + j]! / weight - (mean[j]! - centre[j]!) * free) / deviation[j]!;
  }
  return out;
}

/** The same for second derivatives (all of the matrix), in place: H becomes TᵀHT / weight. */
export function standardHessian(
  { space, mean, deviation }: Coordinates,
  centre: Float64Array,
  hessian: Float64Array,
  weight: number,
): Float64Array {
  const p = space.width;
  const size = Math.sqrt(hessian.length);
  const transform = (from: number, stride: number): void => {
    for (let at = 0; at < size; at += p + 1) {
      const free = hessian[from + (at + p) * stride]!;
      for (let j = 0; j < p; j++) {
        const place = from + (at + j) * stride;
        hessian[place] = deviation[j] === 0 ? 0 : (hessian[place]! - (mean[j]! - centre[j]!) * free) / deviation[j]!;
      }
    }
  };
  for (let row = 0; row < size; row++) transform(row * size, 1);
  for (let column = 0; column < size; column++) transform(column, size);
  for (let i = 0; i < hessian.length; i++) hessian[i]! /= weight;
  return hessian;
}
