// From scores to gradients and losses by objective, and gradients as packed integers.
import { exp, expNegative, log, logOnePlus } from "./shared/series.assembly";

const BINARY = 0, SOFTMAX = 1, SQUARED = 2, ABSOLUTE = 3, HUBER = 4, QUANTILE = 5, POISSON = 6, GAMMA = 7;

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
    put(h, f64x2.mul(factor, f64x2.max(f64x2.mul(p, f64x2.sub(one, p)), f64x2.splat(1e-16))), both);
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
  const zero = f64x2.splat(0), one = f64x2.splat(1), a = f64x2.splat(alpha);
  for (let i: usize = 0; i < <usize>rows; i += 2) {
    const both = i + 1 < <usize>rows;
    const at = i << 2;
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
      second = f64x2.max(f64x2.mul(inverse, rest), f64x2.splat(1e-16));
    } else if (objective == ABSOLUTE) {
      first = f64x2.sub(v128.and(one, f64x2.gt(first, zero)), v128.and(one, f64x2.lt(first, zero)));
    } else if (objective == HUBER) {
      first = f64x2.max(f64x2.min(first, a), f64x2.neg(a));
    } else if (objective == QUANTILE) {
      first = f64x2.sub(v128.and(one, f64x2.gt(first, zero)), a);
    } else if (objective == POISSON) {
      const e = exp(s);
      first = f64x2.sub(e, label);
      second = f64x2.mul(e, f64x2.splat(2.0137527074704766)); // e^0.7, as LightGBM's poisson_max_delta_step
    } else if (objective == GAMMA) {
      second = f64x2.mul(label, exp(f64x2.neg(s)));
      first = f64x2.sub(one, second);
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
  const zero = f64x2.splat(0), one = f64x2.splat(1), half = f64x2.splat(0.5), a = f64x2.splat(alpha);
  const step = f64x2.splat(1048576), most = f64x2.splat(1099511627776), least = f64x2.neg(most);
  let sum = zero;
  for (let i: usize = 0; i < <usize>rows; i += 2) {
    const both = i + 1 < <usize>rows;
    const at = i << 2;
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
    sum = f64x2.add(sum, f64x2.max(f64x2.min(steps, most), least));
  }
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** out[0] = the largest of itself and all |g|, out[1] of itself and all h: float32, NaN if any is. */
export function extent(rows: i32, g: usize, h: usize, out: usize): void {
  let first = f32x4.splat(load<f32>(out)), second = f32x4.splat(load<f32>(out, 4));
  let i: usize = 0;
  for (; i + 4 <= <usize>rows; i += 4) {
    first = f32x4.max(first, f32x4.abs(v128.load(g + (i << 2))));
    second = f32x4.max(second, v128.load(h + (i << 2)));
  }
  for (; i < <usize>rows; i++) {
    first = f32x4.max(first, f32x4.abs(v128.load32_zero(g + (i << 2))));
    second = f32x4.max(second, f32x4.splat(load<f32>(h + (i << 2))));
  }
  first = f32x4.max(first, i64x2.shuffle(first, first, 1, 0));
  second = f32x4.max(second, i64x2.shuffle(second, second, 1, 0));
  store<f32>(out, max(f32x4.extract_lane(first, 0), f32x4.extract_lane(first, 1)));
  store<f32>(out, max(f32x4.extract_lane(second, 0), f32x4.extract_lane(second, 1)), 4);
}

/** base/seeds.ts: mix32, four at a time. */
@inline
function mix32(x: v128): v128 {
  let h = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 16)), i32x4.splat(0x21f0aaad));
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 15)), i32x4.splat(0x735a2d97));
  return v128.xor(h, i32x4.shr_u(h, 15));
}

/** floor(x), and one more where a draw of 16 bits, taken at the middle of its step, is below what floor leaves. */
@inline
function round(x: v128, draw: v128, least: i32, most: i32): v128 {
  const whole = f32x4.floor(x);
  const chance = f32x4.mul(f32x4.add(f32x4.convert_i32x4_s(draw), f32x4.splat(0.5)), f32x4.splat(1.52587890625e-5));
  const q = i32x4.sub(i32x4.trunc_sat_f32x4_s(whole), f32x4.lt(chance, f32x4.sub(x, whole)));
  return i32x4.max_s(i32x4.min_s(q, i32x4.splat(most)), i32x4.splat(least));
}

@inline
function pack(g: v128, h: v128, gScale: v128, hScale: v128, draw: v128): v128 {
  const first = round(f32x4.mul(g, gScale), i32x4.shr_u(draw, 16), -32767, 32767);
  const second = round(f32x4.mul(h, hScale), v128.and(draw, i32x4.splat(0xffff)), 0, 65535);
  return v128.or(i32x4.shl(first, 16), second);
}

/**
 * gh[i] = g * gScale in the high half (-32,767 .. 32,767) and h * hScale in the low one (0 .. 65,535), rounded up or down at
 * random so that the mean is right: by the hash of row0 + i (modulo 2^32) under `seed`. Rows with g = h = 0 stay 0.
 */
export function quantise(rows: i32, g: usize, h: usize, gScale: f32, hScale: f32, seed: i32, row0: i32, gh: usize): void {
  const a = f32x4.splat(gScale), b = f32x4.splat(hScale), key = i32x4.splat(seed);
  let row = i32x4.add(i32x4.splat(row0), i32x4(0, 1, 2, 3));
  let i: usize = 0;
  for (; i + 4 <= <usize>rows; i += 4) {
    const at = i << 2;
    v128.store(gh + at, pack(v128.load(g + at), v128.load(h + at), a, b, mix32(v128.xor(row, key))));
    row = i32x4.add(row, i32x4.splat(4));
  }
  for (; i < <usize>rows; i++) {
    const at = i << 2;
    const draw = mix32(i32x4.splat((row0 + <i32>i) ^ seed));
    v128.store32_lane(gh + at, pack(v128.load32_zero(g + at), v128.load32_zero(h + at), a, b, draw), 0);
  }
}
