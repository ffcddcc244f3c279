import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { date, int64, real, type Schema, text } from "../base/schema.js";
import { rowHash } from "../base/seeds.js";
import { call, col, type Expr, lit } from "../expr/expr.js";
import { parseExpr } from "../expr/parse.js";
import type { Relation, ScanRelation } from "../expr/relation.js";
import type { ParquetScan, SourceFile } from "../sources/scan.js";
import { withRowHashes } from "./duckdb/row-hash.js";
import { duckdbDialect } from "./duckdb.js";
import { toSql } from "./relation.js";
import { testDatabase } from "./testing.js";

const file = (path: string): SourceFile => ({ path, bytes: 1, modifiedMs: 0, fingerprint: "ab".repeat(32) });
const schema: Schema = {
  columns: [
    { name: "delay", type: int64 },
    { name: "distance", type: real },
    { name: "origin", type: text },
    { name: "day", type: date },
  ],
};
const flights: ScanRelation = { kind: "scan", scan: { format: "parquet", files: [file("flights.parquet")], schema } };
const sql = (relation: Relation): string => toSql(relation, duckdbDialect);
const formula = (source: string): Expr =>
  parseExpr(
    source,
    schema.columns.map(({ name }) => name),
  );

describe("toSql", () => {
  test("puts filter and project into one SELECT, with plain columns where nothing is computed", () => {
    const late: Relation = {
      kind: "project",
      from: { kind: "filter", from: flights, where: formula("delay > 15 and day >= '2001-02-03'") },
      columns: { origin: col("origin"), km: formula("distance * 1.609") },
    };
    expect(sql(late)).toBe(
      `SELECT t."origin" AS "origin", (CAST(t."distance" AS DOUBLE) * 1.609e0) AS "km" FROM read_parquet(['flights.parquet'], hive_partitioning = false, can_have_nan = true) AS t ` +
        `WHERE ((t."delay" > 15) AND (t."day" >= TIMESTAMP '2001-02-03'))`,
    );
  });

  test("leaves a column as narrow as it is stored when it only goes into a page", () => {
    const number = call("toReal", col("distance"));
    const checked = call("when", call("isNan", number), lit(null), number);
    expect(
      sql({
        kind: "project",
        from: flights,
        columns: { a: call("toFloat32", checked), b: call("toFloat32", call("sub", checked, lit(3))) },
      }),
    ).toBe(
      `SELECT TRY_CAST(nullif(t."distance", 'nan'::FLOAT) AS FLOAT) AS "a", TRY_CAST((nullif(CAST(t."distance" AS DOUBLE), 'nan'::DOUBLE) - 3) AS FLOAT) AS "b" ` +
        `FROM read_parquet(['flights.parquet'], hive_partitioning = false, can_have_nan = true) AS t`,
    );
  });

  test("groups, sorts and limits", () => {
    const counted: Relation = {
      kind: "aggregate",
      from: flights,
      by: { origin: col("origin") },
      columns: { rows: { agg: "count" }, far: { agg: "max", arg: col("distance") } },
    };
    const top: Relation = {
      kind: "limit",
      from: { kind: "sort", from: counted, by: [{ expr: col("rows"), descending: true }] },
      rows: 3,
    };
    expect(sql(top)).toBe(
      `SELECT t."origin" AS "origin", t."rows" AS "rows", t."far" AS "far" FROM (SELECT t."origin" AS "origin", count(*) AS "rows", max(t."distance") AS "far" ` +
        `FROM read_parquet(['flights.parquet'], hive_partitioning = false, can_have_nan = true) AS t GROUP BY 1) AS t ORDER BY t."rows" DESC NULLS LAST LIMIT 3`,
    );
  });

  test("reads one part of one file", () => {
    expect(
      sql({
        kind: "project",
        from: { ...flights, part: { file: 0, from: 100, to: 200 } },
        columns: { delay: col("delay") },
      }),
    ).toBe(
      `SELECT t."delay" AS "delay" FROM read_parquet(['flights.parquet'], hive_partitioning = false, can_have_nan = true, file_row_number = true) AS t WHERE t.file_row_number >= 100 AND t.file_row_number < 200`,
    );
  });

  test("names a DuckDB file's table by the alias the engine attaches it under", () => {
    const scan = {
      format: "table",
      files: [file("x.duckdb")],
      table: "rides",
      schema: { columns: [{ name: "a", type: int64 }] },
    } as const;
    expect(sql({ kind: "scan", scan })).toBe(`SELECT t."a" AS "a" FROM "src_abababababababab"."rides" AS t`);
  });

  test("checks types", () => {
    expect(() => sql({ kind: "filter", from: flights, where: call("gt", col("origin"), lit(3)) })).toThrow(
      /3 is int64; origin > 3 needs text/,
    );
    expect(() => sql({ kind: "filter", from: flights, where: call("gt", col("orign"), lit(3)) })).toThrow(
      /did you mean "origin"/,
    );
  });

  test("writes 10,000 columns in time linear in their number", () => {
    const wide: Schema = { columns: Array.from({ length: 10_000 }, (_, i) => ({ name: `x${i}`, type: real })) };
    const from: Relation = { kind: "scan", scan: { format: "parquet", files: [file("wide.parquet")], schema: wide } };
    const columns = Object.fromEntries(
      wide.columns.map(({ name }) => [name, call("toFloat32", call("div", call("sub", col(name), lit(3)), lit(2)))]),
    );
    expect(
      sql({ kind: "project", from: { kind: "project", from, columns: {}, keep: true }, columns }).length,
    ).toBeGreaterThan(500_000);
  });
});

