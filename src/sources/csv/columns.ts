import { bool, date, int64, real, type Type, text } from "../../base/schema.js";
import { type MixedColumn, mixedColumns } from "./mixed.js";
import { convertTo, dateFormats, toBool, toDate, toInt64, toReal, toTimestamp } from "./values.js";

/** Spellings of "missing" that are understood everywhere; `?` and `-` only where they are seen to stand for it. */
export const knownMissing = [
  "NA",
  "N/A",
  "n/a",
  "#N/A",
  "<NA>",
  "null",
  "NULL",
  "Null",
  "None",
  "nan",
  "NaN",
  "\\N",
] as const;
const doubtful = ["?", "-", "--", ".", "*", "missing", "unknown", "(null)", "#VALUE!", "#DIV/0!"] as const;

/** Names of columns: blanks around them are cut, an empty one is `column3`, one that is taken gets a number. */
export function columnNames(cells: readonly string[]): string[] {
  const taken = new Set<string>();
  return cells.map((cell, i) => {
    const base = cell.replaceAll("\0", "").trim() || `column${i}`;
    let name = base;
    for (let n = 1; taken.has(name); n++) name = `${base}_${n}`;
    taken.add(name);
    return name;
  });
}

/** The first record names the columns: nothing in it is a number or recurs below, and its cells differ. */
export function hasHeader(records: readonly (readonly string[])[]): boolean {
  const [first, ...rest] = records;
  if (!first) return false;
  const names = first.map((cell) => cell.trim());
  const said = names.filter((name) => name !== "");
  if (said.length === 0) return false;
  if (
    names.some(
      (name) =>
        name !== "" && (toReal(name) !== undefined || toDate("%d/%m/%Y")(name) !== undefined || isMissing(name)),
    )
  )
    return false;
  if (typedBelow(names, rest)) return true;
  if (new Set(said).size < said.length || said.some((name) => name.length > 100)) return false;
  if (rest.length === 0) return true;
  return (
    said.length > names.length / 2 &&
    names.every((name, i) => name === "" || !rest.some((record) => record[i]?.trim() === name))
  );
}

const typedBelow = (names: readonly string[], rest: readonly (readonly string[])[]): boolean =>
  names.some((name, i) => {
    const cells = rest.map((record) => record[i]?.trim() ?? "").filter((cell) => cell !== "" && !isMissing(cell));
    return (
      name !== "" &&
      cells.length > 0 &&
      cells.filter((cell) => toReal(cell) !== undefined || /^\d+[.,:/-]/.test(cell)).length >= 0.9 * cells.length
    );
  });

const isMissing = (cell: string): boolean => (knownMissing as readonly string[]).includes(cell) || cell === "?";

export interface Found {
  readonly types: readonly Type[];
  readonly missing: readonly string[];
  readonly seenMissing: readonly string[];
  readonly mixed: readonly MixedColumn[];
  readonly decimal: "." | ",";
  readonly dateFormat?: string;
  readonly assumed: readonly string[];
}

/** Types, spellings of missing, decimal mark and date order of columns, from sampled cells. */
export function findTypes(
  names: readonly string[],
  records: readonly (readonly string[])[],
  given: {
    readonly decimal?: "." | ",";
    readonly missing?: readonly string[];
    readonly dateFormat?: string;
    readonly delimiter: string;
  },
): Found {
  const assumed: string[] = [];
  const columns = names.map((_, i) => records.map((record) => (record[i] ?? "").trim()).filter((cell) => cell !== ""));
  const seen = new Set<string>();
  const missing = given.missing ?? [
    ...knownMissing,
    ...doubtful.filter((spelling) => standsForMissing(spelling, columns)),
  ];
  const missingSet = new Set(missing);
  const present = columns.map((cells) =>
    cells.filter((cell) => {
      const gone = missingSet.has(cell);
      if (gone) seen.add(cell);
      return !gone;
    }),
  );
  if (!given.missing && seen.size > 0)
    assumed.push(
      `${[...seen].map((s) => `"${s}"`).join(", ")} ${seen.size === 1 ? "is" : "are"} read as missing, like an empty cell (--missing says otherwise)`,
    );

  const commas = present.filter(
    (cells) =>
      cells.length > 0 &&
      cells.every((cell) => /^[+-]?\d+(?:,\d+)?$/.test(cell)) &&
      cells.some((cell) => cell.includes(",")),
  ).length;
  const points = present.filter(
    (cells) =>
      cells.length > 0 && cells.every((cell) => toReal(cell) !== undefined) && cells.some((cell) => cell.includes(".")),
  ).length;
  const decimal = given.decimal ?? (commas > points ? "," : ".");
  if (decimal === "," && !given.decimal) assumed.push('numbers are written with a decimal comma ("2,6" is 2.6)');

  const dateFormat = given.dateFormat ?? findDateFormat(present);
  if (dateFormat && !given.dateFormat) assumed.push(dateSentence(dateFormat, present));
  const zeros: string[] = [];
  const types = present.map((cells, i) => {
    const type = typeOf(cells, decimal, dateFormat);
    if (type.kind === "int64" && cells.some((cell) => /^[+-]?0\d/.test(cell))) {
      zeros.push(names[i]!);
      return text;
    }
    return type;
  });
  if (zeros.length > 0)
    assumed.push(
      `${zeros
        .slice(0, 5)
        .map((name) => `"${name}"`)
        .join(", ")}: numbers with leading zeros are codes, kept as text (--type NAME=int64 says otherwise)`,
    );
  const mixed = mixedColumns(
    names,
    types.map((type, i) => (zeros.includes(names[i]!) ? int64 : type)),
    present,
  );
  return { types, missing, seenMissing: [...seen], mixed, decimal, ...(dateFormat ? { dateFormat } : {}), assumed };
}

