import type { Value } from "../../base/schema.js";
import { civilOf, daysOfMicros, printDate, printTimestamp } from "../../expr/time.js";

export const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
/** SQL's text ends at a NUL, wherever it stands. */
export const text = (value: string): string =>
  value.includes("\0") ? `(${value.split("\0").map(quoted).join(" || chr(0) || ")})` : quoted(value);
const quoted = (value: string): string => `'${value.replaceAll("'", "''")}'`;
/** DuckDB reads *, ? and [ in a path as a pattern. */
export const path = (name: string): string => text(name.replace(/[*?[]/g, "[$&]"));

/** What is written without quotes is a number, or it is not written. */
export function number(value: unknown): number {
  if (typeof value !== "number") throw new Error(`${typeof value} where SQL takes a number`);
  return value;
}
/** A count, place or seed. */
export function whole(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw new Error(`${String(value)} where SQL takes a whole number`);
  return value as number;
}
/** A number in a list that DuckDB casts as one text. */
export const plainNumber = (value: unknown): string => (Object.is(value, -0) ? "-0" : String(number(value)));

/** A number with a point is DECIMAL in DuckDB; with an exponent it is DOUBLE. */
export function double(value: number): string {
  number(value);
  if (!Number.isFinite(value)) return `'${Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf"}'::DOUBLE`;
  const digits = Object.is(value, -0) ? "-0" : String(value);
  return negative(digits.includes("e") ? digits : `${digits}e0`);
}
const negative = (digits: string): string => (digits.startsWith("-") ? `(${digits})` : digits);

export function literal(value: Value): string {
  if (value === null) return "NULL";
  if (typeof value === "boolean") return value ? "TRUE" : "FALSE";
  if (typeof value === "number")
    return Number.isSafeInteger(value) && !Object.is(value, -0) ? negative(String(value)) : double(value);
  if (typeof value === "bigint") return `CAST(${negative(String(value))} AS BIGINT)`;
  if (typeof value === "string") return text(value);
  if (value instanceof Uint8Array) return `unhex('${Buffer.from(value).toString("hex")}')`;
  if (Array.isArray(value)) return `[${(value as readonly Value[]).map(literal).join(", ")}]`;
  if ("days" in value) {
    const days = whole(value.days);
    return plainYear(days) ? `DATE '${printDate(days)}'` : `make_date(${days})`;
  }
  const { micros } = value as { micros: bigint };
  if (typeof micros !== "bigint") throw new Error(`${typeof micros} where SQL takes microseconds`);
  return plainYear(daysOfMicros(micros)) ? `TIMESTAMP '${printTimestamp(micros)}'` : `make_timestamp(${micros})`;
}

const plainYear = (days: number): boolean => {
  const { year } = civilOf(days);
  return year > 0 && year < 10_000;
};
