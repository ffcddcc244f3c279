import { describe, expect, test } from "vitest";
import { generator } from "../../base/seeds.js";
import { edgesOf } from "./edges.js";
import { largestCodedAs } from "./threshold.js";

const next = generator(7);
const values = (count: number, value: (i: number) => number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => value(i));
const decimals = (digits: number): Float64Array =>
  values(200, () => Number(((next() - 0.5) * 10 ** Math.floor(next() * 6)).toFixed(digits)));

/** The double that many steps of the last bit above x. */
function steps(x: number, count: number): number {
  const bits = new BigInt64Array(Float64Array.of(x).buffer);
  bits[0]! += BigInt(count);
  return new Float64Array(bits.buffer)[0]!;
}

const shapes: Record<string, () => Float64Array> = {
  "-1 and 1": () => values(50, () => (next() < 0.5 ? -1 : 1)),
  "-v and v, for any v": () => {
    const v = 10 ** (next() * 60 - 30);
    return values(50, () => (next() < 0.5 ? -v : v));
  },
  "-v, 0 and v": () => {
    const v = 10 ** (next() * 60 - 30);
    return values(50, () => (Math.floor(next() * 3) - 1) * v);
  },
  "two decimals": () => decimals(2),
  "four decimals": () => decimals(4),
  "whole numbers about 0": () => values(100, () => Math.floor(next() * 9) - 4),
  "denormal values": () => values(100, () => (next() - 0.5) * 1e-310),
  "denormal float32": () => values(100, () => (next() - 0.5) * 1e-40),
  "huge values": () => values(100, () => (next() - 0.5) * 1e308),
  "sizes of every order": () => values(300, () => (next() - 0.5) * 10 ** (next() * 600 - 300)),
  "one last bit apart": () => values(50, () => steps(1 + next(), Math.floor(next() * 3))),
  "one last bit of float32 apart": () => values(50, () => Math.fround(1) + Math.floor(next() * 3) * 2 ** -23),
  "times in microseconds": () => values(100, () => 1.7e15 + Math.floor(next() * 1e9)),
  "times and their opposites": () => values(100, () => (next() < 0.5 ? -1 : 1) * 1.7e15),
  "one value": () => new Float64Array(9).fill(0.1),
};

/** As pages hold numbers, and each other way that they might. */
const codings = [
  { shift: 0, exponent: 0 },
  { shift: 1.5, exponent: 0 },
  { shift: -1.7e15, exponent: -3 },
  { shift: 1e-310, exponent: 1000 },
  { shift: 0, exponent: 1000 },
  { shift: 0, exponent: -1000 },
];

describe.each(Object.entries(shapes))("borders between bins of %s", (_, made) => {
  test.each([2, 5, 253])("part what a page holds where they part the values themselves, at most %i", (most) => {
    for (let round = 0; round < 6; round++) {
      const column = made();
      for (const coding of codings) {
        const coded = Float32Array.from(column, (x) => (x - coding.shift) * 2 ** coding.exponent);
        const finite = coded.filter(Number.isFinite);
        const edges = edgesOf(finite, most);
        expect(edges.length).toBeLessThanOrEqual(most);
        expect(edges).toEqual([...new Set(edges)].sort((a, b) => a - b));
        for (const edge of edges) {
          expect(Math.fround(edge)).toBe(edge);
          const raw = largestCodedAs(edge, coding);
          expect(column.filter((x) => x <= raw).length).toBe(coded.filter((x) => x <= edge).length);
          column.forEach((x, i) => void (x <= raw === coded[i]! <= edge || expect.fail(`${x} and ${edge}`)));
        }
        if (new Set(finite).size <= most + 1) expect(edges.length).toBe(Math.max(0, new Set(finite).size - 1));
      }
    }
  });
});
