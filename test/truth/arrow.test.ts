import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tableFromArrays, tableToIPC } from "@uwdata/flechette";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unpackLz4 } from "../../src/sources/arrow/lz4.js";
import { arrowRecords } from "../../src/sources/arrow.js";
import { type Desk, desk } from "../support/reading.js";

// test/peers/make-arrow-fixtures.py writes them.
const { right, files, packed } = JSON.parse(
  readFileSync(join(import.meta.dirname, "../fixtures/arrow.json"), "utf8"),
) as {
  readonly right: { readonly [column: string]: readonly (string | null)[] };
  readonly files: { readonly [what: string]: { readonly base64: string; readonly missing: readonly string[] } };
  readonly packed: { readonly [codec: string]: string };
};

let at: Desk;
let count = 0;
beforeAll(async () => {
  at = await desk();
});
afterAll(() => at[Symbol.asyncDispose]());
const put = (content: string | Uint8Array): string =>
  at.put(`${count++}.arrow`, typeof content === "string" ? Buffer.from(content, "base64") : content);

/** The columns of the landed file, each value as DuckDB writes it. */
async function shown(path: string): Promise<{ [column: string]: unknown[] }> {
  const scan = await at.land(await at.open(path));
  const columns: { [column: string]: unknown[] } = {};
  for (const { name } of scan.schema.columns) columns[name] = [];
  for (const file of scan.files) {
    const list = scan.schema.columns.map(({ name }) => `"${name}"::VARCHAR AS "${name}"`).join(", ");
    const text = `SELECT ${list} FROM read_parquet('${file.path}')`;
    for (const row of await at.engine.rows({ kind: "sql", text }, 1e6))
      for (const [name, values] of Object.entries(columns)) values.push(row[name]);
  }
  return columns;
}

describe("Arrow", () => {
  test.each(Object.entries(files))("%s is read value by value", async (_, { base64, missing }) => {
    const expected = Object.fromEntries(Object.entries(right).filter(([name]) => !missing.includes(name)));
    expect(await shown(put(base64))).toEqual(expected);
  });
  test.each(["stream", "file"] as const)("a field without a name in a %s is called unnamed", async (format) => {
    const table = tableFromArrays({ a: [1, 2], b: ["x", "y"], c: [3, 4] });
    // The format lets a name be absent, which is another thing than an empty one.
    for (const i of [0, 2]) (table.schema.fields[i] as { name: string | null }).name = null;
    const { b, ...others } = await shown(put(tableToIPC(table, { format })!));
    expect(b).toEqual(["x", "y"]);
    expect(Object.keys(others)).toEqual(["unnamed", "unnamed_1"]);
    expect(Object.values(others).map((values) => values.map(Number))).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });
  test.each(Object.entries(packed))("buffers packed in %s are what they were", async (_, base64) => {
    const { i, t } = await shown(put(base64));
    expect(i).toHaveLength(12_000);
    expect(i!.every((value, k) => value === String(Math.floor(k / 16)))).toBe(true);
    expect(t!.every((value, k) => value === `word ${k % 7} and some more of it`)).toBe(true);
  });
  test.each(Object.keys(files))("%s cut off anywhere is refused, never read in part", async (what) => {
    const whole = Buffer.from(files[what]!.base64, "base64");
    const isStream = what.startsWith("stream");
    for (const share of [0.1, 0.5, 0.9, 0.99]) {
      const path = put(whole.subarray(0, Math.floor(whole.length * share)));
      // A stream that ends between two batches looks whole.
      await expect(at.read(path), `${share}`)
        .rejects.toMatchObject({ code: "unreadable_source" })
        .catch((error) => {
          if (!isStream || share < 0.9) throw error;
        });
    }
  });
  test("a packed buffer that is harmed is refused or has its length, and never ends in a loop", () => {
    // 300 bytes of LZ4: literals, and copies of them near and far.
    const block = [0x4f, 1, 2, 3, 4, 1, 0, 255, 7, 0x20, 5, 6, 4, 0, 0x10, 9];
    const frame = Uint8Array.of(4, 0x22, 0x4d, 0x18, 0x40, 0x40, 0, block.length, 0, 0, 0, ...block, 0, 0, 0, 0);
    const whole = unpackLz4(frame, 292);
    expect([...whole.subarray(0, 6), ...whole.subarray(-4)]).toEqual([1, 2, 3, 4, 4, 4, 4, 5, 6, 9]);
    for (let place = 0; place < frame.length; place++)
      for (const value of [0, 1, 0x0f, 0x7f, 0xf0, 0xff]) {
        const harmed = Uint8Array.from(frame);
        harmed[place] = value;
        try {
          expect(unpackLz4(harmed, 292)).toHaveLength(292);
        } catch (error) {
          expect((error as Error).message).toMatch(/^LZ4|Offset is outside/);
        }
      }
  });
  test("bytes that are harmed anywhere are read, or refused by name", async () => {
    const bytes = tableToIPC(tableFromArrays({ x: [1.5, 2], t: ["a", "b"] }), { format: "file" })!;
    const refused = new Set<string>();
    for (let place = 0; place < bytes.length; place += 31) {
      const harmed = Uint8Array.from(bytes);
      harmed[place]! ^= 1 + (place % 7);
      await at.read(put(harmed)).catch((error) => refused.add(error.code ?? String(error)));
    }
    expect([...refused]).toEqual(["unreadable_source"]);
  });
  test("a file without columns, and one with more fields than it has bytes, are refused", async () => {
    await expect(at.read(put(tableToIPC(tableFromArrays({}), { format: "stream" })!))).rejects.toMatchObject({
      code: "empty_source",
    });
    const bytes = Buffer.from(tableToIPC(tableFromArrays({ a: [1, 2], b: [3, 4], c: [5, 6] }), { format: "stream" })!);
    // The number of fields is the only 3 that stands alone in four bytes.
    for (let place = 8; place < 200; place += 4) {
      if (bytes.readInt32LE(place) !== 3) continue;
      const harmed = Buffer.from(bytes);
      harmed.writeInt32LE(0x7f0003, place);
      await expect(at.read(put(harmed)), `${place}`).rejects.toMatchObject({ code: "unreadable_source" });
    }
  });
  test("a name with a NUL is read without it, as in CSV", async () => {
    const bytes = tableToIPC(tableFromArrays({ "a\0b": [1, 2] }), { format: "stream" })!;
    expect(await at.read(put(bytes))).toMatchObject({ types: [["ab", "int64"]], rows: [[1], [2]] });
  });
  test("columns of equal names but for capital letters keep their values", async () => {
    const bytes = tableToIPC(tableFromArrays({ id: [1, 2], ID: [10, 20], "": [5, 6], __proto__x: ["a", "b"] }), {
      format: "stream",
    })!;
    expect(await at.read(put(bytes))).toMatchObject({
      types: [
        ["id", "int64"],
        ["ID", "int64"],
        ["unnamed", "int64"],
        ["__proto__x", "text"],
      ],
      rows: [
        [1, 10, 5, "a"],
        [2, 20, 6, "b"],
      ],
    });
  });
});

