import { dot, type Penalty } from "./penalty.js";

/** A smooth mean loss over coefficients. Each evaluation reads all rows, so solvers count them. */
export interface Objective {
  readonly size: number;
  /** Where the penalty is zero by right: one per output. */
  readonly intercepts: readonly number[];
  readonly penalty: Penalty;
  evaluate(at: Float64Array, curvature: boolean): Promise<Evaluation>;
}

export interface Evaluation {
  readonly loss: number;
  readonly gradient: Float64Array;
  /** All of the symmetric matrix, row by row; only where it was asked for. */
  readonly hessian?: Float64Array;
}

export interface Stop {
  /** Done when a step would lower the objective by less than this. */
  readonly tolerance: number;
  /** Evaluations at most. */
  readonly evaluations: number;
  /** Told after each evaluation that became the new point. */
  readonly onStep?: (objective: number, note: string) => void;
}

export interface Minimum {
  readonly x: Float64Array;
  /** Objective at the last evaluated point, penalty included. */
  readonly objective: number;
  readonly evaluations: number;
  readonly converged: boolean;
}

/**
 * How the loss changes along a step. Kernels sum in float32 here and there, so a small difference of two losses is noise;
 * the mean of both slopes, exact for a parabola, then says it better.
 */
export function lossChange(from: Evaluation, to: Evaluation, step: Float64Array): number {
  const measured = to.loss - from.loss;
  if (Math.abs(measured) > 1e-5 * Math.abs(from.loss)) return measured;
  return 0.5 * (dot(from.gradient, step) + dot(to.gradient, step));
}