describe("with files", () => {
  const dir = mkdtempSync(join(tmpdir(), "sluice-sql-"));
  let db: Awaited<ReturnType<typeof testDatabase>>;
  const paths = ["a[1].parquet", "b.parquet"].map((name) => join(dir, name));
  beforeAll(async () => {
    db = await testDatabase();
    await db.run(
      `COPY (SELECT range::INTEGER AS n, range / 2 AS x, 'a' || range AS s, {'in': {'v': range + 1}} AS o, 'A' AS "S2" FROM range(1000)) TO '${paths[0]}' (ROW_GROUP_SIZE 256)`,
    );
    await db.run(
      `COPY (SELECT 'b' || range AS s, range::INTEGER AS n, range / 2 AS x, {'in': {'v': range + 1}} AS o, 'A' AS "S2" FROM range(500)) TO '${paths[1]}'`,
    );
  });
  afterAll(() => {
    db[Symbol.dispose]();
    rmSync(dir, { recursive: true });
  });
  const two: ParquetScan = {
    format: "parquet",
    files: paths.map(file),
    schema: {
      columns: [
        { name: "n", type: int64 },
        { name: "x", type: real },
        { name: "s", type: text },
        { name: "o.in.v", type: int64 },
        { name: "year", type: int64 },
      ],
    },
    paths: { "o.in.v": ["o", "in", "v"] },
    partitions: [{ name: "year", values: ["2001", null] }],
  };
  const hash = (seed: number): Expr => ({ kind: "rowHash", seed });

  test("rows have the hash of base/seeds.ts, in all files and in one part", async () => {
    const columns = { n: col("n"), s: col("s"), h: hash(7), g: hash(0xffff_ffff) };
    const rows = await db.rows(sql({ kind: "project", from: { kind: "scan", scan: two }, columns }));
    expect(rows).toHaveLength(1500);
    for (const [n, s, h, g] of rows) {
      const ordinal = String(s).startsWith("a") ? 0 : 1;
      expect([h, g]).toEqual([rowHash(ordinal, n as number, 7), rowHash(ordinal, n as number, 0xffff_ffff)]);
    }
    const part = await db.rows(
      sql({ kind: "project", from: { kind: "scan", scan: two, part: { file: 1, from: 10, to: 20 } }, columns }),
    );
    expect(part).toEqual(
      Array.from({ length: 10 }, (_, i) => [
        i + 10,
        `b${i + 10}`,
        rowHash(1, i + 10, 7),
        rowHash(1, i + 10, 0xffff_ffff),
      ]),
    );
  });

  test("hashes go through filters and projects to where they are used", async () => {
    const below: Relation = {
      kind: "project",
      from: { kind: "filter", from: { kind: "scan", scan: two }, where: formula2("x >= 1") },
      columns: { double: formula2("n * 2"), s: col("s") },
    };
    const sampled: Relation = {
      kind: "filter",
      from: { kind: "filter", from: below, where: call("lt", hash(3), lit(2 ** 31)) },
      where: call("gt", hash(4), lit(2 ** 30)),
    };
    const rows = await db.rows(sql({ kind: "project", from: sampled, columns: { s: col("s") } }));
    const expected = [0, 1].flatMap((ordinal) =>
      Array.from({ length: ordinal === 0 ? 1000 : 500 }, (_, n) => n)
        .filter((n) => n >= 2 && rowHash(ordinal, n, 3) < 2 ** 31 && rowHash(ordinal, n, 4) > 2 ** 30)
        .map((n) => [`${"ab"[ordinal]}${n}`]),
    );
    expect(rows).toEqual(expected);
  });
  const formula2 = (source: string): Expr =>
    parseExpr(
      source,
      two.schema.columns.map(({ name }) => name),
    );

  test("rows past 2^32 and many files have it too", async () => {
    const cases = [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 12_345, 2 ** 40 + 7].flatMap((row) =>
      [0, 1, 65_535, 1_000_000].map((ordinal) => [row, ordinal] as const),
    );
    for (const seed of [0, 1, 0x8000_0000]) {
      const from = `(SELECT * FROM (VALUES ${cases.map(([row, ordinal]) => `(${row}::BIGINT, ${ordinal}::BIGINT)`).join(", ")}) v(__row, __file))`;
      const found = await db.rows(`SELECT __hash_${seed} FROM ${withRowHashes(from, undefined, [seed])}`);
      expect(found.map(([h]) => h)).toEqual(cases.map(([row, ordinal]) => rowHash(ordinal, row, seed)));
      const one = await db.rows(`SELECT __hash_${seed} FROM ${withRowHashes(from, 3, [seed])}`);
      expect(one.map(([h]) => h)).toEqual(cases.map(([row]) => rowHash(3, row, seed)));
    }
  });

  test("struct fields and folder values are columns", async () => {
    const columns = { v: col("o.in.v"), next: call("add", col("year"), lit(1)) };
    const scan: Relation = { kind: "scan", scan: two };
    expect(
      await db.rows(sql({ kind: "project", from: { kind: "filter", from: scan, where: formula2("n = 5") }, columns })),
    ).toEqual([
      [6, 2002],
      [6, null],
    ]);
    expect(
      await db.rows(
        sql({ kind: "project", from: { ...scan, part: { file: 0, from: 5, to: 6 } } as Relation, columns }),
      ),
    ).toEqual([[6, 2002]]);
  });

  test("columns that differ by capital letters alone stay apart", async () => {
    const both: Relation = {
      kind: "project",
      from: { kind: "scan", scan: two },
      columns: { a: col("n"), A: formula2("n + 100") },
    };
    const rows = await db.rows(
      sql({
        kind: "project",
        from: { kind: "filter", from: both, where: formulaOf("A = 103", ["a", "A"]) },
        columns: { low: col("a"), high: col("A") },
      }),
    );
    expect(rows).toEqual([
      [3, 103],
      [3, 103],
    ]);
  });
  const formulaOf = (source: string, names: string[]): Expr => parseExpr(source, names);

  test("32-bit columns do not overflow, and 64-bit ones overflow to null", async () => {
    const from: Relation = {
      kind: "filter",
      from: { kind: "scan", scan: two, part: { file: 0 } },
      where: formula2("n = 999"),
    };
    const columns = { big: formula2("n * 1000000000 * 1000000"), bigger: formula2("n * 1000000000 * 10000000000") };
    expect(await db.rows(sql({ kind: "project", from, columns }))).toEqual([[999_000_000_000_000_000n, null]]);
  });

  test("aggregates are exact", async () => {
    const [row] = await db.rows(
      sql({
        kind: "aggregate",
        from: { kind: "scan", scan: two },
        by: {},
        columns: {
          rows: { agg: "count" },
          sum: { agg: "sum", arg: col("n") },
          fixed: { agg: "fixedSum", arg: col("x"), scale: 4 },
          narrow: { agg: "fixedSum", arg: col("x"), scale: 4, largest: 500 },
          odd: {
            agg: "fixedSum",
            arg: formula2(
              "case when n = 1 then 1.0 / 0 when n = 2 then cast('nan' as real) when n = 3 then cast('inf' as real) when n = 4 then 1e20 else 0 end",
            ),
            scale: 0,
          },
          distinct: { agg: "countDistinct", arg: formula2("n % 7") },
          none: { agg: "sample", args: [col("x"), col("n")], where: formula2("n < 0") },
        },
      }),
    );
    const sum = 499_500 + 124_750;
    expect(row).toEqual([1500, sum, sum * 8, sum * 8, 200_000_000_000_000_000_000n, 7, []]);
  });
});
