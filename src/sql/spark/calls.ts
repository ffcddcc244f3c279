import { isTime, type OpName } from "../../expr/ops.js";
import { parseTimestamp } from "../../expr/time.js";
import type { Emit, Term } from "../dialect.js";
import { toBool, toFloat32, toInt, toReal, toText } from "./conversions.js";
import { double, literal, long } from "./literals.js";
import { asLong, asReal, isReal, isWhole, together } from "./terms.js";
import * as texts from "./texts.js";
import * as times from "./times.js";
import { termCodes } from "./words.js";

type Write = (...args: readonly Term[]) => string;
const infix =
  (sign: string): Write =>
  (...args) =>
    `(${args.map(({ sql }) => sql).join(` ${sign} `)})`;
const fn =
  (name: string): Write =>
  (...args) =>
    `${name}(${args.map(({ sql }) => sql).join(", ")})`;
const single =
  (name: string): Write =>
  (...args) =>
    args.length === 1 ? args[0]!.sql : fn(name)(...args);
const onReal =
  (write: (x: string) => string): Write =>
  (a) =>
    write(asReal(a));

const nan = double(Number.NaN);
const infinity = double(Infinity);

/** Where 64 bits overflow there is a null; a query's own columns of unknown type are computed as Spark does it. */
const arithmetic =
  (name: string, sign: string): Write =>
  (a, b) => {
    switch (together([a, b])) {
      case "real":
        return `(${asReal(a)} ${sign} ${asReal(b)})`;
      case "whole":
        return `${name}(${asLong(a)}, ${asLong(b)})`;
      default:
        return `${name}(${a.sql}, ${b.sql})`;
    }
  };

function intDivide(a: Term, b: Term): string {
  if (together([a, b]) !== "whole")
    return `try_cast(nullif(try_divide(${asReal(a)}, ${asReal(b)}), ${double(2 ** 63)}) AS BIGINT)`;
  const [x, y] = [asLong(a), asLong(b)];
  if (b.expr.kind === "lit" && b.expr.value !== null && b.expr.value !== 0 && b.expr.value !== -1)
    return `(${x} div ${y})`;
  // The smallest integer by -1 overflows, and Spark has no try_ for this one.
  return `CASE WHEN ${y} = -1L THEN try_subtract(0L, ${x}) ELSE ${x} div nullif(${y}, 0L) END`;
}

function rest(a: Term, b: Term): string {
  switch (together([a, b])) {
    case "real":
      return `try_mod(${asReal(a)}, ${asReal(b)})`;
    case "whole":
      return `try_mod(${asLong(a)}, ${asLong(b)})`;
    default:
      return `try_mod(${a.sql}, ${b.sql})`;
  }
}

const smallest = long(-(2n ** 63n));
const negative = (a: Term): string => (isWhole(a.type) ? `try_subtract(0L, ${asLong(a)})` : `(-${asReal(a)})`);
const absolute = (a: Term): string =>
  isWhole(a.type) ? `abs(nullif(${asLong(a)}, ${smallest}))` : `abs(${asReal(a)})`;

/** Terms in one type: a whole number beside a real one is a real one, a text beside a time is one too. */
function alike(terms: readonly Term[]): readonly string[] {
  const anyTime = terms.some(({ type }) => type && isTime(type));
  const anyReal = terms.some(({ type }) => isReal(type));
  return terms.map((term) => {
    const { sql, expr, type } = term;
    if (anyTime && expr.kind === "lit" && typeof expr.value === "string")
      return literal({ micros: parseTimestamp(expr.value)!.micros });
    return anyReal && (isWhole(type) || isReal(type)) ? asReal(term) : sql;
  });
}
const comparison =
  (write: (...args: readonly string[]) => string): Write =>
  (...terms) =>
    write(...alike(terms));
const order = (sign: string): Write => comparison((a, b) => `(${a} ${sign} ${b})`);

/** Beyond ten values Spark looks a number up by its bits, where 0 and -0 differ. */
const membership =
  (word: string): Write =>
  (a, ...others) => {
    const [x, ...values] = alike([a, ...others]);
    const zero = isReal(a.type) || others.some(({ type }) => isReal(type));
    const plain = (sql: string): string => (sql === double(-0) ? double(0) : sql);
    return `(${zero ? `(${x} + 0D)` : x} ${word} (${values.map(plain).join(", ")}))`;
  };

const whenTrue: Emit = (...args) => {
  const [condition, then, otherwise] = args;
  // "NaN is missing", around nearly every number: Spark's NaN equals NaN.
  if (
    args.length === 3 &&
    then!.expr.kind === "lit" &&
    then!.expr.value === null &&
    isReal(otherwise!.type) &&
    condition!.sql === isNan(otherwise!)
  )
    return `nullif(${asReal(otherwise!)}, ${nan})`;
  const parts: string[] = [];
  for (let i = 0; i + 1 < args.length; i += 2) parts.push(`WHEN ${args[i]!.sql} THEN ${args[i + 1]!.sql}`);
  return `CASE ${parts.join(" ")}${args.length % 2 === 1 ? ` ELSE ${args.at(-1)!.sql}` : ""} END`;
};

