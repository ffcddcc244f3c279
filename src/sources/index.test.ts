import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { typeName } from "../base/schema.js";
import { checkUnchanged, openSource, rows, type SourceOptions } from "./index.js";
import type { Scan, TextScan } from "./scan.js";

let folder: string;
let options: SourceOptions;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-sources-"));
  options = { cacheDir: join(folder, "cache") };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const put = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, content);
  return path;
};
const types = (scan: Scan): Record<string, string> =>
  Object.fromEntries(scan.schema.columns.map(({ name, type }) => [name, typeName(type)]));
const openText = async (
  name: string,
  content: string | Uint8Array,
  more: Partial<SourceOptions> = {},
): Promise<TextScan> => (await openSource(put(name, content), { ...options, ...more })) as TextScan;

describe("openSource", () => {
  test("sorts what a pattern matches by the bytes of the path, at any depth", async () => {
    for (const name of ["g/b.csv", "g/a.csv", "g/deep/er/c.csv", "g/ä.csv"]) put(name, "x,y\n1,2\n");
    const scan = await openSource(join(folder, "g/**/*.csv"), options);
    expect(scan.files.map(({ path }) => path.slice(folder.length + 3))).toEqual([
      "a.csv",
      "b.csv",
      "deep/er/c.csv",
      "ä.csv",
    ]);
  });

  test("makes columns of folder names", async () => {
    put("hive/year=2024/month=1/a.csv", "x\n1\n");
    put("hive/year=2024/month=__HIVE_DEFAULT_PARTITION__/b.csv", "x\n2\n");
    put("hive/_SUCCESS", "");
    const scan = (await openSource(join(folder, "hive"), options)) as TextScan;
    expect(types(scan)).toEqual({ x: "int64", year: "int64", month: "int64" });
    expect(scan.partitions).toEqual([
      { name: "year", values: ["2024", "2024"] },
      { name: "month", values: ["1", null] },
    ]);
  });

  test.each<[string, () => string | string[], string]>([
    ["missing_file", () => join(folder, "rides.cvs"), "rides.csv"],
    ["missing_file", () => join(folder, "no-*.csv"), "no file matches"],
    ["empty_source", () => put("void.csv", ""), "empty"],
    ["empty_source", () => join(put("bare/.hidden", "x"), ".."), "no data files"],
    ["unreadable_source", () => put("cut.parquet", "PAR1 and then nothing"), "truncated"],
    ["unreadable_source", () => put("cut.csv.gz", gzipSync("a,b\n".repeat(10_000)).subarray(0, 40)), "gzip"],
    ["unreadable_source", () => [put("m1.csv", "a,b\n1,2\n"), put("m2.csv", "a,c\n1,2\n")], "lacks b"],
    ["usage", () => ["-", put("rides.csv", "a\n1\n")], "standard input"],
  ])("says %s with what would be right", async (code, spec, words) => {
    put("rides.csv", "a,b\n1,2\n");
    await expect(openSource(spec(), options)).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
  });

  test("spools standard input once and refuses more than is allowed", async () => {
    async function* input() {
      yield Buffer.from("a,b\n1,");
      yield Buffer.from("2\n");
    }
    expect(types(await openSource("-", { ...options, input: input() }))).toEqual({ a: "int64", b: "int64" });
    await expect(openSource("-", { ...options, input: input(), maxSpoolBytes: 7 })).rejects.toMatchObject({
      code: "disk_full",
    });
  });

  test("notices a file that grew or is gone", async () => {
    const path = put("moving.csv", "a\n1\n");
    const scan = await openSource(path, options);
    await checkUnchanged(scan);
    appendFileSync(path, "2\n");
    await expect(checkUnchanged(scan)).rejects.toMatchObject({
      code: "changed_source",
      message: expect.stringContaining("grew"),
    });
    rmSync(path);
    await expect(checkUnchanged(scan)).rejects.toMatchObject({
      code: "changed_source",
      message: expect.stringContaining("removed"),
    });
  });

  test("tells forms apart by content", async () => {
    expect((await openText("noname1", '{"a": 1, "b": {"c": "x"}}\n')).format).toBe("jsonl");
    expect((await openText("noname2", "-1 3:1 11:0.5\n+1 4:1\n")).format).toBe("libsvm");
    expect((await openText("noname3", "a,b\n1,2\n")).format).toBe("csv");
  });
});

