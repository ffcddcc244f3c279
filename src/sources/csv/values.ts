import type { Reading, Type } from "../../base/schema.js";

/** The cell in the one spelling that a database reads without doubt, or undefined when it is not of the type. */
export type Convert = (cell: string) => string | undefined;

const whole = /^[+-]?\d{1,18}$/;
const long = /^[+-]?\d{19,40}$/;
const endless = /^[+-]?(?:inf|infinity)$/i;

export const toInt64: Convert = (cell) => {
  if (whole.test(cell)) return cell;
  if (!long.test(cell)) return undefined;
  const value = BigInt(cell.replace(/^\+/, ""));
  return value >= -(2n ** 63n) && value < 2n ** 63n ? cell : undefined;
};

/** Signs of numbers as people write them, plain when left out. */
export type NumberSigns = Pick<Reading, "decimal" | "thousands">;

const groupSign: Readonly<Record<NonNullable<Reading["thousands"]>, string>> = {
  ",": ",",
  ".": "\\.",
  " ": "[ \\u00a0\\u2009\\u202f]",
  "'": "['\\u2019]",
  _: "_",
};

/** A number with these signs as one with a decimal point alone: `1.234,5` as `1234.5`. */
export function toPlainNumber({ decimal = ".", thousands }: NumberSigns): Convert {
  const group = thousands && groupSign[thousands];
  const digits = group ? `(?:\\d+|[1-9]\\d{0,2}(?:${group}\\d{3})+)` : "\\d+";
  const mark = decimal === "," ? "," : "\\.";
  const number = new RegExp(`^[+-]?(?:${digits}(?:${mark}\\d*)?|${mark}\\d+)(?:[eE][+-]?\\d+)?$`);
  const groups = group && new RegExp(group, "g");
  return (cell) => {
    if (!number.test(cell)) return undefined;
    const ungrouped = groups ? cell.replace(groups, "") : cell;
    return decimal === "," ? ungrouped.replace(",", ".") : ungrouped;
  };
}

const plainNumber = toPlainNumber({});

/** A number that overflows is a code with an E in it: 0047583311500E590000. */
const finite: Convert = (cell) => (/[eE]|\d{300}/.test(cell) && !Number.isFinite(Number(cell)) ? undefined : cell);

export const toReal: Convert = (cell) => {
  const number = plainNumber(cell);
  if (number !== undefined) return finite(number);
  return endless.test(cell) ? cell : undefined;
};

/** Digits that a person would not write for a number: `00123`, `12E3`. Read as one where the type is given. */
export const isCode = (cell: string): boolean => /^[+-]?(?:0\d+|\d+[eE]\d+)$/.test(cell);

const currency = String.raw`(?:\p{Sc}|(?:EUR|USD|GBP|CHF|JPY|CNY|INR|AUD|CAD|NZD|SEK|NOK|DKK|PLN|CZK|BRL|MXN|ZAR|RUB|TRY|KRW)(?![A-Za-z]))`;
const adornment = new RegExp(
  `^(?<open>\\()?\\s*(?<sign>[+-])?\\s*(?:${currency})?\\s*(?<inner>[+-]?[\\d.,'_\\u2019\\s]*\\d[.,]?)\\s*(?:%|${currency})?\\s*(?<close>\\))?\\s*(?<after>-)?$`,
  "u",
);

/** The number in a cell that has other signs beside it, with its own: `(1.5)` as `-1.5`, `$1,000.50` as `1,000.50`. */
export function unadorned(cell: string): string | undefined {
  const found = adornment.exec(cell.replaceAll("\u2212", "-"))?.groups;
  if (!found) return undefined;
  const { open, close, sign, inner, after } = found;
  if ((open === undefined) !== (close === undefined)) return undefined;
  const signs = [sign, open && "-", after, /^[+-]/.exec(inner!)?.[0]].filter((one) => one !== undefined);
  if (signs.length > 1) return undefined;
  return `${signs[0] ?? ""}${inner!.replace(/^[+-]/, "")}`;
}

