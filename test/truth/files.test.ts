import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { gzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkUnchanged } from "../../src/sources/index.js";
import { type Desk, desk } from "../support/reading.js";

let at: Desk;
let count = 0;
beforeAll(async () => {
  at = await desk();
});
afterAll(() => at[Symbol.asyncDispose]());
const fresh = (name: string): string => {
  const path = at.path(`${count++}/${name}`);
  mkdirSync(dirname(path), { recursive: true });
  return path;
};
const csv = (from: number): string => `a,b\n${from},x\n${from + 1},y\n`;
const firsts = async (spec: string | readonly string[]): Promise<unknown[]> =>
  (await at.read(spec)).rows.map(([first]) => first);

describe("each file is read once", () => {
  test("in a folder with links to its brother, its parent and a file", async () => {
    const root = fresh("root");
    mkdirSync(`${root}/one`, { recursive: true });
    mkdirSync(`${root}/two`);
    writeFileSync(`${root}/one/1.csv`, csv(10));
    writeFileSync(`${root}/two/2.csv`, csv(20));
    symlinkSync("../two", `${root}/one/brother`);
    symlinkSync("../one", `${root}/two/brother`);
    symlinkSync("..", `${root}/two/parent`);
    symlinkSync("one/1.csv", `${root}/0.csv`);
    linkSync(`${root}/two/2.csv`, `${root}/two/3.csv`);
    for (const spec of [root, `${root}/**/*.csv`, `${root}/**`, [root, `${root}/one`, `${root}/one/1.csv`]])
      expect(await firsts(spec), String(spec)).toEqual([10, 11, 20, 21]);
    expect(await firsts(`${root}/*/*.csv`)).toEqual([10, 11, 20, 21]);
  });
  test("that is named twice", async () => {
    const path = fresh("a.csv");
    writeFileSync(path, csv(1));
    expect(await firsts([path, path, `${dirname(path)}/./a.csv`])).toEqual([1, 2]);
  });
  test("among thousands, of which few are open at once", async () => {
    const folder = dirname(fresh("x"));
    for (let i = 0; i < 3000; i++) writeFileSync(`${folder}/${String(i).padStart(4, "0")}.csv`, `a\n${i}\n`);
    const { files } = await at.open(folder);
    expect(files).toHaveLength(3000);
    expect(new Set(files.map(({ fingerprint }) => fingerprint)).size).toBe(3000);
  });
});

describe("a pipe", () => {
  const pipe = (): string => {
    const path = fresh("pipe");
    execFileSync("mkfifo", [path]);
    return path;
  };
  /** Opens with O_NONBLOCK fail while nobody reads: a writer of its own process waits for us. */
  const write = (path: string, text: string): void => {
    writeFileSync(`${path}.txt`, text);
    execFileSync("sh", ["-c", 'sleep 0.2; cat "$1.txt" > "$1" &', "sh", path], { stdio: "ignore" });
  };
  test("is spooled when its writer comes, with all it gives", async () => {
    const path = pipe();
    const reading = firsts(path);
    const rows = Array.from({ length: 20_000 }, (_, i) => `${i},x`);
    write(path, `a,b\n${rows.join("\n")}\n`);
    expect(await reading).toEqual(rows.map((_, i) => i));
  });
  test("without a writer is given up when the signal says so", async () => {
    const stop = new AbortController();
    const opening = at.open(pipe(), { signal: stop.signal });
    setTimeout(() => stop.abort(new Error("enough")), 50);
    await expect(opening).rejects.toThrow("enough");
  });
  test("that gives nothing is empty", async () => {
    const path = pipe();
    const opening = at.open(path);
    execFileSync("sh", ["-c", '(exec 3> "$1"; sleep 0.3) &', "sh", path], { stdio: "ignore" });
    await expect(opening).rejects.toMatchObject({ code: "empty_source" });
  });
  test("beside files or in a folder, a device and a socket are refused at once", async () => {
    const path = pipe();
    const file = fresh("a.csv");
    writeFileSync(file, csv(1));
    for (const spec of [[path, file], dirname(path), "/dev/null"])
      await expect(at.open(spec), String(spec)).rejects.toMatchObject({ code: "unreadable_source" });
  });
});

/** A frame of zstd whose one block stands in it as it is. */
const zstd = (text: string): Buffer =>
  Buffer.concat([
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, text.length]),
    Buffer.from([(text.length << 3) | 1, text.length >> 5, 0]),
    Buffer.from(text),
  ]);
const skipped = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 97, 98, 99, 100]);

/** A tar archive of one file. */
function tar(name: string, text: string): Buffer {
  const head = Buffer.alloc(512);
  head.write(name, 0);
  head.write("0000644\0", 100);
  head.write(`${text.length.toString(8).padStart(11, "0")}\0`, 124);
  head.write("ustar\x0000", 257);
  return Buffer.concat([head, Buffer.from(text), Buffer.alloc(512 - (text.length % 512) + 1024)]);
}

