// From margins to losses and residuals, two rows at a time in doubles. exp and log are our own, so that they are the same
// on every machine: relative errors below 1e-11 (series cut where the next term is below that).

const blockRows: usize = 256;

@inline
function fma(a: v128, b: v128, c: f64): v128 {
  return f64x2.add(f64x2.mul(a, b), f64x2.splat(c));
}

/** exp(x) for x <= 0: 2^n times the Taylor series on |r| <= ln(2) / 2. */
@inline
function expNegative(x: v128): v128 {
  const a = f64x2.max(x, f64x2.splat(-708));
  const n = f64x2.nearest(f64x2.mul(a, f64x2.splat(1.4426950408889634)));
  // ln 2 in two parts (fdlibm).
  const r = f64x2.sub(f64x2.sub(a, f64x2.mul(n, f64x2.splat(6.93147180369123816490e-1))), f64x2.mul(n, f64x2.splat(1.90821492927058770002e-10)));
  let s = fma(r, f64x2.splat(1.0 / 362880), 1.0 / 40320);
  s = fma(r, s, 1.0 / 5040);
  s = fma(r, s, 1.0 / 720);
  s = fma(r, s, 1.0 / 120);
  s = fma(r, s, 1.0 / 24);
  s = fma(r, s, 1.0 / 6);
  s = fma(r, s, 0.5);
  s = fma(r, s, 1);
  s = fma(r, s, 1);
  // Adding 1.5 * 2^52 leaves n in the low bits; shifted into the exponent, integer addition multiplies by 2^n.
  const bits = i64x2.shl(f64x2.add(n, f64x2.splat(6755399441055744)), 52);
  return i64x2.add(s, bits);
}

/** log(1 + e) for 0 <= e <= 1: twice the inverse hyperbolic tangent of e / (2 + e), which is at most 1 / 3. */
@inline
function logOnePlus(e: v128): v128 {
  const z = f64x2.div(e, f64x2.add(e, f64x2.splat(2)));
  const t = f64x2.mul(z, z);
  let s = fma(t, f64x2.splat(2.0 / 21), 2.0 / 19);
  s = fma(t, s, 2.0 / 17);
  s = fma(t, s, 2.0 / 15);
  s = fma(t, s, 2.0 / 13);
  s = fma(t, s, 2.0 / 11);
  s = fma(t, s, 2.0 / 9);
  s = fma(t, s, 2.0 / 7);
  s = fma(t, s, 2.0 / 5);
  s = fma(t, s, 2.0 / 3);
  s = fma(t, s, 2.0);
  return f64x2.mul(z, s);
}

/** log(x) for normal x > 0: the exponent, and the same series on a mantissa within a factor sqrt(2) of 1. */
@inline
function log(x: v128): v128 {
  const shifted = i64x2.sub(x, i64x2.splat(0x3FE6A09E667F3BCD)); // sqrt(1/2)
  const n = i64x2.shr_s(shifted, 52);
  const f = i64x2.sub(x, i64x2.shl(n, 52));
  const real = f64x2.sub(i64x2.add(n, i64x2.splat(0x4338000000000000)), f64x2.splat(6755399441055744));
  const z = f64x2.div(f64x2.sub(f, f64x2.splat(1)), f64x2.add(f, f64x2.splat(1)));
  const t = f64x2.mul(z, z);
  let s = fma(t, f64x2.splat(2.0 / 13), 2.0 / 11);
  s = fma(t, s, 2.0 / 9);
  s = fma(t, s, 2.0 / 7);
  s = fma(t, s, 2.0 / 5);
  s = fma(t, s, 2.0 / 3);
  s = fma(t, s, 2.0);
  return f64x2.add(f64x2.mul(real, f64x2.splat(0.6931471805599453)), f64x2.mul(z, s));
}

@inline
function demote(at: usize, value: v128): void {
  store<i64>(at, i64x2.extract_lane(f32x4.demote_f64x2_zero(value), 0));
}

@inline
function grow(at: usize, sum: v128): void {
  store<f64>(at, load<f64>(at) + (f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)));
}

/**
 * Log loss of labels 0 and 1: residuals w (p - y) as float32, curvatures w p (1 - p) unless that pointer is 0;
 * sums[0] += loss, sums[1] += weight.
 */
