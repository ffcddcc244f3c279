import { spaceOf } from "../../kernels/space.js";
import type { TrainingData } from "../contract.js";
import { type Moments, moments, readMoments, standardisation } from "../passes/moments.js";
import { lbfgs, type Memory } from "../solvers/lbfgs.js";
import { newton } from "../solvers/newton.js";
import type { Evaluation, Minimum, Objective, Stop } from "../solvers/objective.js";
import { hasL1, type Penalty } from "../solvers/penalty.js";
import { proximalLbfgs } from "../solvers/proximal-lbfgs.js";
import {
  type Coordinates,
  centreFor,
  coordinatesOf,
  fillOf,
  fromPage,
  penaltyOn,
  standardGradient,
  standardHessian,
  toPage,
} from "./coordinates.js";
import type { Loss, Point, Sums } from "./losses.js";
import { type PenaltyGiven, strengthOf } from "./params.js";

export interface Options extends PenaltyGiven {
  readonly tolerance: number;
  readonly maxPasses: number;
  readonly outputs: number;
  /** Sum second derivatives too. */
  readonly curved: boolean;
  /** Where to start, in place of a sample's solution. */
  readonly earlier?: Point;
}

export interface Fit {
  readonly coordinates: Coordinates;
  /** Standardised coefficients, output after output, the intercept last in each. */
  readonly x: Float64Array;
  readonly hessian?: Float64Array;
  readonly weight: number;
}

/** From here on a start from the sample's solution saves more passes than it costs. */
const sampleFromRows = 100_000;
/** A sample with fewer rows per coefficient says too little. */
const rowsPerCoefficient = 10;

/**
 * Minimises a loss that only passes can evaluate. Much data starts from the solution of a sample (or of an earlier fit), and then
 * its moments and the first evaluation share one scan; little data starts from zero.
 */
export async function fitByPasses(data: TrainingData, loss: Loss, options: Options): Promise<Fit> {
  const first: Start | undefined = options.earlier
    ? { point: options.earlier, memory: [] }
    : await solveSample(data, loss, options);
  const scanned = first
    ? await Promise.all([momentsOf(data, "train"), loss.evaluate(data, "train", first.point, options.curved)])
    : ([await momentsOf(data, "train")] as const);
  const [about, sums] = scanned;
  const coordinates = standardOf(data, about);
  const start =
    first && sums ? startAt(coordinates, first.point) : emptyStart(coordinates, options.outputs, data, about);
  const primed = first && sums ? standardEvaluation(coordinates, first.point.centre, sums) : undefined;
  const objective = objectiveOf(data, loss, "train", coordinates, options, primed);
  const stop: Stop = {
    tolerance: options.tolerance * spreadOf(data, about),
    evaluations: options.maxPasses - (first ? 0 : 1),
    onStep: stepsTo(data),
  };
  const found = await minimise(objective, start, stop, options.curved, first?.memory);
  if (!found.converged) {
    const note = `stopped after ${options.maxPasses} passes, before the tolerance was met`;
    data.report({ step: found.evaluations, loss: found.objective, note });
    data.warn({
      code: "not_converged",
      message: `the solver ${note}: coefficients are not at their optimum. Give it more passes (--param maxPasses=${4 * options.maxPasses}) or a stronger penalty (--param penalty=${Math.max(1e-3, 10 * strengthOf(options, data.rows).penalty)})`,
    });
  }
  const x = options.outputs > 1 ? centredOutputs(found.x, objective, options.outputs) : found.x;
  return { coordinates, x, weight: about.weight, ...(found.hessian ? { hessian: found.hessian } : {}) };
}

interface Start {
  readonly point: Point;
  readonly memory: Memory;
}
type Found = Minimum & { readonly hessian?: Float64Array; readonly memory?: Memory };

function minimise(
  objective: Objective,
  start: Float64Array,
  stop: Stop,
  curved: boolean,
  memory?: Memory,
): Promise<Found> {
  if (curved) return newton(objective, start, stop);
  const method = hasL1(objective.penalty) ? proximalLbfgs : lbfgs;
  return method(objective, start, { ...stop, tolerance: stop.tolerance * firstOrderShare }, memory);
}

/** What first-order steps say about the gain that is left is an estimate, so they ask for more. */
const firstOrderShare = 1e-2;

export async function momentsOf(data: TrainingData, rows: "train" | "sample"): Promise<Moments> {
  const params = { numbers: spaceOf(data.layout).numbers, classes: data.task === "regression" ? 0 : data.classes };
  return readMoments(await data.pass(moments, params, { rows }), params, data.layout);
}

export function standardOf(data: TrainingData, about: Moments): Coordinates {
  const fill = fillOf(data.blocks, data.layout);
  const { mean, deviation } = standardisation(about, fill);
  return coordinatesOf(data.layout, fill, mean, deviation);
}

