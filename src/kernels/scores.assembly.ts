// Margins for prediction, in doubles throughout.

@inline
function read(at: usize, fill: v128): v128 {
  const value = f64x2.promote_low_f32x4(v128.load64_zero(at));
  return v128.bitselect(value, fill, f64x2.eq(value, value));
}

/** Four columns as doubles, row by row: [a0 a1][b0 b1][c0 c1][d0 d1], then rows 2 and 3, and so on. */
function widen(columns: usize, row: i32, rows: i32, fills: usize, into: usize): void {
  for (let j: usize = 0; j < 4; j++) {
    let from = <usize>load<u32>(columns + (j << 2)) + (<usize>row << 2);
    const fill = v128.load64_splat(fills + (j << 3));
    let to = into + (j << 4);
    for (let i = 0; i < rows; i += 2) {
      v128.store(to, read(from, fill));
      from += 8;
      to += 64;
    }
  }
}

/** out[row] += weights · row over four such columns. */
function addFour(wide: usize, rows: i32, weights: usize, out: usize): void {
  const a = v128.load64_splat(weights), b = v128.load64_splat(weights, 8), c = v128.load64_splat(weights, 16), d = v128.load64_splat(weights, 24);
  for (let i = 0; i < rows; i += 2) {
    const ab = f64x2.add(f64x2.mul(a, v128.load(wide)), f64x2.mul(b, v128.load(wide, 16)));
    const cd = f64x2.add(f64x2.mul(c, v128.load(wide, 32)), f64x2.mul(d, v128.load(wide, 48)));
    v128.store(out, f64x2.add(v128.load(out), f64x2.add(ab, cd)));
    wide += 64;
    out += 16;
  }
}

/** The same for a single output, without the detour. */
function addFourAtOnce(columns: usize, row: i32, rows: i32, fills: usize, weights: usize, out: usize): void {
  const at = <usize>row << 2;
  let a = <usize>load<u32>(columns) + at, b = <usize>load<u32>(columns, 4) + at;
  let c = <usize>load<u32>(columns, 8) + at, d = <usize>load<u32>(columns, 12) + at;
  const fa = v128.load64_splat(fills), fb = v128.load64_splat(fills, 8), fc = v128.load64_splat(fills, 16), fd = v128.load64_splat(fills, 24);
  const wa = v128.load64_splat(weights), wb = v128.load64_splat(weights, 8), wc = v128.load64_splat(weights, 16), wd = v128.load64_splat(weights, 24);
  for (let i: usize = 0; i < <usize>rows << 2; i += 8) {
    const ab = f64x2.add(f64x2.mul(wa, read(a + i, fa)), f64x2.mul(wb, read(b + i, fb)));
    const cd = f64x2.add(f64x2.mul(wc, read(c + i, fc)), f64x2.mul(wd, read(d + i, fd)));
    v128.store(out + (i << 1), f64x2.add(v128.load(out + (i << 1)), f64x2.add(ab, cd)));
  }
}

/**
 * out[k][row] += weights[k] · row for rows `row` .. row + rows - 1, at most 256. Columns are pointers, readable to an even
 * row; fills and weights are doubles, output k's weights at + k * stride * 8, its 256 sums at + k * 2048; `wide` is 8 KB.
 */
export function scoreColumns(columns: usize, count: i32, row: i32, rows: i32, fills: usize, weights: usize, stride: i32, outputs: i32, wide: usize, out: usize): void {
  let j: usize = 0;
  for (; j + 4 <= <usize>count; j += 4) {
    if (outputs == 1) {
      addFourAtOnce(columns + (j << 2), row, rows, fills + (j << 3), weights + (j << 3), out);
      continue;
    }
    widen(columns + (j << 2), row, rows, fills + (j << 3), wide);
    for (let k: usize = 0; k < <usize>outputs; k++) addFour(wide, rows, weights + ((k * <usize>stride + j) << 3), out + (k << 11));
  }
  for (; j < <usize>count; j++) {
    const from = <usize>load<u32>(columns + (j << 2)) + (<usize>row << 2);
    const fill = v128.load64_splat(fills + (j << 3));
    for (let k: usize = 0; k < <usize>outputs; k++) {
      const weight = v128.load64_splat(weights + ((k * <usize>stride + j) << 3));
      const to = out + (k << 11);
      for (let i: usize = 0; i < <usize>rows << 2; i += 8)
        v128.store(to + (i << 1), f64x2.add(v128.load(to + (i << 1)), f64x2.mul(weight, read(from + i, fill))));
    }
  }
}
