import { isNumeric, type Type } from "../../base/schema.js";
import { isTime, type Known, type OpName } from "../../expr/ops.js";
import type { Emit, Term } from "../dialect.js";
import { double, literal, text } from "./literals.js";
import { termCodes } from "./terms.js";

const isWhole = (type: Known): boolean => type?.kind === "int64";
const isReal = (type: Known): boolean => type !== undefined && isNumeric(type) && type.kind !== "int64";
const kindOf = ({ type }: Term): Type["kind"] | undefined => type?.kind;

type Write = (...args: readonly Term[]) => string;
/** Many in a row are grouped: DuckDB reads a chain of signs from the left, as deep as it is long. */
const infix =
  (sign: string): Write =>
  (...args) => {
    if (args.length <= 64) return `(${args.map(({ sql }) => sql).join(` ${sign} `)})`;
    const half = args.length >> 1;
    return `(${infix(sign)(...args.slice(0, half))} ${sign} ${infix(sign)(...args.slice(half))})`;
  };
const fn =
  (name: string): Write =>
  (...args) =>
    `${name}(${args.map(({ sql }) => sql).join(", ")})`;
const single =
  (name: string): Emit =>
  (...args) =>
    args.length === 1 ? args[0]!.sql : fn(name)(...args);

/** Calls that give BIGINT without a cast around them; a literal or CASE may be a 32-bit INTEGER. */
const wide: ReadonlySet<OpName> = new Set([
  "add",
  "sub",
  "mul",
  "mod",
  "neg",
  "abs",
  "intdiv",
  "toInt",
  "length",
  "epochDays",
  "epochMicros",
  "year",
  "month",
  "day",
  "hour",
]);
const long = ({ sql, expr }: Term): string =>
  expr.kind === "col" || (expr.kind === "call" && wide.has(expr.op)) ? sql : `CAST(${sql} AS BIGINT)`;

/**
 * DuckDB raises where 64 bits overflow; TRY makes that a null, and costs nothing as long as it is rare. It takes no subquery
 * (a large lookup), so that goes by 128 bits.
 */
function tried(args: readonly Term[], write: (...args: readonly string[]) => string): string {
  if (args.every(({ sql }) => !sql.includes("(SELECT ")))
    return `TRY(${write(...args.map((arg, i) => (i > 0 && arg.expr.kind === "lit" ? arg.sql : long(arg))))})`;
  return `TRY_CAST(${write(...args.map(({ sql }) => `CAST(${sql} AS HUGEINT)`))} AS BIGINT)`;
}

const arithmetic =
  (sign: string): Emit =>
  (a, b) =>
    isWhole(a.type) && isWhole(b.type) ? tried([a, b], (x, y) => `${x} ${sign} ${y}`) : `(${a.sql} ${sign} ${b.sql})`;

/** The divisor with null for zero. */
const divisor = ({ sql, expr }: Term): string => (expr.kind === "lit" && expr.value !== 0 ? sql : `nullif(${sql}, 0)`);

/** The smallest integer by -1 leaves 0, but overflows on the way. */
function wholeRest(a: Term, b: Term): string {
  if (b.expr.kind === "lit" && b.expr.value !== -1) return `(${long(a)} % ${b.sql})`;
  return `coalesce(${tried([a, b], (x, y) => `${x} % ${y}`)}, CASE WHEN ${b.sql} = -1 AND ${a.sql} IS NOT NULL THEN 0 END)`;
}

/** A test that names its argument twice is cheap for a column, but would double a long formula at each level. */
const guarded =
  (name: string, test: (a: string) => string, short: (a: string) => string): Emit =>
  ({ sql }) =>
    sql.length < 100 ? `${name}(CASE WHEN ${test(sql)} THEN ${sql} END)` : `${name}(${short(sql)})`;
// DuckDB raises on ln(0), sqrt(-1) and sin(infinity).
const logarithm = (name: string): Emit =>
  guarded(
    name,
    (a) => `${a} > 0`,
    (a) => `nullif(greatest(${a}, 0), 0)`,
  );
