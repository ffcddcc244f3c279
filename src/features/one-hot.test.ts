import { expect, test } from "vitest";
import { resolveParams } from "../base/params.js";
import { type Levels, oneHot } from "./one-hot.js";

/** Two levels of many rows, and others of which each is too rare for a level. */
const fitted = (others: number, params: Record<string, unknown>): Levels => {
  const values = [
    { value: "a", count: 500 },
    { value: "b", count: 400 },
    { value: "c", count: 9 },
  ];
  return oneHot.fit([values, 900 + others, 9], [], resolveParams("oneHot", oneHot.params, params)) as Levels;
};

test("the level (other), which new values take too, is made of many rows or not at all", () => {
  const auto = { rare: 10, other: "auto" };
  expect(fitted(9, auto)).toEqual({ levels: ["a", "b"], missing: false, other: false });
  expect(fitted(99, auto).other).toBe(false);
  expect(fitted(100, auto).other).toBe(true);
  expect(fitted(9, { rare: 10, other: "level" }).other).toBe(true);
});
