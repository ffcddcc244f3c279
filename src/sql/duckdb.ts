import type { Type, Value } from "../base/schema.js";
import { mix32, seedWord } from "../base/seeds.js";
import type { Lookup } from "../expr/expr.js";
import type { Aggregate } from "../expr/relation.js";
import type { CsvDialect, Scan } from "../sources/scan.js";
import type { Dialect, Emit, Typed } from "./dialect.js";

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const string = (value: string): string => `'${value.replaceAll("'", "''")}'`;

function literal(value: Value): string {
  if (value === null) return "NULL";
  if (typeof value === "boolean") return value ? "TRUE" : "FALSE";
  if (typeof value === "bigint") return `${value}::BIGINT`;
  if (typeof value === "number") {
    if (Number.isSafeInteger(value)) return Object.is(value, -0) ? "'-0.0'::DOUBLE" : Math.abs(value) < 2 ** 31 ? (value < 0 ? `(${value})` : `${value}`) : `${value}::BIGINT`;
    return Number.isFinite(value) ? `${value < 0 ? `(${value})` : value}::DOUBLE` : `'${Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity"}'::DOUBLE`;
  }
  if (typeof value === "string") return string(value);
  if (value instanceof Uint8Array) return `'${[...value].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")}'::BLOB`;
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  const time = value as { days?: number; micros?: bigint };
  return time.days !== undefined ? `(DATE '1970-01-01' + ${time.days})` : `make_timestamp(${time.micros}::BIGINT)`;
}

const whole = (type: Type): boolean => type.kind === "int64" || type.kind === "bool";
const asNumber = (sql: string, type: Type): string => (type.kind === "bool" ? `(${sql})::BIGINT` : sql);

/** Whole numbers keep 64 bits and overflow to null (DuckDB raises); a real beside them makes a real. */
const arithmetic =
  (sign: string): Emit =>
  ([a, b], types) => {
    const [x, y] = [asNumber(a!, types[0]!), asNumber(b!, types[1]!)];
    return types.every(whole) ? `TRY((${x})::BIGINT ${sign} (${y})::BIGINT)` : `((${x})::DOUBLE ${sign} (${y})::DOUBLE)`;
  };
const infix =
  (sign: string): Emit =>
  ([a, b]) =>
    `(${a} ${sign} ${b})`;
const fn =
  (name: string): Emit =>
  (args) =>
    `${name}(${args.join(", ")})`;
const realFn =
  (name: string): Emit =>
  ([a]) =>
    `${name}((${a})::DOUBLE)`;
const guarded =
  (name: string, condition: (a: string) => string): Emit =>
  ([a]) =>
    `CASE WHEN ${condition(`(${a})::DOUBLE`)} THEN ${name}((${a})::DOUBLE) END`;
const part =
  (name: string): Emit =>
  ([a]) =>
    `date_part('${name}', ${a})::BIGINT`;
const isText = (type: Type | undefined): boolean => type?.kind === "text";

/** Text becomes a number only when all of it reads as one: no 0x1F, no underscores, which DuckDB would take. */
const numeric = (a: string): string => `CASE WHEN regexp_full_match(${a}, '\\s*[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]+)?\\s*|\\s*[+-]?([nN][aA][nN]|[iI][nN][fF]([iI][nN][iI][tT][yY])?)\\s*') THEN TRY_CAST(trim(${a}) AS DOUBLE) END`;

