import type { Column, Type, Value } from "../../base/schema.js";
import { textOfReal } from "../../expr/evaluate/text.js";
import type { Relation } from "../../expr/relation.js";
import { printDate, printTimestamp } from "../../expr/time.js";
import { text as literal, path as pathLiteral } from "../../sql/duckdb/literals.js";

/** Cells as one line of a CSV; missing is empty. */
export const lineOf = (cells: readonly Value[]): string => cells.map(cellOf).join(",");

function cellOf(value: Value): string {
  const text = textOf(value);
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

/** Such lines, with a header, as the embedded engine reads them back. */
export function linesRelation(path: string, columns: readonly Column[]): Relation {
  const types = columns.map(({ name, type }) => `${literal(name)}: ${literal(stored(type))}`).join(", ");
  // An empty cell is missing, a quoted one is the empty text.
  const text = `SELECT * FROM read_csv(${pathLiteral(path)}, columns = {${types}}, header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false)`;
  return { kind: "sql", text };
}

function stored(type: Type): string {
  switch (type.kind) {
    case "bool":
      return "BOOLEAN";
    case "int64":
      return "BIGINT";
    case "real":
    case "decimal":
      return "DOUBLE";
    case "date":
      return "DATE";
    case "timestamp":
      return type.utc ? "TIMESTAMPTZ" : "TIMESTAMP";
    default:
      return "VARCHAR";
  }
}
