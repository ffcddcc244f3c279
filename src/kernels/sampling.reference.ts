import { mix32 } from "../base/seeds.js";

/** Rounded up where a draw of 16 bits, at the middle of its step, is below what floor leaves. */
function rounded(x: number, draw: number): number {
  const whole = Math.floor(x);
  return whole + ((draw + 0.5) / 65_536 < x - whole ? 1 : 0);
}

export function quantiseReference(
  g: Float32Array,
  h: Float32Array,
  scale: { g: number; h: number },
  seed: number,
  row0: number,
): number[] {
  return Array.from(g, (each, i) => {
    const draw = mix32((row0 + i) ^ seed);
    const first = rounded(Math.fround(each * Math.fround(scale.g)), draw >>> 16);
    const second = rounded(Math.fround(h[i]! * Math.fround(scale.h)), draw & 0xffff);
    return (Math.max(-32_767, Math.min(32_767, first)) << 16) | Math.max(0, Math.min(65_535, second));
  });
}

const { fround } = Math;

/** sqrt(sum of g^2 + lambda h^2) of a row, each step in float32. */
export function magnitude(g: readonly number[], h: readonly number[], lambda: number): number {
  const term = (k: number): number => fround(fround(g[k]! * g[k]!) + fround(fround(lambda) * fround(h[k]! * h[k]!)));
  return fround(Math.sqrt(g.reduce((sum, _, k) => fround(sum + term(k)), 0)));
}

/** Rows kept by minimal variance sampling, and 1 / probability of each. */
export function drawReference(magnitudes: readonly number[], mu: number, seed: number, row0: number) {
  const key = mix32(seed ^ 0x9e3779b9);
  const p = magnitudes.map((m) => Math.min(1, fround(m / fround(mu))));
  const index = p.flatMap((each, i) => ((mix32((row0 + i) ^ key) >>> 8) / 2 ** 24 < each ? [i] : []));
  return { index, weights: index.map((i) => fround(1 / p[i]!)) };
}

export function uniformReference(rows: number, threshold: number, seed: number, row0: number): number[] {
  const key = mix32(seed ^ 0x85ebca6b);
  return Array.from({ length: rows }, (_, i) => i).filter((i) => mix32((row0 + i) ^ key) < threshold);
}
