import type { Memory, Remembering } from "./lbfgs.js";
import { lossChange, type Objective, type Stop } from "./objective.js";
import { dot, penaltyOf } from "./penalty.js";

const kept = 10;
const sweepsPerStep = 200;

/**
 * Minimises a loss with an L1 part where its second derivatives are too many to sum: each step minimises the penalty plus the
 * L-BFGS model of the loss by coordinate descent, which costs no evaluation (Scheinberg, Tang 2016). Unlike OWL-QN it does not
 * creep where correlated columns trade places at zero.
 */
export async function proximalLbfgs(
  objective: Objective,
  start: Float64Array,
  stop: Stop,
  memory: Memory = [],
): Promise<Remembering> {
  const { penalty } = objective;
  const pairs = memory.slice(-kept);
  let x: Float64Array = Float64Array.from(start);
  let now = await objective.evaluate(x, false);
  let evaluations = 1;
  let value = now.loss + penaltyOf(penalty, x);
  const done = (converged: boolean): Remembering => ({ x, objective: value, evaluations, converged, memory: pairs });
  stop.onStep?.(value, "first order");

  for (;;) {
    const model = modelOf(pairs, now.gradient);
    const { target, curve } = minimum(model, now.gradient, x, objective);
    const direction = target.map((to, j) => to - x[j]!);
    const slope = dot(now.gradient, direction) + penaltyOf(penalty, target) - penaltyOf(penalty, x);
    const gain = -(slope + 0.5 * curve);
    if (!(gain > 0) || (gain <= stop.tolerance && pairs.length > 0)) {
      if (gain > 0 || pairs.length === 0) return done(true);
      pairs.length = 0;
      continue;
    }
    let share = 1;
    for (;;) {
      if (evaluations >= stop.evaluations) return done(false);
      const trial = x.map((from, j) => (share === 1 ? target[j]! : from + share * direction[j]!));
      const there = await objective.evaluate(trial, false);
      evaluations++;
      const step = trial.map((to, j) => to - x[j]!);
      const change = there.gradient.map((to, j) => to - now.gradient[j]!);
      const rise = lossChange(now, there, step) + penaltyOf(penalty, trial) - penaltyOf(penalty, x);
      if (dot(step, change) > 1e-12 * dot(change, change)) pairs.push({ step, change });
      if (pairs.length > kept) pairs.shift();
      if (rise <= 1e-4 * share * slope) {
        [x, now, value] = [trial, there, there.loss + penaltyOf(penalty, trial)];
        stop.onStep?.(value, "first order");
        break;
      }
      const fitted = (-slope * share * share) / (2 * (rise - share * slope));
      share = Math.min(0.5 * share, Math.max(0.1 * share, fitted));
      if (!(share > 1e-10)) return done(true);
    }
  }
}

/** The L-BFGS matrix as `scale · I - W P`, with a row of `width` numbers of W and of Pᵀ for each coordinate. */
interface Model {
  readonly scale: number;
  readonly width: number;
  readonly w: Float64Array;
  readonly p: Float64Array;
}

/** The compact form (Byrd, Nocedal, Schnabel 1994): W = [σS, Y], P = N⁻¹Wᵀ, N = [[σSᵀS, L], [Lᵀ, -D]]. */
function modelOf(pairs: Memory, gradient: Float64Array): Model {
  const size = gradient.length;
  const k = pairs.length;
  const last = pairs.at(-1);
  if (!last)
    return { scale: Math.sqrt(dot(gradient, gradient)) || 1, width: 0, w: new Float64Array(), p: new Float64Array() };
  const scale = dot(last.change, last.change) / dot(last.step, last.change);
  const width = 2 * k;
  const middle = new Float64Array(width * width);
  pairs.forEach((a, i) => {
    pairs.forEach((b, j) => {
      middle[i * width + j] = scale * dot(a.step, b.step);
      if (i > j) middle[i * width + k + j] = middle[(k + j) * width + i] = dot(a.step, b.change);
    });
    middle[(k + i) * width + k + i] = -dot(a.step, a.change);
  });
  const inverse = inverseOf(middle, width);
  const w = new Float64Array(size * width);
  const p = new Float64Array(size * width);
  for (let j = 0; j < size; j++) {
    const row = w.subarray(j * width, (j + 1) * width);
    pairs.forEach(({ step, change }, i) => {
      row[i] = scale * step[j]!;
      row[k + i] = change[j]!;
    });
    for (let a = 0; a < width; a++) p[j * width + a] = dot(inverse.subarray(a * width, (a + 1) * width), row);
  }
  return { scale, width, w, p };
}

/** Coordinate descent on the model; the product of P and the step so far is carried along. */
function minimum({ scale, width, w, p }: Model, gradient: Float64Array, x: Float64Array, { penalty }: Objective) {
  const size = x.length;
  const { l1, l2 } = penalty;
  const target = Float64Array.from(x);
  const carried = new Float64Array(width);
  let first = 0;
  for (let sweep = 0; sweep < sweepsPerStep; sweep++) {
    let worst = 0;
    for (let j = 0; j < size; j++) {
      const at = j * width;
      let pull = -gradient[j]! - scale * (target[j]! - x[j]!);
      let curvature = scale;
      for (let a = 0; a < width; a++) {
        pull += w[at + a]! * carried[a]!;
        curvature -= w[at + a]! * p[at + a]!;
      }
      curvature = Math.max(curvature, 1e-12 * scale);
      const old = target[j]!;
      pull += curvature * old;
      const next = Math.abs(pull) <= l1[j]! ? 0 : (pull - l1[j]! * Math.sign(pull)) / (curvature + l2[j]!);
      const step = next - old;
      if (step === 0) continue;
      target[j] = next;
      for (let a = 0; a < width; a++) carried[a]! += p[at + a]! * step;
      worst = Math.max(worst, Math.abs(step) * (curvature + l2[j]!));
    }
    if (sweep === 0) first = worst;
    if (worst <= 1e-7 * first) break;
  }
  let curve = 0;
  for (let j = 0; j < size; j++) {
    const step = target[j]! - x[j]!;
    let row = scale * step;
    for (let a = 0; a < width; a++) row -= w[j * width + a]! * carried[a]!;
    curve += step * row;
  }
  return { target, curve };
}

/** By Gauss and Jordan with row exchanges: small, regular, not definite. */
function inverseOf(matrix: Float64Array, size: number): Float64Array {
  const rows = Array.from({ length: size }, (_, i) => {
    const row = new Float64Array(2 * size);
    row.set(matrix.subarray(i * size, (i + 1) * size));
    row[size + i] = 1;
    return row;
  });
  for (let i = 0; i < size; i++) {
    let best = i;
    for (let r = i + 1; r < size; r++) if (Math.abs(rows[r]![i]!) > Math.abs(rows[best]![i]!)) best = r;
    [rows[i], rows[best]] = [rows[best]!, rows[i]!];
    const pivot = rows[i]![i]!;
    if (pivot === 0) continue;
    rows[i] = rows[i]!.map((value) => value / pivot);
    for (let r = 0; r < size; r++) {
      const factor = rows[r]![i]!;
      if (r !== i && factor !== 0) for (let c = 0; c < 2 * size; c++) rows[r]![c]! -= factor * rows[i]![c]!;
    }
  }
  const inverse = new Float64Array(size * size);
  rows.forEach((row, i) => void inverse.set(row.subarray(size), i * size));
  return inverse;
}
