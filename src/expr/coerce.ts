import { SluiceError } from "../base/errors.js";
import type { Column, Row, Schema, Type, Value } from "../base/schema.js";
import { typeName } from "../base/schema.js";
import { int64Of } from "./evaluate/numbers.js";
import { parseTimestamp } from "./time.js";

type Given = Readonly<Record<string, unknown>>;

/** A plain object (a request's JSON, a record of the caller) as a row of the schema; a value that does not fit is refused by column. */
export function coerceRow(schema: Schema, given: Given): Row {
  const row: Record<string, Value> = {};
  for (const column of schema.columns) {
    const value = given[column.name];
    row[column.name] = value === null || value === undefined ? null : coerce(column, value);
  }
  return row;
}

function coerce({ name, type }: Column, value: unknown): Value {
  const found = typedValue(type, value);
  if (found !== undefined) return found;
  throw refusedValue({ name, type }, value);
}

/** A value of a row that is none of its column's. */
export function refusedValue({ name, type }: Column, value: unknown): SluiceError {
  const shown = typeof value === "bigint" ? String(value) : JSON.stringify(value);
  const quoted =
    typeof value === "string" && type.kind !== "text" && type.kind !== "date" && type.kind !== "timestamp"
      ? "; write it without quotes"
      : "";
  return new SluiceError("wrong_type", `column "${name}" is ${shown} here; it must be ${right(type)}${quoted}`, {
    column: name,
    value: shown,
    type: typeName(type),
  });
}

/** The value where it is one of this type already, undefined where it is not. */
export function typedValue(type: Type, value: unknown): Value | undefined {
  switch (type.kind) {
    case "bool":
      return typeof value === "boolean" ? value : undefined;
    case "int64":
      if (typeof value === "number")
        return Number.isInteger(value)
          ? Number.isSafeInteger(value)
            ? value
            : (int64Of(BigInt(value)) ?? undefined)
          : undefined;
      // Whole numbers past 2^53 are strings in JSON.
      if (typeof value === "string" && /^-?\d{16,19}$/.test(value)) return int64Of(BigInt(value)) ?? undefined;
      return typeof value === "bigint" ? (int64Of(value) ?? undefined) : undefined;
    case "real":
    case "decimal":
      return typeof value === "number" ? value : typeof value === "bigint" ? Number(value) : undefined;
    case "text":
      return typeof value === "string" ? value : undefined;
    case "bytes":
      return value instanceof Uint8Array ? value : undefined;
    case "date":
    case "timestamp":
      return typedTime(type.kind, value);
    case "list":
    case "vector": {
      if (!Array.isArray(value) && !ArrayBuffer.isView(value)) return undefined;
      const items = Array.from(value as Iterable<unknown>);
      return items.every((item) => typeof item === "number" || typeof item === "string" || item === null)
        ? (items as Value[])
        : undefined;
    }
    default:
      return undefined;
  }
}

function typedTime(kind: "date" | "timestamp", value: unknown): Value | undefined {
  if (value instanceof Date && !Number.isNaN(value.getTime()))
    return kind === "date"
      ? { days: Math.floor(value.getTime() / 86_400_000) }
      : { micros: BigInt(value.getTime()) * 1000n };
  if (typeof value === "string") {
    const found = parseTimestamp(value);
    return found && (kind === "date" ? { days: found.days } : { micros: found.micros });
  }
  return typeof value === "object" && value !== null && (kind === "date" ? "days" : "micros") in value
    ? (value as Value)
    : undefined;
}

function right(type: Type): string {
  switch (type.kind) {
    case "bool":
      return "true or false";
    case "int64":
      return "a whole number";
    case "real":
    case "decimal":
      return "a number";
    case "text":
      return "text in quotes";
    case "date":
      return 'a date like "2024-03-31"';
    case "timestamp":
      return 'a time like "2024-03-31T17:45:00"';
    default:
      return `of type ${typeName(type)}`;
  }
}
