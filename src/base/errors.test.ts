import { describe, expect, test } from "vitest";
import { CodedError, isError, nearest, SluiceError, UnknownColumnError } from "./errors.js";

describe("nearest", () => {
  test.each([
    ["distence", "distance"],
    ["DISTANCE", "distance"],
    ["dist", undefined],
    ["orgin", "origin"],
    ["zzzzzzzz", undefined],
    ["", undefined],
  ])("of %j it is %j", (name, found) => {
    expect(nearest(name, ["distance", "origin", "destination"])).toBe(found);
  });

  test("takes the first of names that are equally near", () => {
    expect(nearest("ab", ["ac", "ad"])).toBe("ac");
    expect(nearest("x", [])).toBeUndefined();
  });
});

test("an error that names a column says which there are, and which was meant", () => {
  const error = new UnknownColumnError("orgin", ["origin", "delay"]);
  expect(error.message).toContain('"orgin"');
  expect(error.message).toContain('did you mean "origin"');
  expect(error.message).toContain("origin, delay");
  const many = new UnknownColumnError(
    "x",
    Array.from({ length: 500 }, (_, i) => `column${i}`),
  );
  expect(many.message).toContain("and 480 more");
});

test("isError tells codes apart, and is false of what is no error of ours", () => {
  const error = new SluiceError("usage", "no", {});
  expect(isError(error, "usage")).toBe(true);
  expect(isError(error, "no_rows")).toBe(false);
  expect(isError(new Error("usage"), "usage")).toBe(false);
  expect(isError(undefined, "usage")).toBe(false);
  expect(error).toBeInstanceOf(CodedError);
});
