// From margins to losses and residuals, two rows at a time in doubles.
import { expNegative, log, logOnePlus } from "./shared/series.assembly";

const blockRows: usize = 256;

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
    const row = f64x2.sub(f64x2.add(f64x2.pmax(m, zero), logOnePlus(e)), f64x2.mul(label, m));
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