function typeOf(cells: readonly string[], decimal: "." | ",", dateFormat: string | undefined): Type {
  if (cells.length === 0) return text;
  const all = (convert: (cell: string) => string | undefined): boolean =>
    cells.every((cell) => convert(cell) !== undefined);
  if (all(toBool)) return bool;
  if (dateFormat === "%Y%m%d" && all(toDate(dateFormat))) return date;
  if (all(toInt64)) return int64;
  if (!cells.some((cell) => /^[+-]?\d{19,}$/.test(cell)) && all(convertTo(real, { decimal }))) return real;
  const format = dateFormat ?? "%Y-%m-%d";
  if (all(toDate(format))) return date;
  for (const utc of [false, true]) if (all(toTimestamp(format, utc))) return { kind: "timestamp", utc };
  return text;
}

/** A doubtful spelling stands for missing when it makes a column typed that is text with it, or is a UCI question mark. */
function standsForMissing(spelling: string, columns: readonly (readonly string[])[]): boolean {
  return columns.some((cells) => {
    const others = cells.filter((cell) => cell !== spelling && !(knownMissing as readonly string[]).includes(cell));
    const count = cells.length - others.length;
    if (!cells.includes(spelling) || others.length === 0) return false;
    if (spelling === "?" && count < cells.length / 2) return true;
    return typeOf(others, others.some((cell) => /^\d+,\d+$/.test(cell)) ? "," : ".", undefined).kind !== "text";
  });
}

/** The one order of day, month and year that all columns of dates agree with; ISO needs none. */
function findDateFormat(columns: readonly (readonly string[])[]): string | undefined {
  const dated = columns.filter(
    (cells) => cells.length > 0 && cells.every((cell) => /^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ].*)?$/.test(cell)),
  );
  const formats = dateFormats.filter((format) => format !== "%Y-%m-%d" && format !== "%Y%m%d");
  let best: string | undefined;
  let most = 0;
  for (const format of formats) {
    const converts = [toDate(format), toTimestamp(format, false), toTimestamp(format, true)];
    const fits = dated.filter(
      (cells) =>
        cells.some((cell) => !/^\d{4}-/.test(cell)) &&
        converts.some((convert) => cells.every((cell) => convert(cell) !== undefined)),
    ).length;
    if (fits > most) [best, most] = [format, fits];
  }
  return best;
}

function dateSentence(format: string, columns: readonly (readonly string[])[]): string {
  const words = format.replace("%Y", "year").replace("%m", "month").replace("%d", "day");
  const swapped = format.startsWith("%m")
    ? format.replace("%m", "%x").replace("%d", "%m").replace("%x", "%d")
    : undefined;
  const either =
    swapped &&
    columns.some(
      (cells) =>
        cells.length > 0 &&
        cells.every((cell) => toDate(format)(cell) !== undefined && toDate(swapped)(cell) !== undefined),
    );
  return `dates are read as ${words}${either ? "; the days seen are all below 13, so it could be day first too (--date-format %d/%m/%Y)" : ""}`;
}
