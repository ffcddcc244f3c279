import { gzipSync } from "node:zlib";
import {
  bool,
  type Column,
  columnFromArray,
  float64,
  int64,
  tableFromColumns,
  tableToIPC,
  timestamp,
  utf8,
} from "@uwdata/flechette";
import fc from "fast-check";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { byName, type Value } from "../../src/base/schema.js";
import { profile } from "../../src/features/profile.js";
import { type Desk, desk } from "../support/reading.js";

// Any table, written in any form, comes back cell by cell. The seed is fixed: what fails once fails again.
const runs = { seed: 20_261_130, numRuns: 25 };

type Kind = "bool" | "int64" | "real" | "text" | "timestamp";
interface Made {
  readonly name: string;
  readonly kind: Kind;
  readonly values: readonly (boolean | number | bigint | string | null)[];
}

const text = fc
  .string({ unit: "binary", maxLength: 12 })
  .map((one) => one.replaceAll("\0", " "))
  // A text that looks like another type belongs to another test.
  .map((one) => (one === "" ? one : `t${one}`));
const valuesOf: { readonly [K in Kind]: fc.Arbitrary<boolean | number | bigint | string> } = {
  bool: fc.boolean(),
  int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  real: fc.double({ noNaN: true, noDefaultInfinity: true }).map((one) => (Number.isInteger(one) ? one + 0.5 : one)),
  text,
  // Microseconds from the year 1 to 9999.
  timestamp: fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n }),
};
const name = fc.oneof(
  fc.constantFrom("id", "ID", "Id", "__proto__", "constructor", "a.b", "rowid", "file_row_number", "__row", 'q"', "é"),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }).map((one) => `n${one}`),
);
const table: fc.Arbitrary<readonly Made[]> = fc
  .tuple(fc.uniqueArray(name, { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 8 }))
  .chain(([names, rows]) =>
    fc.tuple(
      ...names.map((one) =>
        fc
          .constantFrom<Kind[]>("bool", "int64", "real", "text", "timestamp")
          .chain((kind) =>
            fc
              .array(fc.option(valuesOf[kind], { freq: 4 }), { minLength: rows, maxLength: rows })
              .map((values): Made => ({ name: one, kind, values })),
          ),
      ),
    ),
  );

/** A cell as the engine has it: whole numbers past 2^53 are bigints, an empty text is missing in text forms. */
function right(kind: Kind, value: Made["values"][number], emptyIsMissing: boolean): Value {
  if (value === null || (value === "" && emptyIsMissing)) return null;
  if (kind === "timestamp") return { micros: value as bigint };
  return typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : (value as Value);
}

const stampText = (micros: bigint): string => {
  const rest = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = new Date(Number((micros - rest) / 1000n)).toISOString().slice(0, 19);
  return `${seconds}.${String(rest).padStart(6, "0")}`;
};
const jsonOf = ({ kind, values }: Made, row: number): string => {
  const value = values[row]!;
  if (typeof value === "bigint") return kind === "timestamp" ? JSON.stringify(stampText(value)) : String(value);
  return JSON.stringify(value);
};

let at: Desk;
let count = 0;
beforeAll(async () => {
  at = await desk();
});
afterAll(() => at[Symbol.asyncDispose]());
const put = (ending: string, content: string | Uint8Array): string => at.put(`${count++}.${ending}`, content);

/** Every cell, through the rows that training reads, and the counts of missing cells in a profile. */
async function comesBack(made: readonly Made[], path: string, emptyIsMissing: boolean): Promise<void> {
  const { types, rows } = await at.read(path);
  const scan = await at.land(await at.open(path));
  const profiled = new Map((await profile(at.engine, scan)).columns.map((column) => [column.name, column.missing]));
  for (const { name, kind, values } of made) {
    const expected = values.map((value) => right(kind, value, emptyIsMissing));
    const place = types.findIndex(([one]) => one === name);
    // A column without any value may be left out of JSON lines.
    if (place < 0 && expected.every((value) => value === null)) continue;
    expect(
      rows.map((row) => row[place]),
      name,
    ).toEqual(expected);
    expect(profiled.get(name), name).toBe(expected.filter((value) => value === null).length);
  }
}

