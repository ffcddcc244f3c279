import { access, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { SluiceError } from "../../base/errors.js";
import { me } from "../../base/owner.js";
import { bool, type Column, date, int64, real, type Schema, type Type, text } from "../../base/schema.js";
import type { Probe } from "../../sources/options.js";
import { text as literalText, path as pathText, quote } from "../../sql/duckdb/literals.js";
import { probeParquet } from "./probe-parquet.js";
import { runOne } from "./statement.js";

export const fileList = (files: readonly string[]): string => `[${files.map(pathText).join(", ")}]`;

export type Ask = (sql: string) => Promise<readonly (readonly unknown[])[]>;

/** What DuckDB finds out about files and tables, for `openSource`. */
export function duckdbProbe(connect: () => Promise<DuckDBConnection>): Probe {
  const ask: Ask = async (sql) => {
    const connection = await connect();
    try {
      return await (await runOne(connection, sql)).getRowsJS();
    } finally {
      connection.closeSync();
    }
  };
  return {
    parquetSchema: (files) => probeParquet(files, ask),
    async tableSchema(file, table) {
      const connection = await connect();
      const alias = "probed_table";
      try {
        await runOne(connection, `ATTACH ${literalText(file)} AS ${alias} (READ_ONLY)`).catch((error: unknown) => {
          throw unreadable(file, "a DuckDB file that no other process holds open", error);
        });
        const found = await runOne(
          connection,
          `SELECT table_name, table_type FROM information_schema.tables WHERE table_catalog = '${alias}'`,
        );
        const rows = await found.getRowsJS();
        const names = rows.map(([name]) => String(name));
        if (!names.includes(table))
          throw new SluiceError(
            "unreadable_source",
            `${file} has no table "${table}"; there ${names.length === 1 ? "is" : "are"} ${names.join(", ") || "none"}`,
            { file, table, available: names },
          );
        // Its rows have no order of their own, and may come from anywhere.
        if (rows.some(([name, type]) => name === table && type === "VIEW"))
          throw new SluiceError(
            "unreadable_source",
            `"${table}" of ${file} is a view, whose rows have no fixed order and may change unseen; CREATE TABLE ${quote(`${table}_rows`)} AS FROM ${quote(table)} would keep them`,
            { file, table },
          );
        const description = await runOne(connection, `DESCRIBE SELECT * FROM ${alias}.${quote(table)}`);
        const described = await description.getRowObjectsJS();
        return {
          columns: described.map(
            (row): Column => ({ name: String(row["column_name"]), type: typeOfDuckdb(String(row["column_type"])) }),
          ),
        };
      } finally {
        await runOne(connection, `DETACH ${alias}`).catch(() => {});
        connection.closeSync();
      }
    },
    async unpackZstd(file, cacheDir, fingerprint) {
      const folder = join(cacheDir, "unpacked");
      const path = join(folder, `${fingerprint.slice(0, 32)}.txt`);
      if (
        await access(path).then(
          () => true,
          () => false,
        )
      )
        return path;
      await mkdir(folder, { recursive: true });
      const temporary = `${path}.${me}.tmp`;
      try {
        // Lines as they are: a delimiter and quote that text does not have.
        await ask(
          `COPY (SELECT * FROM read_csv(${pathText(file)}, compression = 'zstd', auto_detect = false, header = false, delim = '\x1f', quote = '', escape = '', columns = {'line': 'VARCHAR'}, nullstr = '\x1e', max_line_size = 16000000, buffer_size = 32000000, parallel = false)) TO ${literalText(temporary)} (FORMAT csv, HEADER false, DELIMITER '\x1f', QUOTE '', ESCAPE '', NULLSTR '')`,
        );
        await rename(temporary, path);
      } catch (error) {
        throw unreadable(file, "a whole zstd file of UTF-8 text", error);
      } finally {
        await rm(temporary, { force: true });
      }
      return path;
    },
  };
}

export function unreadable(file: string, right: string, error: unknown): SluiceError {
  const [said = ""] = (error as Error).message.split("\n");
  return new SluiceError(
    "unreadable_source",
    `${file} is not ${right}: ${said.slice(0, 300)}`,
    { file },
    { cause: error },
  );
}

const simple: Readonly<{ [name: string]: Type }> = {
  BOOLEAN: bool,
  TINYINT: int64,
  SMALLINT: int64,
  INTEGER: int64,
  BIGINT: int64,
  UTINYINT: int64,
  USMALLINT: int64,
  UINTEGER: int64,
  FLOAT: real,
  DOUBLE: real,
  VARCHAR: text,
  UUID: text,
  DATE: date,
  BLOB: { kind: "bytes" },
  UBIGINT: { kind: "decimal", precision: 20, scale: 0 },
  HUGEINT: { kind: "decimal", precision: 38, scale: 0 },
  TIMESTAMP: { kind: "timestamp", utc: false },
  TIMESTAMP_S: { kind: "timestamp", utc: false },
  TIMESTAMP_MS: { kind: "timestamp", utc: false },
  TIMESTAMP_NS: { kind: "timestamp", utc: false },
  "TIMESTAMP WITH TIME ZONE": { kind: "timestamp", utc: true },
};

/** DuckDB's name of a type as ours: `DECIMAL(10,2)`, `DOUBLE[]`, `FLOAT[128]`, `STRUCT(a INTEGER, "b c" VARCHAR)`. */
export function typeOfDuckdb(name: string): Type {
  const plain = simple[name];
  if (plain) return plain;
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(name);
  if (decimal) return { kind: "decimal", precision: Number(decimal[1]), scale: Number(decimal[2]) };
  const array = /^(.*)\[(\d*)\]$/s.exec(name);
  if (array) {
    const of = typeOfDuckdb(array[1]!);
    if (array[2] !== "" && (of.kind === "real" || of.kind === "int64"))
      return { kind: "vector", length: Number(array[2]) };
    return array[2] === "" && of.kind !== "other" ? { kind: "list", of } : { kind: "other", name };
  }
  if (name.startsWith("STRUCT(") && name.endsWith(")")) {
    const fields = fieldsOf(name.slice(7, -1));
    if (fields) return { kind: "struct", fields };
  }
  return name.startsWith("ENUM(") ? text : { kind: "other", name };
}

function fieldsOf(inside: string): Column[] | undefined {
  const parts: string[] = [];
  let [depth, from, inName] = [0, 0, false];
  for (let i = 0; i < inside.length; i++) {
    const c = inside[i];
    if (c === '"') inName = !inName;
    else if (inName) continue;
    else if (c === "(") depth++;
    else if (c === ")") depth--;
    else if (c === "," && depth === 0) {
      parts.push(inside.slice(from, i));
      from = i + 1;
    }
  }
  parts.push(inside.slice(from));
  const fields: Column[] = [];
  for (const part of parts) {
    const [, quotedName, plainName, type] = /^\s*(?:"((?:[^"]|"")*)"|(\S+))\s+([\s\S]+)$/.exec(part) ?? [];
    if (type === undefined) return undefined;
    fields.push({ name: quotedName?.replaceAll('""', '"') ?? plainName!, type: typeOfDuckdb(type) });
  }
  return fields;
}

/** The columns that a query gives. */
export async function schemaOfQuery(connection: DuckDBConnection, sql: string): Promise<Schema> {
  const rows = await (await runOne(connection, `DESCRIBE ${sql}`)).getRowObjectsJS();
  return {
    columns: rows.map((row) => ({ name: String(row["column_name"]), type: typeOfDuckdb(String(row["column_type"])) })),
  };
}
