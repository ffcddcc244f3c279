import type { DuckDBConnection } from "@duckdb/node-api";
import type { Column, Type } from "../../../base/schema.js";
import type { CsvDialect } from "../../../sources/scan.js";

/** A slice of CSV text on disk without a header, with what was found out about it while it was written. */
export interface Slice {
  readonly path: string;
  readonly records: number;
  readonly longest: number;
  readonly quotedNewlines: boolean;
  readonly form: Pick<CsvDialect, "delimiter" | "quote" | "escape" | "missing">;
  /** The cells of a record, in the order of the file. */
  readonly columns: readonly Column[];
}

export const canonicalForm: Slice["form"] = { delimiter: ",", quote: '"', escape: '"', missing: [] };

export const sqlText = (value: string): string => `'${value.replaceAll("'", "''")}'`;
export const sqlName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
/** DuckDB reads *, ? and [ in a path as a pattern. */
export const sqlPath = (path: string): string => sqlText(path.replace(/[*?[]/g, "[$&]"));

export function sqlType(type: Type): string {
  switch (type.kind) {
    case "bool":
      return "BOOLEAN";
    case "int64":
      return "BIGINT";
    case "real":
      return "DOUBLE";
    case "decimal":
      return `DECIMAL(${type.precision}, ${type.scale})`;
    case "date":
      return "DATE";
    case "timestamp":
      return type.utc ? "TIMESTAMPTZ" : "TIMESTAMP";
    case "list":
      return `${sqlType(type.of)}[]`;
    default:
      return "VARCHAR";
  }
}

/** Reads a slice as Parquet, with the columns in the schema's order and the folder's values beside them. Gives the rows written. */
export async function sliceToParquet(
  connection: DuckDBConnection,
  slice: Slice,
  schema: readonly Column[],
  folder: ReadonlyMap<string, string | null>,
  target: string,
): Promise<number> {
  const read = slice.columns.map(
    (column, i) => `'c${i}': ${sqlText(column.type.kind === "list" ? "VARCHAR" : sqlType(column.type))}`,
  );
  const select = schema.map(({ name, type }) => {
    const value = folder.get(name);
    const i = slice.columns.findIndex((column) => column.name === name);
    const from = value === undefined ? `c${i}` : value === null ? "NULL" : sqlText(value);
    return `${value === undefined && type.kind !== "list" ? from : `${from}::${sqlType(type)}`} AS ${sqlName(name)}`;
  });
  const lineBytes = Math.max(slice.longest + 1024, 64 * 1024);
  const options = [
    "auto_detect = false",
    "header = false",
    "strict_mode = true",
    "null_padding = false",
    `delim = ${sqlText(slice.form.delimiter)}`,
    `quote = ${sqlText(slice.form.quote)}`,
    `escape = ${sqlText(slice.form.escape)}`,
    `nullstr = [${["", ...slice.form.missing].map(sqlText).join(", ")}]`,
    `max_line_size = ${lineBytes}`,
    `buffer_size = ${Math.max(4 * 1024 * 1024, 2 * lineBytes)}`,
    ...(slice.quotedNewlines ? ["parallel = false"] : []),
    `columns = {${read.join(", ")}}`,
  ];
  const result = await connection.run(
    `COPY (SELECT ${select.join(", ")} FROM read_csv(${sqlPath(slice.path)}, ${options.join(", ")})) TO ${sqlText(target)} (FORMAT parquet, COMPRESSION snappy)`,
  );
  return Number((await result.getRowsJS())[0]?.[0] ?? result.rowsChanged);
}
