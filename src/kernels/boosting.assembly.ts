// From scores to gradients and losses, by objective.
import { exp, expNegative, log, logOnePlus } from "./shared/series.assembly";

const BINARY = 0, SOFTMAX = 1, SQUARED = 2, ABSOLUTE = 3, HUBER = 4, QUANTILE = 5, POISSON = 6, GAMMA = 7;

/** Where alpha waits: read from a local in place of memory, it costs some objectives 3 to 7 ns a row (measured). */
const alphaAt = memory.data(8);

// pmin and pmax are one instruction each, and keep a NaN that is their first argument.

/** Two float32 as doubles, or one and 0. */
@inline
function take(from: usize, both: bool): v128 {
  return f64x2.promote_low_f32x4(both ? v128.load64_zero(from) : v128.load32_zero(from));
}

@inline
function put(to: usize, value: v128, both: bool): void {
  const single = f32x4.demote_f64x2_zero(value);
  if (both) v128.store64_lane(to, single, 0);
  else v128.store32_lane(to, single, 0);
}

@inline
function where(condition: v128, yes: v128, no: v128): v128 {
  return v128.bitselect(yes, no, condition);
}

/** Of one pair of rows: g_k = w (p_k - [y = k]), h_k = K / (K - 1) w p_k (1 - p_k) (Friedman 2001, algorithm 6). */
function softmaxPair(scores: usize, stride: usize, outputs: i32, both: bool, label: v128, weight: v128, g: usize, h: usize, outputStride: usize): void {
  const one = f64x2.splat(1);
  let top = take(scores, both);
  for (let k = 1, at = scores; k < outputs; k++) top = f64x2.pmax(top, take(at += stride, both));
  let total = f64x2.splat(0);
  for (let k = 0, at = scores, to = g; k < outputs; k++, at += stride, to += outputStride) {
    const term = expNegative(f64x2.sub(take(at, both), top));
    total = f64x2.add(total, term);
    put(to, term, both);
  }
  const inverse = f64x2.div(one, total);
  const factor = f64x2.mul(weight, f64x2.splat(<f64>outputs / <f64>max(1, outputs - 1)));
  for (let k = 0; k < outputs; k++) {
    const p = f64x2.mul(take(g, both), inverse);
    const hit = v128.and(one, f64x2.eq(label, f64x2.splat(k)));
    put(g, f64x2.mul(weight, f64x2.sub(p, hit)), both);
    put(h, f64x2.mul(factor, f64x2.pmax(f64x2.mul(p, f64x2.sub(one, p)), f64x2.splat(1e-16))), both);
    g += outputStride;
    h += outputStride;
  }
}

/**
 * First and second derivatives of w times the loss by the raw score. `objective`: 0 binary, 1 softmax (y is the class),
 * 2 squared, 3 absolute, 4 huber (alpha: where it turns linear), 5 quantile (alpha: which), 6 poisson, 7 gamma,
 * 8 tweedie (alpha: its power). Output k of row r is at scores + k * stride + 4 r, its results at g and h + k * outputStride + 4 r;
 * all float32, also `y` and the weights `w` (0: all 1).
 */
export function gradients(objective: i32, alpha: f32, rows: i32, scores: usize, stride: i32, outputs: i32, y: usize, w: usize, g: usize, h: usize, outputStride: i32): void {
  const zero = f64x2.splat(0), one = f64x2.splat(1);
  store<f64>(alphaAt, alpha);
  for (let i: usize = 0; i < <usize>rows; i += 2) {
    const both = i + 1 < <usize>rows;
    const at = i << 2;
    const a = v128.load64_splat(alphaAt);
    const label = take(y + at, both);
    const weight = w ? take(w + at, both) : one;
    if (objective == SOFTMAX) {
      softmaxPair(scores + at, stride, outputs, both, label, weight, g + at, h + at, outputStride);
      continue;
    }
    const s = take(scores + at, both);
    let first = f64x2.sub(s, label), second = one;
    if (objective == BINARY) {
      const e = expNegative(f64x2.neg(f64x2.abs(s)));
      const inverse = f64x2.div(one, f64x2.add(one, e));
      const rest = f64x2.mul(e, inverse);
      first = f64x2.sub(where(f64x2.ge(s, zero), inverse, rest), label);
      second = f64x2.pmax(f64x2.mul(inverse, rest), f64x2.splat(1e-16));
    } else if (objective == ABSOLUTE) {
      first = f64x2.sub(v128.and(one, f64x2.gt(first, zero)), v128.and(one, f64x2.lt(first, zero)));
    } else if (objective == HUBER) {
      first = f64x2.pmax(f64x2.pmin(first, a), f64x2.neg(a));
    } else if (objective == QUANTILE) {
      first = f64x2.sub(v128.and(one, f64x2.gt(first, zero)), a);
    } else if (objective == POISSON) {
      const e = exp(s);
      first = f64x2.sub(e, label);
      second = f64x2.mul(e, f64x2.splat(2.0137527074704766)); // e^0.7, as LightGBM's poisson_max_delta_step
    } else if (objective == GAMMA) {
      second = f64x2.mul(label, exp(f64x2.neg(s)));
      first = f64x2.sub(one, second);
      // Far below its score a label has almost no curvature, and a Newton step there would never end: Fisher's is 1.
      second = f64x2.pmax(second, one);
    } else if (objective != SQUARED) {
      const p = f64x2.sub(one, a), q = f64x2.sub(f64x2.splat(2), a);
      const up = f64x2.mul(label, exp(f64x2.mul(p, s))), down = exp(f64x2.mul(q, s));
      first = f64x2.sub(down, up);
      second = f64x2.sub(f64x2.mul(q, down), f64x2.mul(p, up));
    }
    put(g + at, f64x2.mul(weight, first), both);
    put(h + at, f64x2.mul(weight, second), both);
  }
}