const calls: Dialect["calls"] = {
  add: arithmetic("+"),
  sub: arithmetic("-"),
  mul: arithmetic("*"),
  div: ([a, b], types) => `CASE WHEN ${b} <> 0 THEN (${asNumber(a!, types[0]!)})::DOUBLE / (${asNumber(b!, types[1]!)})::DOUBLE END`,
  intdiv: ([a, b], types) =>
    types.every(whole)
      ? `CASE WHEN ${b} <> 0 THEN TRY((${a})::BIGINT // (${b})::BIGINT) END`
      : `CASE WHEN ${b} <> 0 THEN TRY_CAST(trunc((${a})::DOUBLE / (${b})::DOUBLE) AS BIGINT) END`,
  mod: ([a, b], types) => (types.every(whole) ? `CASE WHEN ${b} <> 0 THEN (${a})::BIGINT % (${b})::BIGINT END` : `CASE WHEN ${b} <> 0 THEN (${a})::DOUBLE % (${b})::DOUBLE END`),
  neg: ([a], [type]) => (whole(type!) ? `TRY(-(${a})::BIGINT)` : `(-(${a})::DOUBLE)`),
  abs: ([a], [type]) => (whole(type!) ? `TRY(abs((${a})::BIGINT))` : `abs((${a})::DOUBLE)`),
  sign: ([a]) => `(CASE WHEN isnan((${a})::DOUBLE) THEN 0 ELSE sign((${a})::DOUBLE) END)::BIGINT`,
  floor: realFn("floor"),
  ceil: realFn("ceil"),
  round: realFn("round"),
  sqrt: guarded("sqrt", (a) => `${a} >= 0`),
  ln: guarded("ln", (a) => `${a} > 0`), // DuckDB raises on ln(0)
  log2: guarded("log2", (a) => `${a} > 0`),
  log10: guarded("log10", (a) => `${a} > 0`),
  exp: realFn("exp"),
  pow: ([a, b]) => `CASE WHEN isnan((${a})::DOUBLE) OR isnan((${b})::DOUBLE) OR NOT isnan(pow((${a})::DOUBLE, (${b})::DOUBLE)) THEN nullif(pow((${a})::DOUBLE, (${b})::DOUBLE), 'NaN'::DOUBLE) END`,
  sin: guarded("sin", (a) => `isfinite(${a})`),
  cos: guarded("cos", (a) => `isfinite(${a})`),
  tan: guarded("tan", (a) => `isfinite(${a})`),
  least: fn("least"),
  greatest: fn("greatest"),
  eq: infix("="),
  ne: infix("<>"),
  lt: infix("<"),
  le: infix("<="),
  gt: infix(">"),
  ge: infix(">="),
  and: (args) => `(${args.join(" AND ")})`,
  or: (args) => `(${args.join(" OR ")})`,
  not: ([a]) => `(NOT ${a})`,
  isNull: ([a]) => `(${a} IS NULL)`,
  isNotNull: ([a]) => `(${a} IS NOT NULL)`,
  isNan: ([a]) => `isnan((${a})::DOUBLE)`,
  isFinite: ([a]) => `isfinite((${a})::DOUBLE)`,
  coalesce: fn("coalesce"),
  when: (args) => {
    const branches: string[] = [];
    for (let i = 0; i + 1 < args.length; i += 2) branches.push(`WHEN ${args[i]} THEN ${args[i + 1]}`);
    return `CASE ${branches.join(" ")}${args.length % 2 === 1 ? ` ELSE ${args.at(-1)}` : ""} END`;
  },
  between: ([a, b, c]) => `(${a} BETWEEN ${b} AND ${c})`,
  in: ([a, ...rest]) => `(${a} IN (${rest.join(", ")}))`,
  notIn: ([a, ...rest]) => `(${a} NOT IN (${rest.join(", ")}))`,
  like: ([a, b]) => `(${a} LIKE ${b})`,
  ilike: ([a, b]) => `(${a} ILIKE ${b})`,
  toReal: ([a], [type]) => (isText(type) ? numeric(a!) : type!.kind === "date" || type!.kind === "timestamp" ? "NULL::DOUBLE" : `TRY_CAST(${a} AS DOUBLE)`),
  toFloat32: ([a], [type]) => (type!.kind === "bool" ? `(${a})::FLOAT` : `TRY_CAST(${a} AS FLOAT)`),
  toInt: ([a], [type]) => (isText(type) ? `TRY_CAST(round(${numeric(a!)}) AS BIGINT)` : type!.kind === "real" ? `TRY_CAST(round(${a}) AS BIGINT)` : `TRY_CAST(${a} AS BIGINT)`),
  toText: ([a], [type]) =>
    type?.kind === "real" || type?.kind === "decimal"
      ? `CASE WHEN isfinite((${a})::DOUBLE) AND abs((${a})::DOUBLE) < 1e15 AND (${a})::DOUBLE = trunc((${a})::DOUBLE) THEN (${a})::BIGINT::VARCHAR ELSE (${a})::DOUBLE::VARCHAR END`
      : `(${a})::VARCHAR`,
  toBool: ([a], [type]) => (type?.kind === "bool" ? a! : isText(type) ? `CASE lower(trim(${a})) WHEN 'true' THEN TRUE WHEN 't' THEN TRUE WHEN 'yes' THEN TRUE WHEN 'y' THEN TRUE WHEN '1' THEN TRUE WHEN 'false' THEN FALSE WHEN 'f' THEN FALSE WHEN 'no' THEN FALSE WHEN 'n' THEN FALSE WHEN '0' THEN FALSE END` : `(${a} <> 0)`),
  toDate: ([a], [type]) => (isText(type) ? `TRY_CAST(trim(${a}) AS DATE)` : `TRY_CAST(${a} AS DATE)`),
  toTimestamp: ([a], [type]) => (isText(type) ? `TRY_CAST(trim(${a}) AS TIMESTAMP)` : `TRY_CAST(${a} AS TIMESTAMP)`),
  concat: (args) => `(${args.join(" || ")})`,
  lower: fn("lower"),
  upper: fn("upper"),
  trim: fn("trim"),
  length: ([a]) => `length(${a})`,
  substring: ([a, from, count]) => `substring(${a}, (${from})::BIGINT${count === undefined ? "" : `, (${count})::BIGINT`})`,
  contains: fn("contains"),
  startsWith: fn("starts_with"),
  replace: fn("replace"),
  hash32: ([a, seed]) => `('0x' || substring(md5((${seed})::VARCHAR || ':' || ${a}), 1, 8))::BIGINT`,
  year: part("year"),
  quarter: part("quarter"),
  month: part("month"),
  week: part("week"),
  day: part("day"),
  dayOfWeek: part("isodow"),
  dayOfYear: part("doy"),
  hour: part("hour"),
  minute: part("minute"),
  second: part("second"),
  epochDays: ([a]) => `(CAST(${a} AS DATE) - DATE '1970-01-01')::BIGINT`,
  epochSeconds: ([a]) => `(epoch_us(${a}) / 1e6)`,
  epochMicros: ([a]) => `epoch_us(${a})`,
};

