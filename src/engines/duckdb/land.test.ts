import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSource, rows as rowsOf, type SourceOptions } from "../../sources/index.js";
import type { ParquetScan, TextScan } from "../../sources/scan.js";
import { type LandContext, land } from "./land.js";
import { duckdbProbe, typeOfDuckdb } from "./probe.js";

let folder: string;
let instance: DuckDBInstance;
let count = 0;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sluice-land-"));
  instance = await DuckDBInstance.create(":memory:", {
    threads: "2",
    memory_limit: "200MB",
    temp_directory: join(folder, "spill"),
  });
});
afterAll(() => {
  instance.closeSync();
  rmSync(folder, { recursive: true, force: true });
});

const put = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, `${count++}`, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, content);
  return path;
};
const open = async (spec: string | string[], more: Partial<SourceOptions> = {}): Promise<TextScan> =>
  (await openSource(spec, {
    cacheDir: join(folder, "cache"),
    probe: duckdbProbe(() => instance.connect()),
    ...more,
  })) as TextScan;
const landed = (scan: TextScan, more: Partial<LandContext> = {}): Promise<ParquetScan> =>
  land(scan, {
    connect: () => instance.connect(),
    cacheDir: join(folder, "cache"),
    asideDir: join(folder, "aside"),
    badRows: "stop",
    ...more,
  });
const read = async ({ files }: ParquetScan): Promise<Record<string, unknown>[]> => {
  const connection = await instance.connect();
  const all: Record<string, unknown>[] = [];
  for (const { path } of files)
    all.push(...(await connection.runAndReadAll(`SELECT * FROM read_parquet('${path}')`)).getRowObjectsJson());
  connection.closeSync();
  return all;
};
const landText = async (
  name: string,
  content: string | Uint8Array,
  more: Partial<SourceOptions> = {},
): Promise<Record<string, unknown>[]> => read(await landed(await open(put(name, content), more)));

