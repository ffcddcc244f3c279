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

/** sums += [weight, w d, w d^2, missing] of rows from .. to - 1, d = value - shift; values and weights are readable to an even row. */
function careful(values: usize, weights: usize, from: usize, to: usize, shift: f64, sums: usize): void {
  const about = f64x2.splat(shift), zero = f64x2.splat(0);
  let weight = zero, first = zero, second = zero, missing = i64x2.splat(0);
  for (let i = from; i < to; i += 2) {
    const d = f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(values + (i << 2))), about);
    let w = v128.load(weights + (i << 3));
    if (i + 1 == to) w = f64x2.replace_lane(w, 1, 0);
    const absent = f64x2.ne(d, d);
    missing = i64x2.sub(missing, v128.and(absent, f64x2.gt(w, zero)));
    w = v128.andnot(w, absent);
    const wd = f64x2.mul(w, v128.andnot(d, absent));
    weight = f64x2.add(weight, w);
    first = f64x2.add(first, wd);
    second = f64x2.add(second, f64x2.mul(wd, v128.andnot(d, absent)));
  }
  add(sums, both(weight), both(first), both(second));
  store<f64>(sums, load<f64>(sums, 24) + <f64>(i64x2.extract_lane(missing, 0) + i64x2.extract_lane(missing, 1)), 24);
}

/** The same for 256 rows in which nothing is missing: answers false, and adds nothing, when something is. */
function swift(values: usize, weights: usize, shift: f64, sums: usize): bool {
  const about = f64x2.splat(shift);
  let weight = f64x2.splat(0), first = weight, second = weight, weight2 = weight, first2 = weight, second2 = weight;
  for (let i: usize = 0; i < 256; i += 4) {
    const x = v128.load(values);
    const d = f64x2.sub(f64x2.promote_low_f32x4(x), about);
    const d2 = f64x2.sub(f64x2.promote_low_f32x4(i64x2.shuffle(x, x, 1, 0)), about);
    const w = v128.load(weights), w2 = v128.load(weights, 16);
    const wd = f64x2.mul(w, d), wd2 = f64x2.mul(w2, d2);
    weight = f64x2.add(weight, w);
    weight2 = f64x2.add(weight2, w2);
    first = f64x2.add(first, wd);
    first2 = f64x2.add(first2, wd2);
    second = f64x2.add(second, f64x2.mul(wd, d));
    second2 = f64x2.add(second2, f64x2.mul(wd2, d2));
    values += 16;
    weights += 32;
  }
  const total = both(f64x2.add(second, second2));
  if (total != total) return false;
  add(sums, both(f64x2.add(weight, weight2)), both(f64x2.add(first, first2)), total);
  return true;
}

function add(sums: usize, weight: f64, first: f64, second: f64): void {
  store<f64>(sums, load<f64>(sums) + weight);
  store<f64>(sums, load<f64>(sums, 8) + first, 8);
  store<f64>(sums, load<f64>(sums, 16) + second, 16);
}

function firstPresent(values: usize, weights: usize, rows: i32): f64 {
  for (let i: usize = 0; i < <usize>rows; i++) {
    const value = load<f32>(values + (i << 2));
    if (value == value && load<f64>(weights + (i << 3)) > 0) return value;
  }
  return 0;
}

/**
 * out[column] = [weight of present values, mean, M2, rows of weight above 0 that are missing]; `columns` are pointers and
 * `shifts` room for a double each. Rows are taken 1024 at a time, so that their weights stay at hand for all columns.
 */
export function momentsOfColumns(columns: usize, count: i32, weights: usize, rows: i32, shifts: usize, out: usize): void {
  memory.fill(out, 0, <usize>count << 5);
  for (let j: usize = 0; j < <usize>count; j++) store<f64>(shifts + (j << 3), firstPresent(load<u32>(columns + (j << 2)), weights, rows));
  for (let from: usize = 0; from < <usize>rows; from += 1024) {
    const end = min(from + 1024, <usize>rows);
    for (let j: usize = 0; j < <usize>count; j++) {
      const values = <usize>load<u32>(columns + (j << 2));
      const shift = load<f64>(shifts + (j << 3));
      const sums = out + (j << 5);
      let i = from;
      for (; i + 256 <= end; i += 256)
        if (!swift(values + (i << 2), weights + (i << 3), shift, sums)) careful(values, weights, i, i + 256, shift, sums);
      careful(values, weights, i, end, shift, sums);
    }
  }
  for (let j: usize = 0; j < <usize>count; j++) {
    const at = out + (j << 5);
    finish(at, load<f64>(shifts + (j << 3)), load<f64>(at), load<f64>(at, 8), load<f64>(at, 16), load<f64>(at, 24));
  }
}

/** Of labels, which are doubles and count only where the weight does; out[3] = rows that count. */
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
