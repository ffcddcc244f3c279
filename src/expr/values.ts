import type { Value } from "../base/schema.js";
import { microsOfDays, parseTimestamp } from "./time.js";

/** Below 0, 0 or above: numbers with NaN on top, text by its UTF-8 bytes, false before true, dates and times by when they are. */
export function compareValues(a: Value, b: Value): number {
  if (typeof a === "number" && typeof b === "number") return compareNumbers(a, b);
  if (typeof a === "string") return typeof b === "string" ? compareText(a, b) : -compareValues(b, a);
  if (typeof a === "boolean" || typeof b === "boolean") return Number(a) - Number(b);
  if (typeof a === "bigint" || typeof b === "bigint") {
    if (typeof a === "bigint" && typeof b === "bigint") return a < b ? -1 : a > b ? 1 : 0;
    // A whole number beside a real one is compared as a real one, as engines do.
    return compareNumbers(Number(a), Number(b));
  }
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  const [x, y] = [microsOf(a), microsOf(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

export function compareNumbers(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a === b) return 0;
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

/** UTF-16 order differs from UTF-8's in one thing: surrogate pairs stand for what lies above U+E000 to U+FFFF. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x === y) continue;
    return x >= 0xd800 && y >= 0xd800 ? rank(x) - rank(y) : x - y;
  }
  return a.length - b.length;
}
const rank = (unit: number): number => (unit < 0xe000 ? unit + 0x10000 : unit);

/** The moment of a date, a time, or of text that spells one. */
export function microsOf(value: Value): bigint {
  if (typeof value === "object" && value !== null && "micros" in value) return (value as { micros: bigint }).micros;
  if (typeof value === "object" && value !== null && "days" in value)
    return microsOfDays((value as { days: number }).days);
  const found = typeof value === "string" ? parseTimestamp(value) : undefined;
  if (!found) throw new Error(`${String(value)} is no date`);
  return found.micros;
}

/** What a set or map finds a value by. */
export function keyOf(value: Value): string | number | bigint | boolean | null {
  if (typeof value !== "object")
    return typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : value;
  return value === null
    ? null
    : value instanceof Uint8Array
      ? `bytes:${Buffer.from(value).toString("hex")}`
      : `time:${microsOf(value)}`;
}
