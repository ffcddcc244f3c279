// Which leaf of a tree a row ends in, without walking: each value of a feature rules out the leaves that it cannot reach, and the
// one leaf that no feature rules out is it. (After Lucchese et al. 2015, QuickScorer, with a table of masks for each value.)
// Places are byte offsets into a table of 8-byte entries: 8 * bin or 8 * code, and -8 where the value is missing.

/** places[row] = 8 * how many of the sorted `edges` lie below the value: `x <= edges[i]` where the bin is at most i. */
export function placeColumn(values: usize, rows: i32, edges: usize, count: i32, places: usize): void {
  for (let i: usize = 0; i < <usize>rows; i++) {
    const value = load<f32>(values + (i << 2));
    let at = edges;
    let left = count;
    while (left > 0) {
      const half = left >> 1;
      const middle = at + (<usize>half << 2);
      const above = load<f32>(middle) < value;
      at = select<usize>(middle + 4, at, above);
      left = select<i32>(left - half - 1, half, above);
    }
    store<i32>(places + (i << 2), select<i32>(<i32>(at - edges) << 1, -8, value == value));
  }
}

/** The same for codes: 8 * code, -8 for any below 0. */
export function placeCodes(codes: usize, rows: i32, places: usize): void {
  for (let i: usize = 0; i < <usize>rows << 2; i += 4) store<i32>(places + i, max<i32>(load<i32>(codes + i), -1) << 3);
}

@inline
function mask(table: usize, place: usize): u64 {
  return load<u64>(table + <usize>load<i32>(place));
}

/** masks[row] &= table0[place0] & table1[place1] for each two of the columns, four rows at a time. */
function maskRows(columns: usize, count: i32, row: usize, rows: usize, masks: usize): void {
  const end = masks + (rows << 3);
  memory.fill(masks, 0xff, (rows + 3) << 3);
  for (let c: usize = 0; c < <usize>count; c += 2) {
    const at = columns + (c << 3);
    let a = <usize>load<u32>(at) + (row << 2), b = <usize>load<u32>(at, 8) + (row << 2);
    const ta = <usize>load<u32>(at, 4), tb = <usize>load<u32>(at, 12);
    for (let to = masks; to < end; to += 32) {
      store<u64>(to, load<u64>(to) & mask(ta, a) & mask(tb, b));
      store<u64>(to, load<u64>(to, 8) & mask(ta, a + 4) & mask(tb, b + 4), 8);
      store<u64>(to, load<u64>(to, 16) & mask(ta, a + 8) & mask(tb, b + 8), 16);
      store<u64>(to, load<u64>(to, 24) & mask(ta, a + 12) & mask(tb, b + 12), 24);
      a += 16;
      b += 16;
    }
  }
}

/**
 * sums[row] += the leaf's value, for 64 leaves of a tree. `columns` holds pairs of pointers, an even number of them: a column's places
 * (readable, as valid places, to a multiple of four rows), and the table's entry for place 0. `values` has 65 doubles, the last one for
 * a row whose leaf is among others. `masks` is room for 259 of them.
 */
export function addLeaves(columns: usize, count: i32, rows: i32, values: usize, masks: usize, sums: usize): void {
  for (let row: usize = 0; row < <usize>rows; row += 256) {
    const here = min<usize>(256, <usize>rows - row);
    maskRows(columns, count, row, here, masks);
    const to = sums + (row << 3);
    for (let i: usize = 0; i < here << 3; i += 8) {
      const leaf = <usize>ctz<u64>(load<u64>(masks + i));
      store<f64>(to + i, load<f64>(to + i) + load<f64>(values + (leaf << 3)));
    }
  }
}