/** An ENUM finds a key by one hash probe, whatever the number of keys; a cast text holds the values, which folds once. */
function lookup({ keys, values, otherwise }: Lookup, key: Typed): string {
  const typeName = values.every((value) => value === null || Number.isInteger(value)) && Number.isInteger(otherwise ?? 0) ? "INTEGER" : values.some((value) => typeof value === "string") ? "VARCHAR" : "DOUBLE";
  const rest = otherwise === null ? `NULL::${typeName}` : `${literal(otherwise)}::${typeName}`;
  if (keys.length === 0) return rest;
  const ordered = values.every((value, i) => value === i);
  const list =
    typeName === "VARCHAR" ? `[${values.map(literal).join(", ")}]` : `('[${values.map((value) => value ?? "NULL").join(",")}]'::${typeName}[])`;
  const wholeKeys = keys.every((one) => Number.isInteger(one));
  if (typeof keys[0] === "number" && !(wholeKeys && whole(key.type))) {
    const place = `list_position('[${keys.join(",")}]'::DOUBLE[], (${key.sql})::DOUBLE)`;
    return ordered ? `coalesce(${place} - 1, ${rest})::INTEGER` : `coalesce(${list}[${place}], ${rest})`;
  }
  const code = `enum_code(TRY_CAST((${key.sql})::VARCHAR AS ENUM(${keys.map((one) => string(String(one))).join(",")})))`;
  if (ordered) return `coalesce(${code}::INTEGER, ${rest})`;
  const found = `${list}[${code}::BIGINT + 1]`;
  return otherwise === null && values.includes(null) ? found : `coalesce(${found}, ${rest})`;
}

const mask = "4294967295";
/**
 * base/seeds.ts in 64-bit integers, where each product stays below 2^63: `from` with a column `__hash_<seed>` for each seed.
 * Steps are nested selects, because a formula that names its argument twice at each step would grow eightfold.
 */
