import { access, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { SluiceError } from "../../base/errors.js";
import { me } from "../../base/owner.js";
import type { Column, Schema } from "../../base/schema.js";
import type { Probe } from "../../sources/options.js";
import { text as literalText, path as pathText, quote } from "../../sql/duckdb/literals.js";
import { type Ask, probeParquet, unreadable } from "./probe-parquet.js";
import { runOne } from "./statement.js";
import { typeOfDuckdb } from "./type-of.js";

export { typeOfDuckdb } from "./type-of.js";

const nameOf = ({ schema, name }: { readonly schema: string; readonly name: string }): string =>
  schema === "main" ? quote(name) : `${quote(schema)}.${quote(name)}`;

const newer = (file: string, cause: unknown): SluiceError =>
  new SluiceError(
    "unreadable_source",
    `${file} was written by a newer DuckDB than the one here reads. There, COPY mytable TO 'mytable.parquet', or COPY FROM DATABASE to a file that was attached with (STORAGE_VERSION 'v1.2.0')`,
    { file },
    { cause },
  );

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
          throw /version number/.test(String(error))
            ? newer(file, error)
            : unreadable(file, "a DuckDB file that no other process holds open", error);
        });
        const found = await runOne(
          connection,
          `SELECT table_schema, table_name, table_type FROM information_schema.tables WHERE table_catalog = '${alias}'`,
        );
        const rows = (await found.getRowsJS()).map(([schema, name, type]) => ({
          schema: String(schema),
          name: String(name),
          asked: schema === "main" ? String(name) : `${String(schema)}.${String(name)}`,
          isView: type === "VIEW",
        }));
        const asked = rows.find((one) => one.asked === table);
        if (!asked)
          throw new SluiceError(
            "unreadable_source",
            `${file} has no table "${table}"; there ${rows.length === 1 ? "is" : "are"} ${rows.map((one) => one.asked).join(", ") || "none"}`,
            { file, table, available: rows.map((one) => one.asked) },
          );
        // Its rows have no order of their own, and may come from anywhere.
        if (asked.isView)
          throw new SluiceError(
            "unreadable_source",
            `"${table}" of ${file} is a view, whose rows have no fixed order and may change unseen; CREATE TABLE ${quote(`${asked.name}_rows`)} AS FROM ${nameOf(asked)} would keep them`,
            { file, table },
          );
        const description = await runOne(
          connection,
          `DESCRIBE SELECT * FROM ${alias}.${quote(asked.schema)}.${quote(asked.name)}`,
        );
        const described = await description.getRowObjectsJS();
        return {
          ...(asked.schema === "main" ? {} : { within: asked.schema, table: asked.name }),
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

/** The columns that a query gives. */
export async function schemaOfQuery(connection: DuckDBConnection, sql: string): Promise<Schema> {
  const rows = await (await runOne(connection, `DESCRIBE ${sql}`)).getRowObjectsJS();
  return {
    columns: rows.map((row) => ({ name: String(row["column_name"]), type: typeOfDuckdb(String(row["column_type"])) })),
  };
}
