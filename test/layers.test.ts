import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { circles, type Import, importsIn, importsOf, twoWayFolders, upwardOnly } from "./support/imports.js";

const order =
  "base expr sources sql pages engines kernels features metrics learners model runs rows workspace data evaluate train predict report scale library index.ts cli".split(
    " ",
  );

/** A relation holds a scan, which is data about files and imports only base. */
const allowed = ({ from, to }: Import): boolean => from === "expr/relation.ts" && to === "sources/scan.ts";

const src = join(import.meta.dirname, "../src");
const imports = importsIn(src).filter((each) => !allowed(each));

describe("src", () => {
  test("imports only from folders above", () => {
    expect(imports.length).toBeGreaterThan(10);
    expect(upwardOnly(imports, order)).toEqual([]);
  });

  test("has no circle of imports", () => {
    expect(circles(imports)).toEqual([]);
  });

  test("has no two folders that import each other", () => {
    expect(twoWayFolders(imports)).toEqual([]);
  });

  test("holds index.ts alone beside its folders, and each folder has its place in the order", () => {
    expect(readdirSync(src).filter((name) => !name.startsWith(".") && !order.includes(name))).toEqual([]);
  });
});

describe("the reading of imports", () => {
  test("sees every form, types too, and no comment", () => {
    const text = `
      import type { A } from "../a/a.js";
      import {
        b,
      } from "./b.js";
      export * from "./c.js";
      import "./d.js";
      const e = await import("../e/e.js"); type F = import("./f.js").F;
      const worker = new URL("../workspace/worker.js", import.meta.url);
      // import { g } from "./g.js";
      import { readFileSync } from "node:fs";`;
    expect(importsOf("x/x.ts", text).map(({ to }) => to)).toEqual([
      "a/a.js",
      "x/b.js",
      "x/c.js",
      "x/d.js",
      "e/e.js",
      "x/f.js",
      "workspace/worker.js",
    ]);
  });

  test("names the file and the import that points down", () => {
    const down = [
      { from: "base/units.ts", to: "sql/duckdb.ts" },
      { from: "sql/duckdb.ts", to: "base/units.ts" },
    ];
    expect(upwardOnly(down, order)).toEqual([
      "src/base/units.ts imports src/sql/duckdb.ts, but sql comes after base; say the need in src/base/contract.ts",
    ]);
    expect(upwardOnly([{ from: "nowhere/a.ts", to: "base/units.ts" }], order)[0]).toContain("no place in the order");
  });

  test("finds a circle through three files", () => {
    const ring = [
      ["a.ts", "b.ts"],
      ["b.ts", "c.ts"],
      ["c.ts", "a.ts"],
      ["d.ts", "a.ts"],
    ].map(([from, to]) => ({ from: from!, to: to! }));
    expect(circles(ring)).toEqual(["a.ts -> b.ts -> c.ts -> a.ts"]);
  });

  test("finds two folders with doors both ways, and none where one lies in the other", () => {
    const doors = [
      { from: "a/b/c.ts", to: "a/d/e.ts" },
      { from: "a/d/f.ts", to: "a/b/g.ts" },
      { from: "a/h.ts", to: "a/b/c.ts" },
      { from: "a/b/c.ts", to: "a/contract.ts" },
    ];
    expect(twoWayFolders(doors)).toEqual([
      "a/b and a/d import each other: a/b/c.ts has a/d/e.ts, a/d/f.ts has a/b/g.ts",
    ]);
  });
});
