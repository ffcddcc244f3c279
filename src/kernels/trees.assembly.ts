// Bins, histograms and walks of trees. A block is up to 65,536 rows of bins, row after row: `narrow` columns of one byte,
// then `wide` columns of two (little endian), so `stride` = narrow + 2 wide. A gradient pair is an i32, g its signed high
// half, h its unsigned low half; a histogram bin is an i64, the sum of g * 2^32 + h: exact, so it does not care for order.

const edgeTable = memory.data(1024);

@inline
function above(edges: usize, at: i32, step: i32, value: f32): i32 {
  return at + step * <i32>(load<f32>(edges + (<usize>(at + step - 1) << 2)) < value);
}

/**
 * out[i * stride] = how many of `edgeCount` (at most 254) ascending float32 `edges` are below the value, or `missingBin`
 * where it is NaN; of row i of `values`, or row list[i] where a `list` of u32 is given (0: none). Writes `rows` bytes.
 */
export function binColumn(values: usize, rows: i32, edges: usize, edgeCount: i32, missingBin: i32, out: usize, stride: i32, list: usize): void {
  let top = 1;
  while (top <= edgeCount) top <<= 1;
  memory.copy(edgeTable, edges, <usize>edgeCount << 2);
  for (let i = edgeCount; i < top; i++) store<f32>(edgeTable + (<usize>i << 2), Infinity);
  top >>= 1;
  for (let i: usize = 0; i < <usize>rows; i++) {
    const row = list ? <usize>load<u32>(list + (i << 2)) : i;
    const value = load<f32>(values + (row << 2));
    let at = 0;
    for (let step = top; step > 0; step >>= 1) at = above(edgeTable, at, step, value);
    store<u8>(out, value == value ? at : missingBin);
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
function grow(column: usize, bin: i32, pair: i64): void {
  const at = column + (<usize>bin << 3);
  store<i64>(at, load<i64>(at) + pair);
}

@inline
function columnAt(hist: usize, offsets: usize, column: i32): usize {
  return hist + (<usize>load<u32>(offsets + (<usize>column << 2)) << 3);
}

/**
 * hist[offsets[c] + bin of (row, c)] += the row's pair from `gh` (i32 by row of the block), for columns fromColumn ..
 * toColumn - 1 (narrow ones first, then wide), and the rows index[from .. to - 1] (u16), or from .. to - 1 themselves where
 * `index` is 0. `offsets` are u32, counted in bins.
 */
export function histogram(bins: usize, stride: i32, narrow: i32, wide: i32, offsets: usize, index: usize, from: i32, to: i32, gh: usize, hist: usize, fromColumn: i32, toColumn: i32): void {
  let column = fromColumn;
  const end = min(toColumn, narrow);
  for (; column + 4 <= end; column += 4) {
    const a = columnAt(hist, offsets, column), b = columnAt(hist, offsets, column + 1);
    const c = columnAt(hist, offsets, column + 2), d = columnAt(hist, offsets, column + 3);
    for (let i: usize = from; i < <usize>to; i++) {
      const row = index ? <usize>load<u16>(index + (i << 1)) : i;
      const pair = pairOf(gh, row);
      const four = load<u32>(bins + row * stride + column);
      grow(a, four & 255, pair);
      grow(b, four >> 8 & 255, pair);
      grow(c, four >> 16 & 255, pair);
      grow(d, four >> 24, pair);
    }
  }
  for (; column < end; column++) {
    const a = columnAt(hist, offsets, column);
    for (let i: usize = from; i < <usize>to; i++) {
      const row = index ? <usize>load<u16>(index + (i << 1)) : i;
      grow(a, load<u8>(bins + row * stride + column), pairOf(gh, row));
    }
  }
  for (; column < toColumn; column++) {
    const a = columnAt(hist, offsets, column);
    const place = narrow + (column - narrow << 1);
    for (let i: usize = from; i < <usize>to; i++) {
      const row = index ? <usize>load<u16>(index + (i << 1)) : i;
      grow(a, load<u16>(bins + row * stride + place), pairOf(gh, row));
    }
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

/**
 * Reorders index[from .. to - 1] (u16 rows of the block): first the rows whose bin in the column at byte `columnOffset` of a
 * row (of two bytes where `wide` is 1) has a 1 in `table` (a byte for each bin), then the others, both in the order they
 * had. Answers how many went left. `scratch` has room for to - from rows.
 */
export function partition(bins: usize, stride: i32, columnOffset: i32, wide: i32, table: usize, index: usize, from: i32, to: i32, scratch: usize): i32 {
  bins += columnOffset;
  let left = index + (<usize>from << 1), right = scratch;
  const start = left;
  const end = index + (<usize>to << 1);
  for (let at = start; at < end; at += 2) {
    const row = load<u16>(at);
    const from = bins + <usize>row * stride;
    const goesLeft: usize = load<u8>(table + <usize>(wide ? <i32>load<u16>(from) : <i32>load<u8>(from)));
    store<u16>(left, row);
    store<u16>(right, row);
    left += goesLeft << 1;
    right += 2 - (goesLeft << 1);
  }
  memory.copy(left, scratch, right - scratch);
  return <i32>((left - start) >> 1);
}

/** score[row] += value for the rows index[from .. to - 1]; scores are float32 by row of the block. */
export function addLeaf(index: usize, from: i32, to: i32, value: f32, score: usize): void {
  for (let i: usize = from; i < <usize>to; i++) {
    const at = score + (<usize>load<u16>(index + (i << 1)) << 2);
    store<f32>(at, load<f32>(at) + value);
  }
}

/**
 * score[row] += values[the leaf that the row ends in] for rows from .. to - 1 of the block. A node is four i32: the byte of
 * its column in a row (bit 31 set: a column of two bytes), where its table of bins that go left starts after `tables`, its
 * left and its right child (below 0: leaf -1 - child). With nodeCount 0 all rows end in leaf 0.
 */
export function addTree(bins: usize, stride: i32, from: i32, to: i32, nodes: usize, nodeCount: i32, tables: usize, values: usize, score: usize): void {
  for (let row: usize = from; row < <usize>to; row++) {
    const start = bins + row * stride;
    let at = nodeCount ? 0 : -1;
    while (at >= 0) {
      const node = nodes + (<usize>at << 4);
      const column = load<i32>(node);
      const place = start + (column & 0x7fffffff);
      const bin = column < 0 ? <u32>load<u16>(place) : <u32>load<u8>(place);
      const goesLeft = load<u8>(tables + load<u32>(node, 4) + bin);
      at = goesLeft ? load<i32>(node, 8) : load<i32>(node, 12);
    }
    const to = score + (row << 2);
    store<f32>(to, load<f32>(to) + load<f32>(values + (<usize>(-1 - at) << 2)));
  }
}
