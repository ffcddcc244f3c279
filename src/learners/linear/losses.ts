import { inTriangle } from "../../kernels/space.js";
import type { TrainingData } from "../contract.js";
import { logistic, readLogistic } from "../passes/logistic.js";
import { readSoftmax, softmax } from "../passes/softmax.js";
import { readSquared, squared } from "../passes/squared.js";

/** Where a loss is evaluated: per output the weights (page units) and the intercept for columns about `centre`. */
export interface Point {
  readonly outputs: readonly { readonly weights: Float64Array; readonly intercept: number }[];
  readonly centre: Float64Array;
  readonly fill: Float64Array;
}

/** Sums over rows: the gradient output after output, the intercept last in each; the Hessian in the same order, whole. */
export interface Sums {
  readonly loss: number;
  readonly weight: number;
  readonly gradient: Float64Array;
  readonly hessian?: Float64Array;
}

export interface Loss {
  readonly name: "logistic" | "softmax" | "squared";
  readonly evaluate: (data: TrainingData, rows: "train" | "sample", at: Point, hessian: boolean) => Promise<Sums>;
}

const readingOf = ({ centre, fill }: Point) => ({ centre: Array.from(centre), fill: Array.from(fill) });
const onlyOutput = ({ outputs }: Point) => ({
  weights: Array.from(outputs[0]!.weights),
  intercept: outputs[0]!.intercept,
});

export const logLoss: Loss = {
  name: "logistic",
  async evaluate(data, rows, at, hessian) {
    const params = { ...readingOf(at), ...onlyOutput(at), hessian };
    const sums = readLogistic(await data.pass(logistic, params, { rows }), params, data.layout);
    return { ...sums, ...(sums.hessian ? { hessian: wholeOf(sums.hessian, sums.gradient.length) } : {}) } as Sums;
  },
};

export const multinomialLogLoss: Loss = {
  name: "softmax",
  async evaluate(data, rows, at, hessian) {
    const { outputs } = at;
    const params = {
      ...readingOf(at),
      weights: outputs.map(({ weights }) => Array.from(weights)),
      intercepts: outputs.map(({ intercept }) => intercept),
      hessian,
    };
    const sums = readSoftmax(await data.pass(softmax, params, { rows }), params, data.layout);
    return { ...sums, gradient: summingToZero(sums.gradient, outputs.length) };
  },
};

/** Over the classes a gradient sums to zero; what float32 leaves of it would drive solvers along directions that change nothing. */
function summingToZero(gradient: Float64Array, classes: number): Float64Array {
  const order = gradient.length / classes;
  for (let j = 0; j < order; j++) {
    let mean = 0;
    for (let k = 0; k < classes; k++) mean += gradient[k * order + j]! / classes;
    for (let k = 0; k < classes; k++) gradient[k * order + j]! -= mean;
  }
  return gradient;
}

export const squaredLoss: Loss = {
  name: "squared",
  async evaluate(data, rows, at) {
    return readSquared(await data.pass(squared, { ...readingOf(at), ...onlyOutput(at) }, { rows }));
  },
};

/** A symmetric matrix from its upper triangle. */
export function wholeOf(triangle: Float64Array, order: number): Float64Array {
  const whole = new Float64Array(order * order);
  for (let i = 0; i < order; i++)
    for (let j = i; j < order; j++) whole[i * order + j] = whole[j * order + i] = triangle[inTriangle(i, j, order)]!;
  return whole;
}
