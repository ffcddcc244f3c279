import { expect, test } from "vitest";
import { Arena } from "./arena.js";

test("a block is zeros, even where an earlier pass left something", () => {
  const arena = new Arena(65_536);
  const mark = arena.mark();
  arena.f64(100).fill(Number.NaN);
  arena.reset(mark);
  expect([...arena.f64(100)].every((value) => value === 0)).toBe(true);
});

test("blocks are aligned, and more than there is is refused", () => {
  const arena = new Arena(65_536);
  expect([arena.take(3) % 16, arena.take(5) % 16]).toEqual([0, 0]);
  expect(() => arena.take(1e9)).toThrow("cannot give");
});
