import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { generator } from "../base/seeds.js";
import { hash31 } from "./evaluate/text.js";
import { separators, termCodes, termsOf } from "./words.js";

describe("termsOf", () => {
  test("takes runs of two letters, digits and marks or more", () =>
    expect(termsOf("it's a naïve cafe\u0301, x 42 日本 🦆🦆 re_do o'clock\0nul", 1, 100)).toEqual([
      "it",
      "naïve",
      "cafe\u0301",
      "42",
      "日本",
      "re",
      "do",
      "clock",
      "nul",
    ]));
  test("joins neighbours with a blank, whatever stood between them", () =>
    expect(termsOf("New\n\nYork -- City", 3, 100)).toEqual([
      "New",
      "York",
      "City",
      "New York",
      "York City",
      "New York City",
    ]));
  test("stops after so many words", () =>
    expect(termsOf("one two three four", 2, 3)).toEqual(["one", "two", "three", "one two", "two three"]));
  test("finds nothing in nothing", () =>
    expect([termsOf("", 2, 9), termsOf(" . 🦆 a", 2, 9), termsOf("aa", 0, 9), termsOf("aa", 1, 0)]).toEqual([
      [],
      [],
      [],
      [],
    ]));
  test("half a surrogate pair is no letter", () => expect(termsOf("ab\ud83dcd", 1, 9)).toEqual(["ab", "cd"]));
  test("separators are in their order, with words between", () => {
    for (const [i, [first, last]] of separators.entries()) {
      expect(first).toBeLessThanOrEqual(last);
      if (i > 0) expect(first).toBeGreaterThan(separators[i - 1]![1] + 1);
    }
  });
});

describe("hash31", () => {
  test("is the start of MD5 for texts of any length", () => {
    const next = generator(4);
    for (let length = 0; length < 140; length++) {
      const text = Array.from({ length }, () => "aß日🦆"[Math.floor(next() * 3)]!).join("");
      expect(hash31(text)).toBe(createHash("md5").update(text).digest().readUInt32LE(0) & 0x7fffffff);
    }
  });
});

test("the codes of a text are remembered, and those of another are its own", () => {
  expect(termCodes("aa bb", 1, 9)).toBe(termCodes("aa bb", 1, 9));
  expect(termCodes("aa bb", 1, 1)).toEqual([hash31("aa")]);
  expect(termCodes("aa bb", 2, 9)).toEqual(["aa", "bb", "aa bb"].map(hash31));
});
