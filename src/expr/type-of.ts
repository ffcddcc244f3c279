import { SluiceError, UnknownColumnError } from "../base/errors.js";
import {
  bool,
  date,
  int64,
  real,
  type Schema,
  type Type,
  text,
  timestamp,
  typeName,
  type Value,
} from "../base/schema.js";
import type { Call, Expr, Lookup } from "./expr.js";
import { isTime, type Known, Misfit, type OpName, operation } from "./ops.js";
import { printExpr } from "./print.js";
import { parseTimestamp } from "./time.js";

/** The type of a formula over a schema; a formula that mixes types is refused with the column that is to blame. */
export const typeOf = (expr: Expr, schema: Schema): Type => knownType(expr, schema) ?? { kind: "other", name: "null" };

/** As typeOf, with nothing for a formula that is always missing. */
export function knownType(
  expr: Expr,
  schema: Schema,
  columns = new Map(schema.columns.map(({ name, type }) => [name, type])),
): Known {
  switch (expr.kind) {
    case "col": {
      const type = columns.get(expr.name);
      if (!type) throw new UnknownColumnError(expr.name, [...columns.keys()]);
      return type;
    }
    case "lit":
      return typeOfValue(expr.value);
    case "lookup":
      knownType(expr.key, schema, columns);
      return lookupType(expr);
    case "trees":
      for (const input of expr.inputs) knownType(input, schema, columns);
      return real;
    case "weigh":
      for (const slot of expr.slots) knownType(slot, schema, columns);
      return real;
    case "weighTerms":
      knownType(expr.codes, schema, columns);
      return real;
    case "rowHash":
      return int64;
    case "call":
      return callType(
        expr,
        expr.args.map((arg) => knownType(arg, schema, columns)),
      );
  }
}

export const lookupType = ({ values, otherwise }: Lookup): Known => typeOfValues([...values, otherwise]);

/** The type of a call whose arguments have these types; those that do not fit are refused. */
export function callType(expr: Call, types: readonly Known[]): Known {
  const { arity, type } = operation(expr.op);
  const given = expr.args.length;
  if (given < arity[0] || given > arity[1])
    throw new SluiceError(
      "bad_formula",
      `${expr.op} takes ${arityWords(arity)}, and was given ${given}: ${shown(expr)}`,
      { op: expr.op, given },
    );
  try {
    return type(...(comparisons.has(expr.op) ? withTimes(expr.args, types) : types));
  } catch (misfit) {
    if (!(misfit instanceof Misfit)) throw misfit;
    const wrong = expr.args[misfit.index]!;
    const is = typeName(types[misfit.index]!);
    throw new SluiceError(
      "wrong_type",
      `${wrong.kind === "col" ? `column "${wrong.name}"` : shown(wrong)} is ${is}; ${shown(expr)} needs ${misfit.need} there`,
      {
        op: expr.op,
        type: is,
        ...(wrong.kind === "col" ? { column: wrong.name } : {}),
      },
    );
  }
}

const comparisons: ReadonlySet<OpName> = new Set(["eq", "ne", "lt", "le", "gt", "ge", "between", "in", "notIn"]);
/** Text beside a date or time is read as one: departed >= '2024-01-01'. */
function withTimes(args: readonly Expr[], types: readonly Known[]): readonly Known[] {
  if (!types.some((type) => type && isTime(type))) return types;
  return types.map((type, i) => {
    const arg = args[i]!;
    return type?.kind === "text" && arg.kind === "lit" && parseTimestamp(arg.value as string) !== undefined
      ? timestamp
      : type;
  });
}

export function typeOfValue(value: Value): Known {
  if (value === null) return undefined;
  if (typeof value === "boolean") return bool;
  if (typeof value === "bigint") return int64;
  // Only a real number has a zero below zero.
  if (typeof value === "number") return Number.isSafeInteger(value) && !Object.is(value, -0) ? int64 : real;
  if (typeof value === "string") return text;
  if (value instanceof Uint8Array) return { kind: "bytes" };
  if (Array.isArray(value)) return { kind: "list", of: typeOfValues(value as readonly Value[]) ?? real };
  return "days" in value ? date : timestamp;
}

/** Whole numbers among reals are real. */
function typeOfValues(values: readonly Value[]): Known {
  let found: Known;
  for (const value of values) {
    const type = typeOfValue(value);
    if (!found || type?.kind === "real") found = type ?? found;
    if (found?.kind === "real") break;
  }
  return found;
}

const arityWords = ([min, max]: readonly [number, number]): string =>
  min === max
    ? `${min} argument${min === 1 ? "" : "s"}`
    : max === Infinity
      ? `${min} or more arguments`
      : `${min} to ${max} arguments`;
const shown = (expr: Expr): string => {
  const printed = printExpr(expr);
  return printed.length > 80 ? `${printed.slice(0, 77)}...` : printed;
};
