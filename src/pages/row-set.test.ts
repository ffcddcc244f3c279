import { describe, expect, test } from "vitest";
import { isIn, partsOf, rowSetOf, rowSets, splitCodes } from "./row-set.js";

describe("a set of rows", () => {
  test("holds the codes that it is made of, and no others", () => {
    const set = rowSetOf(0, 5, 30);
    expect([0, 1, 5, 29, 30, 31, 32, 37, 255].filter((code) => isIn(set, code))).toEqual([0, 5, 30]);
  });

  test("of all labelled rows has every part of a split, and no row without a label", () => {
    for (let code = 0; code <= 30; code++) expect(isIn(rowSets.labelled, code)).toBe(true);
    expect(isIn(rowSets.labelled, splitCodes.unlabelled)).toBe(false);
  });

  test("of a fold's training rows is all but the fold", () => {
    const train = rowSets.labelled & ~rowSetOf(3);
    expect([0, 1, 2, 3, 4].map((code) => isIn(train, code))).toEqual([true, true, true, false, true]);
  });
});

test("a trial sees its rows under the codes of a plain split", () => {
  const split = Uint8Array.of(0, 1, 2, 255, 1);
  const trial = { train: rowSetOf(0, 2), validation: rowSetOf(1) };
  expect([...partsOf(trial, split, new Uint8Array(5))]).toEqual([0, 1, 0, 255, 1]);
  const { train, validation } = rowSets;
  expect([...partsOf({ train, validation }, split, new Uint8Array(5))]).toEqual([0, 1, 255, 255, 1]);
});
