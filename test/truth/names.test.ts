import { DuckDBInstance } from "@duckdb/node-api";
import { type Column, columnFromArray, float64, tableFromColumns, tableToIPC } from "@uwdata/flechette";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { profile } from "../../src/features/profile.js";
import { files, linear, train } from "../../src/index.js";
import { type Desk, desk } from "../support/reading.js";

// Names that mean something to SQL, JavaScript, the engine or the readers, and what they are read under.
const names = [
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "toString",
  "prediction",
  "keep_0",
  "rowid",
  "file_row_number",
  "FILE_INDEX",
  "filename",
  "__row",
  "__FILE",
  "__hash_1",
  "column0",
  'a"b',
  "a'b",
  "n\nl",
  "a.b",
  "emoji 😀",
  "é",
  "select",
  "x".repeat(300),
  "id",
  "ID",
  "Id",
];
const rows = 60;
// Each column has values of its own, and the label needs all of them.
const cellOf = (row: number, column: number): number => ((row * (column + 7) * 31 + column * 17) % 101) / 8;
const columns = names.map((_, c) => Array.from({ length: rows }, (_, r) => cellOf(r, c)));
const label = Array.from({ length: rows }, (_, r) => columns.reduce((sum, values, c) => sum + (c + 1) * values[r]!, 0));

let at: Desk;
const sources: { readonly [form: string]: () => Promise<string> } = {
  "JSON lines": async () =>
    at.put(
      "names.jsonl",
      label
        .map(
          (y, r) =>
            `{${[...names.map((name, c) => `${JSON.stringify(name)}:${columns[c]![r]}`), `"y":${y}`].join()}}\n`,
        )
        .join(""),
    ),
  CSV: async () => {
    const cell = (name: string): string => `"${name.replaceAll('"', '""')}"`;
    return at.put(
      "names.csv",
      [[...names.map(cell), "y"], ...label.map((y, r) => [...columns.map((values) => values[r]!), y])]
        .map((row) => `${row.join()}\n`)
        .join(""),
    );
  },
  Arrow: async () => {
    const written: [string, Column<number>][] = [...names, "y"].map((name, c) => [
      name,
      columnFromArray(columns[c] ?? label, float64()),
    ]);
    return at.put("names.arrow", tableToIPC(tableFromColumns(written), { format: "file" })!);
  },
  Parquet: async () =>
    at.put(
      "names.parquet",
      new Uint8Array(
        parquetWriteBuffer({
          columnData: [...names.map((name, c) => ({ name, data: columns[c]! })), { name: "y", data: label }].map(
            (one) => ({
              ...one,
              type: "DOUBLE" as const,
            }),
          ),
        }),
      ),
    ),
};

beforeAll(async () => {
  at = await desk();
});
afterAll(() => at[Symbol.asyncDispose]());

describe.each(Object.keys(sources))("names in %s", (form) => {
  test("have their own values", async () => {
    const { types, rows } = await at.read(await sources[form]!());
    expect(types.map(([name]) => name)).toEqual([...names, "y"]);
    for (const [c, name] of names.entries())
      expect(
        rows.map((row) => row[c]),
        name,
      ).toEqual(columns[c]);
  });
  test("have their own ranges in a profile", async () => {
    const scan = await at.land(await at.open(await sources[form]!()));
    const found = await profile(at.engine, scan);
    expect(found.columns.map(({ name, min, max }) => [name, min, max]).slice(0, names.length)).toEqual(
      names.map((name, c) => [name, Math.min(...columns[c]!), Math.max(...columns[c]!)]),
    );
  });
  test("teach a model each what it has", async () => {
    const { result } = await train({
      data: files(await sources[form]!()),
      label: "y",
      learner: linear({ penalty: 0.001 }),
      home: at.path("home"),
      cache: at.path("cache"),
    });
    expect(result.features.map(({ name }) => name)).toEqual(names);
  });
});

test("a column of a DuckDB table called rowid does not stand for the row", async () => {
  const path = at.path("names.duckdb");
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  await connection.run('CREATE TABLE t AS SELECT 7 AS "rowid", i AS "__row", i % 2 AS y FROM range(50) r(i)');
  connection.closeSync();
  instance.closeSync();
  const scan = await at.land(await at.open(`${path}:t`));
  const hashed = await at.engine.rows(
    {
      kind: "project",
      from: { kind: "scan", scan },
      columns: {
        h: { kind: "rowHash", seed: 1 },
        id: { kind: "col", name: "rowid" },
        r: { kind: "col", name: "__row" },
      },
    },
    100,
  );
  expect(new Set(hashed.map(({ h }) => h)).size).toBe(50);
  expect(hashed.every(({ id }) => id === 7)).toBe(true);
  expect(hashed.map(({ r }) => r)).toEqual(Array.from({ length: 50 }, (_, i) => i));
});

test("a label is found by its exact name beside another with other capital letters", async () => {
  const path = at.put(
    "label.csv",
    `x,Y,y\n${Array.from({ length: 40 }, (_, i) => `${i},${i % 7},${i < 20 ? 0 : 1}`).join("\n")}\n`,
  );
  const { types, rows } = await at.read(path);
  expect(types.map(([name]) => name)).toEqual(["x", "Y", "y"]);
  expect(rows.map((row) => row.slice(1))).toEqual(Array.from({ length: 40 }, (_, i) => [i % 7, i < 20 ? 0 : 1]));
});
