import type { Row, Schema, Value } from "../base/schema.js";
import type { OpName } from "./ops.js";
import { opSteps } from "./evaluate/steps.js";
import type { Expr } from "./expr.js";
import { knownType } from "./type-of.js";
import { keyOf } from "./values.js";

export type Step = (row: Row) => Value;

/** A formula's value for one row. */
export const evaluate = (expr: Expr, row: Row, schema?: Schema): Value => compile(expr, schema)(row);

/**
 * A formula as a function of a row, for rows that are scored one by one. The schema is needed only where 64-bit integers
 * past 2^53 are computed with: without it their sums may be rounded as real numbers are.
 */
export function compile(expr: Expr, schema?: Schema): Step {
  switch (expr.kind) {
    case "col": {
      const { name } = expr;
      return (row) => row[name] ?? null;
    }
    case "lit": {
      const { value } = expr;
      return () => value;
    }
    case "rowHash":
      throw new Error("a row by itself has no identity to hash; only a scan's rows have one");
    case "lookup": {
      const key = compile(expr.key, schema);
      const { otherwise } = expr;
      const table = new Map(expr.keys.map((one, i) => [keyOf(one), expr.values[i] ?? null]));
      return (row) => {
        const value = key(row);
        if (value === null) return otherwise;
        const found = table.get(typeof value === "object" || typeof value === "bigint" ? keyOf(value) : value);
        return found === undefined ? otherwise : found;
      };
    }
    case "call": {
      const args = expr.args.map((arg) => compile(arg, schema));
      const exact = schema !== undefined && expr.args.every((arg) => knownType(arg, schema)?.kind === "int64");
      const step = opSteps[expr.op as OpName](args, expr.args, exact);
      if (expr.args.length === 0 || !expr.args.every((arg) => arg.kind === "lit")) return step;
      const value = step({});
      return () => value;
    }
  }
}
