import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { real } from "../base/schema.js";
import { col } from "../expr/expr.js";
import { asReal } from "../features/formulas.js";
import { keyOf } from "../features/statistics.js";
import { type TestTables, testTables } from "../features/testing.js";
import { HiddenNan, readFooters, refuseHiddenNan } from "./footers.js";

describe("footers", () => {
  let tables: TestTables;
  beforeAll(async () => {
    tables = await testTables();
  });
  afterAll(() => tables[Symbol.asyncDispose]());
  const columns = { f: real, d: real, gap: real, same: real, nan: real, inf: real };
  const query = `SELECT (k / 3.0)::FLOAT AS f, -k / 7.0 AS d, CASE WHEN k <> 5 THEN k::DOUBLE END AS gap, 2.0::DOUBLE AS same,
    CASE WHEN k = 5 THEN 'nan'::DOUBLE ELSE k END AS nan, CASE WHEN k = 5 THEN 'inf'::DOUBLE ELSE k END AS inf FROM range(1000) r(k)`;

  test("tell the counts and ranges that a scan finds, of columns that are whole and vary", async () => {
    const { scan } = await tables.table("plain", columns, query);
    const footers = await readFooters(tables.engine, scan, 1000);
    expect(footers.columns.toSorted()).toEqual(["d", "f"]);
    const found = (ask: "count" | "min" | "max", name: string) =>
      footers.answers.get(keyOf({ ask, of: asReal(col(name)) }));
    expect([found("count", "f"), found("min", "f"), found("max", "f")]).toEqual([1000, 0, 333]);
    expect([found("count", "d"), found("min", "d"), found("max", "d")]).toEqual([1000, -999 / 7, 0]);
    expect((await readFooters(tables.engine, scan, 1001)).columns).toEqual([]);
  });

  test("hide a NaN, which is found when a sum has gone wrong", async () => {
    const { scan } = await tables.table("hidden", { f: real, d: real }, query);
    const footers = await readFooters(tables.engine, scan, 1000);
    const sound = { kind: "scan", scan } as const;
    await refuseHiddenNan(tables.engine, sound, footers);
    const holed = await tables.table("holed", { f: real, d: real }, `SELECT * REPLACE (nan AS d) FROM (${query})`);
    await expect(refuseHiddenNan(tables.engine, holed, footers)).rejects.toThrow(HiddenNan);
  });
});
