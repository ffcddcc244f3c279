// Rows as lists of features: row i's stand from place starts[i] to starts[i + 1], a multiple of 4 of them; the slot of the feature at a place
// is at slots + place * 4, its value at values + place * 4. `order` names the rows of the page that are taken, one after the other.

import { log } from "./shared/series.assembly";

@inline
function placeOf(places: usize, i: usize): usize {
  return <usize>load<i32>(places + (i << 2)) << 2;
}

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
export function slotsOfCodes(codes: usize, order: usize, rows: i32, seed: i32, mask: i32, slots: usize, starts: usize): void {
  for (let i: usize = 0; i < <usize>rows; i++) {
    const code = load<i32>(codes + (<usize>load<i32>(order + (i << 2)) << 2)) & 0x7fffffff;
    store<i32>(slots + placeOf(starts, i), (code ^ seed) & mask);
  }
}

/** Two hash codes as one: `pairCode` in expr/slots.ts. */
export function slotsOfPairs(a: usize, b: usize, order: usize, rows: i32, seed: i32, mask: i32, slots: usize, starts: usize): void {
  for (let i: usize = 0; i < <usize>rows; i++) {
    const row = <usize>load<i32>(order + (i << 2)) << 2;
    const code = ((load<i32>(a + row) & 0x7fffffff) * 1566083941 + (load<i32>(b + row) & 0x7fffffff) * 1812433253) & 0x7fffffff;
    store<i32>(slots + placeOf(starts, i), (code ^ seed) & mask);
  }
}

/** Levels from slot `first` on; a code below 0 has the value 0. */
export function slotsOfLevels(codes: usize, order: usize, rows: i32, first: i32, slots: usize, values: usize, starts: usize): void {
  for (let i: usize = 0; i < <usize>rows; i++) {
    const code = load<i32>(codes + (<usize>load<i32>(order + (i << 2)) << 2));
    const at = placeOf(starts, i);
    store<i32>(slots + at, first + max(code, 0));
    store<f32>(values + at, code < 0 ? 0 : 1);
  }
}

/**
 * A number x as sign(x) log(1 + |x|) (or as it is) over the largest so far, which stands at `scale`; 0 there leaves it undivided.
 * A missing one (or one beyond float32) is 1 in the slot behind.
 */
export function slotsOfNumbers(numbers: usize, order: usize, rows: i32, slot: i32, logs: i32, scale: usize, grows: i32, slots: usize, values: usize, starts: usize): void {
  for (let i: usize = 0; i < <usize>rows; i++) {
    const x = load<f32>(numbers + (<usize>load<i32>(order + (i << 2)) << 2));
    const at = placeOf(starts, i);
    if (!(abs(x) <= f32.MAX_VALUE)) {
      store<i32>(slots + at, slot + 1);
      store<f32>(values + at, 1);
    } else {
      let size = abs(<f64>x);
      if (logs) size = f64x2.extract_lane(log(f64x2.splat(1 + size)), 0);
      if (grows && <f32>size > load<f32>(scale)) store<f32>(scale, <f32>size);
      const by = <f64>load<f32>(scale);
      if (by > 0) size /= by;
      store<i32>(slots + at, slot);
      store<f32>(values + at, <f32>(x < 0 ? -size : size));
    }
  }
}

/** What a term is worth that is there so often: by = 0 as often, 1 once, 2 one and the logarithm; odd in the count. */
@inline
function worthOf(count: i32, by: i32): f64 {
  const size = <f64>abs(count);
  const worth = count == 0 ? 0 : by == 0 ? size : by == 1 ? 1 : 1 + f64x2.extract_lane(log(f64x2.splat(size)), 0);
  return count < 0 ? -worth : worth;
}

/**
 * Terms of rows behind one another: row i's from place places[i] on, which is moved behind them. Slots begin at `first`; `factors` are the
 * slots' (0 for none of them). With `norm` a row's values are divided by the root of the sum of their squares; all are multiplied by `unit`.
 */
export function slotsOfTerms(
  ends: usize, terms: usize, counts: usize, order: usize, rows: i32, first: i32, by: i32, factors: usize, norm: i32, unit: f64, slots: usize, values: usize, places: usize,
): void {
  for (let i: usize = 0; i < <usize>rows; i++) {
    const row = load<i32>(order + (i << 2));
    const from = row > 0 ? load<i32>(ends + (<usize>(row - 1) << 2)) : 0;
    const to = load<i32>(ends + (<usize>row << 2));
    const start = <usize>load<i32>(places + (i << 2)) << 2;
    let squares: f64 = 0;
    let at = start;
    for (let t = from; t < to; t++, at += 4) {
      const slot = load<i32>(terms + (<usize>t << 2));
      let value = worthOf(<i32>load<i16>(counts + (<usize>t << 1)), by);
      if (factors) value *= <f64>load<f32>(factors + (<usize>slot << 2));
      squares += value * value;
      store<i32>(slots + at, first + slot);
      store<f32>(values + at, <f32>value);
    }
    const scale = <f32>(norm && squares > 0 ? unit / sqrt<f64>(squares) : unit);
    for (let p = start; p < at; p += 4) store<f32>(values + p, load<f32>(values + p) * scale);
    store<i32>(places + (i << 2), <i32>(at >> 2));
  }
}

/** From each row's place to where the next one starts: no features. */
export function slotsOfNothing(rows: i32, nothing: i32, slots: usize, values: usize, starts: usize, places: usize): void {
  for (let i: usize = 0; i < <usize>rows; i++) {
    const end = placeOf(starts, i + 1);
    for (let at = placeOf(places, i); at < end; at += 4) {
      store<i32>(slots + at, nothing);
      store<f32>(values + at, 0);
    }
  }
}

/** factors[slot] = ln((1 + rows) / (1 + documents)) + 1, or 0 where documents are fewer than `least` or more than `most`; in the place of `documents`, as float32. */
export function factorsOfDocuments(documents: usize, slots: i32, rows: f64, least: f64, most: f64): void {
  for (let i: usize = 0; i < <usize>slots; i++) {
    const count = load<f64>(documents + (i << 3));
    const factor = count < least || count > most ? 0 : f64x2.extract_lane(log(f64x2.splat((1 + rows) / (1 + count))), 0) + 1;
    store<f32>(documents + (i << 2), <f32>factor);
  }
}

/** margins[i] += the weights of row i's slots times their values; output `k` of `outputs` stands side by side in the table. */
export function weighSlots(slots: usize, values: usize, starts: usize, rows: i32, table: usize, outputs: i32, k: i32, margins: usize): void {
  for (let i: usize = 0; i < <usize>rows; i++) {
    let sum: f64 = 0;
    const end = placeOf(starts, i + 1);
    for (let at = placeOf(starts, i); at < end; at += 4) {
      const slot = <usize>load<u32>(slots + at) * <usize>outputs + <usize>k;
      sum += <f64>load<f32>(table + (slot << 2)) * <f64>load<f32>(values + at);
    }
    store<f64>(margins + (i << 3), load<f64>(margins + (i << 3)) + sum);
  }
}

/** out[i] = the value of row order[i]. */
export function gatherDoubles(from: usize, order: usize, rows: i32, out: usize): void {
  for (let i: usize = 0; i < <usize>rows; i++)
    store<f64>(out + (i << 3), load<f64>(from + (<usize>load<i32>(order + (i << 2)) << 3)));
}
