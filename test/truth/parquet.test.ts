import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { duck } from "../support/duck.js";
import { type Desk, desk, type Read } from "../support/reading.js";

let at: Desk;
let count = 0;
beforeAll(async () => {
  at = await desk();
});
afterAll(() => at[Symbol.asyncDispose]());

/** A folder of Parquet files, one for each query. */
async function files(...queries: readonly string[]): Promise<string[]> {
  const folder = `${count++}`;
  const paths: string[] = [];
  for (const [i, query] of queries.entries()) {
    const path = at.put(`${folder}/${i}.parquet`, "");
    await duck(`COPY (${query}) TO '${path}' (FORMAT parquet)`);
    paths.push(path);
  }
  return paths;
}
const read = async (...queries: readonly string[]): Promise<Read> => at.read(await files(...queries));

describe("Parquet files of one source", () => {
  test.each([
    ["an int column without values in one, text in the other", "NULL::INTEGER", "'a'", "text", [null, "a"]],
    ["the other way round", "'a'", "NULL::INTEGER", "text", ["a", null]],
    ["32 and 64 bits", "1::INTEGER", "9007199254740993::BIGINT", "int64", [1, 9007199254740993n]],
    ["whole and real", "1::BIGINT", "1.5::DOUBLE", "real", [1, 1.5]],
    ["real and whole", "1.5::DOUBLE", "2::INTEGER", "real", [1.5, 2]],
    ["decimals of two scales", "1.25::DECIMAL(5,2)", "10.5::DECIMAL(5,1)", "decimal(6,2)", [1.25, 10.5]],
    ["whole and decimal", "3::BIGINT", "1.25::DECIMAL(5,2)", "decimal(21,2)", [3, 1.25]],
    ["float and double", "0.1::FLOAT", "0.1::DOUBLE", "real", [Math.fround(0.1), 0.1]],
  ])("with %s have one type", async (_, first, second, type, values) => {
    const { types, rows } = await read(`SELECT ${first} AS x, 0 AS y`, `SELECT ${second} AS x, 1 AS y`);
    expect(types).toEqual([
      ["x", type],
      ["y", "int64"],
    ]);
    expect(rows).toEqual(values.map((value, y) => [value, y]));
  });
  test("keep that type where a part of one file is read", async () => {
    const scan = await at.land(await at.open(await files("SELECT NULL::INTEGER AS x", "SELECT 'a' AS x")));
    const schema = await at.engine.schema({ kind: "scan", scan, part: { file: 0 } });
    expect(schema.columns).toEqual([{ name: "x", type: { kind: "text" } }]);
  });
  test.each([
    ["'a'", "1::BIGINT", '"x" is int64 in the first and text in the second'],
    ["DATE '2024-01-01'", "TIMESTAMP '2024-01-01'", '"x" is timestamp in the first and date in the second'],
    [
      "TIMESTAMPTZ '2024-01-01'",
      "TIMESTAMP '2024-01-01'",
      '"x" is timestamp in the first and timestamp(utc) in the second',
    ],
  ])("with values of %s and %s are refused by name", async (first, second, message) => {
    await expect(read(`SELECT ${first} AS x`, `SELECT ${second} AS x`)).rejects.toMatchObject({
      code: "unreadable_source",
      message: expect.stringContaining(message),
    });
  });
  test("that lack a column are refused by name", async () => {
    await expect(read("SELECT 1 AS x, 2 AS y", "SELECT 1 AS x")).rejects.toMatchObject({
      message: expect.stringContaining('"y" is only in the second'),
    });
  });
  test("are one look at the footers, in hundreds", async () => {
    const queries = Array.from({ length: 300 }, (_, i) => `SELECT ${i} AS x`);
    const paths = await files(...queries.slice(0, 3));
    const before = at.engine.counters.queries;
    expect((await at.read(paths)).rows).toEqual([[0], [1], [2]]);
    expect(at.engine.counters.queries - before).toBeLessThan(8);
  });
});

// test/peers/make-parquet-fixtures.py writes them.
const fixtures = JSON.parse(readFileSync(join(import.meta.dirname, "../fixtures/parquet.json"), "utf8")) as {
  readonly [what: string]: string;
};
const written = (what: string): string => at.put(`${count++}/${what}.parquet`, Buffer.from(fixtures[what]!, "base64"));

describe("a Parquet file of another writer", () => {
  test("with INT96 timestamps has them to the microsecond", async () => {
    const micros = (text: string): bigint => BigInt(Date.parse(`${text}Z`)) * 1000n;
    expect((await at.read(written("int96"))).rows).toEqual([
      [{ micros: micros("2024-02-29T12:30:00.000") + 1n }],
      [{ micros: micros("1969-12-31T23:59:59") }],
      [null],
      [{ micros: micros("2262-04-11T00:00:00") }],
    ]);
  });
  test("with a decimal of more than 38 digits is refused by the column's name", async () => {
    for (const [what, name] of [
      ["decimal of 39 digits", "price"],
      ["decimal of 40 digits in a struct", "a.deep"],
    ] as const)
      await expect(at.open(written(what))).rejects.toMatchObject({
        code: "unreadable_source",
        message: expect.stringContaining(`column "${name}" of `),
      });
    expect((await at.read(written("decimal of 38 digits"))).rows).toEqual([[1.5], [-2.25]]);
  });
  test("with a column of the type null goes with one that has text", async () => {
    for (const paths of [
      ["null", "text"],
      ["text", "null"],
    ]) {
      const { types, rows } = await at.read(paths.map(written));
      expect(types).toEqual([
        ["x", "text"],
        ["y", "int64"],
      ]);
      expect(rows.map(([x]) => x).sort()).toEqual(["a", "b", null, null]);
    }
  });
  test("with names that are equal, empty, or differ by capital letters has a column for each", async () => {
    expect(await at.read(written("names"))).toMatchObject({
      types: [
        ["id", "int64"],
        ["ID", "int64"],
        ["unnamed", "int64"],
        ["id_1", "int64"],
      ],
      rows: [
        [1, 10, 5, 7],
        [2, 20, 6, 8],
      ],
    });
  });
});
