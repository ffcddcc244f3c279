// Sums of gradients by bin, over a block as in bins.assembly.ts. A gradient pair is an i32, g its signed high half, h its
// unsigned low half; a histogram bin is an i64, the sum of g * 2^32 + h: exact, so it does not care for order.

@inline
function pairOf(gh: usize, row: usize): i64 {
  const pair = load<i32>(gh + (row << 2));
  return (<i64>(pair >> 16) << 32) + <i64>(pair & 0xffff);
}

@inline
function grow(column: usize, bin: u32, pair: i64): void {
  const at = column + (<usize>bin << 3);
  store<i64>(at, load<i64>(at) + pair);
}

/** Where the histogram of column `column` after the one of `offsets` starts. */
@inline
function columnAt(hist: usize, offsets: usize, column: usize): usize {
  return hist + (<usize>load<u32>(offsets + (column << 2)) << 3);
}

@inline
function row8(at: usize, pair: i64, a: usize, b: usize, c: usize, d: usize, e: usize, f: usize, g: usize, h: usize): void {
  const eight = load<u64>(at);
  const low = <u32>eight, high = <u32>(eight >> 32);
  grow(a, low & 255, pair);
  grow(b, low >> 8 & 255, pair);
  grow(c, low >> 16 & 255, pair);
  grow(d, low >> 24, pair);
  grow(e, high & 255, pair);
  grow(f, high >> 8 & 255, pair);
  grow(g, high >> 16 & 255, pair);
  grow(h, high >> 24, pair);
}

@inline
function row2(at: usize, pair: i64, a: usize, b: usize, wide: bool): void {
  if (wide) {
    const two = load<u32>(at);
    grow(a, two & 65535, pair);
    grow(b, two >> 16, pair);
  } else {
    const two = load<u16>(at);
    grow(a, two & 255, pair);
    grow(b, two >> 8, pair);
  }
}

@inline
function row4(at: usize, pair: i64, a: usize, b: usize, c: usize, d: usize): void {
  const four = load<u32>(at);
  grow(a, four & 255, pair);
  grow(b, four >> 8 & 255, pair);
  grow(c, four >> 16 & 255, pair);
  grow(d, four >> 24, pair);
}

// One loop with an index and one without: a test inside costs a fifth of the time, measured.

function columns8(bins: usize, stride: usize, offsets: usize, index: usize, from: usize, to: usize, gh: usize, hist: usize): void {
  const a = columnAt(hist, offsets, 0), b = columnAt(hist, offsets, 1), c = columnAt(hist, offsets, 2), d = columnAt(hist, offsets, 3);
  const e = columnAt(hist, offsets, 4), f = columnAt(hist, offsets, 5), g = columnAt(hist, offsets, 6), h = columnAt(hist, offsets, 7);
  if (index) {
    for (let i = index + (from << 1), end = index + (to << 1); i < end; i += 2) {
      const row = <usize>load<u16>(i);
      row8(bins + row * stride, pairOf(gh, row), a, b, c, d, e, f, g, h);
    }
  } else for (let row = from; row < to; row++) row8(bins + row * stride, pairOf(gh, row), a, b, c, d, e, f, g, h);
}

function columns4(bins: usize, stride: usize, offsets: usize, index: usize, from: usize, to: usize, gh: usize, hist: usize): void {
  const a = columnAt(hist, offsets, 0), b = columnAt(hist, offsets, 1), c = columnAt(hist, offsets, 2), d = columnAt(hist, offsets, 3);
  if (index) {
    for (let i = index + (from << 1), end = index + (to << 1); i < end; i += 2) {
      const row = <usize>load<u16>(i);
      row4(bins + row * stride, pairOf(gh, row), a, b, c, d);
    }
  } else for (let row = from; row < to; row++) row4(bins + row * stride, pairOf(gh, row), a, b, c, d);
}

@inline
function columns2(bins: usize, stride: usize, offsets: usize, index: usize, from: usize, to: usize, gh: usize, hist: usize, wide: bool): void {
  const a = columnAt(hist, offsets, 0), b = columnAt(hist, offsets, 1);
  if (index) {
    for (let i = index + (from << 1), end = index + (to << 1); i < end; i += 2) {
      const row = <usize>load<u16>(i);
      row2(bins + row * stride, pairOf(gh, row), a, b, wide);
    }
  } else for (let row = from; row < to; row++) row2(bins + row * stride, pairOf(gh, row), a, b, wide);
}

