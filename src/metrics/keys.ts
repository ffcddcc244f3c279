const marginSteps = 2 ** 25;

/** Margins on the grid: t = m / (1 + |m| / 64) covers the whole real line, in steps of 3e-8 around 0. */
export function marginKey(margin: number): number {
  const m = Math.max(-1e12, Math.min(1e12, margin));
  return Math.floor((m / (1 + Math.abs(m) / 64)) * marginSteps);
}
export function keyMargin(key: number): number {
  const t = key / marginSteps;
  return t / (1 - Math.abs(t) / 64);
}

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);
const largest = 3.4028234e38;

/** Any number on a grid of constant relative width: the bits of its float32, made to sort as it does. */
export function numberKey(x: number): number {
  float[0] = x > largest ? largest : x < -largest ? -largest : x + 0; // -0 sorts as 0
  const word = bits[0]!;
  return word < 0 ? word ^ 0x7fffffff : word;
}
export function keyNumber(key: number): number {
  const word = Math.floor(key);
  bits[0] = word < 0 ? word ^ 0x7fffffff : word;
  return float[0]!;
}