function hashed(from: string, columns: readonly string[], files: readonly number[], seeds: readonly number[]): string {
  if (seeds.length === 0) return from;
  const each = (step: (seed: number) => string): string => seeds.map(step).join(", ");
  const round1 = (x: string): string => `(xor(${x}, ${x} >> 16) * 569420461) & ${mask}`;
  const round2 = (x: string): string => `(xor(${x}, ${x} >> 15) * 1935289751) & ${mask}`;
  const last = (x: string): string => `xor(${x}, ${x} >> 15)`;
  const high = files.map((file) => mix32(file + 1));
  const ofFile = high.length === 1 ? `${high[0]}` : `[${high.join(", ")}]::BIGINT[][__file + 1]`;
  const checked = `CASE WHEN __row < 4294967296 THEN __row::BIGINT ELSE error('a file with more than 2^32 rows needs --id') END`;
  let text = from;
  const level = (step: (seed: number) => string): void => {
    text = `(SELECT *, ${each(step)} FROM ${text})`;
  };
  level((seed) => `xor(${checked}, ${seedWord(seed)}) AS a${seed}`);
  level((seed) => `${round1(`a${seed}`)} AS b${seed}`);
  level((seed) => `${round2(`b${seed}`)} AS c${seed}`);
  level((seed) => `xor(${last(`c${seed}`)}, ${ofFile}) AS d${seed}`);
  level((seed) => `${round1(`d${seed}`)} AS e${seed}`);
  level((seed) => `${round2(`e${seed}`)} AS f${seed}`);
  return `(SELECT ${[...columns, each((seed) => `${last(`f${seed}`)} AS __hash_${seed}`)].join(", ")} FROM ${text})`;
}

function aggregate(one: Aggregate, arg: Typed | undefined, where: string | undefined): string {
  switch (one.agg) {
    case "count":
      return `count(${arg?.sql ?? "*"})`;
    case "min":
    case "max":
      return `${one.agg}(${arg!.sql})`;
    case "approxDistinct":
      return `approx_count_distinct(${arg!.sql})`;
    case "countDistinct":
      return `count(DISTINCT ${arg!.sql})`;
    case "sum":
      return `coalesce(sum((${arg!.sql})::HUGEINT), 0::HUGEINT)`;
    case "fixedSum": {
      const x = `(${arg!.sql})::DOUBLE`;
      return `coalesce(sum(floor(${x} * ${2 ** one.scale}::DOUBLE)::HUGEINT) FILTER (WHERE isfinite(${x})), 0::HUGEINT)`;
    }
    case "list":
      return `list(${arg!.sql}) FILTER (WHERE ${where} AND ${arg!.sql} IS NOT NULL)`;
  }
}

function widen(column: string, type: Type): string {
  return type.kind === "int64" ? `(${column})::BIGINT` : type.kind === "real" ? `(${column})::DOUBLE` : column;
}

const databaseAlias = (fingerprint: string): string => `src_${fingerprint.slice(0, 16)}`;

