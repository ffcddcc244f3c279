import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DuckDBEngine } from "../../src/engines/duckdb.js";
import { parseRemote } from "../../src/engines/spark/connection/remote.js";
import { SparkEngine } from "../../src/engines/spark.js";
import { call, col, lit } from "../../src/expr/expr.js";
import type { Relation } from "../../src/expr/relation.js";
import type { SparkRead } from "../../src/sources/scan.js";
import { needs } from "../support/needs.js";
import { sparkRemote } from "../support/spark.js";

needs.spark()("spark", () => {
  const dir = mkdtempSync(join(tmpdir(), "sluice-pieces-"));
  const files: SparkRead = { kind: "files", form: "parquet", paths: [`${dir}/rows`] };
  const rows = 5000;
  let local: DuckDBEngine;
  let whole: SparkEngine;
  let inPieces: SparkEngine;
  beforeAll(async () => {
    const remote = parseRemote(await sparkRemote());
    local = await DuckDBEngine.open({ threads: 1, memoryBytes: 1e8, spillDir: join(dir, "spill"), cacheDir: dir });
    whole = await SparkEngine.open({ remote, local });
    inPieces = await SparkEngine.open({ remote, local, pieceBytes: 300_000 }); // at first a kilobyte a row is expected
    const text = `SELECT /*+ REPARTITION_BY_RANGE(3, id) */ id, repeat('x', CAST(id % 7 AS INT)) AS word FROM range(${rows}) SORT BY id`;
    await whole.write({ kind: "sql", text }, { format: "parquet", path: `sc:${dir}/rows` });
  });
  afterAll(async () => {
    await whole?.[Symbol.asyncDispose]();
    await inPieces?.[Symbol.asyncDispose]();
    await local?.[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  });

  async function read(engine: SparkEngine, source: SparkRead, where = true) {
    const scan = await engine.cluster.open(source, "rows");
    const from: Relation = { kind: "scan", scan };
    const odd = call("ne", call("mod", col("id"), lit(3)), lit(0));
    const relation: Relation = {
      kind: "project",
      from: where ? { kind: "filter", from, where: odd } : from,
      columns: { id: col("id"), half: call("div", call("toReal", col("id")), lit(2)) },
    };
    const before = engine.counters.queries;
    const found: number[][] = [];
    for await (const { rows, columns } of engine.batches(relation)) {
      const [id, half] = columns.map(({ data }) => data);
      for (let i = 0; i < rows; i++) found.push([Number(id![i]), Number(half![i])]);
    }
    return { found, queries: engine.counters.queries - before };
  }

  test.each([
    ["files", files],
    ["a query", { kind: "sql", text: `SELECT * FROM parquet.\`${dir}/rows\`` }],
  ] as const)("rows of %s are the same in many pieces as in few", async (_, source) => {
    const [one, many] = [await read(whole, source), await read(inPieces, source)];
    expect(many.queries).toBeGreaterThan(one.queries);
    expect(many.found).toEqual(one.found);
    const ids = many.found.map(([id]) => id!);
    expect([...ids].sort((a, b) => a - b)).toEqual(
      Array.from({ length: rows }, (_, i) => i).filter((id) => id % 3 !== 0),
    );
    for (const [id, half] of many.found) expect(half).toBe(id! / 2);
  });

  test("a file here gets the rows in the order of the files there, with one header", async () => {
    const scan = await inPieces.cluster.open(files, "rows");
    const columns = { id: col("id"), word: col("word") };
    const path = join(dir, "here.csv");
    const written = await inPieces.write(
      { kind: "project", from: { kind: "scan", scan }, columns },
      { format: "csv", path },
    );
    expect(written.rows).toBe(rows);
    const lines = readFileSync(path, "utf8").trim().split("\n");
    expect(lines[0]).toBe("id,word");
    // Files of a range each, named by their numbers: their order is that of the ids.
    expect(lines.slice(1).map((line) => Number(line.split(",")[0]))).toEqual(Array.from({ length: rows }, (_, i) => i));
  });
});
