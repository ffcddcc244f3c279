// Margins for prediction, in doubles throughout.

@inline
function read(at: usize, fill: v128): v128 {
  const value = f64x2.promote_low_f32x4(v128.load64_zero(at));
  return v128.bitselect(value, fill, f64x2.eq(value, value));
}

/**
 * out[row] += weights · row for rows `row` .. row + rows - 1; columns are pointers, readable to an even row, and
 * fills and weights doubles.
 */
export function scoreColumns(columns: usize, count: i32, row: i32, rows: i32, fills: usize, weights: usize, out: usize): void {
  const at = <usize>row << 2;
  let j: usize = 0;
  for (; j + 4 <= <usize>count; j += 4) {
    let a = <usize>load<u32>(columns + (j << 2)) + at;
    let b = <usize>load<u32>(columns + (j << 2), 4) + at;
    let c = <usize>load<u32>(columns + (j << 2), 8) + at;
    let d = <usize>load<u32>(columns + (j << 2), 12) + at;
    const f = fills + (j << 3), w = weights + (j << 3);
    const fa = v128.load64_splat(f), fb = v128.load64_splat(f, 8), fc = v128.load64_splat(f, 16), fd = v128.load64_splat(f, 24);
    const wa = v128.load64_splat(w), wb = v128.load64_splat(w, 8), wc = v128.load64_splat(w, 16), wd = v128.load64_splat(w, 24);
    for (let i: usize = 0; i < <usize>rows << 2; i += 8) {
      const ab = f64x2.add(f64x2.mul(wa, read(a + i, fa)), f64x2.mul(wb, read(b + i, fb)));
      const cd = f64x2.add(f64x2.mul(wc, read(c + i, fc)), f64x2.mul(wd, read(d + i, fd)));
      v128.store(out + (i << 1), f64x2.add(v128.load(out + (i << 1)), f64x2.add(ab, cd)));
    }
  }
  for (; j < <usize>count; j++) {
    const a = <usize>load<u32>(columns + (j << 2)) + at;
    const fa = v128.load64_splat(fills + (j << 3)), wa = v128.load64_splat(weights + (j << 3));
    for (let i: usize = 0; i < <usize>rows << 2; i += 8)
      v128.store(out + (i << 1), f64x2.add(v128.load(out + (i << 1)), f64x2.mul(wa, read(a + i, fa))));
  }
}
