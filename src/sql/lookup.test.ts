import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { int64, real, type Schema, text } from "../base/schema.js";
import { compile } from "../expr/evaluate.js";
import { call, col, type Lookup, lit } from "../expr/expr.js";
import { duckdbDialect } from "./duckdb.js";
import { exprSql } from "./expr.js";
import { toSql } from "./relation.js";
import { testDatabase } from "./testing.js";

const table = (
  key: string,
  keys: Lookup["keys"],
  values: Lookup["values"],
  otherwise: Lookup["otherwise"],
): Lookup => ({ kind: "lookup", key: col(key), keys, values, otherwise });
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const schema: Schema = {
  columns: [
    { name: "s", type: text },
    { name: "n", type: int64 },
    { name: "x", type: real },
    { name: "b", type: { kind: "bool" } },
  ],
};
const many = 5000;

const lookups: Readonly<Record<string, Lookup>> = {
  "text to weights": table("s", ["k1", "it's", "", "é"], [1.5, -2, null, 0.25], 9),
  "text to codes": table("s", ["k0", "k1", "k2"], [0, 1, 2], -1),
  "text to text": table("s", ["k1", "k2"], ["one", "it's"], null),
  "text to nothing": table("s", [], [], 3),
  "true and false": table("b", [false, true], [0.5, 2], null),
  "dense numbers": table("n", [3, 1, 2], [30, 10.5, 20], 0),
  "dense numbers with a gap": table("n", [-2, 5], [1, 2], null),
  "codes of a range": table("n", range(50), range(50), -1),
  "codes of an offset range": table(
    "n",
    range(50).map((i) => i + 10),
    range(50),
    null,
  ),
  "scattered numbers": table("n", [1, 5_000_000, -7], [1, 2, 3], null),
  "real numbers": table("x", [0.5, 2, -7.25], [1, 2, 3], 4),
  "many texts": table(
    "s",
    range(many).map((i) => `k${i}`),
    range(many).map((i) => i / 4),
    -1,
  ),
  "many texts to codes": table(
    "s",
    range(many).map((i) => `k${i}`),
    range(many),
    null,
  ),
  "many texts, some to nothing": table(
    "s",
    range(many).map((i) => `k${i}`),
    range(many).map((i) => (i % 2 ? i : null)),
    -1,
  ),
  "many numbers": table(
    "n",
    range(many).map((i) => i * 1001),
    range(many).map((i) => i + 0.5),
    -1,
  ),
  "many real numbers": table(
    "x",
    range(many).map((i) => i / 2),
    range(many),
    null,
  ),
  "many dense numbers": table(
    "n",
    range(many),
    range(many).map((i) => i * 1.5),
    7,
  ),
};

describe("lookup", () => {
  let db: Awaited<ReturnType<typeof testDatabase>>;
  const rows = [null, ...["", "k0", "k1", "k2", "k4999", "k5000", "it's", "é", "zz"]].flatMap((s) =>
    [null, -7, -2, 0, 1, 3, 5, 10, 59, 60, 1001, 4999, 5_000_000].map((n) => ({
      s,
      n,
      x: n === null ? null : n / 2 - 6.25 + 2.75 * (n % 3),
      b: n === null ? null : n > 2,
    })),
  );
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
