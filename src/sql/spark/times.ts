import { isTime, type OpName } from "../../expr/ops.js";
import type { Emit, Term } from "../dialect.js";
import { text } from "./literals.js";
import { blanks, kindOf, nothing, once } from "./terms.js";

const asDate = (a: Term): string => (kindOf(a) === "date" ? a.sql : `CAST(${a.sql} AS DATE)`);
const asStamp = (a: Term): string => (kindOf(a) === "timestamp" ? a.sql : `CAST(${a.sql} AS TIMESTAMP_NTZ)`);
/** The session's zone is UTC, so that an instant has the clock of the wall. */
const micros = (a: Term): string => `unix_micros(CAST(${asStamp(a)} AS TIMESTAMP))`;

const ofDay =
  (name: string): Emit =>
  (a) =>
    `CAST(${name}(${asDate(a)}) AS BIGINT)`;
const ofClock =
  (name: string): Emit =>
  (a) =>
    `CAST(${name}(${asStamp(a)}) AS BIGINT)`;

export const parts = {
  year: ofDay("year"),
  quarter: ofDay("quarter"),
  month: ofDay("month"),
  week: ofDay("weekofyear"),
  day: ofDay("day"),
  dayOfWeek: (a) => `CAST(weekday(${asDate(a)}) + 1 AS BIGINT)`,
  dayOfYear: ofDay("dayofyear"),
  hour: ofClock("hour"),
  minute: ofClock("minute"),
  second: ofClock("second"),
  epochDays: ofDay("unix_date"),
  epochSeconds: (a) => `(CAST(${micros(a)} AS DOUBLE) / 1000000D)`,
  epochMicros: micros,
} satisfies Partial<Record<OpName, Emit>>;

/** Spark writes years beyond 1 to 9999 in another way. */
export function timeText(a: Term): string {
  const isDate = kindOf(a) === "date";
  return once(a.sql, (x) => {
    const plain = `CAST(${x} AS STRING)`;
    const day = `format_string('%04d-%02d-%02d', CASE WHEN year(${x}) > 0 THEN year(${x}) ELSE 1 - year(${x}) END, month(${x}), day(${x}))`;
    const clock = isDate ? "" : `, substring(${plain}, instr(${plain}, ' '))`;
    const era = `CASE WHEN year(${x}) > 0 THEN '' ELSE ' (BC)' END`;
    return `CASE WHEN ${x} IS NULL OR year(${x}) BETWEEN 1 AND 9999 THEN ${plain} ELSE concat(${day}${clock}, ${era}) END`;
  });
}

const datePart = `^${blanks}([0-9]{1,6})(?:-([0-9]{1,2})-|/([0-9]{1,2})/)([0-9]{1,2})`;
const isoText = `${datePart}(?:[T ]((?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\\.[0-9]+)?)?)(?: ?(Z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?))?)?${blanks}\\z`;

/** Spark wants four digits at least for a year: zeros are put before it, and those too many taken off again. */
const spelled = (sql: string, parts: string): string =>
  `regexp_replace(regexp_replace(${sql}, ${text(isoText)}, '${parts}'), '^0+(?=[0-9]{4,}-)', '')`;
const matching = (sql: string, write: (x: string) => string): string =>
  once(sql, (x) => `CASE WHEN ${x} RLIKE ${text(isoText)} THEN ${write(x)} END`);

export function toDate(a: Term): string {
  if (kindOf(a) === "text") return matching(a.sql, (x) => `try_cast(${spelled(x, "000$1-$2$3-$4")} AS DATE)`);
  return a.type && !isTime(a.type) ? nothing("DATE") : `try_cast(${a.sql} AS DATE)`;
}

export function toTimestamp(a: Term): string {
  if (kindOf(a) === "text")
    return matching(a.sql, (x) => `CAST(try_cast(${spelled(x, "000$1-$2$3-$4 $5$6")} AS TIMESTAMP) AS TIMESTAMP_NTZ)`);
  return a.type && !isTime(a.type) ? nothing("TIMESTAMP_NTZ") : `try_cast(${a.sql} AS TIMESTAMP_NTZ)`;
}