/**
 * The sum over rows of w times the loss in steps of 2^-20, each row's rounded to a whole number of them and held within
 * 2^40: so sums of integers, exact up to 2^53, in any order. NaN where a score is. Arguments as of `gradients`. Poisson,
 * gamma and tweedie are negative log likelihoods without the terms of y alone, so they can be negative.
 */
export function losses(objective: i32, alpha: f32, rows: i32, scores: usize, stride: i32, outputs: i32, y: usize, w: usize): f64 {
  const zero = f64x2.splat(0), one = f64x2.splat(1), half = f64x2.splat(0.5);
  store<f64>(alphaAt, alpha);
  const step = f64x2.splat(1048576), most = f64x2.splat(1099511627776), least = f64x2.neg(most);
  let sum = zero;
  for (let i: usize = 0; i < <usize>rows; i += 2) {
    const both = i + 1 < <usize>rows;
    const at = i << 2;
    const a = v128.load64_splat(alphaAt);
    const label = take(y + at, both);
    const weight = w ? take(w + at, both) : both ? one : f64x2.replace_lane(one, 1, 0);
    const s = take(scores + at, both);
    const error = f64x2.sub(s, label), size = f64x2.abs(error);
    let loss = f64x2.mul(half, f64x2.mul(error, error));
    if (objective == BINARY) {
      const e = expNegative(f64x2.neg(f64x2.abs(s)));
      loss = f64x2.sub(f64x2.add(f64x2.pmax(s, zero), logOnePlus(e)), f64x2.mul(label, s));
    } else if (objective == SOFTMAX) {
      let top = s;
      for (let k = 1, from = scores + at; k < outputs; k++) top = f64x2.pmax(top, take(from += stride, both));
      let total = zero, own = zero;
      for (let k = 0, from = scores + at; k < outputs; k++, from += stride) {
        const m = f64x2.sub(take(from, both), top);
        own = f64x2.add(own, v128.and(m, f64x2.eq(label, f64x2.splat(k))));
        total = f64x2.add(total, expNegative(m));
      }
      loss = f64x2.sub(log(total), own);
    } else if (objective == ABSOLUTE) {
      loss = size;
    } else if (objective == HUBER) {
      loss = where(f64x2.le(size, a), loss, f64x2.mul(a, f64x2.sub(size, f64x2.mul(half, a))));
    } else if (objective == QUANTILE) {
      loss = f64x2.mul(error, f64x2.sub(v128.and(one, f64x2.gt(error, zero)), a));
    } else if (objective == POISSON) {
      loss = f64x2.sub(exp(s), f64x2.mul(label, s));
    } else if (objective == GAMMA) {
      loss = f64x2.add(f64x2.mul(label, exp(f64x2.neg(s))), s);
    } else if (objective != SQUARED) {
      const p = f64x2.sub(one, a), q = f64x2.sub(f64x2.splat(2), a);
      const up = f64x2.div(f64x2.mul(label, exp(f64x2.mul(p, s))), p);
      loss = f64x2.sub(f64x2.div(exp(f64x2.mul(q, s)), q), up);
    }
    const steps = f64x2.nearest(f64x2.mul(f64x2.mul(loss, weight), step));
    sum = f64x2.add(sum, f64x2.pmax(f64x2.pmin(steps, most), least));
  }
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}