/** The label's variance, or what takes its place for classes: the mean of 1 - the share of a row's own class. */
function spreadOf(data: TrainingData, { label, classWeights, weight }: Moments): number {
  if (data.task === "regression") return label.variance || 1;
  return classWeights.reduce((sum, of) => sum + (of / weight) * (1 - of / weight), 0) || 1;
}

/** The solution on a sample in memory, in page units, or nothing where a sample would not help. */
async function solveSample(data: TrainingData, loss: Loss, options: Options): Promise<Start | undefined> {
  if (data.rows < sampleFromRows) return undefined;
  const about = await momentsOf(data, "sample");
  const size = options.outputs * (about.space.width + 1);
  if (about.rows > data.rows / 2 || about.rows < rowsPerCoefficient * size) return undefined;
  const coordinates = standardOf(data, about);
  const objective = objectiveOf(data, loss, "sample", coordinates, options);
  holdBack(objective.penalty, coordinates, about.rows);
  const stop: Stop = { tolerance: 1e-7 * spreadOf(data, about), evaluations: options.curved ? 20 : 200 };
  const start = emptyStart(coordinates, options.outputs, data, about);
  const found = await minimise(objective, start, stop, options.curved);
  data.report({ step: 0, loss: found.objective, note: `start from a sample of ${about.rows} rows` });
  return { point: pointAt(coordinates, found.x, options.outputs), memory: found.memory ?? [] };
}

/** Worth so many rows against each coefficient, a sample's solution says nothing extreme about levels that it hardly met. */
const doubtfulRows = 4;

function holdBack({ l2 }: Penalty, { space, deviation }: Coordinates, rows: number): void {
  const order = space.width + 1;
  for (let at = 0; at < l2.length; at += order)
    for (let j = 0; j < space.width; j++) {
      const unit = j < space.numbers ? 1 : deviation[j]!;
      if (unit > 0) l2[at + j]! += doubtfulRows / (rows * unit * unit);
    }
}

function emptyStart({ space }: Coordinates, outputs: number, data: TrainingData, about: Moments): Float64Array {
  const x = new Float64Array(outputs * (space.width + 1));
  if (data.task === "regression") x[space.width] = about.label.mean;
  return x;
}

function startAt(coordinates: Coordinates, { outputs, centre }: Point): Float64Array {
  const parts = outputs.map((output) => fromPage(coordinates, output, centre));
  return Float64Array.from(parts.flatMap((part) => Array.from(part)));
}

function pointAt(coordinates: Coordinates, x: Float64Array, outputs: number): Point {
  const centre = centreFor(coordinates);
  return {
    centre,
    fill: coordinates.fill,
    outputs: Array.from({ length: outputs }, (_, k) => toPage(coordinates, x, k, centre)),
  };
}

/** `primed` is the evaluation at the start, when a scan has already made it. */
function objectiveOf(
  data: TrainingData,
  loss: Loss,
  rows: "train" | "sample",
  coordinates: Coordinates,
  options: Options,
  primed?: Evaluation,
): Objective {
  const order = coordinates.space.width + 1;
  let ready = primed;
  return {
    size: options.outputs * order,
    intercepts: Array.from({ length: options.outputs }, (_, k) => k * order + order - 1),
    penalty: penaltyOn(coordinates, strengthOf(options, data.rows), options.outputs),
    async evaluate(x, curvature) {
      const known = ready;
      ready = undefined;
      if (known) return known;
      const at = pointAt(coordinates, x, options.outputs);
      return standardEvaluation(coordinates, at.centre, await loss.evaluate(data, rows, at, curvature));
    },
  };
}

function standardEvaluation(
  coordinates: Coordinates,
  centre: Float64Array,
  { loss, weight, gradient, hessian }: Sums,
): Evaluation {
  return {
    loss: loss / weight,
    gradient: standardGradient(coordinates, centre, gradient, weight),
    ...(hessian ? { hessian: standardHessian(coordinates, centre, hessian, weight) } : {}),
  };
}

/** Adding a number to one coefficient of every class changes no probability; where the penalty leaves it open, the mean is 0. */
function centredOutputs(x: Float64Array, { penalty }: Objective, outputs: number): Float64Array {
  const order = x.length / outputs;
  const out = Float64Array.from(x);
  for (let j = 0; j < order; j++) {
    if (penalty.l1[j]! > 0 || penalty.l2[j]! > 0) continue;
    let mean = 0;
    for (let k = 0; k < outputs; k++) mean += x[k * order + j]! / outputs;
    for (let k = 0; k < outputs; k++) out[k * order + j]! -= mean;
  }
  return out;
}

const stepsTo = (data: TrainingData) => {
  let step = 0;
  return (loss: number, note: string): void => data.report({ step: ++step, loss, note });
};
