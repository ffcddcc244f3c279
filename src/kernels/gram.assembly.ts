// Z'Z of a tile (see tile.assembly.ts), three columns by three in registers. Products and their sums over the rows of a
// tile are float32, four lanes of at most 64 terms each: |error| <= 66 * 2^-24 * sum |z_i z_j|. Tiles add up in doubles.

@inline
function total(sum: v128): f64 {
  const two = f64x2.add(f64x2.promote_low_f32x4(sum), f64x2.promote_low_f32x4(i64x2.shuffle(sum, sum, 1, 0)));
  return f64x2.extract_lane(two, 0) + f64x2.extract_lane(two, 1);
}

@inline
function grow(at: usize, sum: v128): void {
  store<f64>(at, load<f64>(at) + total(sum));
}

@inline
function fma(sum: v128, a: v128, b: v128): v128 {
  return f32x4.add(sum, f32x4.mul(a, b));
}

/** Columns i..i+2 with j..j+2, j > i + 2; row r of the triangle continues at into + r * next. */
function square(a: usize, b: usize, stride: usize, panels: i32, into0: usize, into1: usize, into2: usize): void {
  let s00 = f32x4.splat(0), s01 = s00, s02 = s00, s10 = s00, s11 = s00, s12 = s00, s20 = s00, s21 = s00, s22 = s00;
  for (let panel = 0; panel < panels; panel++) {
    let a0 = v128.load(a), a1 = v128.load(a, 32), a2 = v128.load(a, 64);
    let b0 = v128.load(b);
    s00 = fma(s00, a0, b0);
    s10 = fma(s10, a1, b0);
    s20 = fma(s20, a2, b0);
    b0 = v128.load(b, 32);
    s01 = fma(s01, a0, b0);
    s11 = fma(s11, a1, b0);
    s21 = fma(s21, a2, b0);
    b0 = v128.load(b, 64);
    s02 = fma(s02, a0, b0);
    s12 = fma(s12, a1, b0);
    s22 = fma(s22, a2, b0);
    a0 = v128.load(a, 16);
    a1 = v128.load(a, 48);
    a2 = v128.load(a, 80);
    b0 = v128.load(b, 16);
    s00 = fma(s00, a0, b0);
    s10 = fma(s10, a1, b0);
    s20 = fma(s20, a2, b0);
    b0 = v128.load(b, 48);
    s01 = fma(s01, a0, b0);
    s11 = fma(s11, a1, b0);
    s21 = fma(s21, a2, b0);
    b0 = v128.load(b, 80);
    s02 = fma(s02, a0, b0);
    s12 = fma(s12, a1, b0);
    s22 = fma(s22, a2, b0);
    a += stride;
    b += stride;
  }
  grow(into0, s00);
  grow(into0 + 8, s01);
  grow(into0 + 16, s02);
  grow(into1, s10);
  grow(into1 + 8, s11);
  grow(into1 + 16, s12);
  grow(into2, s20);
  grow(into2 + 8, s21);
  grow(into2 + 16, s22);
}

/** Columns i..i+2 with the one column j. */
function strip(a: usize, b: usize, stride: usize, panels: i32, into0: usize, into1: usize, into2: usize): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, t0 = s0, t1 = s0, t2 = s0;
  for (let panel = 0; panel < panels; panel++) {
    const low = v128.load(b);
    const high = v128.load(b, 16);
    s0 = fma(s0, v128.load(a), low);
    t0 = fma(t0, v128.load(a, 16), high);
    s1 = fma(s1, v128.load(a, 32), low);
    t1 = fma(t1, v128.load(a, 48), high);
    s2 = fma(s2, v128.load(a, 64), low);
    t2 = fma(t2, v128.load(a, 80), high);
    a += stride;
    b += stride;
  }
  grow(into0, f32x4.add(s0, t0));
  grow(into1, f32x4.add(s1, t1));
  grow(into2, f32x4.add(s2, t2));
}

/** Columns i..i+2 among themselves. */
function corner(a: usize, stride: usize, panels: i32, into0: usize, into1: usize, into2: usize): void {
  let s00 = f32x4.splat(0), s01 = s00, s02 = s00, s11 = s00, s12 = s00, s22 = s00;
  for (let half = 0; half < panels << 1; half++) {
    const a0 = v128.load(a), a1 = v128.load(a, 32), a2 = v128.load(a, 64);
    s00 = fma(s00, a0, a0);
    s01 = fma(s01, a0, a1);
    s02 = fma(s02, a0, a2);
    s11 = fma(s11, a1, a1);
    s12 = fma(s12, a1, a2);
    s22 = fma(s22, a2, a2);
    a += half & 1 ? stride - 16 : 16;
  }
  grow(into0, s00);
  grow(into0 + 8, s01);
  grow(into0 + 16, s02);
  grow(into1, s11);
  grow(into1 + 8, s12);
  grow(into2, s22);
}

/** One pair of columns. */
function pair(a: usize, b: usize, stride: usize, panels: i32, into: usize): void {
  let low = f32x4.splat(0), high = low;
  for (let panel = 0; panel < panels; panel++) {
    low = fma(low, v128.load(a), v128.load(b));
    high = fma(high, v128.load(a, 16), v128.load(b, 16));
    a += stride;
    b += stride;
  }
  grow(into, f32x4.add(low, high));
}

/** Adds Z'Z to the upper triangle of order `width` at `into`. */
export function gramTile(tile: usize, width: i32, panels: i32, into: usize): void {
  const stride = <usize>width << 5;
  let i = 0;
  let row0 = into;
  for (; i + 3 <= width; i += 3) {
    // Where (i, i), (i + 1, i + 1) and (i + 2, i + 2) stand.
    const row1 = row0 + (<usize>(width - i) << 3);
    const row2 = row1 + (<usize>(width - i - 1) << 3);
    const a = tile + (<usize>i << 5);
    corner(a, stride, panels, row0, row1, row2);
    let j = i + 3;
    for (; j + 3 <= width; j += 3) {
      const on = <usize>(j - i) << 3;
      square(a, tile + (<usize>j << 5), stride, panels, row0 + on, row1 + on - 8, row2 + on - 16);
    }
    for (; j < width; j++) {
      const on = <usize>(j - i) << 3;
      strip(a, tile + (<usize>j << 5), stride, panels, row0 + on, row1 + on - 8, row2 + on - 16);
    }
    row0 = row2 + (<usize>(width - i - 2) << 3);
  }
  for (; i < width; i++)
    for (let j = i; j < width; j++) {
      pair(tile + (<usize>i << 5), tile + (<usize>j << 5), stride, panels, row0);
      row0 += 8;
    }
}
