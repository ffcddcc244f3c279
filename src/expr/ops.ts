import { bool, date, int64, isNumeric, real, type Type, text, timestamp } from "../base/schema.js";

/** A type, or nothing where only NULL is known. */
export type Known = Type | undefined;

/** What one operation of a formula takes, gives and means, the same on every engine: dialects bend to `doc`. */
export interface Operation {
  /** The fewest and the most arguments. */
  readonly arity: readonly [min: number, max: number];
  readonly type: (...args: readonly Known[]) => Known;
  readonly doc: string;
}

/** An argument of the wrong type: `typeOf` says which column it was. */
export class Misfit {
  readonly index: number;
  readonly need: string;
  constructor(index: number, need: string) {
    this.index = index;
    this.need = need;
  }
}

export const isTime = ({ kind }: Type): boolean => kind === "date" || kind === "timestamp";

type Family = "number" | "integer" | "bool" | "text" | "time" | "any";
const families: Readonly<Record<Family, { word: string; has: (type: Type) => boolean }>> = {
  number: { word: "a number", has: isNumeric },
  integer: { word: "a whole number", has: ({ kind }) => kind === "int64" },
  bool: { word: "true or false (a condition)", has: ({ kind }) => kind === "bool" },
  text: { word: "text", has: ({ kind }) => kind === "text" },
  time: { word: "a date or timestamp", has: isTime },
  any: { word: "a value", has: () => true },
};

function need(type: Known, index: number, family: Family): void {
  if (type && !families[family].has(type)) throw new Misfit(index, families[family].word);
}

/** The type that holds values of both: reals take integers, timestamps take dates; the same kind stays. */
export function common(args: readonly Known[], from = 0, step = 1): Known {
  let result: Known;
  for (let i = from; i < args.length; i += step) {
    const type = args[i];
    if (!type) continue;
    if (!result) result = type;
    else if (isNumeric(result) && isNumeric(type))
      result = result.kind === "int64" && type.kind === "int64" ? int64 : real;
    else if (isTime(result) && isTime(type)) result = result.kind === "timestamp" ? result : type;
    else if (result.kind !== type.kind) throw new Misfit(i, `${wordFor(result)}, as beside it`);
  }
  return result?.kind === "decimal" ? real : result;
}

const wordFor = (type: Type): string =>
  Object.values(families).find(({ has }) => has(type) && type.kind !== "int64")?.word ?? families.number.word;

const takes = (given: readonly Family[], gives: Type, min = given.length): Pick<Operation, "arity" | "type"> => ({
  arity: [min, given.length],
  type: (...args) => {
    for (const [i, type] of args.entries()) need(type, i, given[i]!);
    return gives;
  },
});
const many = (family: Family, gives: Type, min = 2): Pick<Operation, "arity" | "type"> => ({
  arity: [min, Infinity],
  type: (...args) => {
    for (const [i, type] of args.entries()) need(type, i, family);
    return gives;
  },
});
/** Integers stay integers, everything else becomes real. */
const arithmetic = (args: number): Pick<Operation, "arity" | "type"> => ({
  arity: [args, args],
  type: (...types) => {
    for (const [i, type] of types.entries()) need(type, i, "number");
    return common(types) ?? real;
  },
});
const alike = (min: number, max: number, gives?: Type): Pick<Operation, "arity" | "type"> => ({
  arity: [min, max],
  type: (...types) => {
    const type = common(types);
    return gives ?? type;
  },
});
const branches: Pick<Operation, "arity" | "type"> = {
  arity: [2, Infinity],
  type: (...types) => {
    const last = types.length - 1;
    for (let i = 0; i < last; i += 2) need(types[i], i, "bool");
    return common(types.map((type, i) => (i % 2 === 1 || (i === last && last % 2 === 0) ? type : undefined)));
  },
};
const datePart = takes(["time"], int64);

