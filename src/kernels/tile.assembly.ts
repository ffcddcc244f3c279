// A tile is up to 256 rows of a page in panels of 8 rows: value (row, column) stands at
// tile + ((row >> 3) * columns + column) * 32 + (row & 7) * 4. Rows past the end of the page are zeros.

/**
 * Labels and weights of a block as doubles, zeros up to a full panel, label 0 where the weight is 0.
 * Answers how many rows count.
 */
export function takeRows(label: usize, weight: usize, rows: i32, y: usize, w: usize): i32 {
  const zero = f64x2.splat(0);
  let active = i64x2.splat(0);
  const even = <usize>(rows & ~1) << 3;
  for (let i: usize = 0; i < even; i += 16) {
    const each = v128.load(weight + i);
    const counts = f64x2.gt(each, zero);
    active = i64x2.sub(active, counts);
    v128.store(w + i, v128.and(each, counts));
    v128.store(y + i, v128.and(v128.load(label + i), counts));
  }
  let count = <i32>(i64x2.extract_lane(active, 0) + i64x2.extract_lane(active, 1));
  for (let i = even; i < <usize>((rows + 7) & ~7) << 3; i += 8) {
    const each = i < <usize>rows << 3 ? load<f64>(weight + i) : 0;
    const counts = each > 0;
    count += <i32>counts;
    store<f64>(w + i, counts ? each : 0);
    store<f64>(y + i, counts ? load<f64>(label + i) : 0);
  }
  return count;
}

@inline
function read(value: v128, fill: v128, centre: v128): v128 {
  return f32x4.sub(v128.bitselect(value, fill, f32x4.eq(value, value)), centre);
}

/** Columns 0 .. count-1 of the tile from those at `columns` (pointers), filled and about their centre. */
export function packTile(columns: usize, count: i32, row: i32, rows: i32, fill: usize, centre: usize, tile: usize, width: i32): void {
  const stride = <usize>width << 5;
  const whole = rows >> 3;
  const rest = rows & 7;
  for (let j = 0; j < count; j++) {
    let from = <usize>load<u32>(columns + (<usize>j << 2)) + (<usize>row << 2);
    const f = v128.load_splat<f32>(fill + (<usize>j << 2));
    const c = v128.load_splat<f32>(centre + (<usize>j << 2));
    let to = tile + (<usize>j << 5);
    for (let panel = 0; panel < whole; panel++) {
      v128.store(to, read(v128.load(from), f, c));
      v128.store(to, read(v128.load(from, 16), f, c), 16);
      from += 32;
      to += stride;
    }
    if (rest == 0) continue;
    const zero = f32x4.splat(0);
    v128.store(to, zero);
    v128.store(to, zero, 16);
    for (let i = 0; i < rest; i++) {
      const value = load<f32>(from + (<usize>i << 2));
      const filled = value == value ? value : f32x4.extract_lane(f, 0);
      store<f32>(to + (<usize>i << 2), filled - f32x4.extract_lane(c, 0));
    }
  }
}

/** One column of the tile from doubles of the block (padded with zeros), less `shift` where the weight is above 0. */
export function packColumn(values: usize, weights: usize, shift: f64, panels: i32, tile: usize, width: i32, column: i32): void {
  let to = tile + (<usize>column << 5);
  for (let panel = 0; panel < panels; panel++) {
    for (let i = 0; i < 8; i++) {
      const at = <usize>(panel * 8 + i) << 3;
      store<f32>(to + (<usize>i << 2), load<f64>(weights + at) > 0 ? <f32>(load<f64>(values + at) - shift) : 0);
    }
    to += <usize>width << 5;
  }
}

/** Ones in a column: what the intercept multiplies. */
export function packOnes(panels: i32, tile: usize, width: i32, column: i32): void {
  let to = tile + (<usize>column << 5);
  for (let panel = 0; panel < panels; panel++) {
    v128.store(to, f32x4.splat(1));
    v128.store(to, f32x4.splat(1), 16);
    to += <usize>width << 5;
  }
}

/** out = tile with row i times roots[i]; out may be the tile itself. */
export function scaleTile(tile: usize, width: i32, panels: i32, roots: usize, out: usize): void {
  for (let panel = 0; panel < panels; panel++) {
    const low = v128.load(roots);
    const high = v128.load(roots, 16);
    roots += 32;
    for (let j = 0; j < width; j++) {
      v128.store(out, f32x4.mul(v128.load(tile), low));
      v128.store(out, f32x4.mul(v128.load(tile, 16), high), 16);
      tile += 32;
      out += 32;
    }
  }
}

/**
 * roots[i] = sqrt(values[i]) as float32, and values[i] becomes that root's square, so that whatever is weighed by either
 * is weighed alike. Answers whether all of them are 1: then scaling can be left out.
 */
export function rootsOf(values: usize, panels: i32, roots: usize): i32 {
  const one = f64x2.splat(1);
  let ones = i64x2.splat(-1);
  for (let i = 0; i < panels << 2; i++) {
    const value = v128.load(values);
    ones = v128.and(ones, f64x2.eq(value, one));
    const root = f32x4.demote_f64x2_zero(f64x2.sqrt(value));
    const wide = f64x2.promote_low_f32x4(root);
    store<i64>(roots, i64x2.extract_lane(root, 0));
    v128.store(values, f64x2.mul(wide, wide));
    values += 16;
    roots += 8;
  }
  return <i32>v128.all_true<i64>(ones);
}
