import { mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { hashOf, sha256 } from "../../base/canonical.js";
import type { ParquetScan, SourceFile, TableScan } from "../../sources/scan.js";
import { quote, text } from "../../sql/duckdb/literals.js";
import { scan as scanSql } from "../../sql/duckdb/scan.js";
import { pathOf, pathsOf, storedNames } from "../../sql/duckdb/stored-names.js";
import { runOne } from "./statement.js";

/** A column is named like one that DuckDB has for itself: the number of a row can't be asked for beside it. */
export const hidesRows = (scan: ParquetScan | TableScan): boolean =>
  scan.schema.columns.some(({ name }) =>
    scan.format === "table"
      ? name.toLowerCase() === "rowid"
      : /^file_(?:row_number|index)$/i.test(pathOf(scan, name)[0]!),
  );

/** Copies such a source into the cache, a file for each of its files, with other names for those columns. */
export async function renamed(
  scan: ParquetScan | TableScan,
  cacheDir: string,
  use: (work: (connection: DuckDBConnection) => Promise<unknown>) => Promise<unknown>,
): Promise<ParquetScan> {
  const folders = new Set(("partitions" in scan && scan.partitions?.map(({ name }) => name)) || []);
  const columns = scan.schema.columns.filter(({ name }) => !folders.has(name)).map(({ name }) => name);
  const stored = storedNames(columns);
  const key = hashOf({ renamed: 1, files: scan.files.map(({ fingerprint }) => fingerprint), schema: scan.schema });
  const folder = join(cacheDir, "landed", key.slice(0, 32));
  await mkdir(folder, { recursive: true });
  const files: SourceFile[] = [];
  for (const file of scan.files.keys()) {
    const path = join(folder, `part-${String(file).padStart(6, "0")}.parquet`);
    const { from, columns: sql } = scanSql({ kind: "scan", scan, part: { file } }, []);
    const list = columns.map((name) => `${sql.get(name)!} AS ${quote(stored.get(name)!)}`).join(", ");
    if (!(await stat(path).catch(() => undefined))) {
      const temporary = `${path}.${process.pid}.tmp`;
      try {
        await use((connection) =>
          runOne(connection, `COPY (SELECT ${list} FROM ${from}) TO ${text(temporary)} (FORMAT parquet)`),
        );
        await rename(temporary, path);
      } finally {
        await rm(temporary, { force: true });
      }
    }
    const { size, mtimeMs } = await stat(path);
    files.push({ path, bytes: size, modifiedMs: Math.floor(mtimeMs), fingerprint: sha256(`${key}:${file}`) });
  }
  return {
    format: "parquet",
    files,
    schema: scan.schema,
    paths: pathsOf(stored),
    ...("partitions" in scan && scan.partitions ? { partitions: scan.partitions } : {}),
    landed: { from: scan.files.map(({ path }) => path), setAside: 0 },
  };
}