describe("land", () => {
  test("reads quotes, newlines in cells, CR LF and missing cells", async () => {
    expect(await landText("a.csv", 'a,b,c\r\n1,"x, ""y""",\r\n2,"two\r\nlines",NA\r\n3,"",2.5\r\n')).toEqual([
      { a: "1", b: 'x, "y"', c: null },
      { a: "2", b: "two\r\nlines", c: null },
      { a: "3", b: null, c: 2.5 },
    ]);
  });
  test("never rounds a real into a column of integers", async () => {
    const body = `${Array.from({ length: 20_000 }, (_, i) => `${i},x`).join("\n")}\n`;
    const path = put("late.csv", `n,s\n${body}1.5,y\n`);
    const scan = await open(path, { types: { n: "int64" } });
    await expect(landed(scan)).rejects.toMatchObject({
      code: "bad_row",
      row: 20_001,
      column: "n",
      value: "1.5",
      message: expect.stringContaining("--type n=real"),
    });
  });
  test("gives the same rows by the quick way and cell by cell", async () => {
    const lines = [
      "1,2024-02-29,2024-01-01 00:00:01,true,a b",
      '-5,2023-01-31,2024-12-31 23:59:59.5,FALSE,"q,"',
      "9223372036854775807,,,,é",
    ];
    const header = "i,d,t,b,s\n";
    const quick = await landText("quick.csv", header + lines.join("\n"));
    const careful = await landText("careful.csv", `# a note\n${header}${lines.join("\n")}`, { csv: { comment: "#" } });
    expect(careful).toEqual(quick);
    expect(quick[1]).toEqual({ i: "-5", d: "2023-01-31", t: "2024-12-31 23:59:59.5", b: false, s: "q," });
  });
  test("accounts for every row: landed or set aside, with row number, reason and text", async () => {
    const text = 'a,b\n1,x\n2\n3,z,9\nfour,u\n5,v\n6,"open\n7,w\n';
    const scan = await open(put("bad.csv", text), { types: { a: "int64" }, csv: { quote: '"', delimiter: "," } });
    await expect(landed(scan)).rejects.toMatchObject({
      code: "bad_row",
      row: 2,
      message: expect.stringContaining("--bad-rows keep-aside"),
    });
    const kept = await landed(scan, { badRows: "keep-aside" });
    expect(await read(kept)).toEqual([
      { a: "1", b: "x" },
      { a: "5", b: "v" },
      { a: "7", b: "w" },
    ]);
    expect(kept.landed?.setAside).toBe(4);
    expect(
      readFileSync(kept.landed!.setAsideFile!, "utf8")
        .split("\n")
        .slice(1, -1)
        .map((line) => line.split(",")[1]),
    ).toEqual(["2", "3", "4", "6"]);
    await expect(landed(scan)).rejects.toMatchObject({ code: "bad_row", row: 2 });
  });
  test("cuts parts by content alone, and lands again what a crash left", async () => {
    const path = put("parts.csv", `n,s\n${Array.from({ length: 5000 }, (_, i) => `${i},"row ${i}"`).join("\n")}\n`);
    const scan = await open(path);
    const stop = new AbortController();
    const cacheDir = join(folder, "cache-parts");
    const half = landed(scan, {
      cacheDir,
      partBytes: 10_000,
      signal: stop.signal,
      onProgress: ({ rows }) => rows > 1000 && stop.abort(),
    });
    // All of a small file is read before the first part is landed, so the work may also finish.
    await half.catch(() => {});
    const whole = await landed(scan, { cacheDir, partBytes: 10_000 });
    expect(whole.files.length).toBeGreaterThan(5);
    expect((await read(whole)).map(({ n }) => Number(n))).toEqual(Array.from({ length: 5000 }, (_, i) => i));
    expect(readdirSync(join(cacheDir, "landed")).length).toBe(1);
  });
  test("goes on behind the finished parts", async () => {
    const path = put("resume.csv", `n,s\n${Array.from({ length: 3000 }, (_, i) => `${i},x${i}`).join("\n")}\nbad\n`);
    const scan = await open(path, { types: { n: "int64" } });
    const cacheDir = join(folder, "cache-resume");
    await expect(landed(scan, { cacheDir, partBytes: 8000 })).rejects.toMatchObject({ code: "bad_row", row: 3001 });
    const partial = join(cacheDir, "landed", readdirSync(join(cacheDir, "landed"))[0]!);
    const before = readdirSync(partial).filter((name) => name.endsWith(".parquet"));
    expect(before.length).toBeGreaterThan(1);
    const kept = await landed(scan, { cacheDir, partBytes: 8000, badRows: "keep-aside" });
    expect((await read(kept)).map(({ n }) => Number(n))).toEqual(Array.from({ length: 3000 }, (_, i) => i));
    expect(kept.landed?.setAside).toBe(1);
  });
  test("takes columns by name and folders as values", async () => {
    const one = put("h/year=2023/a.csv", "a,b\n1,x\n");
    const two = join(one, "../../year=2024/b.csv");
    mkdirSync(join(two, ".."), { recursive: true });
    writeFileSync(two, "b,a\ny,2\n");
    expect(await read(await landed(await open(join(one, "../.."))))).toEqual([
      { a: "1", b: "x", year: "2023" },
      { a: "2", b: "y", year: "2024" },
    ]);
  });
  test("reads a cell of 10 MB", async () => {
    const long = "x".repeat(10_000_000);
    const [row] = await landText("long.csv", `a,b\n1,"${long}"\n2,y\n`);
    expect(String(row!["b"]).length).toBe(10_000_000);
  });
  test("reads latin-1 in gzip, and names a gzip that breaks off", async () => {
    expect(await landText("l.csv.gz", gzipSync(Buffer.from("a,b\n1,é\n", "latin1")))).toEqual([{ a: "1", b: "é" }]);
    const noise = Array.from({ length: 3_000_000 }, (_, i) => (Math.imul(i, 2654435761) >>> 8).toString(36)).join(
      ",\n",
    );
    const packed = gzipSync(noise, { level: 1 });
    await expect(open(put("cut.csv.gz", packed.subarray(0, packed.length - 100))).then(landed)).rejects.toMatchObject({
      code: "unreadable_source",
    });
  });
  test("reads JSON lines, LIBSVM, and rows of an iterator", async () => {
    expect(
      await landText("x.jsonl", '{"a":1,"b":{"c":9007199254740993},"v":[1,2]}\n{"a":null,"b":{"c":2},"v":[3,4]}\n'),
    ).toEqual([
      { a: "1", "b.c": "9007199254740993", v: [1, 2] },
      { a: null, "b.c": "2", v: [3, 4] },
    ]);
    expect(await landText("x.svm", "-1 1:1 3:0.5\n+1 2:2\n")).toEqual([
      { label: "-1", f1: 1, f2: 0, f3: 0.5 },
      { label: "1", f1: 0, f2: 2, f3: 0 },
    ]);
    const scan = await rowsOf([{ a: 2n ** 60n, when: new Date(0) }], { cacheDir: join(folder, "cache") });
    expect(await read(await landed(scan))).toEqual([{ a: "1152921504606846976", when: "1970-01-01 00:00:00+00" }]);
  });
  test("a header alone is a source without rows", async () => {
    expect(await landText("none.csv", "a,b\n")).toEqual([]);
  });
  test("refuses bytes that are not UTF-8 where the sample had none", async () => {
    const scan = await open(
      put("mixed.csv", Buffer.concat([Buffer.from("a,b\n1,x\n"), Buffer.from([50, 44, 0xe9, 10])])),
      { csv: { encoding: "utf-8" } },
    );
    await expect(landed(scan)).rejects.toMatchObject({
      code: "bad_row",
      row: 2,
      message: expect.stringContaining("--encoding latin-1"),
    });
  });
});

describe("typeOfDuckdb", () => {
  test("reads nested names", () => {
    expect(typeOfDuckdb('STRUCT(a INTEGER, "b ""c" DECIMAL(10,2)[])')).toEqual({
      kind: "struct",
      fields: [
        { name: "a", type: { kind: "int64" } },
        { name: 'b "c', type: { kind: "list", of: { kind: "decimal", precision: 10, scale: 2 } } },
      ],
    });
    expect(typeOfDuckdb("FLOAT[128]")).toEqual({ kind: "vector", length: 128 });
    expect(typeOfDuckdb("MAP(VARCHAR, INTEGER)")).toMatchObject({ kind: "other" });
  });
});

test("a part whose bytes were changed is found by its checksum and landed again", async () => {
  const scan = await open(put("rows.csv", "a,b\n1,x\n2,y\n3,z\n"));
  const { path } = (await landed(scan)).files[0]!;
  const good = readFileSync(path);
  const harmed = Buffer.from(good);
  harmed[Math.floor(good.length / 2)]! ^= 1;
  writeFileSync(path, harmed);
  expect(readFileSync((await landed(scan, { sizesOnly: true })).files[0]!.path)).toEqual(harmed);
  expect((await read(await landed(scan))).map((row) => row["a"])).toEqual(["1", "2", "3"]);
});
