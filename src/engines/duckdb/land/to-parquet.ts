import type { DuckDBConnection } from "@duckdb/node-api";
import type { Column } from "../../../base/schema.js";
import type { CsvDialect } from "../../../sources/scan.js";
import { path, quote, text } from "../../../sql/duckdb/literals.js";
import { storedType } from "../../../sql/duckdb/scan.js";
import { storedNames } from "../../../sql/duckdb/stored-names.js";
import { runOne } from "../statement.js";

/** A slice of CSV text on disk without a header, with what was found out about it while it was written. */
export interface Slice {
  readonly path: string;
  readonly records: number;
  readonly longest: number;
  readonly quotedNewlines: boolean;
  /** Lines end with a line feed alone; else the database finds out. */
  readonly lineFeeds: boolean;
  readonly form: Pick<CsvDialect, "delimiter" | "quote" | "escape"> & { readonly missing: readonly string[] };
  /** The cells of a record, in the order of the file. */
  readonly columns: readonly Column[];
}

export const canonicalForm: Slice["form"] = {
  delimiter: ",",
  quote: '"',
  escape: '"',
  missing: [],
};

/** Reads a slice as Parquet, with the columns in the schema's order and the folder's values beside them. Gives the rows written. */
export async function sliceToParquet(
  connection: DuckDBConnection,
  slice: Slice,
  schema: readonly Column[],
  folder: ReadonlyMap<string, string | null>,
  target: string,
): Promise<number> {
  const read = slice.columns.map(
    (column, i) => `'c${i}': ${text(column.type.kind === "list" ? "VARCHAR" : storedType(column.type))}`,
  );
  const stored = storedNames(schema.map(({ name }) => name));
  const select = schema.map(({ name, type }) => {
    const value = folder.get(name);
    const i = slice.columns.findIndex((column) => column.name === name);
    const from = value === undefined ? `c${i}` : value === null ? "NULL" : text(value);
    if (value === undefined && i < 0) return `NULL::${storedType(type)} AS ${quote(stored.get(name)!)}`;
    return `${value === undefined && type.kind !== "list" ? from : `${from}::${storedType(type)}`} AS ${quote(stored.get(name)!)}`;
  });
  const lineBytes = Math.max(slice.longest + 1024, 64 * 1024);
  const options = [
    "auto_detect = false",
    "header = false",
    "strict_mode = true",
    "null_padding = false",
    `delim = ${text(slice.form.delimiter)}`,
    `quote = ${text(slice.form.quote)}`,
    `escape = ${text(slice.form.escape)}`,
    `nullstr = [${["", ...slice.form.missing].map(text).join(", ")}]`,
    `max_line_size = ${lineBytes}`,
    `buffer_size = ${Math.max(4 * 1024 * 1024, 2 * lineBytes)}`,
    ...(slice.lineFeeds ? ["new_line = '\\n'"] : []),
    ...(slice.quotedNewlines ? ["parallel = false"] : []),
    `columns = {${read.join(", ")}}`,
  ];
  const result = await runOne(
    connection,
    `COPY (SELECT ${select.join(", ")} FROM read_csv(${path(slice.path)}, ${options.join(", ")})) TO ${text(target)} (FORMAT parquet, COMPRESSION snappy)`,
  );
  return Number((await result.getRowsJS())[0]?.[0] ?? result.rowsChanged);
}
