import { describe, expect, test } from "vitest";
import { int64 } from "../../../base/schema.js";
import { generator } from "../../../base/seeds.js";
import type { Part } from "../../../expr/relation.js";
import type { SparkScan } from "../../../sources/scan.js";
import { type Piece, pieceBytesOf, piecesOf } from "./pieces.js";

const scanOf = (files: number, identity: SparkScan["identity"]) => ({
  kind: "scan" as const,
  scan: {
    format: "spark" as const,
    name: "rows",
    read: { kind: "table" as const, table: "rows" },
    files: Array.from({ length: files }, (_, i) => ({ path: `${i}`, bytes: 1, modifiedMs: 0, fingerprint: `${i}` })),
    schema: { columns: [{ name: "x", type: int64 }] },
    identity,
    assumed: [],
  },
});
const placesOf = ({ part, files }: Piece, rowsIn: readonly number[]): string[] =>
  (files
    ? rowsIn.flatMap((_, file) => (file >= files.from && file < files.to ? [{ file } as Part] : []))
    : [part!]
  ).flatMap(({ file, from = 0, to = rowsIn[file]! }) =>
    Array.from({ length: to - from }, (_, i) => `${file}:${from + i}`),
  );

describe("piecesOf", () => {
  test("gives each row of each file once, in order, and never too many at a time", () => {
    const next = generator(3);
    for (let round = 0; round < 50; round++) {
      const rowsIn = Array.from({ length: 1 + Math.floor(next() * 8) }, () => Math.floor(next() * next() * 60));
      const most = 1 + Math.floor(next() * 40);
      const pieces = [...piecesOf(scanOf(rowsIn.length, "row"), rowsIn, () => most)];
      const all = rowsIn.flatMap((rows, file) => Array.from({ length: rows }, (_, i) => `${file}:${i}`));
      expect(pieces.flatMap((piece) => placesOf(piece, rowsIn))).toEqual(all);
      for (const piece of pieces) expect(placesOf(piece, rowsIn).length).toBeLessThanOrEqual(most);
    }
  });

  test("from one file on leave out those before it", () =>
    expect([...piecesOf({ ...scanOf(4, "row"), files: { from: 1, to: 4 } }, [5, 6, 7, 90], () => 20)]).toEqual([
      { files: { from: 1, to: 3 }, rows: 13 },
      ...[0, 20, 40, 60].map((from) => ({
        part: { file: 3, ...(from > 0 ? { from } : {}), to: from + 20 },
        rows: 20,
      })),
      { part: { file: 3, from: 80 }, rows: 10 },
    ]));

  test("of one part of a file are within it", () => {
    const pieces = [...piecesOf({ ...scanOf(3, "row"), part: { file: 1, from: 7, to: 19 } }, [50, 50, 50], () => 5)];
    expect(pieces.map(({ part }) => [part!.file, part!.from, part!.to])).toEqual([
      [1, 7, 12],
      [1, 12, 17],
      [1, 17, 19],
    ]);
  });

  test("takes a whole file without a condition on its rows", () =>
    expect([...piecesOf({ ...scanOf(2, "row"), part: { file: 1 } }, [5, 8], () => 10)]).toEqual([
      { part: { file: 1 }, rows: 8 },
    ]));

  test("of a file without rows is one, which has its columns", () =>
    expect([...piecesOf({ ...scanOf(1, "row"), part: { file: 0 } }, [0], () => 10)]).toHaveLength(1));

  test("of digests share their space without a gap", () => {
    const pieces = [...piecesOf(scanOf(1, "digest"), [1000], () => 300)];
    expect(pieces.length).toBe(4);
    expect(pieces[0]!.part!.from).toBeUndefined();
    expect(pieces.at(-1)!.part!.to).toBeUndefined();
    pieces.slice(1).forEach(({ part }, i) => void expect(part!.from).toBe(pieces[i]!.part!.to));
    for (const { part } of pieces.slice(1)) expect(String(part!.from)).toMatch(/^\d{18,19}$/);
  });
});

test.each([
  [undefined, undefined, 2 ** 26],
  ["6g", undefined, 6 * 2 ** 26],
  ["64g", undefined, 2 ** 29],
  ["64g", "0", 2 ** 32],
  ["600m", "1m", 2 ** 19],
  ["2048", "16777216", 2 ** 23],
])("a driver of %s that gives %s takes pieces of %d bytes", async (memory, limit, bytes) =>
  expect(await pieceBytesOf(async (key) => (key.endsWith("memory") ? memory : limit))).toBe(bytes),
);
