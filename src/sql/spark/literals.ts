import type { Value } from "../../base/schema.js";

export const quote = (name: string): string => `\`${name.replaceAll("`", "``")}\``;

/** A text of which a backslash begins an escape; a NUL is written so that digits behind it stay digits. */
export const text = (value: string): string =>
  `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\0", "\\u0000")}'`;

/** What is written without quotes is a number, or it is not written. */
export function number(value: unknown): number {
  if (typeof value !== "number") throw new Error(`${typeof value} where SQL takes a number`);
  return value;
}
function whole(value: unknown): number | bigint {
  if (typeof value !== "bigint" && !Number.isInteger(value))
    throw new Error(`${String(value)} where SQL takes a whole number`);
  return value as number | bigint;
}

/** A number with a point is DECIMAL in Spark; with a D it is DOUBLE. */
export function double(value: number): string {
  number(value);
  if (!Number.isFinite(value)) return `double('${Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity"}')`;
  return negative(`${Object.is(value, -0) ? "-0" : String(value).replace("e+", "e")}D`);
}
const negative = (digits: string): string => (digits.startsWith("-") ? `(${digits})` : digits);

/** A whole number as BIGINT. */
export const long = (value: number | bigint): string => negative(`${whole(value)}L`);

export function literal(value: Value): string {
  if (value === null) return "NULL";
  if (typeof value === "boolean") return value ? "TRUE" : "FALSE";
  if (typeof value === "number")
    return Number.isSafeInteger(value) && !Object.is(value, -0) ? long(value) : double(value);
  if (typeof value === "bigint") return long(value);
  if (typeof value === "string") return text(value);
  if (value instanceof Uint8Array) return `X'${Buffer.from(value).toString("hex")}'`;
  if (Array.isArray(value)) return `array(${(value as readonly Value[]).map(literal).join(", ")})`;
  if ("days" in value) return `date_from_unix_date(${whole(value.days)})`;
  const { micros } = value as { micros: bigint };
  if (typeof micros !== "bigint") throw new Error(`${typeof micros} where SQL takes microseconds`);
  return `CAST(timestamp_micros(${long(micros)}) AS TIMESTAMP_NTZ)`;
}
