// Arithmetic as expr/ops.ts says it. An int64 is a number while that is exact, else a bigint.

export type Num = number | bigint;

const largest = 2n ** 63n - 1n;
const smallest = -(2n ** 63n);

/** A 64-bit integer in the form that rows have; nothing beyond 64 bits. */
export function int64Of(whole: bigint): Num | null {
  const near = Number(whole);
  if (Number.isSafeInteger(near)) return near;
  return whole >= smallest && whole <= largest ? whole : null;
}

type Op = (a: Num, b: Num) => Num | null;
const either =
  (
    onReals: (a: number, b: number) => number | null,
    onWhole: (a: bigint, b: bigint) => bigint | null,
    exact: boolean,
  ): Op =>
  (a, b) => {
    if (typeof a === "number" && typeof b === "number") {
      const result = onReals(a, b);
      if (!exact || result === null || Number.isSafeInteger(result)) return result;
    } else if (!isWhole(a) || !isWhole(b)) return onReals(Number(a), Number(b));
    const whole = onWhole(BigInt(a), BigInt(b));
    return whole === null ? null : int64Of(whole);
  };
const isWhole = (a: Num): boolean => typeof a === "bigint" || Number.isInteger(a);

/** With `exact`, both are known to be int64, so that a sum past 2^53 is not rounded. */
export const arithmetic = (exact: boolean) => ({
  add: either(
    (a, b) => a + b,
    (a, b) => a + b,
    exact,
  ),
  sub: either(
    (a, b) => a - b,
    (a, b) => a - b,
    exact,
  ),
  mul: either(
    (a, b) => a * b,
    (a, b) => a * b,
    exact,
  ),
  mod: either(
    (a, b) => (b === 0 ? null : a % b),
    (a, b) => (b === 0n ? null : a % b),
    false,
  ),
});

export const divide = (a: Num, b: Num): number | null => (Number(b) === 0 ? null : Number(a) / Number(b));

export function intDivide(a: Num, b: Num): Num | null {
  if (Number(b) === 0) return null;
  return isWhole(a) && isWhole(b) && (typeof a === "bigint" || typeof b === "bigint")
    ? int64Of(BigInt(a) / BigInt(b))
    : truncate(Number(a) / Number(b));
}

/** A real without its fraction as an int64. */
export function truncate(a: number): Num | null {
  const whole = Math.trunc(a);
  if (Number.isSafeInteger(whole)) return whole + 0;
  return Number.isFinite(whole) ? int64Of(BigInt(whole)) : null;
}

export const negate = (a: Num): Num | null => (typeof a === "number" ? -a : int64Of(-a));
export const absolute = (a: Num): Num | null => (typeof a === "number" ? Math.abs(a) : int64Of(a < 0n ? -a : a));

/** Halves away from zero. */
export function roundHalfAway(a: number): number {
  const whole = Math.trunc(a);
  return Math.abs(a - whole) >= 0.5 ? whole + Math.sign(a) : whole;
}

/** C's pow: 1 to any power and -1 to an infinite one are 1, where JavaScript says NaN. */
export const power = (a: number, b: number): number => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b);

export function float32(a: number): number | null {
  const near = Math.fround(a);
  return Math.abs(near) === Infinity && Math.abs(a) !== Infinity ? null : near;
}
