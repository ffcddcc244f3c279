import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { namesIn, namesOf, type Section } from "../../scripts/equality.mjs";
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
});
