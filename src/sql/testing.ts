import {
  DuckDBDateValue,
  DuckDBInstance,
  DuckDBListValue,
  DuckDBTimestampValue,
  type DuckDBValue,
} from "@duckdb/node-api";
import type { Value } from "../base/schema.js";

/** A DuckDB in memory for tests: its first row, or all of them, as our values. */
export async function testDatabase() {
  const instance = await DuckDBInstance.create(":memory:", { threads: "2" });
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  return {
    run: async (sql: string): Promise<void> => void (await connection.run(sql)),
    rows: async (sql: string): Promise<Value[][]> =>
      (await connection.runAndReadAll(sql)).getRows().map((row) => row.map(ourValue)),
    types: async (sql: string): Promise<string[]> => (await connection.runAndReadAll(sql)).columnTypes().map(String),
    [Symbol.dispose]: (): void => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

function ourValue(value: DuckDBValue): Value {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (value instanceof DuckDBDateValue) return { days: value.days };
  if (value instanceof DuckDBTimestampValue) return { micros: value.micros };
  if (value instanceof DuckDBListValue) return value.items.map(ourValue);
  if (value === null || typeof value === "boolean" || typeof value === "number" || typeof value === "string")
    return value;
  return String(value);
}