describe("any table comes back cell by cell from", () => {
  test("JSON lines, a list and objects, in any order of fields, with fields left out, in any encoding", async () => {
    const ways = fc.record({
      order: fc.integer({ min: 0, max: 99 }),
      leaveOut: fc.boolean(),
      shape: fc.constantFrom("lines", "list", "pretty"),
      end: fc.constantFrom("\n", "\r\n", "\r"),
      pack: fc.constantFrom("none", "gzip", "utf-16"),
    });
    await fc.assert(
      fc.asyncProperty(table, ways, async (made, { order, leaveOut, shape, end, pack }) => {
        const objects = made[0]!.values.map((_, row) => {
          const turn = (order * (row + 1)) % made.length;
          const fields = [...made.slice(turn), ...made.slice(0, turn)]
            .filter(({ values }, i) => !(leaveOut && values[row] === null && i > 0))
            .map((one) => `${JSON.stringify(one.name)}:${shape === "pretty" ? `${end}  ` : ""}${jsonOf(one, row)}`);
          return shape === "pretty" ? `{${end}${fields.join(`,${end}`)}${end}}` : `{${fields.join()}}`;
        });
        const content = shape === "list" ? `[${objects.join(`,${end}`)}]` : objects.join(end);
        const bytes =
          pack === "gzip"
            ? gzipSync(content)
            : pack === "utf-16"
              ? Buffer.from(content, "utf16le")
              : Buffer.from(content);
        await comesBack(made, put(shape === "lines" ? "jsonl" : "json", bytes), true);
      }),
      runs,
    );
  });

  test("Arrow, as a file and as a stream", async () => {
    const types = { bool: bool(), int64: int64(), real: float64(), text: utf8(), timestamp: timestamp(1) };
    await fc.assert(
      fc.asyncProperty(table, fc.constantFrom<("file" | "stream")[]>("file", "stream"), async (made, format) => {
        // Its writer takes milliseconds, and is exact in no smaller unit.
        const written = made.map(({ name, kind, values }): [string, Column<unknown>] => [
          name,
          columnFromArray(
            kind === "timestamp"
              ? values.map((value) => (value === null ? null : Number((value as bigint) / 1000n)))
              : [...values],
            types[kind],
          ) as Column<unknown>,
        ]);
        const whole = made.map(({ kind, values, ...one }) => ({
          ...one,
          kind,
          values:
            kind === "timestamp"
              ? values.map((value) => (value === null ? null : ((value as bigint) / 1000n) * 1000n))
              : values,
        }));
        await comesBack(whole, put("arrow", tableToIPC(tableFromColumns(written), { format })!), true);
      }),
      runs,
    );
  });

  test("Parquet", async () => {
    const types = { bool: "BOOLEAN", int64: "INT64", real: "DOUBLE", text: "STRING", timestamp: "INT64" } as const;
    await fc.assert(
      fc.asyncProperty(table, async (made) => {
        const columns = made.map((one) => (one.kind === "timestamp" ? { ...one, kind: "int64" as const } : one));
        const bytes = parquetWriteBuffer({
          columnData: columns.map(({ name, kind, values }) => ({
            name,
            data: [...values],
            type: types[kind],
            nullable: true,
          })),
        });
        await comesBack(columns, put("parquet", new Uint8Array(bytes)), false);
      }),
      runs,
    );
  });

  test("rows with numbers that JSON does not have", async () => {
    const { rows: spooled } = await import("../../src/sources/index.js");
    const rows = [{ x: Number.POSITIVE_INFINITY }, { x: Number.NaN }, { x: 2 ** 70 }, { x: -0.1 }, { x: -Infinity }];
    const scan = await spooled(rows, { cacheDir: at.path("spool") });
    expect(await at.read(scan.files[0]!.path)).toMatchObject({
      types: [["x", "real"]],
      rows: [[Number.POSITIVE_INFINITY], [null], [2 ** 70], [-0.1], [Number.NEGATIVE_INFINITY]],
    });
  });

  test("rows of objects, which are spooled", async () => {
    const { rows: spooled } = await import("../../src/sources/index.js");
    await fc.assert(
      fc.asyncProperty(table, async (made) => {
        const rows = made[0]!.values.map((_, row) => {
          const one = byName<unknown>();
          for (const { name, kind, values } of made)
            one[name] = kind === "timestamp" && values[row] !== null ? { micros: values[row] } : values[row];
          return one;
        });
        const scan = await spooled(rows, { cacheDir: at.path("spool") }).catch((error: Error) => {
          throw error;
        });
        await comesBack(made, scan.files[0]!.path, true);
      }),
      { ...runs, numRuns: 10 },
    );
  });
});