const known = (sql: string, value: string): string => `CASE WHEN ${sql} IS NOT NULL THEN ${value} END`;
// isnan(null) is false in Spark.
const isNan = (a: Term): string => (isWhole(a.type) ? known(a.sql, "FALSE") : `(${asReal(a)} = ${nan})`);
const isFiniteNumber = (a: Term): string =>
  isWhole(a.type) ? known(a.sql, "TRUE") : `(abs(${asReal(a)}) < ${infinity})`;

/** Spark's sine of infinity is NaN. */
const wave =
  (name: string): Write =>
  (a) =>
    isWhole(a.type)
      ? `${name}(${asReal(a)})`
      : `${name}(nullif(nullif(${asReal(a)}, ${infinity}), ${double(-Infinity)}))`;

/** Java's pow says NaN for 1 to the NaN and for 1 and -1 to the infinite. */
function power(a: Term, b: Term): string {
  const [x, y] = [asReal(a), asReal(b)];
  if (isWhole(b.type) || (b.expr.kind === "lit" && Number.isFinite(b.expr.value))) return `pow(${x}, ${y})`;
  return `CASE WHEN ${y} IS NULL THEN NULL WHEN ${x} = 1D OR (${x} = -1D AND abs(${y}) = ${infinity}) THEN 1D ELSE pow(${x}, ${y}) END`;
}

/** rint keeps a DOUBLE; floor and ceil would make a BIGINT of it. */
const rounding =
  (write: (x: string) => string): Write =>
  (a) =>
    isWhole(a.type) ? a.sql : write(asReal(a));
export const floor = (x: string): string => `CASE WHEN rint(${x}) > ${x} THEN rint(${x}) - 1D ELSE rint(${x}) END`;
const ceil = (x: string): string => `CASE WHEN rint(${x}) < ${x} THEN rint(${x}) + 1D ELSE rint(${x}) END`;
const round = (x: string): string =>
  `CASE WHEN abs(${x} - rint(${x})) = 0.5D THEN ${x} + 0.5D * sign(${x}) ELSE rint(${x}) END`;

const low31 = (a: Term): string => `(${asLong(a)} & 2147483647L)`;
const mask = (bits: Term): string =>
  bits.expr.kind === "lit" && typeof bits.expr.value === "number"
    ? long(2 ** (bits.expr.value & 31) - 1)
    : `(shiftleft(1L, CAST(${asLong(bits)} & 31L AS INT)) - 1L)`;

/** Every operation as expr/ops.ts says it. */
export const calls: Readonly<Record<OpName, Emit>> = {
  add: arithmetic("try_add", "+"),
  sub: arithmetic("try_subtract", "-"),
  mul: arithmetic("try_multiply", "*"),
  div: (a, b) => `try_divide(${asReal(a)}, ${asReal(b)})`,
  intdiv: intDivide,
  mod: rest,
  neg: negative,
  abs: absolute,

  eq: order("="),
  ne: order("<>"),
  lt: order("<"),
  le: order("<="),
  gt: order(">"),
  ge: order(">="),
  between: comparison((a, low, high) => `(${a} BETWEEN ${low} AND ${high})`),
  in: membership("IN"),
  notIn: membership("NOT IN"),

  and: infix("AND"),
  or: infix("OR"),
  not: ({ sql }) => `(NOT ${sql})`,

  isNull: (a) => `(${a.stored ?? a.sql} IS NULL)`,
  isNotNull: (a) => `(${a.stored ?? a.sql} IS NOT NULL)`,
  isNan,
  isFinite: isFiniteNumber,
  coalesce: single("coalesce"),
  when: whenTrue,

  ln: onReal((x) => `ln(${x})`),
  log2: onReal((x) => `log2(${x})`),
  log10: onReal((x) => `log10(${x})`),
  exp: onReal((x) => `exp(${x})`),
  sqrt: onReal((x) => `sqrt(nullif(greatest(${x}, -1D), -1D))`),
  pow: power,
  sin: wave("sin"),
  cos: wave("cos"),
  tan: wave("tan"),

  floor: rounding(floor),
  ceil: rounding(ceil),
  round: rounding(round),
  sign: (a) => `CAST(sign(${isWhole(a.type) ? asReal(a) : `nullif(${asReal(a)}, ${nan})`}) AS BIGINT)`,
  least: single("least"),
  greatest: single("greatest"),

  toReal,
  toInt,
  toText,
  toBool,
  toDate: times.toDate,
  toTimestamp: times.toTimestamp,
  toFloat32,

  concat: fn("concat"),
  lower: ({ sql }) => texts.lower(sql),
  upper: ({ sql }) => texts.upper(sql),
  trim: fn("trim"),
  length: ({ sql }) => `CAST(char_length(${sql}) AS BIGINT)`,
  substring: texts.substring,
  contains: fn("contains"),
  startsWith: fn("startswith"),
  replace: fn("replace"),
  like: (a, b) => `(${a.sql} LIKE ${texts.pattern(b)})`,
  ilike: (a, b) => `(${texts.lower(a.sql)} LIKE ${texts.lower(texts.pattern(b))})`,
  hash32: texts.hash32,
  hash31: texts.hash31,
  pairCode: (a, b) => `((${low31(a)} * 1566083941L + ${low31(b)} * 1812433253L) & 2147483647L)`,
  termCodes,
  slotOf: (code, seed, bits) => `((${low31(code)} ^ ${low31(seed)}) & ${mask(bits)})`,

  ...times.parts,
};
