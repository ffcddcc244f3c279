// Days and microseconds since 1970-01-01 as calendars and clocks show them (proleptic Gregorian, year 0 is 1 BC).

const dayMicros = 86_400_000_000;

export interface Civil {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** Howard Hinnant, "chrono-compatible low-level date algorithms". */
export function civilOf(days: number): Civil {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1,
  };
}

export function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return (
    era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
  );
}

/** 1 is Monday: 1970-01-01 was a Thursday. */
export const dayOfWeek = (days: number): number => modulo(days + 3, 7) + 1;
export const dayOfYear = (days: number): number => days - daysOf(civilOf(days).year, 1, 1) + 1;

/** The ISO week: the one that has the year's first Thursday is 1. */
export function isoWeek(days: number): number {
  const thursday = days - dayOfWeek(days) + 4;
  return Math.floor((dayOfYear(thursday) - 1) / 7) + 1;
}

export function daysOfMicros(micros: bigint): number {
  const near = Number(micros);
  if (Number.isSafeInteger(near)) return Math.floor(near / dayMicros);
  const days = micros / 86_400_000_000n;
  return Number(micros < 0n && days * 86_400_000_000n !== micros ? days - 1n : days);
}
export const microsOfDays = (days: number): bigint => BigInt(days) * 86_400_000_000n;
/** Whole seconds since midnight. */
export function secondOfDay(micros: bigint): number {
  const rest = Number(micros - microsOfDays(daysOfMicros(micros)));
  return Math.floor(rest / 1e6);
}

const modulo = (a: number, b: number): number => ((a % b) + b) % b;
const two = (n: number): string => String(n).padStart(2, "0");

/** The days and microseconds that stand for "after all others" where a source knows such a thing, as DuckDB and PostgreSQL do. */
const endlessDays = 2 ** 31 - 1;
const endlessMicros = 2n ** 63n - 1n;

const printEndless = (isLate: boolean): string => (isLate ? "infinity" : "-infinity");

export function printDate(days: number): string {
  if (Math.abs(days) === endlessDays) return printEndless(days > 0);
  const { year, month, day } = civilOf(days);
  const shown = year > 0 ? year : 1 - year;
  return `${String(shown).padStart(4, "0")}-${two(month)}-${two(day)}${year > 0 ? "" : " (BC)"}`;
}

export function printTimestamp(micros: bigint): string {
  if (micros === endlessMicros || micros === -endlessMicros) return printEndless(micros > 0n);
  const days = daysOfMicros(micros);
  const [date, bc] = printDate(days).split(" ");
  const rest = Number(micros - microsOfDays(days));
  const seconds = Math.floor(rest / 1e6);
  const fraction =
    rest % 1e6 === 0
      ? ""
      : `.${String(rest % 1e6)
          .padStart(6, "0")
          .replace(/0+$/, "")}`;
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return `${date} ${clock}${fraction}${bc ? ` ${bc}` : ""}`;
}

const monthDays = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const datePattern = /^[ \t\n\v\f\r]*(\d{1,6})([-/])(\d{1,2})\2(\d{1,2})/;
const clockPattern = /^[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?(?: ?(Z|UTC|[+-]\d{2}(?::?\d{2})?))?$/;

/** "2024-03-31" with or without a time behind it; an offset is taken off. Nothing where it is no date. */
export function parseTimestamp(text: string): { days: number; micros: bigint } | undefined {
  const found = datePattern.exec(text);
  if (!found) return undefined;
  const [year, month, day] = [Number(found[1]), Number(found[3]), Number(found[4])];
  if (month < 1 || month > 12 || day < 1 || day > monthDays[month - 1]! || (month === 2 && day === 29 && !isLeap(year)))
    return undefined;
  const days = daysOf(year, month, day);
  const behind = text.slice(found[0].length).replace(/[ \t\n\v\f\r]+$/, "");
  if (behind === "") return { days, micros: microsOfDays(days) };
  const clock = clockPattern.exec(behind);
  if (!clock) return undefined;
  const [hour, minute, second] = [Number(clock[1]), Number(clock[2]), Number(clock[3] ?? 0)];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const fraction = Number((clock[4] ?? "").slice(0, 6).padEnd(6, "0"));
  const [, sign, h = "0", m = "0"] = /^([+-])(\d{2}):?(\d{2})?$/.exec(clock[5] ?? "") ?? [];
  const offset = (sign === "-" ? -1 : 1) * (Number(h) * 60 + Number(m));
  const micros =
    microsOfDays(days) + BigInt((hour * 3600 + minute * 60 + second - (sign ? offset * 60 : 0)) * 1e6 + fraction);
  return { days, micros };
}

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
