import type { Schema } from "../base/schema.js";
import { int64, real } from "../base/schema.js";
import type { Call, Expr } from "../expr/expr.js";
import type { Known, OpName } from "../expr/ops.js";
import { callType, knownType, lookupType, typeOfValue } from "../expr/type-of.js";
import type { Dialect, Term } from "./dialect.js";

/** Where a formula stands: what its names mean there. */
export interface Scope {
  readonly dialect: Dialect;
  /** The column's SQL; `type` is unknown where the engine's own SQL gives it, `stored` says that it comes from a file. */
  column(name: string): { readonly sql: string; readonly type: Known; readonly stored: boolean };
  rowHash(seed: number): string;
}

/** A formula as SQL over columns named as in the schema. */
export function exprSql(expr: Expr, dialect: Dialect, schema?: Schema): string {
  const types = schema && new Map(schema.columns.map(({ name, type }) => [name, type]));
  return term(expr, {
    dialect,
    column: (name) => ({
      sql: dialect.quote(name),
      type: types && knownType({ kind: "col", name }, schema, types),
      stored: true,
    }),
    rowHash: () => {
      throw new Error("a formula by itself has no row identity; only one over a scan has");
    },
  }).sql;
}

/** Operations that mean the same nested as in one flat call: a long chain of them would exceed DuckDB's depth. */
const flat: ReadonlySet<OpName> = new Set(["and", "or", "concat", "coalesce", "least", "greatest"]);

export function term(expr: Expr, scope: Scope): Term {
  const { dialect } = scope;
  switch (expr.kind) {
    case "col": {
      const { sql, type, stored } = scope.column(expr.name);
      return stored && type ? { sql: dialect.widen(sql, type), type, expr, stored: sql } : { sql, type, expr };
    }
    case "lit":
      return { sql: dialect.literal(expr.value), type: typeOfValue(expr.value), expr };
    case "rowHash":
      return { sql: scope.rowHash(expr.seed), type: int64, expr };
    case "lookup":
      return { sql: dialect.lookup(expr, term(expr.key, scope)), type: lookupType(expr), expr };
    case "trees":
      return {
        sql: dialect.trees(
          expr,
          expr.inputs.map((input) => term(input, scope)),
        ),
        type: real,
        expr,
      };
    case "weigh":
      return {
        sql: dialect.weigh(
          expr.table,
          expr.slots.map((slot) => term(slot, scope)),
        ),
        type: real,
        expr,
      };
    case "weighTerms":
      return { sql: dialect.weighTerms(expr, term(expr.codes, scope)), type: real, expr };
    case "call": {
      const call =
        expr.op === "when" ? flatWhen(expr) : flat.has(expr.op) ? { ...expr, args: flatArgs(expr, expr.op) } : expr;
      const args = call.args.map((arg) => widened(term(arg, scope), dialect));
      const type = callType(
        call,
        args.map((arg) => arg.type),
      );
      const written = dialect.calls[expr.op](...args);
      return typeof written === "string" ? { sql: written, type, expr } : { ...written, type, expr };
    }
  }
}

/** As pages take them: 32 bits wide, at the top of a formula. Within one they would draw what stands beside them into 32 bits. */
const narrow: ReadonlySet<OpName> = new Set(["toFloat32", "hash31"]);
const widened = (of: Term, dialect: Dialect): Term =>
  of.type && of.expr.kind === "call" && narrow.has(of.expr.op) ? { ...of, sql: dialect.widen(of.sql, of.type) } : of;

function flatArgs({ args }: Call, op: OpName, into: Expr[] = []): Expr[] {
  for (const arg of args) {
    if (arg.kind === "call" && arg.op === op) flatArgs(arg, op, into);
    else into.push(arg);
  }
  return into;
}

/** when(a, b, when(c, d, e)) is when(a, b, c, d, e). */
function flatWhen(expr: Call): Call {
  const args = [...expr.args];
  for (let last = args.at(-1); args.length % 2 === 1 && last?.kind === "call" && last.op === "when"; last = args.at(-1))
    args.splice(-1, 1, ...last.args);
  return { ...expr, args };
}