const wave =
  (name: string): Emit =>
  (a) =>
    isWhole(a.type)
      ? `${name}(${a.sql})`
      : guarded(
          name,
          (x) => `abs(${x}) <> 'inf'::DOUBLE`,
          (x) => `nullif(nullif(${x}, 'inf'::DOUBLE), '-inf'::DOUBLE)`,
        )(a);

/** Beside a literal a stored column needs no cast, so that row groups can be skipped by their minima and maxima. */
const comparison =
  (write: (...args: readonly string[]) => string): Emit =>
  (a, ...others) => {
    const literals = others.every(({ expr }) => expr.kind === "lit");
    if (
      !literals ||
      (a.stored !== undefined && kindOf(a) === "timestamp" && a.type?.kind === "timestamp" && a.type.utc)
    )
      return write(a.sql, ...others.map((b) => beside(b, a)));
    return write(a.stored ?? a.sql, ...others.map((b) => beside(b, a)));
  };
/** A literal in the type of what it stands beside: FLOAT against INTEGER would be compared as FLOAT. */
function beside({ sql, expr }: Term, other: Term): string {
  if (expr.kind !== "lit" || !other.type) return sql;
  if (typeof expr.value === "number" && isReal(other.type)) return double(expr.value);
  return typeof expr.value === "string" && isTime(other.type) ? `TIMESTAMP ${text(expr.value)}` : sql;
}
const order = (sign: string): Emit => comparison((a, b) => `(${a} ${sign} ${b})`);

const whenTrue: Emit = (...args) => {
  const [condition, then, otherwise] = args;
  // "NaN is missing", around nearly every number: DuckDB's NaN equals NaN.
  if (
    args.length === 3 &&
    then!.expr.kind === "lit" &&
    then!.expr.value === null &&
    condition!.sql === `isnan(${otherwise!.sql})`
  ) {
    const { sql, stored } = otherwise!;
    return {
      sql: `nullif(${sql}, 'nan'::DOUBLE)`,
      ...(stored === undefined ? {} : { stored: `nullif(${stored}, 'nan'::FLOAT)` }),
    };
  }
  const parts: string[] = [];
  for (let i = 0; i + 1 < args.length; i += 2) parts.push(`WHEN ${args[i]!.sql} THEN ${args[i + 1]!.sql}`);
  return `CASE ${parts.join(" ")}${args.length % 2 === 1 ? ` ELSE ${args.at(-1)!.sql}` : ""} END`;
};

const roundTo =
  (name: string): Emit =>
  ({ sql, type }) =>
    isWhole(type) ? sql : `${name}(${sql})`;
const stored: (write: (a: string) => string) => Emit = (write) => (a) => write(a.stored ?? a.sql);

const blanks = "[ \\t\\n\\v\\f\\r]*";
const isoText = `^${blanks}[0-9]{1,6}(-[0-9]{1,2}-|/[0-9]{1,2}/)[0-9]{1,2}([T ]([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]+)?)?( ?(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?))?)?${blanks}$`;
const spelled = (sql: string, cast: string): string =>
  `CASE WHEN regexp_full_match(${sql}, ${text(isoText)}) THEN ${cast} END`;
const nothing = (as: string): string => `CAST(NULL AS ${as})`;

/** A FLOAT column that is only tested for NaN on its way into a page is never made wider: 20 of them take half the time. */
function toReal(a: Term): ReturnType<Emit> {
  switch (kindOf(a)) {
    case "real":
      return a.stored === undefined ? `CAST(${a.sql} AS DOUBLE)` : { sql: a.sql, stored: a.stored };
    case "text": // DuckDB takes 1_000 for a number.
      return `TRY_CAST(replace(${a.sql}, '_', '?') AS DOUBLE)`;
    case undefined:
      return `TRY_CAST(${a.sql} AS DOUBLE)`;
    case "bool":
    case "int64":
    case "decimal":
      return `CAST(${a.stored ?? a.sql} AS DOUBLE)`;
    default:
      return nothing("DOUBLE");
  }
}

