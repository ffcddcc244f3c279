import { createHash } from "node:crypto";
import type { DateValue, Row, TimestampValue, Value } from "../base/schema.js";
import type { Expr } from "./expr.js";
import type { OpName } from "./ops.js";

/** A formula's value for one row. */
export const evaluate = (expr: Expr, row: Row): Value => compile(expr)(row);

type Step = (row: Row) => Value;
type Apply = (...args: Value[]) => Value;

/** A formula as a function of a row: closures over the tree, built once and called per row. */
export function compile(expr: Expr): Step {
  switch (expr.kind) {
    case "col": {
      const { name } = expr;
      return (row) => {
        const value = row[name];
        return value === undefined ? null : value;
      };
    }
    case "lit": {
      const { value } = expr;
      return () => value;
    }
    case "rowHash":
      throw new Error("a made-up row has no identity to hash");
    case "lookup": {
      const key = compile(expr.key);
      const { otherwise } = expr;
      const table = new Map<Value, number | string | null>(expr.keys.map((one, i) => [one, expr.values[i] ?? otherwise]));
      return (row) => {
        const value = key(row);
        if (value === null) return otherwise;
        const found = table.get(typeof value === "bigint" ? Number(value) : value);
        return found === undefined ? otherwise : found;
      };
    }
    case "call":
      return compileCall(expr.op, expr.args.map(compile));
  }
}

function compileCall(op: OpName, args: readonly Step[]): Step {
  const [a, b, c] = args as [Step, Step, Step];
  switch (op) {
    case "and":
    case "or":
      return (row) => {
        let unknown = false;
        for (const arg of args) {
          const x = arg(row);
          if (x === (op === "or")) return x;
          if (x === null) unknown = true;
        }
        return unknown ? null : op === "and";
      };
    case "when":
      return (row) => {
        let i = 0;
        for (; i + 1 < args.length; i += 2) if (args[i]!(row) === true) return args[i + 1]!(row);
        return i < args.length ? args[i]!(row) : null;
      };
    case "in":
    case "notIn": {
      const rest = args.slice(1);
      return (row) => {
        const x = a(row);
        if (x === null) return null;
        let unknown = false;
        for (const arg of rest) {
          const y = arg(row);
          if (y === null) unknown = true;
          else if (compare(x, y) === 0) return op === "in";
        }
        return unknown ? null : op === "notIn";
      };
    }
    case "between":
      return compileCall("and", [compileCall("ge", [a, b]), compileCall("le", [a, c])]);
    case "coalesce":
      return (row) => {
        for (const arg of args) {
          const value = arg(row);
          if (value !== null) return value;
        }
        return null;
      };
    case "isNull":
      return (row) => a(row) === null;
    case "isNotNull":
      return (row) => a(row) !== null;
    case "least":
    case "greatest": {
      const wanted = op === "least" ? -1 : 1;
      return (row) => {
        let best: Value = null;
        for (const arg of args) {
          const value = arg(row);
          if (value !== null && (best === null || compare(value, best) * wanted > 0)) best = value;
        }
        return best;
      };
    }
    default: {
      const apply = strict[op];
      if (args.length === 1)
        return (row) => {
          const x = a(row);
          return x === null ? null : apply(x);
        };
      if (args.length === 2)
        return (row) => {
          const x = a(row);
          const y = b(row);
          return x === null || y === null ? null : apply(x, y);
        };
      return (row) => {
        const values = args.map((arg) => arg(row));
        return values.includes(null) ? null : apply(...values);
      };
    }
  }
}

const isWhole = (x: Value): boolean => typeof x === "bigint" || typeof x === "boolean" || (typeof x === "number" && Number.isSafeInteger(x));
const number = (x: Value): number => (typeof x === "number" ? x : Number(x));
const orNull = (x: number): Value => (Number.isNaN(x) ? null : x);
const least64 = -(2n ** 63n);
const most64 = 2n ** 63n - 1n;

