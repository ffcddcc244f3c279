import { isNumeric } from "../../base/schema.js";
import type { Term } from "../dialect.js";
import { double, text } from "./literals.js";
import { asLong, asReal, blanks, isReal, isWhole, kindOf, nothing, once } from "./terms.js";
import { timeText } from "./times.js";

// Java also reads 1d, 0x1p3 and NaN; regexp_extract gives '' where there is no match, and that is no number.
const realText = `(?i)^${blanks}(?:[+-](?=nan))?([+-]?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:e[+-]?[0-9]+)?|[+-]?inf(?:inity)?|nan)${blanks}\\z`;
const wholeText = `^${blanks}([+-]?[0-9]+)${blanks}\\z`;

export function toReal(a: Term): string {
  switch (kindOf(a)) {
    case "text":
      return `try_cast(regexp_extract(${a.sql}, ${text(realText)}, 1) AS DOUBLE)`;
    case undefined:
      return `try_cast(${a.sql} AS DOUBLE)`;
    case "bool":
    case "int64":
    case "real":
    case "decimal":
      return asReal(a);
    default:
      return nothing("DOUBLE");
  }
}

export function toInt(a: Term): string {
  switch (kindOf(a)) {
    case "text":
      return `try_cast(regexp_extract(${a.sql}, ${text(wholeText)}, 1) AS BIGINT)`;
    case "int64":
    case "bool":
      return asLong(a);
    case "real":
    case "decimal": // Spark takes 2^63 for the largest integer.
      return `try_cast(nullif(${asReal(a)}, ${double(2 ** 63)}) AS BIGINT)`;
    case undefined:
      return `try_cast(${a.sql} AS BIGINT)`;
    default:
      return nothing("BIGINT");
  }
}

export function toText(a: Term): string {
  switch (kindOf(a)) {
    case "text":
      return a.sql;
    case "date":
    case "timestamp":
      return timeText(a);
    default:
      return isReal(a.type) ? once(asReal(a), realAsText) : `CAST(${a.sql} AS STRING)`;
  }
}

/**
 * The fewest digits that read back. Java 17 writes 2e23 as 1.9999999999999998E23: where 15 or 16 digits, rounded from those, read back
 * too, they are the fewest; below the smallest normal number every count of digits is tried.
 */
function realAsText(x: string): string {
  const digits = (count: string): string => `format_string(${count}, ${x})`;
  const some = (count: number): string => digits(text(`%.${count - 1}e`));
  const reads = (of: string): string => `CAST(${of} AS DOUBLE) = ${x}`;
  const shortest = `CASE WHEN abs(${x}) < 1e-300D THEN filter(transform(sequence(0, 16), n -> ${digits("concat('%.', n, 'e')")}), d -> ${reads("d")})[0] WHEN ${reads(some(15))} THEN ${some(15)} WHEN ${reads(some(16))} THEN ${some(16)} ELSE ${some(17)} END`;
  return (
    `CASE WHEN ${x} IS NULL THEN NULL WHEN ${x} = ${double(Number.NaN)} THEN 'nan' WHEN ${x} = ${double(Infinity)} THEN 'inf' WHEN ${x} = ${double(-Infinity)} THEN '-inf' ` +
    `WHEN abs(${x}) < 1e16D AND rint(${x}) = ${x} THEN CAST(CAST(${x} AS BIGINT) AS STRING) ` +
    `WHEN abs(${x}) < 1e16D AND abs(${x}) >= 1e-4D THEN rtrim('0', CAST(CAST(${shortest} AS DECIMAL(38, 21)) AS STRING)) ` +
    `ELSE regexp_replace(${shortest}, '\\\\.?0*e', 'e') END`
  );
}

const words = ["true", "t", "yes", "y", "1", "false", "f", "no", "n", "0"];
const truths = `map(${words.map((word, i) => `'${word}', ${i < 5}`).join(", ")})`;

export function toBool(a: Term): string {
  switch (kindOf(a)) {
    case "text":
      return `try_element_at(${truths}, lower(trim(BOTH ' \\t\\n\\u000b\\u000c\\r' FROM ${a.sql})))`;
    case "bool":
      return a.sql;
    case undefined:
      return `try_cast(${a.sql} AS BOOLEAN)`;
    default:
      if (!a.type || !isNumeric(a.type)) return nothing("BOOLEAN");
      return isWhole(a.type) ? `(${asLong(a)} <> 0L)` : `(${asReal(a)} <> 0D)`;
  }
}

/** Beyond the middle between the largest FLOAT and 2^128 a finite number has none near it; Spark would make it infinite. */
export function toFloat32(a: Term): string {
  const x = asReal(a);
  if (!isReal(a.type)) return `CAST(${x} AS FLOAT)`;
  return `CASE WHEN abs(${x}) BETWEEN ${double(2 ** 128 - 2 ** 103)} AND ${double(Number.MAX_VALUE)} THEN NULL ELSE CAST(${x} AS FLOAT) END`;
}
