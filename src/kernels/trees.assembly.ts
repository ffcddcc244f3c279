// Rows of a block (see bins.assembly.ts) on their way down a tree.

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
