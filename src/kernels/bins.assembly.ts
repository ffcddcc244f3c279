// Values as bins. A block is up to 65,536 rows of bins, row after row: `narrow` columns of one byte, then `wide` columns of
// two (little endian), so `stride` = narrow + 2 wide.

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

/** Rows index[0 .. count - 1] (u16) of the block, one after the other. */
export function gather(bins: usize, stride: i32, index: usize, count: i32, out: usize): void {
  const size = <usize>stride;
  for (const end = index + (<usize>count << 1); index < end; index += 2) {
    const from = bins + <usize>load<u16>(index) * size;
    // The last eight (or four) bytes of a row may lie over those before.
    if (size >= 8) {
      for (let i: usize = 0; i + 8 <= size; i += 8) store<u64>(out + i, load<u64>(from + i));
      store<u64>(out + size - 8, load<u64>(from + size - 8));
    } else if (size >= 4) {
      store<u32>(out, load<u32>(from));
      store<u32>(out + size - 4, load<u32>(from + size - 4));
    } else for (let i: usize = 0; i < size; i++) store<u8>(out + i, load<u8>(from + i));
    out += size;
  }
}

/** out[i] = values[index[i]], times weights[i] where `weights` is not 0: float32, for i < count. */
export function gatherPairs(values: usize, index: usize, weights: usize, count: i32, out: usize): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    const value = load<f32>(values + (<usize>load<u16>(index + (i << 1)) << 2));
    store<f32>(out + (i << 2), weights ? value * load<f32>(weights + (i << 2)) : value);
  }
}
