import type { DateValue, Row, TimestampValue, Value } from "../../base/schema.js";
import type { Expr } from "../expr.js";
import type { OpName } from "../ops.js";
import { pairCode, slotOf } from "../slots.js";
import { civilOf, dayOfWeek, dayOfYear, daysOfMicros, isoWeek, microsOfDays, secondOfDay } from "../time.js";
import { compareNumbers, compareText, compareValues, keyOf, microsOf } from "../values.js";
import { termCodes } from "../words.js";
import type { Num } from "./numbers.js";
import * as numbers from "./numbers.js";
import * as texts from "./text.js";

export type Step = (row: Row) => Value;
type Make = (args: readonly Step[], exprs: readonly Expr[], exact: boolean) => Step;

/** Missing in, missing out. */
const one =
  <A extends Value>(apply: (a: A) => Value): Make =>
  ([a]) =>
  (row) => {
    const x = a!(row);
    return x === null ? null : apply(x as A);
  };
const two =
  <A extends Value, B extends Value>(apply: (a: A, b: B) => Value): Make =>
  ([a, b]) =>
  (row) => {
    const x = a!(row);
    if (x === null) return null;
    const y = b!(row);
    return y === null ? null : apply(x as A, y as B);
  };
const three =
  <A extends Value, B extends Value, C extends Value>(apply: (a: A, b: B, c: C) => Value): Make =>
  ([a, b, c]) =>
  (row) => {
    const [x, y, z] = [a!(row), b!(row), c!(row)];
    return x === null || y === null || z === null ? null : apply(x as A, y as B, z as C);
  };
const real = (apply: (a: number) => Value): Make => one<Num>((a) => apply(typeof a === "number" ? a : Number(a)));
/** Real numbers on the short way; what is left goes to the general one. */
const calculation = (name: "add" | "sub" | "mul" | "mod"): Make => {
  const [near, far] = [numbers.arithmetic(false)[name], numbers.arithmetic(true)[name]];
  return (args, exprs, exact) => two<Num, Num>(exact ? far : near)(args, exprs, exact);
};
const comparison =
  (test: (order: number) => boolean): Make =>
  ([a, b]) =>
  (row) => {
    const x = a!(row);
    if (x === null) return null;
    const y = b!(row);
    if (y === null) return null;
    if (typeof x === "number" && typeof y === "number") return test(compareNumbers(x, y));
    return test(typeof x === "string" && typeof y === "string" ? compareText(x, y) : compareValues(x, y));
  };
const equality =
  (equal: boolean): Make =>
  ([a, b]) =>
  (row) => {
    const x = a!(row);
    if (x === null) return null;
    const y = b!(row);
    if (y === null) return null;
    return (x === y || (typeof x !== "string" || typeof y !== "string" ? compareValues(x, y) === 0 : false)) === equal;
  };
const membership =
  (member: boolean): Make =>
  ([a, ...others], [, ...exprs]) => {
    if (exprs.every((expr) => expr.kind === "lit" && typeof expr.value !== "object")) {
      const set = new Set(others.map((other) => keyOf(other({}))));
      return (row) => {
        const x = a!(row);
        return x === null ? null : set.has(keyOf(x)) === member;
      };
    }
    return (row) => {
      const x = a!(row);
      if (x === null) return null;
      let missing = false;
      for (const other of others) {
        const y = other(row);
        if (y === null) missing = true;
        else if (compareValues(x, y) === 0) return member;
      }
      return missing ? null : !member;
    };
  };
/** A value that decides at once, else missing if one is. */
const logical =
  (decides: boolean): Make =>
  (args) =>
  (row) => {
    let missing = false;
    for (const arg of args) {
      const x = arg(row);
      if (x === decides) return decides;
      if (x === null) missing = true;
    }
    return missing ? null : !decides;
  };
const extreme =
  (sign: number): Make =>
  (args) =>
  (row) => {
    let best: Value = null;
    for (const arg of args) {
      const x = arg(row);
      if (x !== null && (best === null || sign * compareValues(x, best) > 0)) best = x;
    }
    return best;
  };
const when: Make = (args) => {
  const otherwise = args.length % 2 === 1 ? args.at(-1)! : () => null;
  if (args.length === 3) {
    const [condition, then] = args as [Step, Step];
    return (row) => (condition(row) === true ? then(row) : otherwise(row));
  }
  return (row) => {
    for (let i = 0; i + 1 < args.length; i += 2) if (args[i]!(row) === true) return args[i + 1]!(row);
    return otherwise(row);
  };
};

type Time = DateValue | TimestampValue;
const daysIn = (time: Time): number => ("days" in time ? time.days : daysOfMicros(time.micros));
const part = (of: (days: number) => number): Make => one<Time>((time) => of(daysIn(time)));
const clock = (of: (second: number) => number): Make =>
  one<Time>((time) => ("days" in time ? 0 : of(secondOfDay(time.micros))));