/** The ways to write numbers that are told apart by their signs, the likelier one first. */
export const numberReadings: readonly NumberSigns[] = [
  {},
  { thousands: "," },
  { decimal: "," },
  { decimal: ",", thousands: "." },
  { thousands: " " },
  { decimal: ",", thousands: " " },
  { thousands: "'" },
  { decimal: ",", thousands: "'" },
];
const anyNumber = numberReadings.map(toPlainNumber);
/** A number in any of them. */
export const isNumberLike = (cell: string): boolean => anyNumber.some((read) => read(cell) !== undefined);

const numberWith = ({ adorned, ...signs }: Reading, convert: Convert): Convert => {
  const plain = toPlainNumber(signs);
  const read: Convert = (cell) => {
    const number = plain(cell) ?? (endless.test(cell) ? cell : undefined);
    return number === undefined ? undefined : convert(number);
  };
  if (!adorned) return read;
  return (cell) => {
    const inner = unadorned(cell);
    return read(cell) ?? (inner === undefined ? undefined : read(inner));
  };
};

const toBoolOf = ({ true: yes = "true", false: no = "false" }: Reading): Convert => {
  const words = new Map([
    ["true", "true"],
    ["false", "false"],
    [yes.toLowerCase(), "true"],
    [no.toLowerCase(), "false"],
  ]);
  return (cell) => words.get(cell.toLowerCase());
};
export const toBool: Convert = toBoolOf({});

const clock = String.raw`(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?:\s*([AaPp])\.?[Mm]\.?)?`;
const zone = String.raw`\s?(Z|UTC|[+-]\d{2}(?::?\d{2})?)?`;

/** A converter of dates in one format, or in one order of their parts; ISO dates are always understood beside it. */
export function toDate(format: string): Convert {
  const match = datePattern(format);
  const pattern = new RegExp(`^${match.source}$`, "i");
  return (cell) => {
    const found = isoDate.exec(cell);
    if (found) return day(found[1]!, found[2]!, found[3]!);
    const parts = pattern.exec(cell);
    return parts ? match.read(parts) : undefined;
  };
}
const isoDate = /^(\d{4})-(\d{1,2})-(\d{1,2})$/;
const isoTimestamp = new RegExp(`^(\\d{4})-(\\d{1,2})-(\\d{1,2})(?:[T ]${clock}${zone})?$`, "i");

export function toTimestamp(format: string, utc: boolean): Convert {
  const match = datePattern(format);
  const pattern = new RegExp(`^${match.source}(?:[T ]\\s*${clock}${zone})?$`, "i");
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
    const end = offset === undefined ? "" : offsetOf(offset);
    if (end === undefined) return undefined;
    return `${date} ${String(hours).padStart(2, "0")}:${minute}:${second}${fraction ? `.${fraction.slice(0, 6)}` : ""}${end}`;
  };
  return (cell) => {
    const found = isoTimestamp.exec(cell);
    if (found) return time(day(found[1]!, found[2]!, found[3]!), found.slice(4));
    const parts = pattern.exec(cell);
    return parts ? time(match.read(parts), parts.slice(4)) : undefined;
  };
}

