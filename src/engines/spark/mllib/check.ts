import { nearest, SluiceError } from "../../../base/errors.js";
import type { DenseMatrix } from "../frames/literals.js";
import type { ParamFact, ParamType } from "./facts.js";

export type ParamValue =
  | boolean
  | number
  | string
  | readonly number[]
  | readonly string[]
  | readonly (readonly number[])[]
  | readonly (readonly string[])[]
  | DenseMatrix;
export type ParamValues = Readonly<Record<string, ParamValue>>;

/** Given values against what Spark declares: names, types, ranges, words. What is undefined counts as not given. */
export function checkParams(
  operator: string,
  facts: Readonly<Record<string, ParamFact>>,
  given: Readonly<Record<string, unknown>>,
): ParamValues {
  const checked: Record<string, ParamValue> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const fact = Object.hasOwn(facts, name) ? facts[name] : undefined;
    if (fact === undefined) throw unknownParam(operator, name, Object.keys(facts));
    const problem = problemOf(fact, value);
    if (problem !== undefined)
      throw new SluiceError(
        "bad_parameter",
        `mllib.${operator}: ${name} is ${shown(value)}; it must be ${problem} (${fact.doc})`,
        { operator, parameter: name, value },
      );
    checked[name] = value as ParamValue;
  }
  return checked;
}

function unknownParam(operator: string, name: string, available: readonly string[]): SluiceError {
  const near = nearest(name, available);
  return new SluiceError(
    "bad_parameter",
    `mllib.${operator} has no parameter "${name}"${near ? `; did you mean "${near}"?` : "."} It takes: ${available.join(", ") || "none"}`,
    { operator, parameter: name, available },
  );
}

const shown = (value: unknown): string => {
  const text = typeof value === "bigint" || typeof value === "number" ? String(value) : JSON.stringify(value);
  return (text ?? typeof value).slice(0, 80);
};

const int32 = 2 ** 31;
const isWhole = (value: unknown): boolean => Number.isSafeInteger(value);
const isList = (value: unknown, of: (one: unknown) => boolean): boolean => Array.isArray(value) && value.every(of);
const isNumber = (value: unknown): boolean => typeof value === "number";
const isText = (value: unknown): boolean => typeof value === "string";
const isInt = (value: unknown): boolean => isWhole(value) && Math.abs(value as number) < int32;

const types: Readonly<Record<ParamType, readonly [fits: (value: unknown) => boolean, words: string]>> = {
  boolean: [(value) => typeof value === "boolean", "true or false"],
  int: [isInt, "a whole number of 32 bits"],
  long: [isWhole, "a whole number"],
  float: [isNumber, "a number"],
  double: [isNumber, "a number"],
  string: [isText, "text"],
  strings: [(value) => isList(value, isText), "a list of texts"],
  strings2: [(value) => isList(value, (one) => isList(one, isText)), "a list of lists of texts"],
  ints: [(value) => isList(value, isInt), "a list of whole numbers"],
  doubles: [(value) => isList(value, isNumber), "a list of numbers"],
  doubles2: [(value) => isList(value, (one) => isList(one, isNumber)), "a list of lists of numbers"],
  vector: [(value) => isList(value, isNumber), "a list of numbers, one for each feature"],
  matrix: [isMatrix, 'a matrix: { kind: "matrix", rows, columns, values }, its values column by column'],
};

export const fitsType = (type: ParamType, value: unknown): boolean => types[type][0](value);

/** What a value should have been, or nothing where it is right. */
function problemOf(fact: ParamFact, value: unknown): string | undefined {
  const [fits, words] = types[fact.type];
  if (!fits(value)) return fact.of === undefined ? `${words}${rangeOf(fact)}` : `one of ${fact.of.join(", ")}`;
  if (fact.of !== undefined) return fact.of.includes(value as string) ? undefined : `one of ${fact.of.join(", ")}`;
  if (typeof value !== "number") return undefined;
  const { min = -Infinity, max = Infinity, above = -Infinity, below = Infinity } = fact;
  const inside =
    value >= min && value <= max && (above === -Infinity || value > above) && (below === Infinity || value < below);
  const bounded = [fact.min, fact.max, fact.above, fact.below].some((bound) => bound !== undefined);
  return inside || (!bounded && Number.isNaN(value)) ? undefined : `${words}${rangeOf(fact)}`;
}

function rangeOf({ min, max, above, below }: ParamFact): string {
  const bounds = [
    min === undefined ? undefined : `at least ${min}`,
    above === undefined ? undefined : `above ${above}`,
    max === undefined ? undefined : `at most ${max}`,
    below === undefined ? undefined : `below ${below}`,
  ].filter((bound) => bound !== undefined);
  return bounds.length === 0 ? "" : ` ${bounds.join(" and ")}`;
}

function isMatrix(value: unknown): boolean {
  const { kind, rows, columns, values } = (value ?? {}) as Partial<DenseMatrix>;
  return (
    kind === "matrix" &&
    isInt(rows) &&
    isInt(columns) &&
    isList(values, isNumber) &&
    values!.length === rows! * columns!
  );
}
