// Rows as lists of features: row i's feature f has its slot at slots + (i * width + f) * 4 and its value at values + (i * width + f) * 4.
// `order` names the rows of the page that are taken, one after the other.

import { log } from "./shared/series.assembly";

/** order[i] = the rows of weight above 0 among (start + k * step) mod rows, k = from ..; stops at `most` of them. Answers k behind the last. */
export function visitRows(weight: usize, rows: i32, start: i32, step: i32, from: i32, most: i32, order: usize, count: usize): i32 {
  let found = 0;
  let k = from;
  let row = <i32>((<u64>start + <u64>step * <u64>from) % <u64>rows);
  for (; k < rows && found < most; k++) {
    if (load<f64>(weight + (<usize>row << 3)) > 0) store<i32>(order + (<usize>(found++) << 2), row);
    row += step;
    if (row >= rows) row -= rows;
  }
  store<i32>(count, found);
  return k;
}

/** Hash codes: slot = (code xor seed) and mask. */
export function slotsOfCodes(codes: usize, order: usize, rows: i32, seed: i32, mask: i32, slots: usize, width: i32): void {
  for (let i: usize = 0; i < <usize>rows; i++) {
    const code = load<i32>(codes + (<usize>load<i32>(order + (i << 2)) << 2)) & 0x7fffffff;
    store<i32>(slots, (code ^ seed) & mask);
    slots += <usize>width << 2;
  }
}

/** Two hash codes as one: `pairCode` in expr/slots.ts. */
export function slotsOfPairs(a: usize, b: usize, order: usize, rows: i32, seed: i32, mask: i32, slots: usize, width: i32): void {
  for (let i: usize = 0; i < <usize>rows; i++) {
    const row = <usize>load<i32>(order + (i << 2)) << 2;
    const code = ((load<i32>(a + row) & 0x7fffffff) * 1566083941 + (load<i32>(b + row) & 0x7fffffff) * 1812433253) & 0x7fffffff;
    store<i32>(slots, (code ^ seed) & mask);
    slots += <usize>width << 2;
  }
}

/** Levels from slot `first` on; a code below 0 has the value 0. */
export function slotsOfLevels(codes: usize, order: usize, rows: i32, first: i32, slots: usize, values: usize, width: i32): void {
  for (let i: usize = 0; i < <usize>rows; i++) {
    const code = load<i32>(codes + (<usize>load<i32>(order + (i << 2)) << 2));
    store<i32>(slots, first + max(code, 0));
    store<f32>(values, code < 0 ? 0 : 1);
    slots += <usize>width << 2;
    values += <usize>width << 2;
  }
}

/**
 * A number x as sign(x) log(1 + |x|) (or as it is) over the largest so far, which stands at `scale`; 0 there leaves it undivided.
 * A missing one (or one beyond float32) is 1 in the slot behind.
 */
export function slotsOfNumbers(numbers: usize, order: usize, rows: i32, slot: i32, logs: i32, scale: usize, grows: i32, slots: usize, values: usize, width: i32): void {
  for (let i: usize = 0; i < <usize>rows; i++) {
    const x = load<f32>(numbers + (<usize>load<i32>(order + (i << 2)) << 2));
    if (!(abs(x) <= f32.MAX_VALUE)) {
      store<i32>(slots, slot + 1);
      store<f32>(values, 1);
    } else {
      let size = abs(<f64>x);
      if (logs) size = f64x2.extract_lane(log(f64x2.splat(1 + size)), 0);
      if (grows && <f32>size > load<f32>(scale)) store<f32>(scale, <f32>size);
      const by = <f64>load<f32>(scale);
      if (by > 0) size /= by;
      store<i32>(slots, slot);
      store<f32>(values, <f32>(x < 0 ? -size : size));
    }
    slots += <usize>width << 2;
    values += <usize>width << 2;
  }
}

/** margins[i] += the weights of row i's slots times their values; output `k` of `outputs` stands side by side in the table. */
export function weighSlots(slots: usize, values: usize, width: i32, rows: i32, table: usize, outputs: i32, k: i32, margins: usize): void {
  for (let i: usize = 0; i < <usize>rows; i++) {
    let sum: f64 = 0;
    for (let f = 0; f < width; f++) {
      const slot = <usize>load<u32>(slots) * <usize>outputs + <usize>k;
      sum += <f64>load<f32>(table + (slot << 2)) * <f64>load<f32>(values);
      slots += 4;
      values += 4;
    }
    store<f64>(margins + (i << 3), load<f64>(margins + (i << 3)) + sum);
  }
}

/** out[i] = the value of row order[i]. */
export function gatherDoubles(from: usize, order: usize, rows: i32, out: usize): void {
  for (let i: usize = 0; i < <usize>rows; i++)
    store<f64>(out + (i << 3), load<f64>(from + (<usize>load<i32>(order + (i << 2)) << 3)));
}
