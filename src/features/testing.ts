import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import type { Column, Schema } from "../base/schema.js";
import { DuckDBEngine } from "../engines/duckdb.js";
import type { ScanRelation } from "../expr/relation.js";
import type { ParquetScan } from "../sources/scan.js";

/** For tests: an engine over a folder of its own, and small Parquet files made there by a query. */
export interface TestTables extends AsyncDisposable {
  readonly engine: DuckDBEngine;
  table(
    name: string,
    columns: Readonly<Record<string, Column["type"]>>,
    query: string,
  ): Promise<ScanRelation & { readonly scan: ParquetScan }>;
}

export async function testTables(threads = 2): Promise<TestTables> {
  const dir = mkdtempSync(join(tmpdir(), "sluice-features-"));
  const engine = await DuckDBEngine.open({
    memoryBytes: 256e6,
    threads,
    spillDir: join(dir, "spill"),
    cacheDir: join(dir, "cache"),
  });
  const maker = await DuckDBInstance.create(":memory:");
  const connection = await maker.connect();
  return {
    engine,
    async table(name, columns, query) {
      const path = join(dir, `${name}.parquet`);
      await connection.run(`COPY (${query}) TO '${path}' (FORMAT parquet)`);
      const schema: Schema = { columns: Object.entries(columns).map(([column, type]) => ({ name: column, type })) };
      const file = { path, bytes: statSync(path).size, modifiedMs: 0, fingerprint: "0".repeat(64) };
      return { kind: "scan", scan: { format: "parquet", files: [file], schema } };
    },
    async [Symbol.asyncDispose]() {
      connection.closeSync();
      maker.closeSync();
      await engine[Symbol.asyncDispose]();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
