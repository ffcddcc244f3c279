import { describe, expect, test } from "vitest";
import { formatBytes, formatCount, formatSeconds, parseBytes, parseShare } from "./units.js";

describe("parseBytes", () => {
  test.each([
    ["512MB", 512e6],
    ["512 mb", 512e6],
    ["2GiB", 2 ** 31],
    ["1.5kB", 1500],
    ["0.5k", 500],
    ["12", 12],
    ["7B", 7],
    ["1T", 1e12],
    ["1.9B", 1],
  ])("%s is %d bytes", (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  test.each(["", "MB", "-1MB", "1e3MB", "1,5GB", "5 PB", "0x10", "1 2MB", "NaN"])("%j is no size", (text) => {
    expect(() => parseBytes(text)).toThrow(`"${text}" is not a size; write it like 512MB (10^6) or 2GiB (2^30)`);
  });
});

describe("parseShare", () => {
  test.each([
    ["1%", 0.01],
    ["0.01", 0.01],
    [" 100% ", 1],
    ["1", 1],
    [".5", 0.5],
  ])("%j is %d", (text, share) => {
    expect(parseShare(text)).toBe(share);
  });

  test.each(["0", "0%", "-1%", "101%", "1.01", "half", "", "%", "NaN", "Infinity"])("%j is no share", (text) => {
    expect(() => parseShare(text)).toThrow(`"${text}" is not a share`);
  });
});

test("figures are written in the largest unit that they fill, with three digits", () => {
  expect([0, 999, 1000, 12_340, 999_400, 4.5e6, 2e12].map(formatBytes)).toEqual(
    ["0 B", "999 B", "1.00 kB", "12.3 kB", "999 kB", "4.50 MB", "2.00 TB"], //
  );
  expect([0, 9.94, 9.96, 89, 90, 5399, 5400].map(formatSeconds)).toEqual(
    ["0.0 s", "9.9 s", "10.0 s", "89 s", "1.5 min", "90.0 min", "1.5 h"], //
  );
  expect(formatCount(1234567)).toBe("1,234,567");
});
