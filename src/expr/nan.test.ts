import { describe, expect, test } from "vitest";
import { formsOf, nastyRows, nastySchema } from "../../test/support/nasty.js";
import { real, type Schema, type Value } from "../base/schema.js";
import { compile } from "./evaluate.js";
import { nanAsMissing } from "./nan.js";
import { opNames } from "./ops.js";
import { parseExpr } from "./parse.js";
import { printExpr } from "./print.js";

const missing = (value: Value): Value => (typeof value === "number" && Number.isNaN(value) ? null : value);
const schema: Schema = { columns: ["x", "y"].map((name) => ({ name, type: real })) };
const read = (text: string, row: Record<string, Value>): Value =>
  compile(nanAsMissing(parseExpr(text, ["x", "y"]), schema), schema)(row);

describe("NaN as missing", () => {
  const rows = nastyRows.filter((row) => Object.values(row).some((value) => Number.isNaN(value)));
  const holed = rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, missing(value)])),
  );

  test.each(opNames.filter((op) => op !== "isNan"))("in %s is the same as no value", (op) => {
    expect(rows.length).toBeGreaterThan(50);
    for (const expr of formsOf(op)) {
      if (printExpr(expr).includes("is_nan")) continue;
      const [guarded, plain] = [compile(nanAsMissing(expr, nastySchema), nastySchema), compile(expr, nastySchema)];
      for (const [i, row] of rows.entries())
        expect([printExpr(expr), missing(guarded(row))]).toEqual([printExpr(expr), missing(plain(holed[i]!))]);
    }
  });

  test("holds for what was computed, too", () => {
    expect(read("pow(x, 0.5) > 2", { x: -1, y: 0 })).toBe(null);
    expect(read("x - y > 2", { x: Infinity, y: Infinity })).toBe(null);
    expect(read("coalesce(x - y, 7)", { x: Infinity, y: Infinity })).toBe(7);
    expect(read("if(x > 2, 1, 0)", { x: Number.NaN, y: 0 })).toBe(0);
    expect(read("x is null", { x: Number.NaN, y: 0 })).toBe(true);
  });

  test("leaves arithmetic alone, and a formula that asks for NaN", () => {
    for (const text of ["x + y * 2", "sqrt(x)", "is_nan(x) or x > 2"]) {
      const expr = parseExpr(text, ["x", "y"]);
      expect(nanAsMissing(expr, schema)).toEqual(expr);
    }
  });
});
