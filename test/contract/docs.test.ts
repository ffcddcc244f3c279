import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Compared, claimsIn, namesIn, namesOf, page, type Section } from "../../scripts/equality.mjs";
import { reference } from "../../scripts/mllib-reference.mjs";
import { homeNames } from "../../src/engines/spark/mllib/home.js";
import { mllibNames } from "../../src/engines/spark/mllib/named.js";
import * as table from "../../src/engines/spark/mllib/table.js";
import { opNames } from "../../src/expr/ops.js";
import { features } from "../../src/features/index.js";
import { learners } from "../../src/learners/index.js";

const doc = (name: string): string => readFileSync(join(import.meta.dirname, "../../docs", name), "utf8");
const tables = { ...table, learners, features, opNames, homeNames, mllibNames };

test("docs/mllib-reference.md is what `npm run docs` makes of the tables", () => {
  expect(doc("mllib-reference.md")).toBe(reference(tables));
});

describe("docs/equality.md", () => {
  const listed = namesIn(doc("equality.md"));
  // What a new learner, feature or operator needs: a test in test/spark that compares it, and `npm run docs`.
  test.each(Object.entries(namesOf(tables)))("has a row for each name: %s", (section, names) => {
    expect(names.length).toBeGreaterThan(0);
    expect(listed[section as Section]).toEqual(names);
  });

  describe("as it is made", () => {
    const names = namesOf(tables);
    const all = Object.entries(names).flatMap(([section, of]) =>
      of.map((name): Compared => ({ section: section as Section, name, apart: 0, within: 0, test: "x.test.ts" })),
    );
    test.each([
      ["the same values", 0, 0, 0],
      ["room for ten times what was found", 0, 1e-9, 1e-12],
      ["room for ten times what was found", 9e-14, 1e-9, 1e-12],
      ["room for ten times what was found", 2e-13, 1e-9, 1e-9],
      ["no more than the test allows", 1e-16, 4e-15, 4e-15],
      ["no more than the test allows", 4e-4, 1e-3, 1e-3],
    ])("claims %s: %d within %d", (_, apart, within, claim) => {
      const results = all.map((one) => (one.name === "ALS" ? { ...one, apart, within } : one));
      const claims = claimsIn(page(names, results, "4.2.0"));
      expect(claims.get("mllib ALS")).toBe(claim);
      expect(claims.get("mllib KMeans")).toBe(0);
    });
    test("names what was not compared", () =>
      expect(() => page(names, all.slice(1), "4.2.0")).toThrow("learner baseline"));
  });
});
