import { DuckDBInstance } from "@duckdb/node-api";

/** Runs statements in a database of their own: tests make their Parquet and DuckDB files with it. Gives the last one's rows. */
export async function duck(...statements: readonly string[]): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements)
      rows = (await connection.runAndReadAll(statement)).getRowObjectsJson() as Record<string, unknown>[];
    return rows;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
