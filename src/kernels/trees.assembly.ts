// Bins, histograms and walks of trees. A block is up to 65,536 rows of bins, row after row: `narrow` columns of one byte,
// then `wide` columns of two (little endian), so `stride` = narrow + 2 wide. A gradient pair is an i32, g its signed high
// half, h its unsigned low half; a histogram bin is an i64, the sum of g * 2^32 + h: exact, so it does not care for order.

/** 256 edges, infinite past the last, and of each 16 of them the last one. */
const edgeTable = memory.data(1024, 16);
const coarse = memory.data(64, 16);

/** How many of 16 edges are below the value. */
@inline
function below(edges: usize, value: v128): u32 {
  const low = i16x8.narrow_i32x4_s(f32x4.lt(v128.load(edges), value), f32x4.lt(v128.load(edges, 16), value));
  const high = i16x8.narrow_i32x4_s(f32x4.lt(v128.load(edges, 32), value), f32x4.lt(v128.load(edges, 48), value));
  return popcnt(i8x16.bitmask(i8x16.narrow_i16x8_s(low, high)));
}

/**
 * out[i * stride] = how many of `edgeCount` (at most 254) ascending float32 `edges` are below the value, or `missingBin`
 * where it is NaN; of row i of `values`, or row list[i] where a `list` of u32 is given (0: none). Writes `rows` bytes.
 */
export function binColumn(values: usize, rows: i32, edges: usize, edgeCount: i32, missingBin: i32, out: usize, stride: i32, list: usize): void {
  memory.copy(edgeTable, edges, <usize>edgeCount << 2);
  for (let i = edgeCount; i < 256; i++) store<f32>(edgeTable + (<usize>i << 2), Infinity);
  for (let i: usize = 0; i < 16; i++) store<f32>(coarse + (i << 2), load<f32>(edgeTable + (i << 6), 60));
  for (let i: usize = 0; i < <usize>rows; i++) {
    const row = list ? <usize>load<u32>(list + (i << 2)) : i;
    const value = load<f32>(values + (row << 2));
    const lanes = f32x4.splat(value);
    const sixteen = edgeCount < 16 ? 0 : below(coarse, lanes);
    const bin = (sixteen << 4) + below(edgeTable + (<usize>sixteen << 6), lanes);
    store<u8>(out, value == value ? bin : missingBin);
    out += stride;
  }
}

/** out[i * stride] = the i32 code of row i (or list[i], as above), `missingBin` where it is negative. */
export function binCodes(codes: usize, rows: i32, missingBin: i32, out: usize, stride: i32, list: usize): void {
  for (let i: usize = 0; i < <usize>rows; i++) {
    const code = load<i32>(codes + ((list ? <usize>load<u32>(list + (i << 2)) : i) << 2));
    store<u8>(out, code < 0 ? missingBin : code);
    out += stride;
  }
}

/** The same into a column of two bytes. */
export function binCodesWide(codes: usize, rows: i32, missingBin: i32, out: usize, stride: i32, list: usize): void {
  for (let i: usize = 0; i < <usize>rows; i++) {
    const code = load<i32>(codes + ((list ? <usize>load<u32>(list + (i << 2)) : i) << 2));
    store<u16>(out, code < 0 ? missingBin : code);
    out += stride;
  }
}

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

/** 2 where the row goes left, else 0: bytes of an index. */
@inline
function side(row: usize, bins: usize, stride: usize, wide: bool, table: usize): usize {
  const at = bins + row * stride;
  return <usize>load<u8>(table + (wide ? <usize>load<u16>(at) : <usize>load<u8>(at))) << 1;
}

/** Each row is written to both sides, of which one then moves on: no branches to guess wrong. */
@inline
function part(bins: usize, stride: usize, wide: bool, table: usize, first: usize, end: usize, scratch: usize): i32 {
  let left = first, right = scratch, at = first;
  // Four are read before one is written, and none of them is written over: left is at most where they stood.
  for (; at + 8 <= end; at += 8) {
    const four = load<u64>(at);
    const a = <usize>four & 65535, b = <usize>(four >> 16) & 65535, c = <usize>(four >> 32) & 65535, d = <usize>(four >> 48);
    const toA = side(a, bins, stride, wide, table), toB = side(b, bins, stride, wide, table);
    const toC = side(c, bins, stride, wide, table), toD = side(d, bins, stride, wide, table);
    store<u16>(left, a);
    store<u16>(right, a);
    left += toA;
    right += 2 - toA;
    store<u16>(left, b);
    store<u16>(right, b);
    left += toB;
    right += 2 - toB;
    store<u16>(left, c);
    store<u16>(right, c);
    left += toC;
    right += 2 - toC;
    store<u16>(left, d);
    store<u16>(right, d);
    left += toD;
    right += 2 - toD;
  }
  for (; at < end; at += 2) {
    const row = <usize>load<u16>(at);
    const to = side(row, bins, stride, wide, table);
    store<u16>(left, row);
    store<u16>(right, row);
    left += to;
    right += 2 - to;
  }
  memory.copy(left, scratch, right - scratch);
  return <i32>((left - first) >> 1);
}