/** Missing in, missing out, where nothing else is said. NaN equals itself and is above every number; -0 equals 0. */
export const ops = {
  add: { ...arithmetic(2), doc: "a + b; a whole number beyond 64 bits is missing, a real one infinite." },
  sub: { ...arithmetic(2), doc: "a - b; overflow as in add." },
  mul: { ...arithmetic(2), doc: "a * b; overflow as in add." },
  div: { ...takes(["number", "number"], real), doc: "a / b as a real number; missing where b is 0." },
  intdiv: {
    ...takes(["number", "number"], int64),
    doc: "a / b without its fraction (towards zero) as a whole number; missing where b is 0 or the result does not fit 64 bits.",
  },
  mod: { ...arithmetic(2), doc: "What a leaves divided by b, with the sign of a; missing where b is 0." },
  neg: { ...arithmetic(1), doc: "-a; missing for the smallest 64-bit integer." },
  abs: { ...arithmetic(1), doc: "a without its sign; missing for the smallest 64-bit integer." },

  eq: { ...alike(2, 2, bool), doc: "a equals b; NaN equals NaN, -0 equals 0, text byte by byte." },
  ne: { ...alike(2, 2, bool), doc: "a does not equal b." },
  lt: { ...alike(2, 2, bool), doc: "a is below b; text by its UTF-8 bytes, NaN above every number." },
  le: { ...alike(2, 2, bool), doc: "a is below b or equals it." },
  gt: { ...alike(2, 2, bool), doc: "a is above b." },
  ge: { ...alike(2, 2, bool), doc: "a is above b or equals it." },
  between: { ...alike(3, 3, bool), doc: "a is at least b and at most c." },
  in: {
    ...alike(2, Infinity, bool),
    doc: "a equals one of the others; missing if it equals none and one of them is missing.",
  },
  notIn: {
    ...alike(2, Infinity, bool),
    doc: "a equals none of the others; missing if it equals none and one of them is missing.",
  },

  and: { ...many("bool", bool, 1), doc: "All are true; false if one is false, else missing if one is missing." },
  or: { ...many("bool", bool, 1), doc: "One is true; true if one is, else missing if one is missing." },
  not: { ...takes(["bool"], bool), doc: "True for false and false for true." },

  isNull: { ...takes(["any"], bool), doc: "The value is missing; NaN is not missing." },
  isNotNull: { ...takes(["any"], bool), doc: "The value is not missing." },
  isNan: { ...takes(["number"], bool), doc: "The number is NaN." },
  isFinite: { ...takes(["number"], bool), doc: "The number is neither NaN nor infinite." },
  coalesce: { ...alike(1, Infinity), doc: "The first value that is not missing." },
  when: {
    ...branches,
    doc: "when(c1, v1, c2, v2, ..., otherwise): the value behind the first condition that is true; a missing condition is not true; without otherwise, missing.",
  },

  ln: { ...takes(["number"], real), doc: "Natural logarithm; missing at 0 and below." },
  log2: { ...takes(["number"], real), doc: "Logarithm to base 2; missing at 0 and below." },
  log10: { ...takes(["number"], real), doc: "Logarithm to base 10; missing at 0 and below." },
  exp: { ...takes(["number"], real), doc: "e to the a; infinite on overflow." },
  sqrt: { ...takes(["number"], real), doc: "Square root; missing below 0." },
  pow: {
    ...takes(["number", "number"], real),
    doc: "a to the b as C's pow has it: anything to the 0 is 1, 0 to a negative power infinite, a negative number to a fraction NaN.",
  },
  sin: { ...takes(["number"], real), doc: "Sine of radians; missing for infinity." },
  cos: { ...takes(["number"], real), doc: "Cosine of radians; missing for infinity." },
  tan: { ...takes(["number"], real), doc: "Tangent of radians; missing for infinity." },

  floor: { ...arithmetic(1), doc: "The largest whole number that is not above a." },
  ceil: { ...arithmetic(1), doc: "The smallest whole number that is not below a." },
  round: { ...arithmetic(1), doc: "The nearest whole number; halves away from zero." },
  sign: { ...takes(["number"], int64), doc: "-1, 0 or 1; missing for NaN." },
  least: { ...alike(1, Infinity), doc: "The smallest value that is not missing; missing if all are." },
  greatest: {
    ...alike(1, Infinity),
    doc: "The largest value that is not missing (NaN if one is NaN); missing if all are.",
  },

  toReal: {
    ...takes(["any"], real),
    doc: "As a real number: true is 1, false 0, text as it spells a number (blanks around it, nan and inf are allowed), missing where it spells none.",
  },
  toInt: {
    ...takes(["any"], int64),
    doc: "As a whole number: reals lose their fraction, true is 1, text must spell a whole number; missing where it is none or does not fit 64 bits.",
  },
  toText: {
    ...takes(["any"], text),
    doc: "As text: whole numbers without a point, other reals with the fewest digits that read back, dates and times as ISO writes them with a blank between.",
  },
  toBool: {
    ...takes(["any"], bool),
    doc: "As true or false: 0 is false, other numbers true; text true t yes y 1 and false f no n 0 in any case; other text missing.",
  },
  toDate: {
    ...takes(["any"], date),
    doc: "The day of a timestamp, or of text like 2024-03-31 (a time behind it is cut); missing where it is none.",
  },
  toTimestamp: {
    ...takes(["any"], timestamp),
    doc: "Midnight of a date, or text like 2024-03-31 17:45:00.5 (an offset behind it is taken off, so it is UTC); missing where it is none.",
  },
  toFloat32: {
    ...takes(["number"], real),
    doc: "The nearest 32-bit real, as pages keep it; missing where a finite number is beyond its range.",
  },

  concat: { ...many("text", text, 1), doc: "The texts one behind the other; missing if one is." },
  lower: { ...takes(["text"], text), doc: "In small letters, letter by letter." },
  upper: {
    ...takes(["text"], text),
    doc: "In capital letters, letter by letter; a letter whose capital form is several stays.",
  },
  trim: { ...takes(["text"], text), doc: "Without the blanks (U+0020) at both ends." },
  length: { ...takes(["text"], int64), doc: "Number of code points." },
  substring: {
    ...takes(["text", "integer", "integer"], text, 2),
    doc: "substring(text, start, count): code points from start (1 is the first, -1 the last, a place before the first is the first), up to count of them.",
  },
  contains: {
    ...takes(["text", "text"], bool),
    doc: "The first text has the second in it; every text has the empty one.",
  },
  startsWith: { ...takes(["text", "text"], bool), doc: "The first text begins with the second." },
  replace: {
    ...takes(["text", "text", "text"], text),
    doc: "replace(text, old, new): new for every old; an empty old changes nothing.",
  },
  like: { ...takes(["text", "text"], bool), doc: "The text fits the pattern: % is any text, _ one code point." },
  ilike: { ...takes(["text", "text"], bool), doc: "like, without regard to small and capital letters." },
  hash32: {
    ...takes(["text", "integer"], int64),
    doc: "hash32(text, seed): 0 to 2^32 - 1, the first 32 bits of the MD5 of seed, colon and text.",
  },
  hash31: {
    ...takes(["text"], int64),
    doc: "0 to 2^31 - 1: the first four bytes of the text's MD5 as a whole number, the lowest first, without its top bit.",
  },
  pairCode: {
    ...takes(["integer", "integer"], int64),
    doc: "One code of two: (a * 1566083941 + b * 1812433253) mod 2^31, of a mod 2^31 and b mod 2^31.",
  },
  slotOf: {
    ...takes(["integer", "integer", "integer"], int64),
    doc: "slotOf(code, seed, bits): the lowest bits (at most 31) of code xor seed.",
  },

  termCodes: {
    ...takes(["text", "integer", "integer"], { kind: "list", of: int64 }),
    doc: "termCodes(text, ngrams, most): hash31 of each word, then of each two neighbouring words with a blank between, and so on up to ngrams of them; of the first most words. Words are runs of two code points or more that are no separators (expr/words.ts); small and capital letters are not the same.",
  },

  year: { ...datePart, doc: "The year; 0 is 1 BC." },
  quarter: { ...datePart, doc: "1 to 4." },
  month: { ...datePart, doc: "1 to 12." },
  week: { ...datePart, doc: "The ISO week, 1 to 53." },
  day: { ...datePart, doc: "Day of the month, 1 to 31." },
  dayOfWeek: { ...datePart, doc: "1 is Monday, 7 Sunday." },
  dayOfYear: { ...datePart, doc: "1 to 366." },
  hour: { ...datePart, doc: "0 to 23; 0 for a date." },
  minute: { ...datePart, doc: "0 to 59; 0 for a date." },
  second: { ...datePart, doc: "0 to 59, without its fraction; 0 for a date." },
  epochDays: { ...datePart, doc: "Days since 1970-01-01, negative before it." },
  epochSeconds: { ...takes(["time"], real), doc: "Seconds since 1970-01-01 00:00 with their fraction." },
  epochMicros: { ...datePart, doc: "Microseconds since 1970-01-01 00:00." },
} as const satisfies Readonly<Record<string, Operation>>;

export type OpName = keyof typeof ops;
export const opNames = Object.keys(ops) as OpName[];
export const operation = (name: OpName): Operation => ops[name];
