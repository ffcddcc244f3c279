import { describe, expect, test } from "vitest";
import { generator } from "../base/seeds.js";
import { Arena } from "../pages/arena.js";
import { kernelsOf } from "./index.js";
import { drawReference, magnitude, quantiseReference, uniformReference } from "./sampling.reference.js";

const arena = new Arena(2 ** 22);
const kernels = kernelsOf(arena);
const start = arena.mark();
const f32 = (from: ArrayLike<number>): Float32Array => {
  const to = arena.f32(from.length);
  to.set(from);
  return to;
};

test.each([0, 1, 3, 4, 5, 18])("the extent of %i rows is the largest |g| and h", (rows) => {
  arena.reset(start);
  const next = generator(rows);
  const g = f32(Array.from({ length: rows }, () => next() * 2 - 1.5));
  const h = f32(Array.from({ length: rows }, () => next()));
  const out = f32([0.25, 0.25]);
  kernels.extent(rows, g.byteOffset, h.byteOffset, out.byteOffset);
  expect(Array.from(out)).toEqual([Math.max(0.25, ...g.map(Math.abs)), Math.max(0.25, ...h)]);
});

describe("quantised gradients", () => {
  test.each([0, 1, 3, 4, 7, 1000])("of %i rows are those of the reference, however they are cut", (rows) => {
    arena.reset(start);
    const next = generator(rows);
    const g = f32(Array.from({ length: rows }, (_, i) => (i % 4 === 0 ? 0 : next() * 4 - 2)));
    const h = f32(Array.from({ length: rows }, (_, i) => (i % 4 === 0 ? 0 : next() * 3)));
    const scale = { g: 20_000, h: 30_000 }; // past 1.6 and 2.2 they are cut off
    const gh = arena.i32(rows);
    const [seed, row0] = [0xdeadbeef, 2 ** 32 - 5];
    const run = (from: number, to: number) =>
      kernels.quantise(
        ...([to - from, g.byteOffset + 4 * from, h.byteOffset + 4 * from, scale.g, scale.h] as const),
        ...([seed, row0 + from, gh.byteOffset + 4 * from] as const),
      );
    run(0, rows);
    const right = quantiseReference(g, h, scale, seed, row0);
    expect(Array.from(gh)).toEqual(right);
    gh.fill(0);
    const cut = Math.floor(rows / 3);
    run(cut, rows);
    run(0, cut);
    expect(Array.from(gh)).toEqual(right);
    expect(Array.from(gh).every((pair, i) => i % 4 !== 0 || pair === 0)).toBe(true);
  });

  test("are right on average", () => {
    arena.reset(start);
    const rows = 40_000;
    const [g, h, gh] = [
      f32(new Float32Array(rows).fill(-0.3)),
      f32(new Float32Array(rows).fill(0.01)),
      arena.i32(rows),
    ];
    kernels.quantise(rows, g.byteOffset, h.byteOffset, 1, 1, 11, 0, gh.byteOffset);
    const [first, second] = [
      gh.reduce((sum, pair) => sum + (pair >> 16), 0),
      gh.reduce((sum, pair) => sum + (pair & 0xffff), 0),
    ];
    // four standard deviations of a binomial
    expect(Math.abs(first / rows + 0.3)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / rows));
    expect(Math.abs(second / rows - 0.01)).toBeLessThan(4 * Math.sqrt((0.01 * 0.99) / rows));
  });
});

describe.each([0, 1, 3, 4, 6, 2001])("of %i rows", (rows) => {
  const seed = 0xfeedbeef;
  const row0 = 2 ** 32 - 1000;

  function given(outputs: number) {
    arena.reset(start);
    const next = generator(rows + outputs);
    const step = rows + 1;
    const g = f32(Array.from({ length: outputs * step }, (_, i) => (i % 9 === 0 ? 0 : next() ** 3 - 0.2)));
    const h = f32(Array.from({ length: outputs * step }, (_, i) => (i % 9 === 0 ? 0 : next())));
    const lengths = Array.from({ length: rows }, (_, i) => {
      const row = (from: Float32Array) => Array.from({ length: outputs }, (_, k) => from[k * step + i]!);
      return magnitude(row(g), row(h), 0.1);
    });
    return { g, h, stride: 4 * step, lengths, outputs };
  }

  test.each([1, 3])("magnitudes are counted by their upper bits, %i outputs", (outputs) => {
    const { g, h, stride, lengths } = given(outputs);
    const counts = arena.i32(32_768);
    kernels.magnitudes(rows, g.byteOffset, h.byteOffset, 0.1, outputs, stride, counts.byteOffset);
    const right = new Int32Array(32_768);
    const bits = new Int32Array(Float32Array.from(lengths).buffer);
    for (const each of bits) right[each >> 16]! += 1;
    expect(counts.every((each, i) => each === right[i])).toBe(true);
    expect(counts.reduce((sum, each) => sum + each, 0)).toBe(rows);
  });

  test.each([1, 3])("a draw keeps the reference's, %i outputs", (outputs) => {
    const { g, h, stride, lengths } = given(outputs);
    const index = new Uint16Array(arena.memory.buffer, arena.take(2 * rows), rows);
    const weights = arena.f32(rows);
    const kept = kernels.draw(
      ...([rows, g.byteOffset, h.byteOffset, 0.1, outputs, stride, 0.75] as const),
      ...([seed, row0, index.byteOffset, weights.byteOffset] as const),
    );
    const right = drawReference(lengths, 0.75, seed, row0);
    expect(Array.from(index.subarray(0, kept))).toEqual(right.index);
    expect(Array.from(weights.subarray(0, kept))).toEqual(right.weights);
    // The weights of those kept stand for all: four standard deviations of their sum.
    const total = right.weights.reduce((sum, weight, i) => sum + weight * lengths[right.index[i]!]!, 0);
    const every = lengths.reduce((sum, m) => sum + m, 0);
    const variance = lengths.reduce((sum, m) => sum + m * Math.max(0, 0.75 - m), 0);
    if (rows > 1000) expect(Math.abs(total - every)).toBeLessThan(4 * Math.sqrt(variance));
  });

  test("a uniform draw keeps the reference's", () => {
    const { lengths } = given(1);
    const index = new Uint16Array(arena.memory.buffer, arena.take(2 * rows), rows);
    for (const threshold of [0, 2 ** 30, 3 * 2 ** 30]) {
      const kept = kernels.uniform(lengths.length, threshold, seed, row0, index.byteOffset);
      expect(Array.from(index.subarray(0, kept))).toEqual(uniformReference(rows, threshold, seed, row0));
    }
  });
});
