import {
  type Column,
  int64,
  isNumeric,
  type Row,
  real,
  setOwn,
  type Type,
  text,
  typeName,
  type Value,
} from "../base/schema.js";
import { refusedValue, typedValue } from "../expr/coerce.js";
import { compile } from "../expr/evaluate.js";
import { fit, numberOf, type Words } from "../expr/fit-columns.js";
import type { Model } from "../model/model.js";
import { wordsOf } from "./formulas.js";

type Given = Readonly<Record<string, unknown>>;

/** A function that reads plain objects as rows of the model: what a file's column of the same values would be read as. */
export function rowReader(model: Pick<Model, "inputs" | "features">): (given: Given) => Row {
  const words = wordsOf(model);
  const readers = model.inputs.columns.map((column) => ({
    name: column.name,
    read: reader(column, words[column.name]),
  }));
  return (given) => {
    const row: Record<string, Value> = {};
    for (const { name, read } of readers) {
      const value = Object.hasOwn(given, name) ? given[name] : undefined;
      const found = value === null || value === undefined ? null : read(value);
      setOwn(row, name, found);
    }
    return row;
  };
}

function reader(column: Column, words: Words[string]): (value: unknown) => Value {
  const { type, read } = column;
  const missing = new Set(read ? ["", ...(read.missing ?? [])] : []);
  const numbers = new Set([...missing].map((spelling) => numberOf(spelling, read)).filter(Number.isFinite));
  const fits = new Map<string, (value: Value) => Value | undefined>();
  return (value) => {
    const typed = typedValue(type, value);
    if (typed !== undefined) {
      const isMissing =
        typeof typed === "string"
          ? missing.size > 0 && missing.has(typed.trim())
          : numbers.size > 0 && isNumeric(type) && numbers.has(Number(typed));
      return isMissing ? null : typed;
    }
    const other = valueAndType(value);
    if (!other) throw refusedValue(column, value);
    let fitted = fits.get(typeName(other.type));
    if (!fitted) {
      fitted = fitter(column, other.type, words);
      fits.set(typeName(other.type), fitted);
    }
    const found = fitted(other.value);
    if (found === undefined) throw refusedValue(column, value);
    return found;
  };
}

/** Undefined for what does not fit. */
function fitter(column: Column, from: Type, words: Words[string]): (value: Value) => Value | undefined {
  const { steps, misfit } = fit(column, from, words);
  const [present, prepared, made] = steps.map((step) => compile(step));
  const fails = misfit && compile(misfit);
  return (value) => {
    const given = present!({ x: value });
    const y = made!({ x: prepared!({ x: given }) });
    return fails?.({ x: given, y }) === true ? undefined : y;
  };
}

/** A value of JavaScript in the type that a file's column of such values has. */
function valueAndType(value: unknown): { readonly type: Type; readonly value: Value } | undefined {
  if (typeof value === "string") return { type: text, value };
  if (typeof value === "boolean") return { type: { kind: "bool" }, value };
  if (typeof value === "bigint") return { type: int64, value };
  if (typeof value === "number") return { type: Number.isSafeInteger(value) ? int64 : real, value };
  if (value instanceof Date && !Number.isNaN(value.getTime()))
    return { type: { kind: "timestamp", utc: false }, value: { micros: BigInt(value.getTime()) * 1000n } };
  return undefined;
}
