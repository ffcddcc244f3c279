import type { Value } from "../../base/schema.js";
import { textOfReal } from "../../expr/evaluate/text.js";
import { printDate, printTimestamp } from "../../expr/time.js";

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
