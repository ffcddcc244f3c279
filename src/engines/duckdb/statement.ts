import type { DuckDBConnection, DuckDBMaterializedResult, DuckDBResult } from "@duckdb/node-api";

// The connection's own run and stream take any number of statements, one behind the other. Ours prepare the text as one, which
// DuckDB refuses where it is several: whatever text came into a query, nothing runs behind what we wrote.

/** Runs one statement. */
export async function runOne(connection: DuckDBConnection, sql: string): Promise<DuckDBMaterializedResult> {
  const prepared = await connection.prepare(sql);
  try {
    return await prepared.run();
  } finally {
    prepared.destroySync();
  }
}

/** Runs one statement whose rows are fetched chunk by chunk. */
export async function streamOne(connection: DuckDBConnection, sql: string): Promise<DuckDBResult> {
  const prepared = await connection.prepare(sql);
  try {
    return await prepared.stream();
  } finally {
    prepared.destroySync();
  }
}
