import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lookups, many, lookupRows as rows, lookupSchema as schema } from "../../test/support/lookups.js";
import { int64, text } from "../base/schema.js";
import { compile } from "../expr/evaluate.js";
import { call, col, type Lookup, lit } from "../expr/expr.js";
import { duckdbDialect } from "./duckdb.js";
import { exprSql } from "./expr.js";
import { toSql } from "./relation.js";
import { testDatabase } from "./testing.js";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe("lookup", () => {
  let db: Awaited<ReturnType<typeof testDatabase>>;
  beforeAll(async () => {
    db = await testDatabase();
    const tuples = rows.map(
      ({ s, n, x, b }, i) => `(${i}, ${duckdbDialect.literal(s)}, ${n ?? "NULL"}, ${x ?? "NULL"}, ${b ?? "NULL"})`,
    );
    await db.run(
      `CREATE TABLE rows AS SELECT i, s::VARCHAR AS s, n::BIGINT AS n, x::DOUBLE AS x, b::BOOLEAN AS b FROM (VALUES ${tuples.join(", ")}) v(i, s, n, x, b)`,
    );
  });
  afterAll(() => db[Symbol.dispose]());

  test.each(Object.entries(lookups))("%s: SQL gives what the evaluator gives", async (_, lookup) => {
    const step = compile(lookup, schema);
    const expected = rows.map((row) => [step(row)]);
    const formula = `SELECT ${exprSql(lookup, duckdbDialect, schema)} FROM rows ORDER BY i`;
    expect(await db.rows(formula)).toEqual(expected);
    const relation = toSql(
      {
        kind: "project",
        from: { kind: "sql", text: "SELECT * FROM rows ORDER BY i", schema },
        columns: { found: lookup },
      },
      duckdbDialect,
    );
    expect(await db.rows(relation)).toEqual(expected);
    const integers = [...lookup.values, lookup.otherwise].every((value) => value === null || Number.isInteger(value));
    const type = lookup.values.some((value) => typeof value === "string") ? "VARCHAR" : integers ? "INTEGER" : "DOUBLE";
    expect([await db.types(formula), await db.types(relation)]).toEqual([[type], [type]]);
  });

  test("a large one leaves the rows in their order", async () => {
    const lookup = lookups["many texts"]!;
    await db.run("CREATE TABLE ordered AS SELECT range AS i, 'k' || (range * 7919 % 6000) AS s FROM range(20000)");
    const from = {
      kind: "sql",
      text: "FROM ordered",
      schema: {
        columns: [
          { name: "i", type: int64 },
          { name: "s", type: text },
        ],
      },
    } as const;
    const found = await db.rows(
      toSql(
        { kind: "project", from, columns: { i: col("i"), a: lookup, b: { ...lookup, otherwise: -2 } } },
        duckdbDialect,
      ),
    );
    const key = (i: number): number => (i * 7919) % 6000;
    expect(found).toEqual(
      range(20_000).map((i) => [i, key(i) < many ? key(i) / 4 : -1, key(i) < many ? key(i) / 4 : -2]),
    );
  });

  test("a large one may stand in whole-number arithmetic", async () => {
    const codes: Lookup = { ...lookups["many texts, some to nothing"]!, key: lit("k4999") };
    const sum = call("mul", codes, call("add", codes, lit(2)));
    expect(await db.rows(`SELECT ${exprSql(sum, duckdbDialect)}`)).toEqual([[4999 * 5001]]);
  });
});
