import { describe, expect, test } from "vitest";
import { choice, flag, integer, real, realOrAuto, resolveParams, textParam } from "./params.js";

const params = {
  trees: integer(1, 100, 10, "how many"),
  rate: real(0, 1, 0.1, "how fast"),
  penalty: realOrAuto(0, 10, "how strong"),
  of: choice(["a", "b"], "a", "which"),
  on: flag(false, "whether"),
  names: textParam("", "what"),
} as const;
const resolved = (given: Record<string, unknown>) => resolveParams("thing", params, given);

describe("resolveParams", () => {
  test("takes defaults for what is not given, and strings of a command line for what they say", () => {
    expect(resolved({})).toEqual({ trees: 10, rate: 0.1, penalty: "auto", of: "a", on: false, names: "" });
    expect(resolved({ trees: "7", rate: "1e-3", penalty: "2", of: "b", on: "true", names: "x" })).toEqual({
      ...{ trees: 7, rate: 0.001, penalty: 2, of: "b", on: true, names: "x" },
    });
  });

  test.each([
    [{ trees: 0 }, "trees is 0; it must be a whole number from 1 to 100 (how many)"],
    [{ trees: "1.5" }, 'trees is "1.5"; it must be a whole number'],
    [{ trees: "" }, 'trees is ""; it must be'],
    [{ trees: " " }, "it must be a whole number"],
    [{ rate: Number.NaN }, "rate is NaN; it must be a number from 0 to 1"],
    [{ rate: "Infinity" }, "it must be a number from 0 to 1"],
    [{ penalty: "automatic" }, "it must be a number from 0 to 10, or auto"],
    [{ of: "c" }, 'of is "c"; it must be one of a, b'],
    [{ on: "yes" }, 'on is "yes"; it must be true or false'],
    [{ names: 3 }, "names is 3; it must be text"],
    [{ toString: 3 }, 'thing has no parameter "toString"'],
    [{ tree: 3 }, 'thing has no parameter "tree"; did you mean "trees"? It takes: trees, rate, penalty, of, on, names'],
  ])("refuses %j", (given, message) => {
    expect(() => resolved(given)).toThrow(message);
  });
});
