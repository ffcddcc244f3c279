import { isNumeric, type Type } from "../../base/schema.js";
import type { Known, OpName } from "../../expr/ops.js";
import type { Term } from "../dialect.js";

export const isWhole = (type: Known): boolean => type?.kind === "int64";
export const isReal = (type: Known): boolean => type !== undefined && isNumeric(type) && type.kind !== "int64";
export const kindOf = ({ type }: Term): Type["kind"] | undefined => type?.kind;
const isNull = ({ expr }: Term): boolean => expr.kind === "lit" && expr.value === null;

/** What numbers are computed as together; nothing where a query in SQL gives a column whose type we do not know. */
export function together(terms: readonly Term[]): "real" | "whole" | undefined {
  if (terms.some(({ type }) => isReal(type))) return "real";
  if (terms.some((term) => term.type === undefined && !isNull(term))) return undefined;
  return terms.some(({ type }) => isWhole(type)) ? "whole" : "real";
}

/** Operations that pass on what they are given, perhaps a FLOAT or INT; hash31 and toFloat32 give one. */
const narrow: ReadonlySet<OpName> = new Set(["when", "coalesce", "least", "greatest", "hash31", "toFloat32"]);
const isWide = ({ expr, stored, type }: Term): boolean =>
  type !== undefined && (stored !== undefined || expr.kind === "lit" || (expr.kind === "call" && !narrow.has(expr.op)));

export const asReal = (term: Term): string =>
  isReal(term.type) && isWide(term) ? term.sql : `CAST(${term.sql} AS DOUBLE)`;
export const asLong = (term: Term): string =>
  isWhole(term.type) && isWide(term) ? term.sql : `CAST(${term.sql} AS BIGINT)`;

/** A formula that names its argument more than once, of an argument that is long, would double at each level. */
const long = 120;
export const once = (sql: string, write: (x: string) => string): string =>
  sql.length <= long ? write(sql) : `transform(array(${sql}), x -> ${write("x")})[0]`;

/** Blanks as our texts of numbers and times may have around them, in Java's regular expressions. */
export const blanks = "[ \\t\\n\\x0B\\f\\r]*";
export const nothing = (as: string): string => `CAST(NULL AS ${as})`;
