// exp and log of two doubles at a time. They are our own, so that they are the same on every machine: relative errors
// below 2e-11 (series cut where the next term is below that).

// V8 builds a vector constant anew at each use, which costs more than reading it: so the series stand in memory.
const inverseFactorials = memory.data<f64>([1.0, 1.0, 0.5, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320, 1.0 / 362880]);
/** 2 / (2k + 1): of twice the inverse hyperbolic tangent. */
const odd = memory.data<f64>([2.0, 2.0 / 3, 2.0 / 5, 2.0 / 7, 2.0 / 9, 2.0 / 11, 2.0 / 13, 2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21]);
/** -708, 1 / ln 2, ln 2 in two parts (fdlibm), 1.5 * 2^52, which as an addend leaves an integer in the low bits, 1, 2, 708. */
const others = memory.data<f64>([-708, 1.4426950408889634, 6.93147180369123816490e-1, 1.90821492927058770002e-10, 6755399441055744, 1, 2, 708]);

@inline
function at(table: usize, place: usize): v128 {
  return v128.load64_splat(table + (place << 3));
}

@inline
function fma(a: v128, b: v128, c: v128): v128 {
  return f64x2.add(f64x2.mul(a, b), c);
}

/** exp(x) for x <= 0, or a little above: 2^n times the Taylor series on |r| <= ln(2) / 2. */
@inline
export function expNegative(x: v128): v128 {
  const a = f64x2.pmax(x, at(others, 0));
  const n = f64x2.nearest(f64x2.mul(a, at(others, 1)));
  const r = f64x2.sub(f64x2.sub(a, f64x2.mul(n, at(others, 2))), f64x2.mul(n, at(others, 3)));
  const rr = f64x2.mul(r, r);
  const r4 = f64x2.mul(rr, rr);
  const low = fma(rr, fma(r, at(inverseFactorials, 3), at(inverseFactorials, 2)), fma(r, at(inverseFactorials, 1), at(inverseFactorials, 0)));
  const high = fma(rr, fma(r, at(inverseFactorials, 7), at(inverseFactorials, 6)), fma(r, at(inverseFactorials, 5), at(inverseFactorials, 4)));
  const s = fma(r4, fma(r4, fma(r, at(inverseFactorials, 9), at(inverseFactorials, 8)), high), low);
  // n in the low bits, shifted into the exponent: integer addition multiplies by 2^n.
  return i64x2.add(s, i64x2.shl(f64x2.add(n, at(others, 4)), 52));
}

/** exp(x), x taken as within 708 of 0. */
@inline
export function exp(x: v128): v128 {
  return expNegative(f64x2.pmin(x, at(others, 7)));
}

/** 2 atanh(z) by its odd series, up to z^21. */
@inline
function twiceAtanh(z: v128): v128 {
  const t = f64x2.mul(z, z);
  const tt = f64x2.mul(t, t);
  const t4 = f64x2.mul(tt, tt);
  const low = fma(tt, fma(t, at(odd, 3), at(odd, 2)), fma(t, at(odd, 1), at(odd, 0)));
  const middle = fma(tt, fma(t, at(odd, 7), at(odd, 6)), fma(t, at(odd, 5), at(odd, 4)));
  const high = fma(tt, at(odd, 10), fma(t, at(odd, 9), at(odd, 8)));
  return f64x2.mul(z, fma(t4, fma(t4, high, middle), low));
}

/** log(1 + e) for 0 <= e <= 1: twice the inverse hyperbolic tangent of e / (2 + e), which is at most 1 / 3. */
@inline
export function logOnePlus(e: v128): v128 {
  return twiceAtanh(f64x2.div(e, f64x2.add(e, at(others, 6))));
}

/** log(x) for normal x > 0: the exponent, and the series on a mantissa within a factor sqrt(2) of 1. */
@inline
export function log(x: v128): v128 {
  const n = i64x2.shr_s(i64x2.sub(x, i64x2.splat(0x3FE6A09E667F3BCD)), 52); // bits of sqrt(1/2)
  const f = i64x2.sub(x, i64x2.shl(n, 52));
  const real = f64x2.sub(i64x2.add(n, at(others, 4)), at(others, 4));
  const z = f64x2.div(f64x2.sub(f, at(others, 5)), f64x2.add(f, at(others, 5)));
  return f64x2.add(f64x2.mul(real, f64x2.splat(0.6931471805599453)), twiceAtanh(z));
}