describe("packed files", () => {
  test.each([
    ["gzip", gzipSync(csv(1))],
    ["gzip of several members", Buffer.concat([gzipSync("a,b\n1,"), gzipSync("x\n2"), gzipSync(",y\n")])],
    ["zstd", zstd(csv(1))],
    ["zstd behind frames that are skipped", Buffer.concat([skipped, skipped, zstd(csv(1))])],
    ["zstd of several frames", Buffer.concat([zstd("a,b\n1,"), skipped, zstd("x\n2,y\n")])],
  ])("in %s are read, whatever they are called", async (_, bytes) => {
    for (const name of ["rows.csv", "rows.csv.gz", "rows.csv.zst", "rows"]) {
      const path = fresh(name);
      writeFileSync(path, bytes);
      expect(await firsts(path), name).toEqual([1, 2]);
    }
  });
  const begins = (...bytes: number[]): Buffer => Buffer.concat([Buffer.from(bytes), Buffer.alloc(300, 7)]);
  test.each([
    ["a tar archive packed with gzip", gzipSync(tar("x.csv", csv(1)))],
    ["a tar archive", tar("x.csv", csv(1))],
    ["a zip archive", begins(0x50, 0x4b, 3, 4)],
    ["packed with bzip2", Buffer.from("BZh91AY&SY\x01\x02")],
    ["packed with xz", begins(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0)],
    ["a 7z archive", begins(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c)],
    ["packed with LZ4", begins(4, 0x22, 0x4d, 0x18)],
    ["packed with gzip twice", gzipSync(gzipSync(csv(1)))],
    ["an ORC file", Buffer.concat([Buffer.from("ORC"), Buffer.alloc(20)])],
    ["an SQLite database", Buffer.concat([Buffer.from("SQLite format 3\0"), Buffer.alloc(100)])],
  ])("that are %s are refused with what to do, whatever they are called", async (what, bytes) => {
    for (const [name, options] of [
      ["rows.csv", {}],
      ["rows.jsonl", {}],
      ["rows.tgz", {}],
      ["rows.txt", { format: "csv" }],
    ] as const) {
      const path = fresh(name);
      writeFileSync(path, bytes);
      await expect(at.open(path, options), name).rejects.toMatchObject({
        code: "unreadable_source",
        message: expect.stringContaining(`${name} is ${what}`),
      });
    }
  });
  test("that only begin with such letters are text", async () => {
    const path = fresh("orc.csv");
    writeFileSync(path, "ORC,LZIP\n1,x\n2,y\n");
    expect(await firsts(path)).toEqual([1, 2]);
  });
});

describe("a source that changes unseen", () => {
  const edit = (path: string, place: number, text: string): void => {
    const file = openSync(path, "r+");
    writeSync(file, text, place);
    closeSync(file);
    utimesSync(path, 1000, 1000);
  };
  const rows = (n: number): string => `a,b\n${Array.from({ length: n }, (_, i) => `${100_000 + i},x`).join("\n")}\n`;

  test.each([
    ["small", 100],
    ["large", 300_000],
  ])("in place, with the old time and size, in a %s file is seen within a run and between runs", async (_, n) => {
    const path = fresh("rows.csv");
    writeFileSync(path, rows(n));
    utimesSync(path, 1000, 1000);
    const scan = await at.open(path);
    await checkUnchanged(scan);
    const before = await at.read(path);
    expect(before.rows[20]).toEqual([100_020, "x"]);
    // Row 12,345 of the large file stands in no block that is looked at.
    const row = n > 12_345 ? 12_345 : 20;
    const { size } = statSync(path);
    edit(path, 4 + 9 * row, "900000");
    expect(statSync(path)).toMatchObject({ size, mtimeMs: 1_000_000 });
    await expect(checkUnchanged(scan)).rejects.toMatchObject({ code: "changed_source" });
    expect((await at.read(path)).rows[row]).toEqual([900_000, "x"]);
  });
  test("is not one that was only touched or copied, where it is small", async () => {
    const path = fresh("rows.csv");
    writeFileSync(path, rows(10));
    const scan = await at.open(path);
    utimesSync(path, 1, 1);
    await checkUnchanged(scan);
  });
  test("is a database whose changes stand beside it", async () => {
    const path = fresh("rides.duckdb");
    const change = async (statement: string): Promise<void> => {
      const instance = await DuckDBInstance.create(path);
      const connection = await instance.connect();
      await connection.run("SET checkpoint_threshold = '1TB'; PRAGMA disable_checkpoint_on_shutdown");
      await connection.run(statement);
      connection.closeSync();
      instance.closeSync();
    };
    await change("CREATE TABLE t AS SELECT 1 AS a; CHECKPOINT");
    const scan = await at.open(`${path}:t`);
    await checkUnchanged(scan);
    const before = statSync(path);
    await change("INSERT INTO t VALUES (2)");
    // The file itself is as it was.
    expect(statSync(path)).toMatchObject({ size: before.size, mtimeMs: before.mtimeMs });
    expect(statSync(`${path}.wal`).size).toBeGreaterThan(0);
    await expect(checkUnchanged(scan)).rejects.toMatchObject({ code: "changed_source" });
    expect((await at.open(`${path}:t`)).files[0]!.fingerprint).not.toBe(scan.files[0]!.fingerprint);
    expect(await firsts(`${path}:t`)).toEqual([1, 2]);
  });
  test("could be a view, so it is refused with what would do", async () => {
    const path = fresh("rides.duckdb");
    const instance = await DuckDBInstance.create(path);
    const connection = await instance.connect();
    await connection.run("CREATE TABLE t AS SELECT 1 AS a; CREATE VIEW v AS SELECT a FROM t");
    connection.closeSync();
    instance.closeSync();
    await expect(at.open(`${path}:v`)).rejects.toMatchObject({
      code: "unreadable_source",
      message: expect.stringContaining("CREATE TABLE v_rows AS FROM"),
    });
  });
  test("that grew says so", async () => {
    const path = fresh("rows.csv");
    writeFileSync(path, rows(10));
    const scan = await at.open(path);
    appendFileSync(path, "1,x\n");
    await expect(checkUnchanged(scan)).rejects.toThrow(/grew from \d+ to \d+ bytes/);
  });
});
