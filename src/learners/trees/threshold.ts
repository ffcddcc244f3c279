/** The value as a page holds it. */
const codedAs = (x: number, { shift, exponent }: { shift: number; exponent: number }): number =>
  Math.fround((x - shift) * 2 ** exponent);

/**
 * The largest double that a page holds as `coded` or less (a float32): `x <= test` is then true of just the values that pages hold as
 * at most `coded`.
 */
export function largestCodedAs(coded: number, coding: { shift: number; exponent: number }): number {
  if (codedAs(Number.MAX_VALUE, coding) <= coded) return Number.MAX_VALUE;
  // Halved in the order of their bits, in which doubles are numbered one by one.
  let [from, to] = [place(-Number.MAX_VALUE), place(Number.MAX_VALUE)];
  while (to - from > 1n) {
    const middle = from + (to - from) / 2n;
    if (codedAs(doubleAt(middle), coding) <= coded) from = middle;
    else to = middle;
  }
  return doubleAt(from);
}

const view = new DataView(new ArrayBuffer(8));
function place(x: number): bigint {
  view.setFloat64(0, x);
  const bits = view.getBigInt64(0);
  return bits >= 0n ? bits : -(bits & 0x7fffffffffffffffn);
}
function doubleAt(at: bigint): number {
  view.setBigInt64(0, at >= 0n ? at : -at);
  return at >= 0n ? view.getFloat64(0) : -view.getFloat64(0);
}
