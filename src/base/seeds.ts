/**
 * The one 32-bit mixer behind every split, fold, sample and shuffle. Two multiply-xorshift rounds; both multipliers are
 * below 2^31, so that SQL can do it in 64-bit integers without overflow. Constants: Chris Wellons, hash-prospector
 * (16 21f0aaad 15 735a2d97 15).
 */
export function mix32(x: number): number {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return (h ^ (h >>> 15)) >>> 0;
}

/**
 * The hash of a row's identity (file ordinal, row index in the file) under a seed: 32 bits, the same on every engine.
 * sql/relation.ts writes the same formula as integer SQL.
 */
export function rowHash(file: number, row: number, seed: number): number {
  const low = mix32(((row % 2 ** 32) ^ seedWord(seed)) >>> 0);
  const high = mix32((Math.floor(row / 2 ** 32) * 65_536 + file + 1) >>> 0);
  return mix32((low ^ high) >>> 0);
}

export const seedWord = (seed: number): number => mix32((seed ^ 0x9e3779b9) >>> 0);

/** A seed for a named purpose, so that the split and the shuffle of one run never share their draws. */
export function subSeed(seed: number, purpose: string): number {
  let h = mix32(seed);
  for (let i = 0; i < purpose.length; i++) h = mix32((h ^ purpose.charCodeAt(i)) >>> 0);
  return h;
}

/** A small fast generator for tests, data makers and shuffles (Mulberry32, Tommy Ettinger 2017): uniform in [0, 1). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** 0 .. n-1 in a seeded order (Fisher and Yates). */
export function permutation(n: number, seed: number): Uint32Array {
  const next = generator(seed);
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
