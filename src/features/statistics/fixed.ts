/**
 * The power of two by which numbers of at most `largest` in size are multiplied before their integer parts are added:
 * they then fill 61 bits, so a sum of 2^63 of them fits in 128.
 */
export function fixedScale(largest: number): number {
  if (!(largest > 0)) return 0;
  const exponent = Math.floor(Math.log2(largest)) + 1; // off by one at most, near a power of two: hence 61 bits and not 62
  return Math.min(1000, Math.max(-1000, 61 - exponent));
}

/** sum / 2^scale / count; the quotient is rounded once. */
export function fixedMean(sum: bigint, scale: number, count: number): number {
  // 64 more bits before the integer division, so that the quotient keeps all bits of a double.
  const quotient = Number((sum << 64n) / BigInt(count));
  return scale > 0 ? quotient / 2 ** 64 / 2 ** scale : (quotient / 2 ** 64) * 2 ** -scale;
}