@inline
function column1(bins: usize, stride: usize, offsets: usize, index: usize, from: usize, to: usize, gh: usize, hist: usize, wide: bool): void {
  const a = columnAt(hist, offsets, 0);
  for (let i = from; i < to; i++) {
    const row = index ? <usize>load<u16>(index + (i << 1)) : i;
    const at = bins + row * stride;
    grow(a, wide ? <u32>load<u16>(at) : <u32>load<u8>(at), pairOf(gh, row));
  }
}

const touched = memory.data(4);

/**
 * Where rows are two cache lines apart or more, reads a byte at both ends of each and of its pair, so that many are on their
 * way from memory at once: of 28 columns and every tenth row, 1.5 ns a value in place of 3.4 (measured, not in any cache).
 */
function touch(bins: usize, stride: usize, index: usize, end: usize, gh: usize): void {
  const span = <usize>load<u16>(end - 2) - <usize>load<u16>(index);
  if (span * stride < (end - index) << 6) return;
  let sum: u32 = 0;
  for (; index < end; index += 2) {
    const row = <usize>load<u16>(index);
    const at = bins + row * stride;
    sum += load<u8>(at) + load<u8>(at + stride - 1) + load<u8>(gh + (row << 2));
  }
  store<u32>(touched, sum);
}

/**
 * hist[offsets[c] + bin of (row, c)] += the row's pair from `gh` (i32 by row of the block), for columns fromColumn ..
 * toColumn - 1 (narrow ones first, then wide), and the rows index[from .. to - 1] (u16), or from .. to - 1 themselves where
 * `index` is 0. `offsets` are u32, counted in bins. Eight columns at a time: their histograms fit into the nearest cache, and
 * 1,024 rows wait in the second one for the next eight.
 */
export function histogram(bins: usize, stride: i32, narrow: i32, wide: i32, offsets: usize, index: usize, from: i32, to: i32, gh: usize, hist: usize, fromColumn: i32, toColumn: i32): void {
  const narrowEnd = min(toColumn, narrow);
  for (; from < to; from += 1024) {
    const end = min(to, from + 1024);
    if (index) touch(bins, stride, index + (<usize>from << 1), index + (<usize>end << 1), gh);
    let c = fromColumn;
    for (; c + 8 <= narrowEnd; c += 8) columns8(bins + c, stride, offsets + (<usize>c << 2), index, from, end, gh, hist);
    if (c + 4 <= narrowEnd) {
      columns4(bins + c, stride, offsets + (<usize>c << 2), index, from, end, gh, hist);
      c += 4;
    }
    if (c + 2 <= narrowEnd) {
      columns2(bins + c, stride, offsets + (<usize>c << 2), index, from, end, gh, hist, false);
      c += 2;
    }
    if (c < narrowEnd) {
      column1(bins + c, stride, offsets + (<usize>c << 2), index, from, end, gh, hist, false);
      c++;
    }
    for (; c + 2 <= toColumn; c += 2) columns2(bins + (2 * c - narrow), stride, offsets + (<usize>c << 2), index, from, end, gh, hist, true);
    if (c < toColumn) column1(bins + (2 * c - narrow), stride, offsets + (<usize>c << 2), index, from, end, gh, hist, true);
  }
}

/**
 * into[2 b] += the sum of g and into[2 b + 1] += the sum of h of bin b < `bins` (doubles); the histogram becomes zeros. To be
 * called before the h of 65,537 rows are in one histogram: their sum has 32 bits.
 */
export function flushHistogram(hist: usize, bins: i32, into: usize): void {
  for (let i: usize = 0; i < <usize>bins; i++) {
    const sum = load<i64>(hist + (i << 3));
    store<i64>(hist + (i << 3), 0);
    const to = into + (i << 4);
    store<f64>(to, load<f64>(to) + <f64>(<i32>(sum >> 32)));
    store<f64>(to, load<f64>(to, 8) + <f64>(<u32>sum), 8);
  }
}
