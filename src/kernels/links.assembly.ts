// From margins to losses and residuals, two rows at a time in doubles. exp and log are our own, so that they are the same
// on every machine: relative errors below 1e-11 (series cut where the next term is below that).

const blockRows: usize = 256;

// V8 builds a vector constant anew at each use, which costs more than reading it: so the series stand in memory.
const inverseFactorials = memory.data<f64>([1.0, 1.0, 0.5, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320, 1.0 / 362880]);
/** 2 / (2k + 1): of twice the inverse hyperbolic tangent. */
const odd = memory.data<f64>([2.0, 2.0 / 3, 2.0 / 5, 2.0 / 7, 2.0 / 9, 2.0 / 11, 2.0 / 13, 2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21]);
/** -708, 1 / ln 2, ln 2 in two parts (fdlibm), 1.5 * 2^52, which as an addend leaves an integer in the low bits. */
const others = memory.data<f64>([-708, 1.4426950408889634, 6.93147180369123816490e-1, 1.90821492927058770002e-10, 6755399441055744, 1, 2]);

@inline
function at(table: usize, place: usize): v128 {
  return v128.load64_splat(table + (place << 3));
}

@inline
function fma(a: v128, b: v128, c: v128): v128 {
  return f64x2.add(f64x2.mul(a, b), c);
}

/** exp(x) for x <= 0: 2^n times the Taylor series on |r| <= ln(2) / 2. */
@inline
function expNegative(x: v128): v128 {
  const a = f64x2.pmax(x, at(others, 0));
  const n = f64x2.nearest(f64x2.mul(a, at(others, 1)));
  const r = f64x2.sub(f64x2.sub(a, f64x2.mul(n, at(others, 2))), f64x2.mul(n, at(others, 3)));
  const rr = f64x2.mul(r, r);
  const r4 = f64x2.mul(rr, rr);
  const low = fma(rr, fma(r, at(inverseFactorials, 3), at(inverseFactorials, 2)), fma(r, at(inverseFactorials, 1), at(inverseFactorials, 0)));
  const high = fma(rr, fma(r, at(inverseFactorials, 7), at(inverseFactorials, 6)), fma(r, at(inverseFactorials, 5), at(inverseFactorials, 4)));
  const s = fma(r4, fma(r4, fma(r, at(inverseFactorials, 9), at(inverseFactorials, 8)), high), low);
  // n in the low bits, shifted into the exponent: integer addition multiplies by 2^n.
  return i64x2.add(s, i64x2.shl(f64x2.add(n, at(others, 4)), 52));
}

/** 2 atanh(z) by its odd series, up to z^21. */
@inline
function twiceAtanh(z: v128): v128 {
  const t = f64x2.mul(z, z);
  const tt = f64x2.mul(t, t);
  const t4 = f64x2.mul(tt, tt);
  const low = fma(tt, fma(t, at(odd, 3), at(odd, 2)), fma(t, at(odd, 1), at(odd, 0)));
  const middle = fma(tt, fma(t, at(odd, 7), at(odd, 6)), fma(t, at(odd, 5), at(odd, 4)));
  const high = fma(tt, at(odd, 10), fma(t, at(odd, 9), at(odd, 8)));
  return f64x2.mul(z, fma(t4, fma(t4, high, middle), low));
}

/** log(x) for normal x > 0: the exponent, and the series on a mantissa within a factor sqrt(2) of 1. */
@inline
function log(x: v128): v128 {
  const n = i64x2.shr_s(i64x2.sub(x, i64x2.splat(0x3FE6A09E667F3BCD)), 52); // bits of sqrt(1/2)
  const f = i64x2.sub(x, i64x2.shl(n, 52));
  const real = f64x2.sub(i64x2.add(n, at(others, 4)), at(others, 4));
  const z = f64x2.div(f64x2.sub(f, at(others, 5)), f64x2.add(f, at(others, 5)));
  return f64x2.add(f64x2.mul(real, f64x2.splat(0.6931471805599453)), twiceAtanh(z));
}

@inline
function demote(to: usize, value: v128): void {
  v128.store_lane<f64>(to, f32x4.demote_f64x2_zero(value), 0);
}

@inline
function grow(to: usize, sum: v128): void {
  store<f64>(to, load<f64>(to) + (f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)));
}

/**
 * Log loss of labels 0 and 1: residuals w (p - y) as float32, curvatures w p (1 - p) unless that pointer is 0;
 * sums[0] += loss, sums[1] += weight.
 */
export function logisticLink(margins: usize, y: usize, w: usize, panels: i32, residuals: usize, curvatures: usize, sums: usize): void {
  const zero = f64x2.splat(0), one = f64x2.splat(1), sign = f64x2.splat(-0.0);
  let loss = zero, weight = zero;
  for (let i: usize = 0; i < <usize>panels << 6; i += 16) {
    const m = v128.load(margins + i);
    const each = v128.load(w + i);
    const label = v128.load(y + i);
    const e = expNegative(v128.or(m, sign));
    const inverse = f64x2.div(one, f64x2.add(one, e));
    const rest = f64x2.mul(e, inverse);
    const p = v128.bitselect(inverse, rest, f64x2.ge(m, zero));
    // log(1 + e) is twice the inverse hyperbolic tangent of e / (2 + e), which is at most 1 / 3.
    const logOnePlus = twiceAtanh(f64x2.div(e, f64x2.add(e, at(others, 6))));
    const row = f64x2.sub(f64x2.add(f64x2.pmax(m, zero), logOnePlus), f64x2.mul(label, m));
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
    for (let slot = margins + next; slot < end; slot += next) top = f64x2.pmax(top, v128.load(slot + i));
    let total = f64x2.splat(0), own = total, k: f64 = 0;
    for (let slot = margins; slot < end; slot += next) {
      const m = f64x2.sub(v128.load(slot + i), top);
      own = f64x2.add(own, v128.and(m, f64x2.eq(label, f64x2.splat(k))));
      const term = expNegative(m);
      total = f64x2.add(total, term);
      v128.store(slot + i, term);
      k += 1;
    }
    loss = f64x2.add(loss, f64x2.mul(each, f64x2.sub(log(total), own)));
    weight = f64x2.add(weight, each);
    const inverse = f64x2.div(f64x2.splat(1), total);
    k = 0;
    let r = residuals + (i >> 1);
    for (let slot = margins; slot < end; slot += next) {
      const p = f64x2.mul(v128.load(slot + i), inverse);
      v128.store(slot + i, p);
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