export function logisticLink(margins: usize, y: usize, w: usize, panels: i32, residuals: usize, curvatures: usize, sums: usize): void {
  const zero = f64x2.splat(0), one = f64x2.splat(1);
  let loss = zero, weight = zero;
  for (let i: usize = 0; i < <usize>panels << 6; i += 16) {
    const m = v128.load(margins + i);
    const each = v128.load(w + i);
    const label = v128.load(y + i);
    const e = expNegative(f64x2.neg(f64x2.abs(m)));
    const inverse = f64x2.div(one, f64x2.add(one, e));
    const rest = f64x2.mul(e, inverse);
    const p = v128.bitselect(inverse, rest, f64x2.ge(m, zero));
    const row = f64x2.sub(f64x2.add(f64x2.max(m, zero), logOnePlus(e)), f64x2.mul(label, m));
    loss = f64x2.add(loss, f64x2.mul(each, row));
    weight = f64x2.add(weight, each);
    demote(residuals + (i >> 1), f64x2.mul(each, f64x2.sub(p, label)));
    if (curvatures) v128.store(curvatures + i, f64x2.mul(each, f64x2.mul(inverse, rest)));
  }
  grow(sums, loss);
  grow(sums + 8, weight);
}

/** Half the squared error: residuals w (m - y); sums[0] += loss, sums[1] += weight. */
export function squaredLink(margins: usize, y: usize, w: usize, panels: i32, residuals: usize, sums: usize): void {
  let loss = f64x2.splat(0), weight = loss;
  for (let i: usize = 0; i < <usize>panels << 6; i += 16) {
    const each = v128.load(w + i);
    const error = f64x2.sub(v128.load(margins + i), v128.load(y + i));
    const residual = f64x2.mul(each, error);
    loss = f64x2.add(loss, f64x2.mul(residual, error));
    weight = f64x2.add(weight, each);
    demote(residuals + (i >> 1), residual);
  }
  grow(sums, f64x2.mul(loss, f64x2.splat(0.5)));
  grow(sums + 8, weight);
}

/** Multinomial log loss: margins become probabilities, residuals[k] = w (p_k - [y = k]); sums as above. */
export function softmaxLink(margins: usize, outputs: i32, y: usize, w: usize, panels: i32, residuals: usize, sums: usize): void {
  const next = blockRows << 3;
  const end = margins + <usize>outputs * next;
  let loss = f64x2.splat(0), weight = loss;
  for (let i: usize = 0; i < <usize>panels << 6; i += 16) {
    const each = v128.load(w + i);
    const label = v128.load(y + i);
    let top = v128.load(margins + i);
    for (let at = margins + next; at < end; at += next) top = f64x2.max(top, v128.load(at + i));
    let total = f64x2.splat(0), own = total, k: f64 = 0;
    for (let at = margins; at < end; at += next) {
      const m = f64x2.sub(v128.load(at + i), top);
      own = f64x2.add(own, v128.and(m, f64x2.eq(label, f64x2.splat(k))));
      const term = expNegative(m);
      total = f64x2.add(total, term);
      v128.store(at + i, term);
      k += 1;
    }
    loss = f64x2.add(loss, f64x2.mul(each, f64x2.sub(log(total), own)));
    weight = f64x2.add(weight, each);
    const inverse = f64x2.div(f64x2.splat(1), total);
    k = 0;
    let r = residuals + (i >> 1);
    for (let at = margins; at < end; at += next) {
      const p = f64x2.mul(v128.load(at + i), inverse);
      v128.store(at + i, p);
      const hit = v128.and(f64x2.splat(1), f64x2.eq(label, f64x2.splat(k)));
      demote(r, f64x2.mul(each, f64x2.sub(p, hit)));
      r += blockRows << 2;
      k += 1;
    }
  }
  grow(sums, loss);
  grow(sums + 8, weight);
}

/** values = w a b elementwise: the curvature that two classes share. */
export function productOf(w: usize, a: usize, b: usize, panels: i32, values: usize): void {
  for (let i: usize = 0; i < <usize>panels << 6; i += 16)
    v128.store(values + i, f64x2.mul(v128.load(w + i), f64x2.mul(v128.load(a + i), v128.load(b + i))));
}
