// Weight, mean and centred second moment of one column, in doubles about the first value that counts. That value being one
// of them, cancellation costs at most (all weight / its weight) * 2^-53 of the second moment, wherever the mean lies.

@inline
function both(sum: v128): f64 {
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

function finish(out: usize, shift: f64, weight: f64, first: f64, second: f64, missing: f64): void {
  const mean = weight > 0 ? first / weight : 0;
  store<f64>(out, weight);
  store<f64>(out, shift + mean, 8);
  store<f64>(out, max(0, second - first * mean), 16);
  store<f64>(out, missing, 24);
}

/** out = [weight of present values, mean, M2, rows of weight above 0 that are missing]; `values` is readable to an even row. */
export function momentsOfColumn(values: usize, weights: usize, rows: i32, out: usize): void {
  let shift: f64 = 0;
  for (let i: usize = 0; i < <usize>rows; i++) {
    const value = load<f32>(values + (i << 2));
    if (value != value || !(load<f64>(weights + (i << 3)) > 0)) continue;
    shift = value;
    break;
  }
  const about = f64x2.splat(shift), zero = f64x2.splat(0);
  let weight = zero, first = zero, second = zero, missing = i64x2.splat(0);
  for (let i: usize = 0; i < <usize>rows; i += 2) {
    const d = f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(values + (i << 2))), about);
    let w = v128.load(weights + (i << 3));
    if (i + 1 == <usize>rows) w = f64x2.replace_lane(w, 1, 0);
    const absent = f64x2.ne(d, d);
    missing = i64x2.sub(missing, v128.and(absent, f64x2.gt(w, zero)));
    w = v128.andnot(w, absent);
    const wd = f64x2.mul(w, v128.andnot(d, absent));
    weight = f64x2.add(weight, w);
    first = f64x2.add(first, wd);
    second = f64x2.add(second, f64x2.mul(wd, v128.andnot(d, absent)));
  }
  const absent = <f64>(i64x2.extract_lane(missing, 0) + i64x2.extract_lane(missing, 1));
  finish(out, shift, both(weight), both(first), both(second), absent);
}

/** The same of labels, which are doubles and count only where the weight does; out[3] = rows that count. */
export function momentsOfLabel(values: usize, weights: usize, rows: i32, out: usize): void {
  let i: usize = 0;
  const end = <usize>rows << 3;
  while (i < end && !(load<f64>(weights + i) > 0)) i += 8;
  const shift: f64 = i < end ? load<f64>(values + i) : 0;
  let weight: f64 = 0, first: f64 = 0, second: f64 = 0, count: f64 = 0;
  for (; i < end; i += 8) {
    const w = load<f64>(weights + i);
    if (!(w > 0)) continue;
    const d = load<f64>(values + i) - shift;
    weight += w;
    first += w * d;
    second += w * d * d;
    count += 1;
  }
  finish(out, shift, weight, first, second, count);
}

/** weights[class of row] += weight of row. */
export function weighClasses(labels: usize, weights: usize, rows: i32, into: usize): void {
  for (let i: usize = 0; i < <usize>rows << 3; i += 8) {
    const w = load<f64>(weights + i);
    if (!(w > 0)) continue;
    const at = into + (<usize>load<f64>(labels + i) << 3);
    store<f64>(at, load<f64>(at) + w);
  }
}
