// FTRL-proximal (McMahan et al. 2013, algorithm 1), one row after the other. A slot has z and the root of the summed squared gradients
// (the paper's sqrt(n)) as float32; with several outputs z of all of them, then the roots of all of them.
// weight = -sign(z) max(|z| - l1, 0) / (root / rate + beta / rate + l2); `offset` is beta / rate + l2.

import { expNegative, log, logOnePlus } from "./shared/series.assembly";

@inline
function weightOf(z: v128, root: v128, inverseRate: v128, offset: v128, l1: v128): v128 {
  const sign = f32x4.splat(-0.0);
  const size = f32x4.max(f32x4.sub(f32x4.abs(z), l1), f32x4.splat(0));
  const plain = f32x4.div(size, f32x4.add(f32x4.mul(root, inverseRate), offset));
  return v128.xor(plain, v128.andnot(sign, z));
}

@inline
function rootOf(root: v128, g: v128): v128 {
  return f32x4.sqrt(f32x4.add(f32x4.mul(root, root), f32x4.mul(g, g)));
}

@inline
function sumOf(x: v128): f64 {
  return (
    <f64>f32x4.extract_lane(x, 0) + <f64>f32x4.extract_lane(x, 1) + (<f64>f32x4.extract_lane(x, 2) + <f64>f32x4.extract_lane(x, 3))
  );
}

@inline
function exp(x: f64): f64 {
  return f64x2.extract_lane(expNegative(f64x2.splat(x)), 0);
}

@inline
function zOf(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 0, 2, 4, 6);
}
@inline
function rootsOfPair(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 1, 3, 5, 7);
}

/** The bias goes free of l1: its z and root stand at `bias`. */
@inline
function biasOf(bias: usize, inverseRate: f32, offset: f32): f32 {
  return -load<f32>(bias) / (load<f32>(bias, 4) * inverseRate + offset);
}

@inline
function moveBias(bias: usize, g: f32, inverseRate: f32, offset: f32): void {
  const w = biasOf(bias, inverseRate, offset);
  const root = load<f32>(bias, 4);
  const next = sqrt<f32>(root * root + g * g);
  store<f32>(bias, load<f32>(bias) + g - (next - root) * inverseRate * w);
  store<f32>(bias, next, 4);
}

/**
 * Rows one by one: predict, then learn. Row i's features stand from starts[i] to starts[i + 1]; no slot stands among them twice, but for
 * features of the value 0, which fill them up to a multiple of 4. Labels 0 and 1 with the log
 * loss, or numbers with half the squared error; sums[0] += loss before learning, sums[1] += weight. `weights` is scratch
 * for the longest row.
 */
export function ftrlRows(
  state: usize, slots: usize, values: usize, starts: usize, rows: i32, y: usize, w: usize, bias: usize, weights: usize,
  rate: f32, beta: f32, l1: f32, l2: f32, squared: i32, sums: usize,
): void {
  const inverse = <f32>1 / rate;
  const offset = beta * inverse + l2;
  const inverses = f32x4.splat(inverse), offsets = f32x4.splat(offset), l1s = f32x4.splat(l1);
  let loss: f64 = 0, weight: f64 = 0;
  for (let i: usize = 0; i < <usize>rows; i++) {
    const bytes = <usize>(load<i32>(starts + (i << 2), 4) - load<i32>(starts + (i << 2))) << 2;
    let margins = f32x4.splat(0);
    for (let f: usize = 0; f < bytes; f += 16) {
      const s = slots + f;
      let a = v128.load64_zero(state + (<usize>load<u32>(s) << 3));
      a = v128.load64_lane(state + (<usize>load<u32>(s, 4) << 3), a, 1);
      let b = v128.load64_zero(state + (<usize>load<u32>(s, 8) << 3));
      b = v128.load64_lane(state + (<usize>load<u32>(s, 12) << 3), b, 1);
      const each = weightOf(zOf(a, b), rootsOfPair(a, b), inverses, offsets, l1s);
      v128.store(weights + f, each);
      margins = f32x4.add(margins, f32x4.mul(each, v128.load(values + f)));
    }
    const m = sumOf(margins) + <f64>biasOf(bias, inverse, offset);
    const label = load<f64>(y + (i << 3));
    const c = load<f64>(w + (i << 3));
    let g: f64;
    if (squared) {
      g = m - label;
      loss += c * 0.5 * g * g;
    } else {
      const e = exp(-abs(m));
      const p = m >= 0 ? 1 / (1 + e) : e / (1 + e);
      g = p - label;
      loss += c * (max<f64>(m, 0) - label * m + f64x2.extract_lane(logOnePlus(f64x2.splat(e)), 0));
    }
    weight += c;
    const gradient = <f32>(c * g);
    const gs = f32x4.splat(gradient);
    for (let f: usize = 0; f < bytes; f += 16) {
      const s = slots + f;
      const s0 = state + (<usize>load<u32>(s) << 3), s1 = state + (<usize>load<u32>(s, 4) << 3);
      const s2 = state + (<usize>load<u32>(s, 8) << 3), s3 = state + (<usize>load<u32>(s, 12) << 3);
      const a = v128.load64_lane(s1, v128.load64_zero(s0), 1);
      const b = v128.load64_lane(s3, v128.load64_zero(s2), 1);
      const root = rootsOfPair(a, b);
      const step = f32x4.mul(gs, v128.load(values + f));
      const next = rootOf(root, step);
      const pull = f32x4.mul(f32x4.mul(f32x4.sub(next, root), inverses), v128.load(weights + f));
      const z = f32x4.sub(f32x4.add(zOf(a, b), step), pull);
      const low = v128.shuffle<f32>(z, next, 0, 4, 1, 5);
      const high = v128.shuffle<f32>(z, next, 2, 6, 3, 7);
      v128.store64_lane(s0, low, 0);
      v128.store64_lane(s1, low, 1);
      v128.store64_lane(s2, high, 0);
      v128.store64_lane(s3, high, 1);
    }
    moveBias(bias, gradient, inverse, offset);
    slots += bytes;
    values += bytes;
  }
  store<f64>(sums, load<f64>(sums) + loss);
  store<f64>(sums, load<f64>(sums, 8) + weight, 8);
}

