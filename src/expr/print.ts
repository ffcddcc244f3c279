import type { Value } from "../base/schema.js";
import type { Expr } from "./expr.js";
import type { OpName } from "./ops.js";
import { tableName } from "./slots.js";
import { printDate, printTimestamp } from "./time.js";

/** Operators between their arguments, with how tightly they bind; the parser reads the same table. */
export const infix = {
  or: ["OR", 1],
  and: ["AND", 2],
  eq: ["=", 4],
  ne: ["<>", 4],
  lt: ["<", 4],
  le: ["<=", 4],
  gt: [">", 4],
  ge: [">=", 4],
  like: ["LIKE", 4],
  ilike: ["ILIKE", 4],
  concat: ["||", 5],
  add: ["+", 6],
  sub: ["-", 6],
  mul: ["*", 7],
  div: ["/", 7],
  intdiv: ["//", 7],
  mod: ["%", 7],
} as const satisfies Partial<Record<OpName, readonly [string, number]>>;
export const notLevel = 3;
export const negLevel = 8;
const atom = 9;

const casts: Partial<Record<OpName, string>> = {
  toReal: "real",
  toInt: "int64",
  toText: "text",
  toBool: "bool",
  toDate: "date",
  toTimestamp: "timestamp",
};

/** A formula in the SQL that the parser reads back as the same formula. */
export const printExpr = (expr: Expr): string => print(expr)[0];

type Printed = readonly [sql: string, level: number];

function print(expr: Expr): Printed {
  switch (expr.kind) {
    case "col":
      return [
        plainName.test(expr.name) && !reserved.has(expr.name.toLowerCase())
          ? expr.name
          : `"${expr.name.replaceAll('"', '""')}"`,
        atom,
      ];
    case "lit":
      return printValue(expr.value);
    case "rowHash":
      return [`row_hash(${expr.seed})`, atom];
    case "lookup":
      return [
        `lookup(${printExpr(expr.key)}, ${expr.keys.map((key, i) => `${printValue(key)[0]}, ${printValue(expr.values[i]!)[0]}`).join(", ")}, ${printValue(expr.otherwise)[0]})`,
        atom,
      ];
    case "trees": {
      const { base, trees } = expr;
      return [
        `trees(${[printValue(JSON.stringify({ base, trees }))[0], ...expr.inputs.map(printExpr)].join(", ")})`,
        atom,
      ];
    }
    case "weigh":
      return [`weigh(${[tableName(expr.table), ...expr.slots.map(printExpr)].join(", ")})`, atom];
    case "weighTerms":
      return [`weigh_terms(${tableName(expr.tables[expr.output]!)}, ${printExpr(expr.codes)})`, atom];
    case "call":
      return printCall(expr.op, expr.args);
  }
}

function printCall(op: OpName, args: readonly Expr[]): Printed {
  const [a, b, c] = args;
  const within = (arg: Expr, level: number): string => {
    const [text, its] = print(arg);
    return its < level ? `(${text})` : text;
  };
  const sign = (infix as Partial<Record<OpName, readonly [string, number]>>)[op];
  if (sign && args.length >= 2) {
    const [word, level] = sign;
    return [
      [within(a!, level === 4 ? 5 : level), ...args.slice(1).map((arg) => within(arg, level + 1))].join(` ${word} `),
      level,
    ];
  }
  const cast = casts[op];
  if (cast && args.length === 1) return [`CAST(${printExpr(a!)} AS ${cast})`, atom];
  switch (op) {
    case "not":
      return [`NOT ${within(a!, notLevel)}`, notLevel];
    case "neg":
      return [`-${within(a!, atom).replace(/^(?=[-\d.])(.*)$/s, "($1)")}`, negLevel];
    case "isNull":
      return [`${within(a!, 5)} IS NULL`, 4];
    case "isNotNull":
      return [`${within(a!, 5)} IS NOT NULL`, 4];
    case "between":
      return [`${within(a!, 5)} BETWEEN ${within(b!, 5)} AND ${within(c!, 5)}`, 4];
    case "in":
    case "notIn":
      return [`${within(a!, 5)} ${op === "in" ? "IN" : "NOT IN"} (${args.slice(1).map(printExpr).join(", ")})`, 4];
    case "when": {
      const parts: string[] = [];
      for (let i = 0; i + 1 < args.length; i += 2)
        parts.push(`WHEN ${printExpr(args[i]!)} THEN ${printExpr(args[i + 1]!)}`);
      return [`CASE ${parts.join(" ")}${args.length % 2 === 1 ? ` ELSE ${printExpr(args.at(-1)!)}` : ""} END`, atom];
    }
    default:
      return [`${snake(op)}(${args.map(printExpr).join(", ")})`, atom];
  }
}

function printValue(value: Value): Printed {
  if (value === null) return ["NULL", atom];
  if (typeof value === "boolean") return [value ? "TRUE" : "FALSE", atom];
  if (typeof value === "number") {
    const digits = Object.is(value, -0) ? "-0" : String(value);
    // Digits alone past 2^53 would be a 64-bit integer.
    if (Number.isFinite(value))
      return [
        !Number.isSafeInteger(value) && /^-?\d+$/.test(digits) ? `${digits}e0` : digits,
        digits.startsWith("-") ? negLevel : atom,
      ];
    return [`CAST('${Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf"}' AS real)`, atom];
  }
  if (typeof value === "bigint") return [String(value), value < 0n ? negLevel : atom];
  if (typeof value === "string") return [`'${value.replaceAll("'", "''")}'`, atom];
  if (value instanceof Uint8Array) return [`'${Buffer.from(value).toString("hex")}'`, atom];
  if (Array.isArray(value))
    return [`[${(value as readonly Value[]).map((item) => printValue(item)[0]).join(", ")}]`, atom];
  return "days" in value
    ? [`DATE '${yearZero(printDate(value.days))}'`, atom]
    : [`TIMESTAMP '${yearZero(printTimestamp((value as { micros: bigint }).micros))}'`, atom];
}

/** 1 BC as formulas write it. */
const yearZero = (printed: string): string => printed.replace(/^0001(.*) \(BC\)$/, "0000$1");

export const snake = (op: string): string =>
  op.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/(\D)(32|10|2)$/, "$1$2");
const plainName = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Words of the language: columns of these names stand in double quotes. */
export const reserved: ReadonlySet<string> = new Set(
  "and or not in is null true false between like ilike case when then else end".split(" "),
);