/**
 * Reorders index[from .. to - 1] (u16 rows of the block): first the rows whose bin in the column at byte `columnOffset` of a
 * row (of two bytes where `wide` is 1) has a 1 in `table` (a byte for each bin), then the others, both in the order they
 * had. Answers how many went left. `scratch` has room for to - from rows.
 */
export function partition(bins: usize, stride: i32, columnOffset: i32, wide: i32, table: usize, index: usize, from: i32, to: i32, scratch: usize): i32 {
  const first = index + (<usize>from << 1), end = index + (<usize>to << 1);
  return wide
    ? part(bins + columnOffset, stride, true, table, first, end, scratch)
    : part(bins + columnOffset, stride, false, table, first, end, scratch);
}

/** score[row] += value for the rows index[from .. to - 1]; scores are float32 by row of the block. */
export function addLeaf(index: usize, from: i32, to: i32, value: f32, score: usize): void {
  for (let i: usize = from; i < <usize>to; i++) {
    const at = score + (<usize>load<u16>(index + (i << 1)) << 2);
    store<f32>(at, load<f32>(at) + value);
  }
}

/** The child that a row of bins goes to from an inner node; a leaf stays where it is. Reads a byte past a column of one. */
@inline
function childOf(row: usize, at: i32, nodes: usize, tables: usize): i32 {
  const leaf = at >> 31;
  const node = nodes + (<usize>(at & ~leaf) << 4);
  const column = load<i32>(node);
  const bin = load<u16>(row + (column & 0x7fffffff)) & (255 | (column >> 31 & 0xff00));
  const left = <usize>load<u8>(tables + load<u32>(node, 4) + bin);
  return (at & leaf) | (load<i32>(node - (left << 2), 12) & ~leaf);
}

@inline
function addTo(score: usize, values: usize, leaf: i32): void {
  store<f32>(score, load<f32>(score) + load<f32>(values + (<usize>(-1 - leaf) << 2)));
}

/**
 * score[row] += values[the leaf that the row ends in] for rows from .. to - 1 of the block. A node is four i32: the byte of
 * its column in a row (bit 31 set: a column of two bytes), where its table of bins that go left (1 each) starts after
 * `tables`, its left and its right child (below 0: leaf -1 - child). With nodeCount 0 all rows end in leaf 0.
 */
export function addTree(bins: usize, stride: i32, from: i32, to: i32, nodes: usize, nodeCount: i32, tables: usize, values: usize, score: usize): void {
  const root = nodeCount ? 0 : -1;
  let row: usize = from;
  // Eight rows walk abreast, so that they wait for memory together; the last row never does, because of that byte.
  for (; row + 8 < <usize>to; row += 8) {
    const x0 = bins + row * stride, x1 = x0 + stride, x2 = x1 + stride, x3 = x2 + stride;
    const x4 = x3 + stride, x5 = x4 + stride, x6 = x5 + stride, x7 = x6 + stride;
    let n0 = root, n1 = root, n2 = root, n3 = root, n4 = root, n5 = root, n6 = root, n7 = root;
    while ((n0 & n1 & n2 & n3 & n4 & n5 & n6 & n7) >= 0) {
      n0 = childOf(x0, n0, nodes, tables);
      n1 = childOf(x1, n1, nodes, tables);
      n2 = childOf(x2, n2, nodes, tables);
      n3 = childOf(x3, n3, nodes, tables);
      n4 = childOf(x4, n4, nodes, tables);
      n5 = childOf(x5, n5, nodes, tables);
      n6 = childOf(x6, n6, nodes, tables);
      n7 = childOf(x7, n7, nodes, tables);
    }
    const at = score + (row << 2);
    addTo(at, values, n0);
    addTo(at + 4, values, n1);
    addTo(at + 8, values, n2);
    addTo(at + 12, values, n3);
    addTo(at + 16, values, n4);
    addTo(at + 20, values, n5);
    addTo(at + 24, values, n6);
    addTo(at + 28, values, n7);
  }
  for (; row < <usize>to; row++) {
    const start = bins + row * stride;
    let at = root;
    while (at >= 0) {
      const node = nodes + (<usize>at << 4);
      const column = load<i32>(node);
      const place = start + (column & 0x7fffffff);
      const bin = column < 0 ? <u32>load<u16>(place) : <u32>load<u8>(place);
      at = load<u8>(tables + load<u32>(node, 4) + bin) ? load<i32>(node, 8) : load<i32>(node, 12);
    }
    addTo(score + (row << 2), values, at);
  }
}
