import type { Schema, Type } from "../base/schema.js";
import type { Expr } from "../expr/expr.js";
import type { Relation } from "../expr/relation.js";
import { type Known, operation } from "../expr/ops.js";
import { typeOfValue } from "../expr/type-of.js";
import { int64 } from "../base/schema.js";
import type { Dialect, Typed } from "./dialect.js";

/** A relation as one query. */
export const toSql = (relation: Relation, dialect: Dialect): string => select(relation, dialect, []).sql;

/** A query and the columns it gives, with their types where they are known; `raw` ones come straight from storage. */
interface Selected {
  readonly sql: string;
  readonly columns: ReadonlyMap<string, { readonly type: Type; readonly raw: boolean }>;
}

const nothing: Type = { kind: "other", name: "null" };
const hidden = (seed: number): string => `__hash_${seed}`;

function select(relation: Relation, dialect: Dialect, seedsAbove: readonly number[]): Selected {
  const seeds = [...new Set([...seedsAbove, ...seedsOf(relation)])];
  const pass = seeds.map((seed) => dialect.quote(hidden(seed)));
  switch (relation.kind) {
    case "scan": {
      const columns = columnsFrom(relation.scan.schema, true);
      return { sql: `SELECT ${[...quotedNames(columns, dialect), ...pass].join(", ") || "1"} FROM ${dialect.scan(relation.scan, relation.part, seeds)}`, columns };
    }
    case "sql":
      return { sql: relation.text.replace(/;\s*$/, ""), columns: new Map() };
    case "filter": {
      const from = select(relation.from, dialect, seeds);
      return { sql: `SELECT * FROM (${from.sql}) WHERE ${emit(relation.where, dialect, from).sql}`, columns: from.columns };
    }
    case "project": {
      const from = select(relation.from, dialect, seeds);
      const columns = new Map(relation.keep ? from.columns : []);
      const items = relation.keep ? [from.columns.size > 0 ? quotedNames(from.columns, dialect).join(", ") : "*"] : [];
      for (const [name, expr] of Object.entries(relation.columns)) {
        const { sql, type } = emit(expr, dialect, from, true);
        columns.set(name, { type, raw: expr.kind === "col" && (from.columns.get(expr.name)?.raw ?? false) });
        items.push(`${sql} AS ${dialect.quote(name)}`);
      }
      const above = seedsAbove.map((seed) => dialect.quote(hidden(seed)));
      return { sql: `SELECT ${[...items, ...above].join(", ")} FROM (${from.sql})`, columns };
    }
    case "limit": {
      const from = select(relation.from, dialect, seedsAbove);
      return { sql: `SELECT * FROM (${from.sql}) LIMIT ${relation.rows}`, columns: from.columns };
    }
    case "sort": {
      const from = select(relation.from, dialect, seeds);
      const by = relation.by.map(({ expr, descending }) => `${emit(expr, dialect, from, true).sql} ${descending ? "DESC" : "ASC"} NULLS LAST`);
      return { sql: `SELECT * FROM (${from.sql}) ORDER BY ${by.join(", ")}`, columns: from.columns };
    }
    case "aggregate": {
      const from = select(relation.from, dialect, seeds);
      const columns = new Map<string, { type: Type; raw: boolean }>();
      const items: string[] = [];
      for (const [name, expr] of Object.entries(relation.by)) {
        const { sql, type } = emit(expr, dialect, from, true);
        columns.set(name, { type, raw: false });
        items.push(`${sql} AS ${dialect.quote(name)}`);
      }
      for (const [name, one] of Object.entries(relation.columns)) {
        const arg = "arg" in one && one.arg ? emit(one.arg, dialect, from, true) : undefined;
        const where = one.agg === "list" ? emit(one.where, dialect, from).sql : undefined;
        columns.set(name, { type: one.agg === "min" || one.agg === "max" ? arg!.type : one.agg === "list" ? { kind: "list", of: arg!.type } : int64, raw: false });
        items.push(`${dialect.aggregate(one, arg, where)} AS ${dialect.quote(name)}`);
      }
      const groups = Object.keys(relation.by).map((_, i) => i + 1);
      return { sql: `SELECT ${items.join(", ")} FROM (${from.sql})${groups.length > 0 ? ` GROUP BY ${groups.join(", ")}` : ""}`, columns };
    }
  }
}

/** An expression over columns whose types are known from a schema. */
export const exprSql = (expr: Expr, dialect: Dialect, schema: Schema): string => emit(expr, dialect, { columns: columnsFrom(schema, false) }).sql;

/** `bare` = nothing is computed with it, so a narrow column need not be widened. */
function emit(expr: Expr, dialect: Dialect, from: Pick<Selected, "columns">, bare = false): Typed {
  switch (expr.kind) {
    case "col": {
      const column = from.columns.get(expr.name);
      const name = dialect.quote(expr.name);
      return { sql: column?.raw && !bare ? dialect.widen(name, column.type) : name, type: column?.type ?? nothing };
    }
    case "lit":
      return { sql: dialect.literal(expr.value), type: typeOfValue(expr.value) ?? nothing };
    case "rowHash":
      return { sql: dialect.quote(hidden(expr.seed)), type: int64 };
    case "lookup": {
      const key = emit(expr.key, dialect, from, true);
      return { sql: dialect.lookup(expr, key), type: typeOfValue(expr.values.find((value) => value !== null) ?? expr.otherwise) ?? nothing };
    }
    case "call": {
      // Tests and conversions read a column as it is; arithmetic and comparison need it in our width.
      const asIs = expr.op === "isNull" || expr.op === "isNotNull" || expr.op === "toFloat32" || expr.op === "toReal" || expr.op === "toText";
      const args = expr.args.map((arg) => emit(arg, dialect, from, asIs));
      const types = args.map(({ type }) => type);
      return { sql: dialect.calls[expr.op](args.map(({ sql }) => sql), types), type: operation(expr.op).type(...types.map((type): Known => (type === nothing ? undefined : type))) ?? nothing };
    }
  }
}

function seedsOf(relation: Relation): number[] {
  const seeds = new Set<number>();
  const visit = (expr: Expr | undefined): void => {
    if (!expr) return;
    if (expr.kind === "rowHash") seeds.add(expr.seed);
    else if (expr.kind === "call") expr.args.forEach(visit);
    else if (expr.kind === "lookup") visit(expr.key);
  };
  if (relation.kind === "filter") visit(relation.where);
  else if (relation.kind === "project") Object.values(relation.columns).forEach(visit);
  else if (relation.kind === "sort") relation.by.forEach(({ expr }) => void visit(expr));
  else if (relation.kind === "aggregate") {
    Object.values(relation.by).forEach(visit);
    for (const one of Object.values(relation.columns)) {
      visit("arg" in one ? one.arg : undefined);
      if (one.agg === "list") visit(one.where);
    }
  }
  return [...seeds];
}

const columnsFrom = (schema: Schema, raw: boolean): Selected["columns"] => new Map(schema.columns.map(({ name, type }) => [name, { type, raw }]));
const quotedNames = (columns: Selected["columns"], dialect: Dialect): string[] => [...columns.keys()].map((name) => dialect.quote(name));
