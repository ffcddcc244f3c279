import { expect, test } from "vitest";
import { generator } from "../../base/seeds.js";
import { speaksOfAfterwards, tellsLabel } from "./single.js";
import { sumsToLabel } from "./sums.js";

const next = generator(5);
const drawn = (): Float64Array => Float64Array.from({ length: 600 }, () => Math.floor(next() * 200));
const [a, b, c, d] = [drawn(), drawn(), drawn(), drawn()];
const columns = [
  { name: "a", values: a },
  { name: "b", values: b },
  { name: "c", values: c },
  { name: "d", values: d },
];

test.each([
  ["two columns", a.map((value, i) => value + b[i]!), [1, 1], ["a", "b"]],
  ["a difference", a.map((value, i) => c[i]! - value), [1, -1], ["c", "a"]],
  ["three columns", a.map((value, i) => value + c[i]! + d[i]!), [1, 1, 1], ["a", "c", "d"]],
  ["one less two", a.map((value, i) => d[i]! - value - b[i]!), [1, -1, -1], ["d", "a", "b"]],
])("a label that is the sum of %s is found", (_, label, signs, names) => {
  const parts = sumsToLabel(columns, label)!;
  expect(parts.map(({ name }) => name)).toEqual(names);
  expect(parts.map(({ sign }) => sign)).toEqual(signs);
});

test("a label that merely follows columns is no sum of them", () => {
  expect(
    sumsToLabel(
      columns,
      a.map((value, i) => value + b[i]! + (i % 7)),
    ),
  ).toBe(undefined);
  expect(
    sumsToLabel(
      columns,
      a.map((value) => 2 * value),
    ),
  ).toBe(undefined);
});

test("a name that speaks of what comes after makes a weaker tie doubtful", () => {
  for (const name of ["duration", "ArrDelay", "arr_delay", "finalScore", "call.duration"])
    expect(speaksOfAfterwards(name)).toBe(true);
  for (const name of ["age", "carrier", "price", "warranty", "endorsed"]) expect(speaksOfAfterwards(name)).toBe(false);
  const y = Float64Array.from({ length: 2000 }, (_, i) => (i >> 1) % 2);
  const x = { values: y.map((value) => value + 3 * next()), ordered: true };
  expect(tellsLabel("price", x, y, "binary")).toBe(undefined);
  expect(tellsLabel("duration", x, y, "binary")).toMatchObject({
    sure: false,
    message: expect.stringContaining("AUC 0.7"),
  });
});