/** A whole result in the least surprising form: a number while it is safe, a bigint up to 64 bits, null beyond. */
function wholeValue(x: bigint): Value {
  if (x < least64 || x > most64) return null;
  const asNumber = Number(x);
  return Number.isSafeInteger(asNumber) ? asNumber : x;
}

/**
 * Reals and whole numbers share JavaScript's number type, so a whole result past 2^53 is computed again as a bigint only
 * when both sides are whole.
 */
function arithmetic(real: (a: number, b: number) => number, whole: (a: bigint, b: bigint) => bigint): Apply {
  return (a, b) => {
    if (typeof a === "number" && typeof b === "number") {
      const result = real(a, b);
      if (Number.isSafeInteger(result) || !isWhole(a!) || !isWhole(b!)) return result;
    } else if (!isWhole(a!) || !isWhole(b!)) return real(number(a!), number(b!));
    return wholeValue(whole(BigInt(a as number), BigInt(b as number)));
  };
}

/** -1, 0 or 1: NaN is the largest number, text goes by UTF-8 bytes. */
export function compare(a: Value, b: Value): number {
  if ((typeof a === "number" || typeof a === "bigint") && (typeof b === "number" || typeof b === "bigint")) {
    if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
    if (Number.isNaN(b)) return -1;
    return a < b ? -1 : a > b ? 1 : 0;
  }
  if (typeof a === "string" && typeof b === "string") return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (isTime(a) && isTime(b)) {
    const [x, y] = [micros(a), micros(b)];
    return x < y ? -1 : x > y ? 1 : 0;
  }
  const [x, y] = [Number(a), Number(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

const isTime = (x: Value): x is DateValue | TimestampValue => x !== null && typeof x === "object" && ("days" in x || "micros" in x);
const dayMicros = 86_400_000_000n;
const micros = (x: DateValue | TimestampValue): bigint => ("days" in x ? BigInt(x.days) * dayMicros : x.micros);
const floorDiv = (a: bigint, b: bigint): bigint => (a >= 0n ? a / b : -((-a + b - 1n) / b));
const days = (x: Value): number => (isTime(x) ? ("days" in x ? x.days : Number(floorDiv(x.micros, dayMicros))) : Number.NaN);
const utc = (x: Value): Date => new Date(days(x) * 86_400_000);
const ofDay = (x: Value): number => (isTime(x) && "micros" in x ? Number(x.micros - floorDiv(x.micros, dayMicros) * dayMicros) : 0);
const isoDay = (x: Value): number => ((((days(x) + 3) % 7) + 7) % 7) + 1;

function isoWeek(x: Value): number {
  const thursday = days(x) - isoDay(x) + 4;
  const year = new Date(thursday * 86_400_000).getUTCFullYear();
  return Math.floor((thursday - Date.UTC(year, 0, 1) / 86_400_000) / 7) + 1;
}

const numeric = /^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*$|^\s*([+-]?)(nan|inf|infinity)\s*$/i;
function toReal(x: Value): Value {
  if (typeof x === "number") return x;
  if (typeof x === "bigint" || typeof x === "boolean") return Number(x);
  if (typeof x !== "string") return null;
  const match = numeric.exec(x);
  if (!match) return null;
  if (match[5] === undefined) return Number(x);
  return match[5].toLowerCase() === "nan" ? Number.NaN : match[4] === "-" ? -Infinity : Infinity;
}

const halfAway = (x: number): number => (x < 0 ? -Math.round(-x) : Math.round(x));

function toInt(x: Value): Value {
  if (typeof x === "bigint") return x;
  const real = toReal(x);
  if (typeof real !== "number" || !Number.isFinite(real)) return null;
  const rounded = halfAway(real);
  return Number.isSafeInteger(rounded) ? rounded : wholeValue(BigInt(rounded));
}

const words: Readonly<Record<string, boolean>> = { true: true, t: true, yes: true, y: true, 1: true, false: false, f: false, no: false, n: false, 0: false };

function toText(x: Value): Value {
  if (typeof x === "string") return x;
  if (typeof x === "number") {
    if (Number.isNaN(x)) return "nan";
    if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
    // DuckDB writes exponents with two digits and 1e15 as such
    return String(x === 0 ? 0 : x).replace(/e([+-])(\d)$/, "e$10$2");
  }
  if (isTime(x)) {
    if ("days" in x) return isoDate(x.days);
    const seconds = ofDay(x) / 1e6;
    const whole = Math.floor(seconds);
    const fraction = Math.round(ofDay(x) - whole * 1e6);
    const pad = (n: number): string => String(n).padStart(2, "0");
    const clock = `${pad(Math.floor(whole / 3600))}:${pad(Math.floor(whole / 60) % 60)}:${pad(whole % 60)}`;
    return `${isoDate(days(x))} ${clock}${fraction === 0 ? "" : `.${String(fraction).padStart(6, "0").replace(/0+$/, "")}`}`;
  }
  return String(x);
}

const isoDate = (day: number): string => new Date(day * 86_400_000).toISOString().slice(0, 10);

function toDate(x: Value): Value {
  if (isTime(x)) return { days: days(x) };
  if (typeof x !== "string") return null;
  const match = /^\s*(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T].*)?\s*$/.exec(x);
  if (!match) return null;
  const at = Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
  const back = new Date(at);
  return back.getUTCMonth() + 1 === Number(match[2]) && back.getUTCDate() === Number(match[3]) ? { days: at / 86_400_000 } : null;
}

function toTimestamp(x: Value): Value {
  if (isTime(x)) return { micros: micros(x) };
  if (typeof x !== "string") return null;
  const match = /^\s*(\d{4}-\d{1,2}-\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?)?(?:Z|\+00(?::?00)?)?\s*$/.exec(x);
  const day = match && toDate(match[1]!);
  if (!match || !day) return null;
  const [hour, minute, second] = [Number(match[2] ?? 0), Number(match[3] ?? 0), Number(match[4] ?? 0)];
  if (hour > 23 || minute > 59 || second > 59) return null;
  return { micros: micros(day as DateValue) + BigInt((hour * 60 + minute) * 60 + second) * 1_000_000n + BigInt((match[5] ?? "").padEnd(6, "0")) };
}

function like(pattern: string): RegExp {
  const body = pattern.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("%", "[^]*").replaceAll("_", "[^]");
  return new RegExp(`^${body}$`, "u");
}
const patterns = new Map<string, RegExp>();

/** Operations that are null when an argument is. */
const strict: Readonly<Record<Exclude<OpName, "and" | "or" | "when" | "coalesce" | "isNull" | "isNotNull" | "least" | "greatest" | "in" | "notIn" | "between">, Apply>> = {
  add: arithmetic((a, b) => a + b, (a, b) => a + b),
  sub: arithmetic((a, b) => a - b, (a, b) => a - b),
  mul: arithmetic((a, b) => a * b, (a, b) => a * b),
  div: (a, b) => (number(b!) === 0 ? null : number(a!) / number(b!)),
  intdiv: (a, b) => {
    if (number(b!) === 0) return null;
    if (typeof a === "bigint" || typeof b === "bigint") return wholeValue(BigInt(a as bigint) / BigInt(b as bigint));
    const cut = Math.trunc(number(a!) / number(b!));
    return Number.isSafeInteger(cut) ? cut + 0 : null;
  },
  mod: (a, b) => {
    if (number(b!) === 0) return null;
    return typeof a === "bigint" || typeof b === "bigint" ? wholeValue(BigInt(a as bigint) % BigInt(b as bigint)) : number(a!) % number(b!);
  },
  neg: (a) => (typeof a === "bigint" ? wholeValue(-a) : -number(a!)),
  abs: (a) => (typeof a === "bigint" ? wholeValue(a < 0n ? -a : a) : Math.abs(number(a!))),
  sign: (a) => Math.sign(number(a!)) || 0,
  floor: (a) => Math.floor(number(a!)),
  ceil: (a) => Math.ceil(number(a!)),
  round: (a) => halfAway(number(a!)),
  sqrt: (a) => (number(a!) >= 0 ? Math.sqrt(number(a!)) : null),
  ln: (a) => (number(a!) > 0 ? Math.log(number(a!)) : null),
  log2: (a) => (number(a!) > 0 ? Math.log2(number(a!)) : null),
  log10: (a) => (number(a!) > 0 ? Math.log10(number(a!)) : null),
  exp: (a) => Math.exp(number(a!)),
  pow: (a, b) => orNull(number(a!) === 1 || number(b!) === 0 ? 1 : number(a!) ** number(b!)),
  sin: (a) => (Number.isFinite(number(a!)) ? Math.sin(number(a!)) : null),
  cos: (a) => (Number.isFinite(number(a!)) ? Math.cos(number(a!)) : null),
  eq: (a, b) => compare(a!, b!) === 0,
  ne: (a, b) => compare(a!, b!) !== 0,
  lt: (a, b) => compare(a!, b!) < 0,
  le: (a, b) => compare(a!, b!) <= 0,
  gt: (a, b) => compare(a!, b!) > 0,
  ge: (a, b) => compare(a!, b!) >= 0,
  not: (a) => a !== true,
  isNan: (a) => Number.isNaN(number(a!)),
  isFinite: (a) => Number.isFinite(number(a!)),
  like: (a, b) => {
    let pattern = patterns.get(b as string);
    if (!pattern) patterns.set(b as string, (pattern = like(b as string)));
    return pattern.test(a as string);
  },
  tan: (a) => (Number.isFinite(number(a!)) ? Math.tan(number(a!)) : null),
  ilike: (a, b) => strict.like((a as string).toLowerCase(), (b as string).toLowerCase()),
  toReal: (a) => toReal(a!),
  toFloat32: (a) => {
    const x = Math.fround(number(a!));
    return Number.isFinite(x) || !Number.isFinite(number(a!)) ? x : null;
  },
  toInt: (a) => toInt(a!),
  toText: (a) => toText(a!),
  toBool: (a) => (typeof a === "boolean" ? a : typeof a === "string" ? (words[a.trim().toLowerCase()] ?? null) : number(a!) !== 0),
  toDate: (a) => toDate(a!),
  toTimestamp: (a) => toTimestamp(a!),
  concat: (...parts) => parts.join(""),
  lower: (a) => (a as string).toLowerCase(),
  upper: (a) => (a as string).toUpperCase(),
  trim: (a) => (a as string).replace(/^ +| +$/g, ""),
  length: (a) => [...(a as string)].length,
  substring: (a, from, count = 2 ** 31) => {
    const start = number(from!) - 1;
    return [...(a as string)].slice(Math.max(0, start), Math.max(0, start + Math.max(0, number(count!)))).join("");
  },
  contains: (a, b) => (a as string).includes(b as string),
  startsWith: (a, b) => (a as string).startsWith(b as string),
  replace: (a, b, c) => ((b as string) === "" ? a! : (a as string).replaceAll(b as string, () => c as string)),
  hash32: (a, seed) => Number.parseInt(createHash("md5").update(`${String(seed)}:${a as string}`).digest("hex").slice(0, 8), 16),
  year: (a) => utc(a!).getUTCFullYear(),
  quarter: (a) => Math.floor(utc(a!).getUTCMonth() / 3) + 1,
  month: (a) => utc(a!).getUTCMonth() + 1,
  week: (a) => isoWeek(a!),
  day: (a) => utc(a!).getUTCDate(),
  dayOfWeek: (a) => isoDay(a!),
  dayOfYear: (a) => days(a!) - Date.UTC(utc(a!).getUTCFullYear(), 0, 1) / 86_400_000 + 1,
  hour: (a) => Math.floor(ofDay(a!) / 3.6e9),
  minute: (a) => Math.floor(ofDay(a!) / 6e7) % 60,
  second: (a) => Math.floor(ofDay(a!) / 1e6) % 60,
  epochDays: (a) => days(a!),
  epochSeconds: (a) => Number(micros(a as DateValue)) / 1e6,
  epochMicros: (a) => wholeValue(micros(a as DateValue)),
};