/** ftrlRows for the multinomial log loss. `padded` is the number of outputs rounded up to 4; `margins` is scratch of so many floats. */
export function ftrlClasses(
  state: usize, slots: usize, values: usize, starts: usize, rows: i32, y: usize, w: usize, bias: usize, margins: usize,
  outputs: i32, padded: i32, rate: f32, beta: f32, l1: f32, l2: f32, sums: usize,
): void {
  const inverse = <f32>1 / rate;
  const offset = beta * inverse + l2;
  const inverses = f32x4.splat(inverse), offsets = f32x4.splat(offset), l1s = f32x4.splat(l1);
  const lanes = <usize>padded << 2;
  let loss: f64 = 0, weight: f64 = 0;
  for (let i: usize = 0; i < <usize>rows; i++) {
    const width = load<i32>(starts + (i << 2), 4) - load<i32>(starts + (i << 2));
    for (let k = 0; k < padded; k++) store<f32>(margins + (<usize>k << 2), k < outputs ? biasOf(bias + (<usize>k << 3), inverse, offset) : 0);
    for (let f: usize = 0; f < <usize>width; f++) {
      const x = v128.load32_splat(values + (f << 2));
      const z = state + <usize>load<u32>(slots + (f << 2)) * (lanes << 1);
      for (let k: usize = 0; k < lanes; k += 16) {
        const each = weightOf(v128.load(z + k), v128.load(z + lanes + k), inverses, offsets, l1s);
        v128.store(margins + k, f32x4.add(v128.load(margins + k), f32x4.mul(each, x)));
      }
    }
    let top = load<f32>(margins);
    for (let k: usize = 1; k < <usize>outputs; k++) top = max(top, load<f32>(margins + (k << 2)));
    let total: f64 = 0;
    const label = <usize>load<f64>(y + (i << 3));
    const own = <f64>load<f32>(margins + (label << 2)) - <f64>top;
    for (let k: usize = 0; k < <usize>outputs; k++) {
      const e = exp(<f64>load<f32>(margins + (k << 2)) - <f64>top);
      total += e;
      store<f32>(margins + (k << 2), <f32>e);
    }
    const c = load<f64>(w + (i << 3));
    loss += c * (f64x2.extract_lane(log(f64x2.splat(total)), 0) - own);
    weight += c;
    for (let k: usize = 0; k < <usize>padded; k++) {
      const p = k < <usize>outputs ? <f64>load<f32>(margins + (k << 2)) / total : 0;
      const g = <f32>(c * (p - (k == label ? 1 : 0)));
      store<f32>(margins + (k << 2), g);
      if (k < <usize>outputs) moveBias(bias + (k << 3), g, inverse, offset);
    }
    for (let f: usize = 0; f < <usize>width; f++) {
      const x = v128.load32_splat(values + (f << 2));
      const z = state + <usize>load<u32>(slots + (f << 2)) * (lanes << 1);
      for (let k: usize = 0; k < lanes; k += 16) {
        const old = v128.load(z + k), root = v128.load(z + lanes + k);
        const step = f32x4.mul(v128.load(margins + k), x);
        const next = rootOf(root, step);
        const pull = f32x4.mul(f32x4.mul(f32x4.sub(next, root), inverses), weightOf(old, root, inverses, offsets, l1s));
        v128.store(z + k, f32x4.sub(f32x4.add(old, step), pull));
        v128.store(z + lanes + k, next);
      }
    }
    slots += <usize>width << 2;
    values += <usize>width << 2;
  }
  store<f64>(sums, load<f64>(sums) + loss);
  store<f64>(sums, load<f64>(sums, 8) + weight, 8);
}

/** out[2 s] = the weight of slot s for output k, out[2 s + 1] = its summed squared gradients, which say how sure it is. */
export function ftrlWeights(state: usize, from: i32, count: i32, padded: i32, k: i32, rate: f32, beta: f32, l1: f32, l2: f32, out: usize): void {
  const inverse = <f32>1 / rate;
  const offset = beta * inverse + l2;
  for (let s: usize = 0; s < <usize>count; s++) {
    const at = state + (((<usize>from + s) * <usize>(padded << 1) + <usize>k) << 2);
    const z = load<f32>(at), root = load<f32>(at + (<usize>padded << 2));
    const size = max<f32>(abs(z) - l1, 0);
    store<f32>(out + (s << 3), size > 0 ? (z > 0 ? -size : size) / (root * inverse + offset) : 0);
    store<f32>(out + (s << 3), root * root, 4);
  }
}