/** An offset from UTC as databases agree on it: `+05:30`, or `+05` as it stands. */
function offsetOf(offset: string): string | undefined {
  if (/^[zu]/i.test(offset)) return "+00";
  const [hours, minutes] = [offset.slice(0, 3), offset.slice(3).replace(":", "")];
  if (Math.abs(Number(hours)) > 15 || Number(minutes) > 59) return undefined;
  return minutes === "" ? hours : `${hours}:${minutes}`;
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const orders: Readonly<Record<string, string>> = { dmy: "%d~%m~%Y", mdy: "%m~%d~%Y", ymd: "%Y~%m~%d" };
const directives: Readonly<Record<string, string>> = {
  Y: "(\\d{4})",
  y: "(\\d{2})",
  m: "(\\d{1,2})",
  d: "(\\d{1,2})",
  b: "([a-z]{3})",
  B: "([a-z]{3,9})",
};

/** What `--date-format` may say: `dmy`, or a format of year, month and day with any time behind it. */
export const isDateFormat = (format: string): boolean => {
  const letters = [...(orders[format] ?? dateOf(format)).matchAll(/%(.)/g)].map(([, letter]) => letter!);
  return (
    letters.length === 3 &&
    letters.every((letter) => letter in directives) &&
    [/y/i, /[mb]/i, /d/].every((part) => letters.some((letter) => part.test(letter)))
  );
};

/** A format without the time of day: what stands there is found out. */
const dateOf = (format: string): string => format.replace(/[T ]?\s*%[HIMSTpfzZ].*$/, "");

/** `~` stands for one sign between the parts, `-`, `/` or `.`, the same both times. */
function datePattern(format: string): { source: string; read: (found: RegExpExecArray) => string | undefined } {
  const parts = orders[format] ?? dateOf(format);
  const letters = [...parts.matchAll(/%([YymdbB])/g)].map(([, letter]) => letter!);
  const compact = /^(?:%[Yymd])+$/.test(parts);
  const plain = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
  const pieces = parts.split(/(%[YymdbB])/);
  let source = pieces
    .map((piece) =>
      /^%[YymdbB]$/.test(piece)
        ? compact && piece !== "%Y"
          ? "(\\d{2})"
          : directives[piece[1]!]!
        : piece === "~"
          ? "[-/.]"
          : plain(piece),
    )
    .join("");
  if (parts.includes("~")) source = `(?!\\d+(?:-\\d+[/.]|/\\d+[-.]|\\.\\d+[-/]))${source}`;
  const at = (letter: RegExp): number => letters.findIndex((one) => letter.test(one)) + 1;
  const [year, month, dayOf] = [at(/y/i), at(/[mb]/i), at(/d/)];
  return {
    source,
    read: (found) => {
      const years = found[year]!;
      const full = years.length > 2 ? years : `${Number(years) < 69 ? 20 : 19}${years}`;
      const named = months.indexOf(found[month]!.slice(0, 3).toLowerCase());
      return day(full, named < 0 ? found[month]! : String(named + 1), found[dayOf]!);
    },
  };
}

const lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
function day(year: string, month: string, dayOf: string): string | undefined {
  const [y, m, d] = [Number(year), Number(month), Number(dayOf)];
  const leap = (y % 4 === 0 && y % 100 !== 0) || y % 400 === 0;
  if (!(m >= 1 && m <= 12) || !(d >= 1) || d > lengths[m - 1]! + (m === 2 && leap ? 1 : 0)) return undefined;
  return `${year}-${month.padStart(2, "0")}-${dayOf.padStart(2, "0")}`;
}

/** The converter of a column's type, by the way its cells are spelled; text takes every cell. */
export function convertTo(type: Type, reading: Reading = {}): Convert {
  const dates = reading.dateFormat ?? reading.dateOrder ?? "%Y-%m-%d";
  switch (type.kind) {
    case "int64":
      return isPlainNumber(reading) ? toInt64 : numberWith(reading, toInt64);
    case "real":
      return isPlainNumber(reading) ? toReal : numberWith(reading, toReal);
    case "bool":
      return toBoolOf(reading);
    case "date":
      return toDate(dates);
    case "timestamp":
      return toTimestamp(dates, type.utc);
    default:
      return (cell) => cell;
  }
}

const isPlainNumber = ({ decimal = ".", thousands, adorned }: Reading): boolean =>
  decimal === "." && thousands === undefined && !adorned;

/** Whether a database reads the column's cells as they stand, but for those that are missing. */
export function isPlain(type: Type, reading: Reading = {}): boolean {
  switch (type.kind) {
    case "int64":
    case "real":
      return isPlainNumber(reading);
    case "bool":
      return reading.true === undefined && reading.false === undefined;
    case "date":
    case "timestamp":
      return reading.dateFormat === undefined && reading.dateOrder === undefined;
    default:
      return true;
  }
}