test("a batch of one row that announces 721 million is refused, not read for ever", async () => {
  const bytes = Buffer.from(
    [
      "QVJST1cxAAD/////AAEAABAAAAAAAAoADAAKAAkABAAKAAAAEAAAAAABBAAIAAgAAAAEAAgAAAAEAAAABQAAAKQAAABwAAAASAAAACQAAAAEAA",
      "AAfP///xQAAAAAAAYBBAAAAAEAAABiAAAA5P///5j///8YAAAAAAAFAQQAAAABAAAAdAAAAAQABAAEAAAAuP///xgAAAAAAAMBBAAAAAEAAAB4",
      "AAYACAAGAAYAAAAAAAIA3P///xQAAAAAAAIBBAAAAAEAAABsAAAA0P///wAAAAFAAAAADAAQAAwACwAKAAQADAAAABwAAAAAAAIBBAAAAAEAAA",
      "BpAAAACAAMAAgABwAIAAAAAAAAASAAAAD/////WAEAABQAAAAAAAAADAAWABQAEwAMAAQADAAAADAAAAAAAAAAFAAAAAAAAAMEAAoAGAAMAAgA",
      "BAAKAAAAFAAAAMgAAAABAAAAAAAAAAAAAAALAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAIAAAAAAAAAAAAAAAAAAAACAAAAA",
      "AAAAAIAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAQAAAAAAAAAAgAAAAAAAAAGAAAAAAAAAAAAAAAAAAAABgAAAAAAAAACAAAAAAAAAAgAAAAAAAA",
      "AAgAAAAAAAAAKAAAAAAAAAAAAAAAAAAAACgAAAAAAAAACAAAAAAAAAAAAAAABQAAAAEAACsAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAQ",
      "AAAAAAAAAAAAAAAAAAAAEAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAAIAAAAAAAADQAAAAAAAAARAAAAAAAAAMVu6QZnjJBWAAAAAAIAAAA3IQAA",
      "AAAAAAAAAAAAAAAA/////wAAAAD/////AAAAABAAAAAMABAADgAIAAAABAAMAAAA8AAAABAAAAAAAAQACAAIAAAABAAIAAAABAAAAAUAAACkAA",
      "AAcAAAAEgAAAAkAAAABAAAAHz///8UAAAAAAAGAQQAAAABAAAAYgAAAOT///+Y////GAAAAAAABQEEAAAAAQAAAHQAAAAEAAQABAAAALj///8Y",
      "AAAAAAADAQQAAAABAAAAeAAGAAgABgAGAAAAAAACANz///8UAAAAAAACAQQAAAABAAAAbAAAAND///8AAAABQAAAAAwAEAAMAAsACgAEAAwAAA",
      "AcAAAAAAACAQQAAAABAAAAaQAAAAgADAAIAAcACAAAAAAAAAEgAAAAAQAAABABAAAAAAAAYAEAAAAAAAAwAAAAAAAAACABAABBUlJPVzE=",
    ].join(""),
    "base64",
  );
  const file = join(mkdtempSync(join(tmpdir(), "sluice-rows-")), "rows.arrow");
  writeFileSync(file, bytes);
  const read = async () => {
    for await (const _ of arrowRecords(file, { columns: [{ name: "i", type: { kind: "int64" } }] })) break;
  };
  await expect(read()).rejects.toThrow("a column of 721420289 rows, with room for 32");
});
