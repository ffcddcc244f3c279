import type { Type } from "../../base/schema.js";

/** The cell in the one spelling that a database reads without doubt, or undefined when it is not of the type. */
export type Convert = (cell: string) => string | undefined;

const whole = /^[+-]?\d{1,18}$/;
const long = /^[+-]?\d{19,40}$/;
const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const endless = /^[+-]?(?:inf|infinity)$/i;

export const toInt64: Convert = (cell) => {
  if (whole.test(cell)) return cell;
  if (!long.test(cell)) return undefined;
  const value = BigInt(cell.replace(/^\+/, ""));
  return value >= -(2n ** 63n) && value < 2n ** 63n ? cell : undefined;
};
export const toReal: Convert = (cell) => (number.test(cell) || endless.test(cell) ? cell : undefined);
/** `1.234,5` and `1234,5`; a point is taken for the mark of thousands only when groups of three stand behind it. */
const toRealComma: Convert = (cell) => {
  if (/^[+-]?\d{1,3}(?:\.\d{3})+,\d*$/.test(cell)) return cell.replaceAll(".", "").replace(",", ".");
  return toReal(cell.includes(".") ? "no" : cell.replace(",", "."));
};
export const toBool: Convert = (cell) => {
  const word = cell.toLowerCase();
  return word === "true" || word === "false" ? word : undefined;
};

/** Orders of a date's parts, with the format they are named by in a dialect. */
export const dateFormats = [
  "%Y-%m-%d",
  "%m/%d/%Y",
  "%d/%m/%Y",
  "%d.%m.%Y",
  "%m-%d-%Y",
  "%d-%m-%Y",
  "%Y/%m/%d",
  "%Y%m%d",
] as const;

const clock = String.raw`(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?:\s*([AaPp])\.?[Mm]\.?)?`;
const zone = String.raw`\s?(Z|UTC|[+-]\d{2}(?::?\d{2})?)?`;

/** A converter of dates in one format; ISO dates are always understood beside it. */
export function toDate(format: string): Convert {
  const match = datePattern(format);
  const pattern = new RegExp(`^${match.source}$`);
  return (cell) => {
    const found = isoDate.exec(cell);
    if (found) return day(found[1]!, found[2]!, found[3]!);
    const parts = pattern.exec(cell);
    return parts ? match.read(parts) : undefined;
  };
}
const isoDate = /^(\d{4})-(\d{1,2})-(\d{1,2})$/;

export function toTimestamp(format: string, utc: boolean): Convert {
  const match = datePattern(format);
  const pattern = new RegExp(`^${match.source}[T ]\\s*${clock}${zone}$`);
  const iso = new RegExp(`^(\\d{4})-(\\d{1,2})-(\\d{1,2})(?:[T ]${clock}${zone})?$`);
  const time = (date: string | undefined, parts: readonly (string | undefined)[]): string | undefined => {
    const [hour, minute, second = "00", fraction, half, offset] = parts;
    if (date === undefined) return undefined;
    if (hour === undefined) return utc ? undefined : `${date} 00:00:00`;
    if (utc !== (offset !== undefined)) return undefined;
    let hours = Number(hour);
    if (half !== undefined) {
      if (hours < 1 || hours > 12) return undefined;
      hours = (hours % 12) + (half.toLowerCase() === "p" ? 12 : 0);
    }
    if (hours > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
    const end = offset === undefined ? "" : offset === "Z" || offset === "UTC" ? "+00" : offset;
    return `${date} ${String(hours).padStart(2, "0")}:${minute}:${second}${fraction ? `.${fraction.slice(0, 6)}` : ""}${end}`;
  };
  return (cell) => {
    const found = iso.exec(cell);
    if (found) return time(day(found[1]!, found[2]!, found[3]!), found.slice(4));
    const parts = pattern.exec(cell);
    return parts ? time(match.read(parts), parts.slice(4)) : undefined;
  };
}

function datePattern(format: string): { source: string; read: (found: RegExpExecArray) => string | undefined } {
  const order = [...format.matchAll(/%([Ymd])/g)].map(([, letter]) => letter!);
  const source = format
    .replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
    .replace("%Y", "(\\d{4})")
    .replaceAll(/%[md]/g, format === "%Y%m%d" ? "(\\d{2})" : "(\\d{1,2})");
  const at = (letter: string): number => order.indexOf(letter) + 1;
  const [year, month, dayOf] = [at("Y"), at("m"), at("d")];
  return { source, read: (found) => day(found[year]!, found[month]!, found[dayOf]!) };
}

const lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
function day(year: string, month: string, dayOf: string): string | undefined {
  const [y, m, d] = [Number(year), Number(month), Number(dayOf)];
  const leap = (y % 4 === 0 && y % 100 !== 0) || y % 400 === 0;
  if (m < 1 || m > 12 || d < 1 || d > lengths[m - 1]! + (m === 2 && leap ? 1 : 0)) return undefined;
  return `${year}-${month.padStart(2, "0")}-${dayOf.padStart(2, "0")}`;
}

export interface Reading {
  readonly decimal: "." | ",";
  readonly dateFormat?: string;
}

/** The converter of a column's type; text takes every cell. */
export function convertTo(type: Type, reading: Reading): Convert {
  switch (type.kind) {
    case "int64":
      return toInt64;
    case "real":
      return reading.decimal === "," ? toRealComma : toReal;
    case "bool":
      return toBool;
    case "date":
      return toDate(reading.dateFormat ?? "%Y-%m-%d");
    case "timestamp":
      return toTimestamp(reading.dateFormat ?? "%Y-%m-%d", type.utc);
    default:
      return (cell) => cell;
  }
}
