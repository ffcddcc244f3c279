import { type Evaluation, lossChange, type Minimum, type Objective, type Stop } from "./objective.js";
import { dot, type Penalty, penaltyOf } from "./penalty.js";
import { minimiseQuadratic } from "./quadratic.js";

export interface Curved extends Minimum {
  /** The last second derivatives that were computed: at a point near the minimum. */
  readonly hessian: Float64Array;
}

/** Below this change of the margins the second derivatives hardly change, and the last ones serve again. */
const smallMove = 0.05;

/** A share of the largest curvature that holds a step back where the loss is flat, so that noise does not carry it away. */
const leastDamping = 1e-7;
const mostDamping = 1e9;
/** A step that went only a little too far is shortened as a whole; below this share of it, by damping. */
const shortest = 0.1;
/** What the last step leaves is foreseen from the gains so far, and must be this much smaller than the tolerance. */
const lastStepShare = 1e-2;

/**
 * Proximal Newton (Lee, Sun, Saunders 2014): each step minimises the penalty plus the loss's second-order model. Near the minimum
 * an evaluation asks for the gradient alone and keeps the last second derivatives as the metric, which makes it several
 * times cheaper. A step that went much too far is taken anew with more damping (Levenberg, Marquardt), which shortens it most
 * where the loss is flattest, so that one overconfident coefficient does not hold back the others. The last step is taken without looking: its model has said that hardly anything is left.
 */
export async function newton(objective: Objective, start: Float64Array, stop: Stop): Promise<Curved> {
  const { penalty, size } = objective;
  let x: Float64Array = Float64Array.from(start);
  let now = await objective.evaluate(x, true);
  let evaluations = 1;
  let hessian = now.hessian!;
  let value = now.loss + penaltyOf(penalty, x);
  let gainBefore = Number.POSITIVE_INFINITY;
  stop.onStep?.(value, "second order");

  let damping = leastDamping;
  for (;;) {
    const target = modelMinimum(x, now, hessian, penalty, damping);
    const step = target.map((to, j) => to - x[j]!);
    const curve = curvatureAlong(hessian, step);
    const slope = dot(now.gradient, step) + penaltyOf(penalty, target) - penaltyOf(penalty, x);
    const gain = -(slope + 0.5 * curve);
    const left = gain * Math.min(1, gain / gainBefore) ** (now.hessian ? 2 : 1);
    // Where even small gains shrink slowly (a level whose rows are all of one class), the second one is enough.
    const little =
      !(gain > stop.tolerance) && (!(left > lastStepShare * stop.tolerance) || gainBefore <= stop.tolerance);
    if ((little && damping === leastDamping) || damping > mostDamping)
      return { x: gain > 0 ? target : x, objective: value, evaluations, converged: true, hessian };

    // Without progress worth a scan, the metric is too old.
    const stale = !now.hessian && gain > 0.1 * gainBefore;
    const curvature = stale || marginMove(hessian, objective.intercepts, curve) > smallMove;
    gainBefore = gain;
    for (let share = 1; ; ) {
      if (evaluations >= stop.evaluations) return { x, objective: value, evaluations, converged: false, hessian };
      const trial = share === 1 ? target : x.map((from, j) => from + share * step[j]!);
      const there = await objective.evaluate(trial, curvature);
      evaluations++;
      const moved = share === 1 ? step : step.map((of) => share * of);
      const change = lossChange(now, there, moved) + penaltyOf(penalty, trial) - penaltyOf(penalty, x);
      if (change <= 1e-4 * share * slope) {
        [x, now, value] = [trial, there, there.loss + penaltyOf(penalty, trial)];
        if (there.hessian) hessian = there.hessian;
        damping = Math.max(leastDamping, damping / 100);
        stop.onStep?.(value, there.hessian ? "second order" : "first order");
        break;
      }
      // The parabola through both values and the slope says how much shorter the step should have been.
      const fitted = (-slope * share * share) / (2 * (change - share * slope));
      if (fitted < shortest) {
        const longer = (curve * (1 / Math.max(0.01, fitted) - 1)) / (dot(step, step) * largestOf(hessian, size));
        damping = Math.max(10 * damping, longer);
        break;
      }
      share = Math.min(0.5 * share, fitted);
    }
  }
}

/** Where the penalty plus the damped second-order model around x is least. */
function modelMinimum(
  x: Float64Array,
  { gradient }: Evaluation,
  hessian: Float64Array,
  penalty: Penalty,
  damping: number,
): Float64Array {
  const size = x.length;
  const largest = largestOf(hessian, size);
  const model = Float64Array.from(hessian);
  const rhs = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    // A constant column has no curvature at all, and its coefficient stays where it is.
    if (hessian[i * size + i]! > 0) model[i * size + i]! += damping * largest;
    let sum = -gradient[i]!;
    for (let j = 0; j < size; j++) sum += model[i * size + j]! * x[j]!;
    rhs[i] = sum;
  }
  return minimiseQuadratic(model, rhs, penalty, x);
}

/** How much a typical row's margin moves: dᵀHd is the mean of p(1-p) times its square, and H has mean p(1-p) at the intercepts. */
function marginMove(hessian: Float64Array, intercepts: readonly number[], curve: number): number {
  const size = Math.sqrt(hessian.length);
  let spread = 0;
  for (const k of intercepts) spread += hessian[k * size + k]!;
  return spread > 0 ? Math.sqrt((curve * intercepts.length) / spread) : Number.POSITIVE_INFINITY;
}

function largestOf(hessian: Float64Array, size: number): number {
  let largest = 0;
  for (let i = 0; i < size; i++) largest = Math.max(largest, hessian[i * size + i]!);
  return largest;
}

function curvatureAlong(hessian: Float64Array, d: Float64Array): number {
  const size = d.length;
  let sum = 0;
  for (let i = 0; i < size; i++) {
    let row = 0;
    for (let j = 0; j < size; j++) row += hessian[i * size + j]! * d[j]!;
    sum += d[i]! * row;
  }
  return sum;
}