function toInt(a: Term): string {
  switch (kindOf(a)) {
    case "text":
      return `TRY_CAST(regexp_extract(${a.sql}, '^${blanks}([+-]?[0-9]+)${blanks}$', 1) AS BIGINT)`;
    case "int64":
      return long(a);
    case "real":
    case "decimal":
      return `TRY_CAST(trunc(${a.sql}) AS BIGINT)`;
    case undefined:
    case "bool":
      return `TRY_CAST(${a.sql} AS BIGINT)`;
    default:
      return nothing("BIGINT");
  }
}

function toText(a: Term): string {
  if (kindOf(a) === "text") return a.sql;
  if (!isReal(a.type))
    return `CAST(${a.stored !== undefined && kindOf(a) !== "timestamp" ? a.stored : a.sql} AS VARCHAR)`;
  return `CASE WHEN abs(${a.sql}) < 1e16 AND ${a.sql} = trunc(${a.sql}) THEN CAST(CAST(${a.sql} AS BIGINT) AS VARCHAR) ELSE CAST(${a.sql} AS VARCHAR) END`;
}

function toBool(a: Term): string {
  switch (kindOf(a)) {
    case "text": {
      const word = `lower(trim(${a.sql}, chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || ' '))`;
      return `CASE WHEN ${word} IN ('true', 't', 'yes', 'y', '1') THEN TRUE WHEN ${word} IN ('false', 'f', 'no', 'n', '0') THEN FALSE END`;
    }
    case "bool":
      return a.sql;
    case undefined:
      return `TRY_CAST(${a.sql} AS BOOLEAN)`;
    default:
      return a.type && isNumeric(a.type) ? `(${a.sql} <> 0)` : nothing("BOOLEAN");
  }
}

const toTime =
  (as: "DATE" | "TIMESTAMP"): Emit =>
  (a) => {
    if (kindOf(a) === "text")
      return spelled(
        a.sql,
        as === "DATE"
          ? `TRY_CAST(regexp_extract(${a.sql}, '[0-9]+[-/][0-9]+[-/][0-9]+') AS DATE)`
          : `make_timestamp(epoch_us(TRY_CAST(${a.sql} AS TIMESTAMPTZ)))`,
      );
    return a.type && !isTime(a.type) ? nothing(as) : `TRY_CAST(${a.sql} AS ${as})`;
  };

/**
 * DuckDB reads backwards for a negative count, and raises past 2^32. A place before the text it takes for the first where all values of
 * the column are ASCII and for a place before it where they are not: so no place is.
 */
const substring: Emit = (a, start, count) => {
  const within = ({ sql, expr }: Term, low: string): string =>
    expr.kind === "lit" && (expr.value === null || (Number(expr.value) >= 0 && Number(expr.value) < 2 ** 31))
      ? sql
      : `CASE WHEN ${sql} IS NOT NULL THEN greatest(least(${sql}, 2147483647), ${low}) END`;
  return `substring(${[a.sql, within(start!, `-length(${a.sql})`), ...(count ? [within(count, "0")] : [])].join(", ")})`;
};

/** Every operation as expr/ops.ts says it. */
const low31 = ({ sql }: Term): string => `(CAST(${sql} AS BIGINT) & 2147483647)`;