const toReal = one<Value>((a) => {
  if (typeof a === "number") return a;
  if (typeof a === "string") return texts.realOfText(a);
  return typeof a === "object" ? null : Number(a);
});
const toInt = one<Value>((a) => {
  if (typeof a === "number") return numbers.truncate(a);
  if (typeof a === "string") return texts.intOfText(a);
  return typeof a === "boolean" ? Number(a) : typeof a === "bigint" ? a : null;
});
const toBool = one<Value>((a) => {
  if (typeof a === "string") return texts.boolOfText(a);
  return typeof a === "boolean" ? a : typeof a === "object" ? null : Number(a) !== 0;
});
const toDate = one<Value>((a) => {
  const days = typeof a === "string" ? texts.daysOfText(a) : isTime(a) ? daysIn(a) : null;
  return days === null ? null : { days };
});
const toTimestamp = one<Value>((a) => {
  const micros = typeof a === "string" ? texts.microsOfText(a) : isTime(a) ? microsOf(a) : null;
  return micros === null ? null : { micros };
});
const isTime = (a: Value): a is Time => typeof a === "object" && a !== null && ("days" in a || "micros" in a);
const likeness =
  (prepare: (text: string) => string): Make =>
  ([a, b], exprs) => {
    const fixed = exprs[1]!;
    const test =
      fixed.kind === "lit" && typeof fixed.value === "string" ? texts.pattern(prepare(fixed.value)) : undefined;
    return two<string, string>((text, like) => (test ?? texts.pattern(prepare(like)))(prepare(text)))(
      [a!, b!],
      exprs,
      false,
    );
  };

/** What each operation does with one row. */
export const opSteps: Readonly<Record<OpName, Make>> = {
  add: calculation("add"),
  sub: calculation("sub"),
  mul: calculation("mul"),
  mod: calculation("mod"),
  div: two(numbers.divide),
  intdiv: two(numbers.intDivide),
  neg: one(numbers.negate),
  abs: one(numbers.absolute),

  eq: equality(true),
  ne: equality(false),
  lt: comparison((order) => order < 0),
  le: comparison((order) => order <= 0),
  gt: comparison((order) => order > 0),
  ge: comparison((order) => order >= 0),
  between: ([a, low, high], exprs, exact) =>
    logical(false)([opSteps.ge([a!, low!], exprs, exact), opSteps.le([a!, high!], exprs, exact)], exprs, exact),
  in: membership(true),
  notIn: membership(false),

  and: logical(false),
  or: logical(true),
  not: one<boolean>((a) => !a),

  isNull:
    ([a]) =>
    (row) =>
      a!(row) === null,
  isNotNull:
    ([a]) =>
    (row) =>
      a!(row) !== null,
  isNan: one((a) => Number.isNaN(a)),
  isFinite: one((a) => typeof a === "bigint" || Number.isFinite(a)),
  coalesce: (args) => (row) => {
    for (const arg of args) {
      const x = arg(row);
      if (x !== null) return x;
    }
    return null;
  },
  when,

  ln: real((a) => (a <= 0 ? null : Math.log(a))),
  log2: real((a) => (a <= 0 ? null : Math.log2(a))),
  log10: real((a) => (a <= 0 ? null : Math.log10(a))),
  exp: real(Math.exp),
  sqrt: real((a) => (a < 0 ? null : Math.sqrt(a))),
  pow: two<Num, Num>((a, b) => numbers.power(Number(a), Number(b))),
  sin: real((a) => (Math.abs(a) === Infinity ? null : Math.sin(a))),
  cos: real((a) => (Math.abs(a) === Infinity ? null : Math.cos(a))),
  tan: real((a) => (Math.abs(a) === Infinity ? null : Math.tan(a))),

  floor: one<Num>((a) => (typeof a === "number" ? Math.floor(a) : a)),
  ceil: one<Num>((a) => (typeof a === "number" ? Math.ceil(a) : a)),
  round: one<Num>((a) => (typeof a === "number" ? numbers.roundHalfAway(a) : a)),
  sign: real((a) => (Number.isNaN(a) ? null : Math.sign(a) + 0)),
  least: extreme(-1),
  greatest: extreme(1),

  toReal,
  toInt,
  toText: one(texts.textOf),
  toBool,
  toDate,
  toTimestamp,
  toFloat32: real(numbers.float32),

  concat: (args) => (row) => {
    let text = "";
    for (const arg of args) {
      const x = arg(row);
      if (x === null) return null;
      text += x as string;
    }
    return text;
  },
  lower: one(texts.lower),
  upper: one(texts.upper),
  trim: one<string>((a) => a.replace(/^ +| +$/g, "")),
  length: one(texts.codePoints),
  substring: (args, exprs, exact) =>
    args.length === 2
      ? two<string, Num>((text, start) => texts.substring(text, Number(start), Infinity))(args, exprs, exact)
      : three<string, Num, Num>((text, start, count) => texts.substring(text, Number(start), Number(count)))(
          args,
          exprs,
          exact,
        ),
  contains: two<string, string>((a, b) => a.includes(b)),
  startsWith: two<string, string>((a, b) => a.startsWith(b)),
  replace: three<string, string, string>((a, old, by) => (old === "" ? a : a.replaceAll(old, () => by))),
  like: likeness((text) => text),
  ilike: likeness(texts.lower),
  hash32: two<string, number>(texts.hash32),
  hash31: one(texts.hash31),
  pairCode: two(pairCode),
  slotOf: three(slotOf),
  termCodes: three<string, Num, Num>((text, ngrams, most) => termCodes(text, Number(ngrams), Number(most))),

  year: part((days) => civilOf(days).year),
  quarter: part((days) => Math.ceil(civilOf(days).month / 3)),
  month: part((days) => civilOf(days).month),
  week: part(isoWeek),
  day: part((days) => civilOf(days).day),
  dayOfWeek: part(dayOfWeek),
  dayOfYear: part(dayOfYear),
  hour: clock((second) => Math.floor(second / 3600)),
  minute: clock((second) => Math.floor(second / 60) % 60),
  second: clock((second) => second % 60),
  epochDays: part((days) => days),
  epochSeconds: one<Time>((time) => ("days" in time ? time.days * 86_400 : Number(time.micros) / 1e6)),
  epochMicros: one<Time>((time) => numbers.int64Of("days" in time ? microsOfDays(time.days) : time.micros)),
};
