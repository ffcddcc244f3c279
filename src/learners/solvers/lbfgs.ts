import { type Evaluation, lossChange, type Minimum, type Objective, type Stop } from "./objective.js";
import { dot, penaltyOf } from "./penalty.js";

/** Steps and how the gradient changed along them: what first-order methods know of the curvature. */
export type Memory = readonly { readonly step: Float64Array; readonly change: Float64Array }[];
export type Remembering = Minimum & { readonly memory: Memory };

const kept = 20;

/**
 * L-BFGS (Nocedal, Wright 2006, algorithm 7.4) for losses with an L2 penalty. A `memory` from an earlier minimisation (of a
 * sample) makes the first steps as good as late ones. Losses are convex, so backtracking alone keeps the curvature positive.
 */
export async function lbfgs(
  objective: Objective,
  start: Float64Array,
  stop: Stop,
  memory: Memory = [],
): Promise<Remembering> {
  const { penalty } = objective;
  const pairs = memory.slice(-kept);
  const withL2 = ({ gradient }: Evaluation, at: Float64Array): Float64Array =>
    gradient.map((g, j) => g + penalty.l2[j]! * at[j]!);

  let x: Float64Array = Float64Array.from(start);
  let now = await objective.evaluate(x, false);
  let gradient = withL2(now, x);
  let value = now.loss + penaltyOf(penalty, x);
  let evaluations = 1;
  const done = (converged: boolean): Remembering => ({ x, objective: value, evaluations, converged, memory: pairs });
  stop.onStep?.(value, "first order");

  for (;;) {
    const direction = quasiNewton(gradient, pairs);
    const slope = dot(gradient, direction);
    // Half the slope is what a Newton step would gain.
    if (slope === 0 || (-0.5 * slope <= stop.tolerance && pairs.length > 0)) return done(true);

    let share = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(-slope)) : 1;
    for (;;) {
      if (evaluations >= stop.evaluations) return done(false);
      const trial = x.map((from, j) => from + share * direction[j]!);
      const there = await objective.evaluate(trial, false);
      evaluations++;
      const step = trial.map((to, j) => to - x[j]!);
      const rise = lossChange(now, there, step) + penaltyOf(penalty, trial) - penaltyOf(penalty, x);
      if (rise <= 1e-4 * share * slope) {
        const trialGradient = withL2(there, trial);
        const change = trialGradient.map((to, j) => to - gradient[j]!);
        if (dot(step, change) > 1e-12 * dot(change, change)) pairs.push({ step, change });
        if (pairs.length > kept) pairs.shift();
        [x, now, gradient, value] = [trial, there, trialGradient, there.loss + penaltyOf(penalty, trial)];
        stop.onStep?.(value, "first order");
        break;
      }
      const fitted = (-slope * share * share) / (2 * (rise - share * slope));
      share = Math.min(0.5 * share, Math.max(0.1 * share, fitted));
      if (!(share > 1e-10)) return done(true);
    }
  }
}

/** The two-loop recursion: minus the inverse curvature times the gradient. */
function quasiNewton(gradient: Float64Array, pairs: Memory): Float64Array {
  const direction = gradient.map((g) => -g);
  const weights = pairs.map(() => 0);
  for (let i = pairs.length - 1; i >= 0; i--) {
    const { step, change } = pairs[i]!;
    const weight = dot(step, direction) / dot(step, change);
    weights[i] = weight;
    addScaled(direction, change, -weight);
  }
  const last = pairs.at(-1);
  if (last) {
    const scale = dot(last.step, last.change) / dot(last.change, last.change);
    for (let j = 0; j < direction.length; j++) direction[j]! *= scale;
  }
  for (const [i, { step, change }] of pairs.entries())
    addScaled(direction, step, weights[i]! - dot(change, direction) / dot(step, change));
  return direction;
}

function addScaled(into: Float64Array, from: Float64Array, factor: number): void {
  for (let j = 0; j < into.length; j++) into[j]! += factor * from[j]!;
}
