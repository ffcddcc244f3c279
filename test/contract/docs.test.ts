import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { reference } from "../../scripts/mllib-reference.mjs";
import { homeNames } from "../../src/engines/spark/mllib/home.js";
import { mllibNames } from "../../src/engines/spark/mllib/named.js";
import * as table from "../../src/engines/spark/mllib/table.js";

const doc = (name: string): string => readFileSync(join(import.meta.dirname, "../../docs", name), "utf8");

test("docs/mllib-reference.md is what `npm run docs` makes of the tables", () => {
  expect(doc("mllib-reference.md")).toBe(reference({ ...table, homeNames, mllibNames }));
});
