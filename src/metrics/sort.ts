/** As many rows are sorted at a time. */
export const blockRows = 2 ** 16;
export interface Sorted {
  readonly keys: Int32Array;
  readonly rows: Uint32Array;
}
let desk: readonly [Sorted, Sorted] | undefined;
const counts = new Uint32Array(3 * 2048);

/** Rows of a block in ascending order of key; rows of one key stay in order. A radix sort by 11, 11 and 10 bits. */
export function sort(keys: Int32Array, from: number, count: number): Sorted {
  desk ??= [newSorted(), newSorted()];
  const [one, other] = desk;
  counts.fill(0);
  for (let i = from; i < from + count; i++) {
    const key = keys[i]! ^ 0x80000000;
    counts[key & 2047]!++;
    counts[2048 + ((key >>> 11) & 2047)]!++;
    counts[4096 + (key >>> 22)]!++;
  }
  for (let digit = 0; digit < 6144; digit += 2048) {
    let total = 0;
    for (let i = digit; i < digit + 2048; i++) {
      const here = counts[i]!;
      counts[i] = total;
      total += here;
    }
  }
  for (let i = from; i < from + count; i++) {
    const place = counts[(keys[i]! ^ 0x80000000) & 2047]!++;
    one.keys[place] = keys[i]!;
    one.rows[place] = i;
  }
  move(one, other, count, 2048, 11, 2047);
  move(other, one, count, 4096, 22, 1023);
  return one;
}

function move(from: Sorted, to: Sorted, count: number, digit: number, shift: number, mask: number): void {
  for (let i = 0; i < count; i++) {
    const key = from.keys[i]!;
    const place = counts[digit + (((key ^ 0x80000000) >>> shift) & mask)]!++;
    to.keys[place] = key;
    to.rows[place] = from.rows[i]!;
  }
}

const newSorted = (): Sorted => ({ keys: new Int32Array(blockRows), rows: new Uint32Array(blockRows) });

/** The first level at which sorted keys fall into at most `capacity` bins: neighbours that differ first in bit b are one from level b + 1 on. */
export function lowestLevel(keys: Int32Array, count: number, capacity: number): number {
  if (count <= capacity) return 0;
  const differing = new Uint32Array(33);
  for (let i = 1; i < count; i++) differing[32 - Math.clz32(keys[i]! ^ keys[i - 1]!)]!++;
  let bins = count - differing[0]!;
  let level = 0;
  while (bins > capacity) bins -= differing[++level]!;
  return level;
}