export const calls: Readonly<Record<OpName, Emit>> = {
  add: arithmetic("+"),
  sub: arithmetic("-"),
  mul: arithmetic("*"),
  div: (a, b) => `(${a.sql} / ${divisor(b)})`,
  intdiv: (a, b) =>
    isWhole(a.type) && isWhole(b.type)
      ? tried([a, b], (x, y) => `${x} // ${y}`)
      : `TRY_CAST(trunc(${a.sql} / ${divisor(b)}) AS BIGINT)`,
  mod: (a, b) => (isWhole(a.type) && isWhole(b.type) ? wholeRest(a, b) : `(${a.sql} % ${divisor(b)})`),
  neg: (a) => (isWhole(a.type) ? tried([a], (x) => `-${x}`) : `(-${a.sql})`),
  abs: (a) => (isWhole(a.type) ? tried([a], (x) => `abs(${x})`) : `abs(${a.sql})`),

  eq: order("="),
  ne: order("<>"),
  lt: order("<"),
  le: order("<="),
  gt: order(">"),
  ge: order(">="),
  between: comparison((a, low, high) => `(${a} BETWEEN ${low} AND ${high})`),
  in: comparison((a, ...others) => `(${a} IN (${others.join(", ")}))`),
  notIn: comparison((a, ...others) => `(${a} NOT IN (${others.join(", ")}))`),

  and: infix("AND"),
  or: infix("OR"),
  not: ({ sql }) => `(NOT ${sql})`,

  isNull: stored((a) => `(${a} IS NULL)`),
  isNotNull: stored((a) => `(${a} IS NOT NULL)`),
  isNan: (a) => (isWhole(a.type) ? `(CASE WHEN ${a.sql} IS NOT NULL THEN FALSE END)` : `isnan(${a.sql})`),
  isFinite: (a) => (isWhole(a.type) ? `(CASE WHEN ${a.sql} IS NOT NULL THEN TRUE END)` : `isfinite(${a.sql})`),
  coalesce: single("coalesce"),
  when: whenTrue,

  ln: logarithm("ln"),
  log2: logarithm("log2"),
  log10: logarithm("log10"),
  exp: fn("exp"),
  sqrt: guarded(
    "sqrt",
    (a) => `${a} >= 0`,
    (a) => `nullif(greatest(${a}, -1), -1)`,
  ),
  pow: fn("pow"),
  sin: wave("sin"),
  cos: wave("cos"),
  tan: wave("tan"),

  floor: roundTo("floor"),
  ceil: roundTo("ceil"),
  round: roundTo("round"),
  sign: (a) => `CAST(sign(${isWhole(a.type) ? a.sql : `nullif(${a.sql}, 'nan'::DOUBLE)`}) AS BIGINT)`,
  least: single("least"),
  greatest: single("greatest"),

  toReal,
  toInt,
  toText,
  toBool,
  toDate: toTime("DATE"),
  toTimestamp: toTime("TIMESTAMP"),
  toFloat32: stored((a) => `TRY_CAST(${a} AS FLOAT)`),

  concat: infix("||"),
  lower: fn("lower"),
  upper: fn("upper"),
  trim: ({ sql }) => `trim(${sql}, ' ')`,
  length: fn("length"),
  substring,
  contains: fn("contains"),
  startsWith: fn("starts_with"),
  replace: fn("replace"),
  like: infix("LIKE"),
  ilike: (a, b) => `(lower(${a.sql}) LIKE lower(${b.sql}))`,
  hash32: (a, seed) =>
    `CAST('0x' || substring(md5(${seed.expr.kind === "lit" && seed.expr.value !== null ? literal(`${seed.expr.value}:`) : `${seed.sql} || ':'`} || ${a.sql}), 1, 8) AS BIGINT)`,
  // An INTEGER: pages take it as it is. md5_number is four times as fast as digits cut out of md5.
  hash31: (a) => `CAST(md5_number(${a.sql}) & 2147483647 AS INTEGER)`,
  pairCode: (a, b) => `((${low31(a)} * 1566083941 + ${low31(b)} * 1812433253) & 2147483647)`,
  termCodes,
  slotOf: (code, seed, bits) => `(xor(${low31(code)}, ${low31(seed)}) & ((1::BIGINT << (${bits.sql} & 31)) - 1))`,

  year: fn("year"),
  quarter: fn("quarter"),
  month: fn("month"),
  week: fn("week"),
  day: fn("day"),
  dayOfWeek: fn("isodow"),
  dayOfYear: fn("dayofyear"),
  hour: fn("hour"),
  minute: fn("minute"),
  second: fn("second"),
  epochDays: (a) => `(${kindOf(a) === "date" ? a.sql : `CAST(${a.sql} AS DATE)`} - DATE '1970-01-01')`,
  epochSeconds: (a) => `(epoch_us(${a.sql}) / 1e6)`,
  epochMicros: (a) => `epoch_us(${a.sql})`,
};