function scan(source: Scan, part: { readonly file: number; readonly from?: number; readonly to?: number } | undefined, seeds: readonly number[]): string {
  const identity = seeds.length > 0;
  const columns = source.schema.columns.map(({ name }) => quote(name));
  if (source.format === "table") {
    const table = `${quote(databaseAlias(source.files[0]!.fingerprint))}.${source.table.split(".").map(quote).join(".")}`;
    const range = bounds("rowid", part);
    return hashed(`(SELECT ${columns.join(", ")}${identity ? ", 0 AS __file, rowid AS __row" : ""} FROM ${table}${range})`, columns, [0], seeds);
  }
  const files = part ? [source.files[part.file]!] : source.files;
  const list = `[${files.map(({ path }) => string(path)).join(", ")}]`;
  const partitions = source.partitions ?? [];
  const physical = source.schema.columns.filter(({ name }) => !partitions.some((one) => one.name === name)).map(({ name }) => structPath(source, name));
  const folders = partitions.map(({ name, values }) => {
    const type = source.schema.columns.find((column) => column.name === name)!.type;
    const as = type.kind === "int64" ? "BIGINT" : type.kind === "date" ? "DATE" : type.kind === "real" ? "DOUBLE" : "VARCHAR";
    const value = part ? literal(values[part.file] ?? null) : `(${literal(values.map((v) => v))})[file_index + 1]`;
    return `CAST(${value} AS ${as}) AS ${quote(name)}`;
  });
  const hidden = identity ? [`${part ? part.file : "file_index"} AS __file`, "file_row_number AS __row"] : [];
  if (source.format === "parquet") {
    const options = files.length > 1 ? ", union_by_name=true" : "";
    const selected = [...physical, ...folders, ...hidden];
    const rows = `(SELECT ${selected.length > 0 ? selected.join(", ") : "1"} FROM read_parquet(${list}, hive_partitioning=false, file_row_number=true${options})${bounds("file_row_number", part)})`;
    return hashed(rows, columns, part ? [part.file] : source.files.map((_, i) => i), seeds);
  }
  if (source.format === "csv" && source.csv) {
    // A CSV has no row numbers before it is landed: its rows go by a digest, which only `profile` samples by.
    const digest = identity ? [`0 AS __file`, `(hash(${physical.join(", ")}) & ${mask})::BIGINT AS __row`] : [];
    return hashed(`(SELECT ${[...physical, ...folders, ...digest].join(", ")} FROM ${readCsv(source, list, source.csv)})`, columns, [0], seeds);
  }
  throw new Error(`a ${source.format} source must be landed before it is queried`);
}

/** A struct's field stands in the schema as "outer.inner". */
function structPath(source: Scan, name: string): string {
  const path = "structs" in source ? (source.structs as Readonly<Record<string, readonly string[]>> | undefined)?.[name] : undefined;
  return path ? `${path.map(quote).join(".")} AS ${quote(name)}` : quote(name);
}

const bounds = (row: string, part: { readonly from?: number; readonly to?: number } | undefined): string => {
  const conditions = [part?.from === undefined ? undefined : `${row} >= ${part.from}`, part?.to === undefined ? undefined : `${row} < ${part.to}`].filter((one) => one !== undefined);
  return conditions.length > 0 ? ` WHERE ${conditions.join(" AND ")}` : "";
};

const csvTypes: Readonly<Record<string, string>> = { bool: "BOOLEAN", int64: "BIGINT", real: "DOUBLE", text: "VARCHAR", date: "DATE", timestamp: "TIMESTAMP" };

function readCsv(source: Scan, list: string, csv: CsvDialect): string {
  const partitions = new Set((("partitions" in source && source.partitions) || []).map(({ name }) => name));
  const columns = source.schema.columns.filter(({ name }) => !partitions.has(name)).map(({ name, type }) => `${string(name)}: ${string(csvTypes[type.kind] ?? "VARCHAR")}`);
  const options = [
    "auto_detect=false",
    `delim=${string(csv.delimiter)}`,
    `quote=${string(csv.quote)}`,
    `escape=${string(csv.escape || csv.quote)}`,
    `header=${csv.header}`,
    `skip=${csv.skipLines}`,
    `columns={${columns.join(", ")}}`,
    `nullstr=[${["", ...csv.missing].map(string).join(", ")}]`,
    ...(csv.comment ? [`comment=${string(csv.comment)}`] : []),
    ...(csv.compression === "none" ? [] : [`compression=${string(csv.compression)}`]),
    ...(csv.decimal === "," ? ["decimal_separator=','"] : []),
    ...(csv.dateFormat ? [`dateformat=${string(csv.dateFormat)}`] : []),
    ...(csv.timestampFormat ? [`timestampformat=${string(csv.timestampFormat)}`] : []),
  ];
  return `read_csv(${list}, ${options.join(", ")})`;
}

/** DuckDB 1.5's SQL. */
export const duckdbDialect: Dialect & { readonly databaseAlias: (fingerprint: string) => string } = {
  name: "duckdb",
  quote,
  literal,
  calls,
  lookup,
  aggregate,
  scan,
  widen,
  databaseAlias,
};
