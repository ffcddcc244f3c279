import fc from "fast-check";
import { expect, test } from "vitest";
import { canonical, hashOf } from "./canonical.js";

test("the order in which fields were set, and fields without a value, leave no trace", () => {
  expect(canonical({ b: 1, a: [1, { d: 0, c: "x" }] })).toBe('{"a":[1,{"c":"x","d":0}],"b":1}');
  expect(canonical({ b: undefined, a: 1 })).toBe('{"a":1}');
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const turned = Object.fromEntries(Object.entries(value).reverse());
      return hashOf(turned) === hashOf(value);
    }),
  );
});

test("what is plain JSON stays what it is, but for -0", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const zeroed = JSON.parse(JSON.stringify(value)); // JSON.stringify writes -0 as 0
      expect(JSON.parse(canonical(value))).toEqual(zeroed);
    }),
  );
  expect(canonical([-0, 0])).toBe("[0,0]");
});

test("values that differ in a bit have another hash", () => {
  const hashes = [0.1, 0.1 + 2 ** -56, "0.1", [0.1], { x: 0.1 }, new Float64Array([0.1]), new Float32Array([0.1])].map(
    hashOf,
  );
  expect(new Set(hashes).size).toBe(hashes.length);
});

test("arrays of numbers are their bytes, also where they are a part of a larger buffer", () => {
  const all = new Float32Array([1, 2, 3, 4]);
  expect(canonical(all.subarray(1, 3))).toBe(canonical(new Float32Array([2, 3])));
  expect(canonical(all.subarray(1, 3))).not.toBe(canonical(new Float32Array([3, 4])));
});

test("numbers that JSON has no word for are told apart", () => {
  expect([NaN, Infinity, -Infinity, 2n ** 64n].map(canonical)).toEqual([
    '"NaN"',
    '"Infinity"',
    '"-Infinity"',
    '"18446744073709551616"',
  ]);
  expect(() => canonical(() => 1)).toThrow("no canonical form for a function");
});