describe("jsonl", () => {
  test("flattens objects, keeps long integers and widens int to real", async () => {
    const scan = await openText(
      "x.jsonl",
      '{"a":1,"b":{"c":9007199254740993},"v":[1,2]}\n\n{"a":1.5,"b":{"c":2},"v":[3,4],"t":"2024-01-02T03:04:05Z"}\n',
    );
    expect(types(scan)).toEqual({ a: "real", "b.c": "int64", v: "list(real)", t: "timestamp(utc)" });
  });
  test("rows of an iterator have the types that all rows agree on", async () => {
    const scan = await rows(
      [
        { a: 1n, b: "x" },
        { a: 2n ** 60n, b: 3 },
      ],
      options,
    );
    expect(types(scan)).toEqual({ a: "int64", b: "text" });
  });
});

test("a sparse file has the columns that are needed, named by a row or not", async () => {
  const scan = await openText("a9a.t", "-1 3:1\n+1 4:1\n", { format: "libsvm", needed: ["f2", "f6", "label", "f3"] });
  expect(Object.keys(types(scan))).toEqual(["label", "f1", "f2", "f3", "f4", "f5", "f6"]);
});

describe("csv", () => {
  const dirty = "Date;CO(GT);n;;\n10/03/2004;2,6;5;;\n25/03/2004;-1,0;6;;\n;;;;\n";
  test("reads semicolons, decimal commas, days first and empty columns", async () => {
    const scan = await openText("air.csv", dirty);
    expect(types(scan)).toEqual({ Date: "date", "CO(GT)": "real", n: "int64" });
    expect(scan.csv).toMatchObject({ delimiter: ";", header: true });
    expect(scan.schema.columns.map(({ read }) => read)).toEqual([{ dateOrder: "dmy" }, { decimal: "," }, undefined]);
    expect(scan.assumed.join("\n")).toMatch(/2 empty columns.*decimal comma.*day\/month\/year/s);
  });
  test("reads blanks after commas, question marks and a comment above", async () => {
    const scan = await openText(
      "adult.test",
      "|1x3 Cross validator\n25, Private, ?, <=50K.\n38, ?, 7, >50K.\n28, Local-gov, 12, <=50K.\n",
    );
    expect(types(scan)).toEqual({ column0: "int64", column1: "text", column2: "int64", column3: "text" });
    expect(scan.csv).toMatchObject({ trim: true, skipLines: 1, header: false });
    expect(scan.schema.columns.map(({ read }) => read?.missing?.includes("?") ?? false)).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
  test("takes quotes for text where they do not close", async () => {
    const scan = await openText(
      "sms",
      `ham\tOk lar\nspam\t"free entry\nham\tHe said "hi" to\nham\t"Gimme" a few\nspam\tcall now\nham\tok\n`,
    );
    expect(scan.csv).toMatchObject({ delimiter: "\t", quote: "", header: false });
  });
  test("finds latin-1 and UTF-16", async () => {
    expect((await openText("l1.csv", Buffer.from("n,c\n1,Málaga\n", "latin1"))).csv!.encoding).toBe("latin-1");
    expect((await openText("u16.csv", Buffer.from("\ufeffn,c\n1,é\n", "utf16le"))).csv!.encoding).toBe("utf-16le");
  });
  test("keeps codes with leading zeros and numbers past 2^63 as text", async () => {
    expect(types(await openText("zip.csv", "zip,id,n\n08123,12345678901234567890,1\n10001,1,2\n"))).toEqual({
      zip: "text",
      id: "text",
      n: "int64",
    });
  });
  test("knows missing spellings, bools and timestamps", async () => {
    const scan = await openText(
      "kinds.csv",
      "b,t,u,x\ntrue,2024-01-02 03:04:05,2024-01-02T03:04:05Z,NA\nFALSE,2024-01-02 03:04,2024-01-02 03:04:05+02,1\n",
    );
    expect(types(scan)).toEqual({ b: "bool", t: "timestamp", u: "timestamp(utc)", x: "int64" });
  });
  test("names columns once, and takes given names and types", async () => {
    expect(types(await openText("dup.csv", "a,a,\n1,2,3\n"))).toEqual({ a: "int64", a_1: "int64", column2: "int64" });
    expect(types(await openText("given.csv", "1,2\n3,4\n", { columns: ["p", "q"], types: { q: "real" } }))).toEqual({
      p: "int64",
      q: "real",
    });
    await expect(openText("given2.csv", "a\n1\n", { types: { b: "real" } })).rejects.toMatchObject({
      code: "unknown_column",
    });
  });
});
