import type { Value } from "../../../base/schema.js";
import { textOfReal } from "../../../expr/evaluate/text.js";
import type { Relation } from "../../../expr/relation.js";
import { printDate, printTimestamp } from "../../../expr/time.js";
import { text as literal, path as pathLiteral, quote } from "../../../sql/duckdb/literals.js";
import type { DataType } from "../wire/spark-connect_pb.js";

/** Cells as one line of a CSV; missing is empty. */
export const lineOf = (cells: readonly Value[]): string => cells.map((cell) => cellOf(cell, textOf)).join(",");

function cellOf<V extends Value>(value: V, write: (value: V) => string): string {
  const text = write(value);
  return /[",\n\r]/.test(text) || (text === "" && value !== null) ? `"${text.replaceAll('"', '""')}"` : text;
}

function textOf(value: Value): string {
  if (value === null) return "";
  if (typeof value === "number") return textOfReal(value);
  if (typeof value !== "object") return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return `[${value.map(textOf).join(", ")}]`;
  if ("days" in value) return printDate(value.days);
  return printTimestamp((value as { micros: bigint }).micros);
}

/** A column of a cluster, which the embedded engine stores in the same type. */
export interface Stored {
  readonly name: string;
  readonly type: DataType;
}

/** Cells as one line that the embedded engine reads back in their types. */
export const typedLineOf = (cells: readonly Value[], columns: readonly Stored[]): string =>
  cells.map((cell, i) => cellOf(cell, (value) => typedText(value, columns[i]!.type))).join(",");

function typedText(value: Value, { kind }: DataType): string {
  if (value === null || !Array.isArray(value)) return textOf(value);
  switch (kind.case) {
    case "array":
      return `[${value.map((item) => nestedText(item, kind.value.elementType!)).join(", ")}]`;
    case "struct":
      return `{${kind.value.fields.map(({ name, dataType }, i) => `${quoted(name)}: ${nestedText(value[i]!, dataType!)}`).join(", ")}}`;
    default:
      return textOf(value);
  }
}

function nestedText(value: Value, type: DataType): string {
  if (value === null) return "NULL";
  if (Array.isArray(value)) return typedText(value, type);
  if (value instanceof Uint8Array) return quoted(Array.from(value, blobByte).join(""));
  const text = textOf(value);
  return typeof value === "string" || type.kind.case === "timestamp" ? quoted(text) : text;
}

const quoted = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`;
const blobByte = (byte: number): string => `\\x${byte.toString(16).padStart(2, "0")}`;

/** Such lines, with a header, as the embedded engine reads them back: its buffers are as large as the longest line asks for. */
export function linesRelation(path: string, columns: readonly Stored[], longestBytes: number): Relation {
  const line = Math.max(1 << 20, 2 * longestBytes);
  const types = columns.map(({ name, type }) => `${literal(name)}: ${literal(lineType(type))}`).join(", ");
  const values = columns.map(({ name, type }) => `${readBack(quote(name), type)} AS ${quote(name)}`).join(", ");
  // An empty cell is missing, a quoted one is the empty text.
  const text = `SELECT ${values} FROM read_csv(${pathLiteral(path)}, columns = {${types}}, header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false, max_line_size = ${line}, buffer_size = ${4 * line})`;
  return { kind: "sql", text };
}

const isText = (type: DataType): boolean => ["array", "struct", "binary"].includes(type.kind.case ?? "");
const lineType = (type: DataType): string => (isText(type) ? "VARCHAR" : storedType(type));

function readBack(column: string, type: DataType): string {
  if (type.kind.case === "binary") return `unhex(${column})`;
  return isText(type) ? `CAST(${column} AS ${storedType(type)})` : column;
}

/** The type of the embedded engine that has the values of one of Spark's; text where there is none. */
export function storedType({ kind }: DataType): string {
  switch (kind.case) {
    case "boolean":
      return "BOOLEAN";
    case "byte":
      return "TINYINT";
    case "short":
      return "SMALLINT";
    case "integer":
      return "INTEGER";
    case "long":
      return "BIGINT";
    case "float":
      return "FLOAT";
    case "double":
      return "DOUBLE";
    case "decimal":
      return `DECIMAL(${kind.value.precision ?? 10}, ${kind.value.scale ?? 0})`;
    case "binary":
      return "BLOB";
    case "date":
      return "DATE";
    case "timestamp":
      return "TIMESTAMPTZ";
    case "timestampNtz":
      return "TIMESTAMP";
    case "array":
      return `${storedType(kind.value.elementType!)}[]`;
    case "struct":
      return `STRUCT(${kind.value.fields.map(({ name, dataType }) => `${quote(name)} ${storedType(dataType!)}`).join(", ")})`;
    default:
      return "VARCHAR";
  }
}
