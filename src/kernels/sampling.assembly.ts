// Gradients as packed integers, and rows drawn by them. Whatever is random is a hash of the row's number.

/** base/seeds.ts: mix32, four at a time. */
@inline
function mix32(x: v128): v128 {
  let h = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 16)), i32x4.splat(0x21f0aaad));
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 15)), i32x4.splat(0x735a2d97));
  return v128.xor(h, i32x4.shr_u(h, 15));
}

/**
 * out[0] = the largest of itself and all |g|, out[1] of itself and all |h|: float32, NaN if any is. Without their signs, floats
 * are in the order of their bits, and NaN comes last.
 */
export function extent(rows: i32, g: usize, h: usize, out: usize): void {
  const bits = i32x4.splat(0x7fffffff);
  let first = v128.load32_zero(out), second = v128.load32_zero(out, 4);
  let at: usize = 0;
  const end = <usize>rows << 2;
  for (; at + 16 <= end; at += 16) {
    first = i32x4.max_s(first, v128.and(v128.load(g + at), bits));
    second = i32x4.max_s(second, v128.and(v128.load(h + at), bits));
  }
  for (; at < end; at += 4) {
    first = i32x4.max_s(first, v128.and(v128.load32_zero(g + at), bits));
    second = i32x4.max_s(second, v128.and(v128.load32_zero(h + at), bits));
  }
  first = i32x4.max_s(first, i64x2.shuffle(first, first, 1, 0));
  second = i32x4.max_s(second, i64x2.shuffle(second, second, 1, 0));
  store<i32>(out, max(i32x4.extract_lane(first, 0), i32x4.extract_lane(first, 1)));
  store<i32>(out, max(i32x4.extract_lane(second, 0), i32x4.extract_lane(second, 1)), 4);
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

/** The length of a row's gradients, [g_k, sqrt(lambda) h_k] over all outputs, in float32. */
@inline
function lengthOf(g: usize, h: usize, lambda: v128, outputs: i32, stride: usize, whole: bool): v128 {
  let sum = f32x4.splat(0);
  for (let k = 0; k < outputs; k++) {
    const a = whole ? v128.load(g) : v128.load32_zero(g), b = whole ? v128.load(h) : v128.load32_zero(h);
    sum = f32x4.add(sum, f32x4.add(f32x4.mul(a, a), f32x4.mul(lambda, f32x4.mul(b, b))));
    g += stride;
    h += stride;
  }
  return f32x4.sqrt(sum);
}

@inline
function count(counts: usize, bits: i32): void {
  const at = counts + (<usize>(bits >> 16 & 0x7fff) << 2);
  store<u32>(at, load<u32>(at) + 1);
}

/**
 * counts[the upper 16 bits of m as float32] += 1 (u32, 32,768 of them) for each row, m = sqrt(sum over k of g_k^2 + lambda h_k^2):
 * what minimal variance sampling draws by (Ibragimov and Gusev 2019). Output k of row r is at g and h + k * stride + 4 r.
 */
export function magnitudes(rows: i32, g: usize, h: usize, lambda: f32, outputs: i32, stride: i32, counts: usize): void {
  const l = f32x4.splat(lambda);
  let at: usize = 0;
  const end = <usize>rows << 2;
  for (; at + 16 <= end; at += 16) {
    const m = lengthOf(g + at, h + at, l, outputs, stride, true);
    count(counts, i32x4.extract_lane(m, 0));
    count(counts, i32x4.extract_lane(m, 1));
    count(counts, i32x4.extract_lane(m, 2));
    count(counts, i32x4.extract_lane(m, 3));
  }
  for (; at < end; at += 4) count(counts, i32x4.extract_lane(lengthOf(g + at, h + at, l, outputs, stride, false), 0));
}

/** A key for draws of another kind under the same seed. */
@inline
function keyOf(seed: i32, kind: i32): v128 {
  return mix32(i32x4.splat(seed ^ kind));
}

/**
 * Keeps row i with probability p = min(1, m / mu), m as above and mu > 0, by the hash of row0 + i under `seed`: writes i to
 * `index` (u16) and 1 / p to `weights` (float32), both with room for all rows, and answers how many were kept.
 */
export function draw(rows: i32, g: usize, h: usize, lambda: f32, outputs: i32, stride: i32, mu: f32, seed: i32, row0: i32, index: usize, weights: usize): i32 {
  const l = f32x4.splat(lambda), most = f32x4.splat(mu), one = f32x4.splat(1), key = keyOf(seed, 0x9e3779b9);
  let kept: usize = 0;
  for (let i: usize = 0; i < <usize>rows; i += 4) {
    const lanes = min(4, <usize>rows - i);
    // Of the last rows, each by itself; with four, all lanes at once.
    for (let lane: usize = 0; lane < lanes; lane += lanes == 4 ? 4 : 1) {
      const at = (i + lane) << 2;
      const m = lengthOf(g + at, h + at, l, outputs, stride, lanes == 4);
      const row = i32x4.add(i32x4.splat(row0 + <i32>(i + lane)), i32x4(0, 1, 2, 3));
      const share = f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(mix32(v128.xor(row, key)), 8)), f32x4.splat(5.960464477539063e-8));
      const p = f32x4.pmin(one, f32x4.div(m, most));
      const keep = i32x4.bitmask(f32x4.lt(share, p));
      const weight = f32x4.div(one, p);
      store<u16>(index + (kept << 1), <u16>(i + lane));
      store<f32>(weights + (kept << 2), f32x4.extract_lane(weight, 0));
      kept += keep & 1;
      if (lanes < 4) continue;
      store<u16>(index + (kept << 1), <u16>(i + 1));
      store<f32>(weights + (kept << 2), f32x4.extract_lane(weight, 1));
      kept += keep >> 1 & 1;
      store<u16>(index + (kept << 1), <u16>(i + 2));
      store<f32>(weights + (kept << 2), f32x4.extract_lane(weight, 2));
      kept += keep >> 2 & 1;
      store<u16>(index + (kept << 1), <u16>(i + 3));
      store<f32>(weights + (kept << 2), f32x4.extract_lane(weight, 3));
      kept += keep >> 3;
    }
  }
  return <i32>kept;
}

/**
 * Keeps row i where the hash of row0 + i under `seed` (32 bits) is below `threshold` (unsigned): writes i to `index` (u16, room
 * for all rows) and answers how many were kept.
 */
export function uniform(rows: i32, threshold: u32, seed: i32, row0: i32, index: usize): i32 {
  const key = keyOf(seed, 0x85ebca6b), limit = i32x4.splat(threshold);
  let row = i32x4.add(i32x4.splat(row0), i32x4(0, 1, 2, 3));
  let kept: usize = 0;
  for (let i: usize = 0; i < <usize>rows; i += 4) {
    const keep = i32x4.bitmask(i32x4.lt_u(mix32(v128.xor(row, key)), limit));
    for (let lane: usize = 0; lane < min(4, <usize>rows - i); lane++) {
      store<u16>(index + (kept << 1), <u16>(i + lane));
      kept += keep >> <i32>lane & 1;
    }
    row = i32x4.add(row, i32x4.splat(4));
  }
  return <i32>kept;
}
