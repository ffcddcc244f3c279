import { lossChange, type Minimum, type Objective, type Stop } from "./objective.js";
import { dot, penaltyOf } from "./penalty.js";

/** Steps and the changes of the gradient along them: what the method knows of the curvature. */
export type Memory = readonly { readonly step: Float64Array; readonly change: Float64Array }[];

const kept = 20;

/**
 * L-BFGS (Nocedal, Wright 2006, algorithm 7.4) and, where a coordinate has an L1 part, OWL-QN (Andrew, Gao 2007): steps stay in
 * the orthant that the pseudo-gradient chooses. A `memory` from an earlier minimisation (of a sample) makes the first
 * steps as good as late ones. Losses are convex, so backtracking alone keeps the curvature estimates positive.
 */
export async function lbfgs(
  objective: Objective,
  start: Float64Array,
  stop: Stop,
  memory: Memory = [],
): Promise<Minimum & { readonly memory: Memory }> {
  const { penalty, size } = objective;
  const pairs = [...memory];
  const smoothGradient = (gradient: Float64Array, x: Float64Array): Float64Array =>
    gradient.map((value, j) => value + penalty.l2[j]! * x[j]!);

  let x: Float64Array = Float64Array.from(start);
  let now = await objective.evaluate(x, false);
  let gradient: Float64Array = smoothGradient(now.gradient, x);
  let value = now.loss + penaltyOf(penalty, x);
  let evaluations = 1;
  let littleGains = 0;
  const done = (converged: boolean) => ({ x, objective: value, evaluations, converged, memory: pairs });
  stop.onStep?.(value, "first order");

  for (;;) {
    const pseudo = pseudoGradient(gradient, x, penalty.l1);
    let direction = quasiNewton(pseudo, pairs);
    for (let j = 0; j < size; j++) if (penalty.l1[j]! > 0 && direction[j]! * pseudo[j]! >= 0) direction[j] = 0;
    let slope = dot(pseudo, direction);
    if (!(slope < 0)) {
      if (pairs.length === 0) return done(true);
      pairs.length = 0;
      direction = pseudo.map((g) => -g) as typeof direction;
      slope = dot(pseudo, direction);
    }
    // Half the slope is what a Newton step would gain.
    if (-0.5 * slope <= stop.tolerance && (pairs.length > 0 || slope === 0)) return done(true);

    let share = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(-slope)) : 1;
    for (;;) {
      if (evaluations >= stop.evaluations) return done(false);
      const trial = orthantStep(x, direction, share, pseudo, penalty.l1);
      const there = await objective.evaluate(trial, false);
      evaluations++;
      const step = trial.map((to, j) => to - x[j]!);
      const along = dot(pseudo, step);
      const gain = penaltyOf(penalty, x) - penaltyOf(penalty, trial) - lossChange(now, there, step);
      if (gain >= -1e-4 * along) {
        const trialGradient = smoothGradient(there.gradient, trial);
        const change = trialGradient.map((to, j) => to - gradient[j]!);
        const curvature = dot(step, change);
        if (curvature > 1e-12 * dot(change, change)) pairs.push({ step, change });
        if (pairs.length > kept) pairs.shift();
        littleGains = gain <= stop.tolerance ? littleGains + 1 : 0;
        [x, now, gradient, value] = [trial, there, trialGradient, there.loss + penaltyOf(penalty, trial)];
        stop.onStep?.(value, "first order");
        if (littleGains === 3) return done(true);
        break;
      }
      const fitted = (-along * share) / (2 * (-gain - along));
      share = Math.min(0.5 * share, Math.max(0.1 * share, fitted));
      if (!(share > 1e-12)) return done(true);
    }
  }
}

/** The subgradient of least norm of the loss plus `Σ l1|x|`. */
function pseudoGradient(gradient: Float64Array, x: Float64Array, l1: Float64Array): Float64Array {
  return gradient.map((g, j) => {
    const strength = l1[j]!;
    if (strength === 0) return g;
    if (x[j] !== 0) return g + strength * Math.sign(x[j]!);
    return g > strength ? g - strength : g < -strength ? g + strength : 0;
  });
}

/** The two-loop recursion: minus the inverse curvature times the gradient. */
function quasiNewton(gradient: Float64Array, pairs: Memory) {
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
  pairs.forEach(({ step, change }, i) => addScaled(direction, step, weights[i]! - dot(change, direction) / dot(step, change)));
  return direction;
}

/** x + share · direction, where no penalised coordinate leaves its orthant. */
function orthantStep(x: Float64Array, direction: Float64Array, share: number, pseudo: Float64Array, l1: Float64Array): Float64Array {
  return x.map((from, j) => {
    const to = from + share * direction[j]!;
    if (l1[j] === 0) return to;
    const sign = from !== 0 ? Math.sign(from) : -Math.sign(pseudo[j]!);
    return to * sign > 0 ? to : 0;
  });
}

function addScaled(into: Float64Array, from: Float64Array, factor: number): void {
  for (let j = 0; j < into.length; j++) into[j]! += factor * from[j]!;
}
