import type { SourceOptions } from "./options.js";
import type { SourceFile, TableScan } from "./scan.js";

/** A table in a DuckDB file, `file.duckdb:table` or `file.duckdb:schema.table`. */
export async function table(file: SourceFile, name: string, options: SourceOptions): Promise<TableScan> {
  const found = await options.probe?.tableSchema(file.path, name);
  return {
    format: "table",
    files: [file],
    table: found?.table ?? name,
    ...(found?.within === undefined ? {} : { within: found.within }),
    schema: { columns: found?.columns ?? [] },
  };
}

/** `rides.duckdb:trips` as file and table; undefined for any other name. */
export function tableSpec(spec: string): { readonly file: string; readonly table: string } | undefined {
  const [, file, name] = /^(.+\.(?:duckdb|db|ddb)):([^/\\]+)$/i.exec(spec) ?? [];
  return file !== undefined && name !== undefined ? { file, table: name } : undefined;
}
