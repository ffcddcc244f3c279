import { isNumeric, type Row, real, type Schema, type Type, type Value } from "../base/schema.js";
import { opSteps, type Step } from "./evaluate/steps.js";
import { treesStep } from "./evaluate/trees.js";
import type { Call, Expr, Lookup, WeighTerms } from "./expr.js";
import type { Known } from "./ops.js";
import { denseValues, type SlotTable } from "./slots.js";
import { termSums } from "./terms.js";
import { callType, knownType, lookupType, typeOfValue } from "./type-of.js";
import { keyOf, microsOf } from "./values.js";

/** A formula's value for one row. */
export const evaluate = (expr: Expr, row: Row, schema?: Schema): Value => compile(expr, schema)(row);

/**
 * A formula as a function of a row, for rows that are scored one by one. The schema matters where 64-bit integers past 2^53
 * are computed with: without it their sums may be rounded as real numbers are.
 */
export const compile = (expr: Expr, schema?: Schema): Step =>
  build(expr, schema && new Map(schema.columns.map(({ name, type }) => [name, type]))).step;

interface Built {
  readonly step: Step;
  readonly type: Known;
}
type Columns = Map<string, Type> | undefined;

function build(expr: Expr, columns: Columns): Built {
  switch (expr.kind) {
    case "col": {
      const { name } = expr;
      return { step: (row) => row[name] ?? null, type: columns && knownType(expr, { columns: [] }, columns) };
    }
    case "lit": {
      const { value } = expr;
      return { step: () => value, type: typeOfValue(value) };
    }
    case "rowHash":
      throw new Error("a row by itself has no identity to hash; only a scan's rows have one");
    case "lookup":
      return buildLookup(expr, build(expr.key, columns).step, columns);
    case "trees": {
      const inputs = expr.inputs.map((input) => build(input, columns).step);
      return { step: treesStep(expr, inputs), type: real };
    }
    case "weigh": {
      const slots = expr.slots.map((slot) => build(slot, columns).step);
      const values = denseValues(expr.table);
      const step: Step = (row) => slots.reduce((sum, slot) => sum + (values[Number(slot(row) ?? -1)] ?? 0), 0);
      return { step, type: columns && real };
    }
    case "weighTerms":
      return { step: termsStep(expr, build(expr.codes, columns).step), type: columns && real };
    case "call":
      return buildCall(
        expr,
        expr.args.map((arg) => build(arg, columns)),
        columns,
      );
  }
}

/** The sums of all outputs for the codes that came last. */
const sumsOfLast = new WeakMap<readonly SlotTable[], { readonly sums: (codes: readonly number[]) => Float64Array }>();

function termsStep({ terms, tables, output }: WeighTerms, codes: Step): Step {
  let shared = sumsOfLast.get(tables);
  if (!shared) {
    const sum = termSums(terms, tables.map(denseValues));
    const found = new Float64Array(tables.length);
    let last: readonly number[] | undefined;
    const sums = (list: readonly number[]): Float64Array => {
      if (list !== last) sum(list, 0, list.length, found, 0);
      last = list;
      return found;
    };
    shared = { sums };
    sumsOfLast.set(tables, shared);
  }
  const { sums } = shared;
  return (row) => {
    const list = codes(row) as readonly number[] | null;
    return list === null ? 0 : sums(list)[output]!;
  };
}

function buildLookup(lookup: Lookup, key: Step, columns: Columns): Built {
  const { keys, values, otherwise } = lookup;
  const table = new Map(keys.map((one, i) => [keyOf(one), values[i] ?? null]));
  const step: Step = (row) => {
    const value = key(row);
    if (value === null) return otherwise;
    // A key past 2^53 is text, because keys are plain data.
    const found = table.get(
      typeof value === "bigint" ? String(value) : typeof value === "object" ? keyOf(value) : value,
    );
    return found === undefined ? otherwise : found;
  };
  return { step, type: columns && lookupType(lookup) };
}

function buildCall(call: Call, args: readonly Built[], columns: Columns): Built {
  const types = args.map(({ type }) => type);
  // A whole number beside a real one is a real one, and a date beside a timestamp one too, as in an engine's columns.
  const isReal = types.some((type) => type && isNumeric(type) && type.kind !== "int64");
  const isStamp = types.some((type) => type?.kind === "timestamp");
  const steps = args.map(({ step, type }) =>
    columns && isReal && type?.kind === "int64"
      ? rounded(step)
      : isStamp && type?.kind === "date"
        ? midnight(step)
        : step,
  );
  const exact = columns !== undefined && types.every((type) => type?.kind === "int64");
  const made = opSteps[call.op](steps, call.args, exact);
  const type = columns && callType(call, types);
  if (call.args.length === 0 || !call.args.every((arg) => arg.kind === "lit")) return { step: made, type };
  const value = made({});
  return { step: () => value, type };
}

const rounded =
  (step: Step): Step =>
  (row) => {
    const value = step(row);
    return typeof value === "bigint" ? Number(value) : value;
  };

const midnight =
  (step: Step): Step =>
  (row) => {
    const value = step(row);
    return value === null ? null : { micros: microsOf(value) };
  };
