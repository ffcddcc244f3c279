import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bool, int64, real, type Schema, text, timestamp } from "../base/schema.js";
import type { Relation } from "../expr/relation.js";
import { fitFeatures } from "./fit.js";
import { parseFeatures } from "./parse.js";
import { type TestTables, testTables } from "./testing.js";

const columns = {
  x: real,
  gap: real,
  same: real,
  never: real,
  id: int64,
  code: int64,
  yes: bool,
  place: text,
  note: text,
  at: timestamp,
  items: { kind: "list", of: real },
} as const;
const query = `SELECT k / 2.0 AS x, CASE WHEN k % 4 > 0 THEN k END::DOUBLE AS gap, 7.0 AS same, NULL::DOUBLE AS never, k AS id,
    k % 3 AS code, k % 2 = 0 AS yes, CASE WHEN k = 1 THEN 'rare' WHEN k % 3 = 0 THEN 'Rome' ELSE 'Oslo' END AS place, 'note ' || k AS note,
    TIMESTAMP '2024-05-01 00:30:00' + INTERVAL (k % 48) HOUR AS at, [1.0] AS items
  FROM range(4000) r(k)`;

describe("automatic features", () => {
  let tables: TestTables;
  let relation: Relation;
  const schema: Schema = { columns: Object.entries(columns).map(([name, type]) => ({ name, type })) };
  beforeAll(async () => {
    tables = await testTables();
    relation = await tables.table("rows", columns, query);
  });
  afterAll(() => tables[Symbol.asyncDispose]());
  const fitOn = (usable: readonly string[], more: object = {}) =>
    fitFeatures({ engine: tables.engine, relation, seed: 1, schema, usable, ...more });

  test("say for each column what became of it and why", async () => {
    const { decisions } = await fitOn(Object.keys(columns));
    expect(Object.fromEntries(decisions.map(({ column, use }) => [column, use]))).toEqual({
      x: "number",
      gap: "number, mean where missing, missing flag",
      same: "dropped",
      never: "dropped",
      id: "dropped",
      code: "number",
      yes: "number",
      place: "one-hot",
      note: "dropped",
      at: "dayOfWeek, hour",
      items: "dropped",
    });
    const reason = (name: string): string => decisions.find(({ column }) => column === name)!.reason;
    expect(reason("same")).toBe("every training row has 7");
    expect(reason("id")).toContain("counts the rows");
    expect(reason("gap")).toBe("1,000 of 4,000 training rows lack it");
    expect(reason("code")).toContain("write onehot(code) if they are codes");
  });

  test("become blocks: numbers filled, a flag, levels with one for what is rare", async () => {
    const { blocks, fitted } = await fitOn(["gap", "place", "at"]);
    expect(blocks.map(({ name }) => name)).toEqual(["gap", "gap is missing", "place", "dayOfWeek(at)", "hour(at)"]);
    expect(blocks[2]).toMatchObject({ kind: "category", levels: ["Oslo", "Rome"] }); // one rare row is fewer than the four that a level needs
    expect(blocks[3]).toMatchObject({ levels: [3, 4] });
    expect(fitted[0]).toMatchObject({ feature: "impute", state: { fill: 2000 } }); // the mean of 0 .. 3999 without multiples of 4
  });

  test("of learners of hashed features read free text by its words, and other text as values", async () => {
    const texts = { essay: text, agent: text, key: text };
    const relation = await tables.table(
      "texts",
      texts,
      `SELECT 'the ' || k || ' brown foxes' AS essay, 'Mozilla 5.0 (on device ' || k % 100 || ')' AS agent, 'key-' || k AS key FROM range(4000) r(k)`,
    );
    const schema = { columns: Object.entries(texts).map(([name, type]) => ({ name, type })) };
    const { decisions, blocks } = await fitOn(Object.keys(texts), { relation, schema, hashed: true });
    expect(decisions.map(({ use }) => use)).toEqual(["words by tf-idf", "hashed", "hashed"]);
    expect(decisions[0]!.reason).toContain("mostly of 4 words");
    expect(blocks.map(({ kind }) => kind)).toEqual(["text", "hashed", "hashed"]);
  });

  test("leave out what is dropped, and refuse when nothing is left", async () => {
    expect((await fitOn(["x", "code"], { drop: ["x"] })).decisions).toMatchObject([
      { column: "x", reason: "asked for with --drop" },
      { column: "code", use: "number" },
    ]);
    await expect(fitOn(["same", "id"])).rejects.toMatchObject({
      code: "no_features",
      message: expect.stringContaining("every training row has 7"),
    });
  });

  test("give way to what is asked for", async () => {
    const { blocks, decisions } = await fitOn(["x", "code", "place"], {
      requested: parseFeatures("onehot(code), x * 2 as twice", schema),
    });
    expect(blocks.map(({ name, kind }) => [name, kind])).toEqual([
      ["code", "category"],
      ["twice", "number"],
    ]);
    expect(decisions.map(({ use }) => use)).toEqual(["number", "oneHot(code)", "dropped"]);
    await expect(fitOn(["x"], { requested: parseFeatures("onehot(code)", schema) })).rejects.toMatchObject({
      code: "usage",
    });
    await expect(fitOn(["x"], { requested: parseFeatures("standardise(x, whith=1)", schema) })).rejects.toMatchObject({
      code: "bad_parameter",
    });
  });

  test("fit a stage inside a stage first", async () => {
    const { blocks } = await fitOn(["gap"], {
      requested: parseFeatures("standardise(impute(gap, with=constant, value=0))", schema),
    });
    const rows = await tables.engine.rows({ kind: "project", from: relation, columns: { z: blocks[0]!.expr } }, 4000);
    const values = rows.map(({ z }) => z as number);
    expect(values.reduce((sum, z) => sum + z, 0) / 4000).toBeCloseTo(0, 12);
    expect(values.reduce((sum, z) => sum + z * z, 0) / 4000).toBeCloseTo(1, 12);
  });
});
