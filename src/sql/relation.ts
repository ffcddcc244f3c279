import { canonical } from "../base/canonical.js";
import { UnknownColumnError } from "../base/errors.js";
import { byName, int64 } from "../base/schema.js";
import { col, type Expr } from "../expr/expr.js";
import type { Known } from "../expr/ops.js";
import type { Aggregate, Aggregated, Project, Relation } from "../expr/relation.js";
import type { Dialect } from "./dialect.js";
import { type Scope, term } from "./expr.js";
import { distinctNames } from "./names.js";

/** A relation as one query: neighbouring steps share a SELECT where SQL's order of clauses allows. */
export const toSql = (relation: Relation, dialect: Dialect): string => build(relation, dialect, new Set()).text();

interface Item {
  readonly sql: string;
  readonly type: Known;
  readonly stored: boolean;
}

/** A SELECT that is not finished. Its columns are what a next step may name, as SQL inside it until `items` are chosen. */
class Query implements Scope {
  readonly dialect: Dialect;
  readonly #from: string;
  readonly #columns: ReadonlyMap<string, Item> | undefined;
  readonly #rowHash: (seed: number) => string;
  readonly where: string[] = [];
  items: Map<string, Item> | undefined;
  groups = 0;
  order: string[] = [];
  limit: number | undefined;
  /** Seeds whose row hashes a step above still needs. */
  above: ReadonlySet<number>;
  /** All columns of the FROM item come first, whatever they are. */
  star = false;

  constructor(
    dialect: Dialect,
    from: string,
    columns: ReadonlyMap<string, Item> | undefined,
    rowHash: (seed: number) => string,
    above: ReadonlySet<number>,
  ) {
    this.dialect = dialect;
    this.#from = from;
    this.#columns = columns;
    this.#rowHash = rowHash;
    this.above = above;
  }

  column(name: string): Item {
    if (!this.#columns) return { sql: `t.${this.dialect.quote(name)}`, type: undefined, stored: false };
    const item = this.#columns.get(name);
    if (!item) throw new UnknownColumnError(name, [...this.#columns.keys()]);
    return item;
  }

  rowHash(seed: number): string {
    return this.#rowHash(seed);
  }

  /** The column as it is stored, the formula as it is computed. */
  item(expr: Expr): Item {
    if (expr.kind === "col") return this.column(expr.name);
    const { sql, type } = term(expr, this);
    return { sql, type, stored: false };
  }

  get chosen(): ReadonlyMap<string, Item> | undefined {
    return this.items ?? this.#columns;
  }

  /** With `alias`, columns get names that differ by more than capital letters, and row hashes come along. */
  text(alias?: (name: string) => string): string {
    const { dialect } = this;
    const items = [...(this.chosen ?? [])].map(
      ([name, { sql }]) => `${sql} AS ${dialect.quote(alias ? alias(name) : name)}`,
    );
    if (alias) for (const seed of this.above) items.push(`${this.#rowHash(seed)} AS ${hidden(seed)}`);
    const clauses = [
      `SELECT ${[...(this.star || !this.chosen ? ["t.*"] : []), ...items].join(", ") || "NULL AS nothing"}`,
      `FROM ${this.#from}`,
      ...(this.where.length > 0 ? [`WHERE ${this.where.join(" AND ")}`] : []),
      ...(this.groups > 0 ? [`GROUP BY ${Array.from({ length: this.groups }, (_, i) => i + 1).join(", ")}`] : []),
      ...(this.order.length > 0 ? [`ORDER BY ${this.order.join(", ")}`] : []),
      ...(this.limit === undefined ? [] : [`LIMIT ${limited(this.limit)}`]),
    ];
    return clauses.join(" ");
  }

  /** What comes next reads from this query as from a table. */
  wrapped(above: ReadonlySet<number>): Query {
    const query = this.#asTable(above);
    const { aboveFirst } = this.dialect;
    if (aboveFirst !== undefined && this.limit !== undefined && this.order.length > 0) query.where.push(aboveFirst);
    return query;
  }

  #asTable(above: ReadonlySet<number>): Query {
    const { dialect, chosen } = this;
    if (!chosen || this.star) return new Query(dialect, `(${this.text()}) AS t`, undefined, noHash, above);
    const aliases = distinctNames([...chosen.keys()]);
    const columns = new Map<string, Item>();
    for (const [name, item] of chosen) columns.set(name, { ...item, sql: `t.${dialect.quote(aliases.get(name)!)}` });
    return new Query(
      dialect,
      `(${this.text((name) => aliases.get(name)!)}) AS t`,
      columns,
      (seed) => (this.above.has(seed) ? `t.${hidden(seed)}` : noHash()),
      above,
    );
  }
}

/** Infinity is no limit at all. */
const limited = (rows: number): string => {
  if (rows === Infinity) return "ALL";
  if (!Number.isSafeInteger(rows)) throw new Error(`${String(rows)} where SQL takes a number of rows`);
  return String(rows);
};
const hidden = (seed: number): string => `__hash_${seed >>> 0}`;
const noHash = (): never => {
  throw new Error("row hashes need a scan below, with no grouping or SQL in between");
};

/** `above` = seeds of the row hashes that later steps name. */
function build(relation: Relation, dialect: Dialect, above: ReadonlySet<number>): Query {
  switch (relation.kind) {
    case "scan": {
      const { from, where, columns, rowHash } = dialect.scan(relation, [...above]);
      const items = new Map(
        relation.scan.schema.columns.map(({ name, type }) => [name, { sql: columns.get(name)!, type, stored: true }]),
      );
      const query = new Query(dialect, from, items, rowHash, above);
      query.where.push(...where);
      return query;
    }
    case "sql": {
      const columns =
        relation.schema &&
        new Map(
          relation.schema.columns.map(({ name, type }) => [
            name,
            { sql: `t.${dialect.quote(name)}`, type, stored: true },
          ]),
        );
      // The line ends before the parenthesis, so that a comment in the last line does not swallow it.
      return new Query(dialect, `(${relation.text.replace(/[\s;]+$/, "")}\n) AS t`, columns, noHash, above);
    }
    case "filter": {
      const query = below(
        relation.from,
        dialect,
        above,
        [relation.where],
        (q) => q.items !== undefined || q.limit !== undefined,
      );
      query.where.push(term(relation.where, query).sql);
      return query;
    }
    case "project":
      return project(relation, dialect, above);
    case "aggregate":
      return aggregate(relation, dialect);
    case "sort": {
      const query = below(
        relation.from,
        dialect,
        above,
        relation.by.map(({ expr }) => expr),
        (q) => q.items !== undefined || q.limit !== undefined,
      );
      query.order = relation.by.map(
        ({ expr, descending }) => `${query.item(expr).sql} ${descending ? "DESC" : "ASC"} NULLS LAST`,
      );
      return query;
    }
    case "limit": {
      const query = build(relation.from, dialect, above);
      query.limit = Math.min(relation.rows, query.limit ?? Infinity);
      return query;
    }
  }
}

/** The query of a step's input, closed off first where the step can't join its SELECT. */
function below(
  from: Relation,
  dialect: Dialect,
  above: ReadonlySet<number>,
  exprs: readonly Expr[],
  mustWrap: (query: Query) => boolean,
): Query {
  const needed = new Set(above);
  for (const expr of exprs) seedsIn(expr, needed);
  const query = build(from, dialect, needed);
  if (mustWrap(query)) return query.wrapped(above);
  query.above = above;
  return query;
}

function project(relation: Project, dialect: Dialect, above: ReadonlySet<number>): Query {
  const { from, columns, keep } = withSharedInputs(relation);
  const query = below(from, dialect, above, Object.values(columns), (q) => q.items !== undefined);
  const items = new Map<string, Item>();
  if (keep && query.chosen) for (const [name, item] of query.chosen) items.set(name, item);
  else query.star = keep === true;
  for (const [name, expr] of Object.entries(columns)) items.set(name, query.item(expr));
  query.items = items;
  return query;
}

/** What trees ask and the codes of texts are computed in a step before: SQL would write them at each node that asks, for each output. */
function withSharedInputs(relation: Project): Project {
  if (relation.keep) return relation; // they would be kept too
  const inputs = new Map<string, readonly [name: string, expr: Expr]>();
  const named = (input: Expr): Expr => {
    if (input.kind === "col") return input;
    const key = canonical(input);
    const [name] = inputs.get(key) ?? [`__input_${inputs.size}`];
    inputs.set(key, [name, input]);
    return col(name);
  };
  const columns = byName<Expr>();
  for (const [name, expr] of Object.entries(relation.columns)) columns[name] = withInputs(expr, named);
  if (inputs.size === 0) return relation;
  const from: Project = {
    kind: "project",
    from: relation.from,
    columns: Object.fromEntries(inputs.values()),
    keep: true,
  };
  return { ...relation, from, columns };
}

function withInputs(expr: Expr, named: (input: Expr) => Expr): Expr {
  if (expr.kind === "trees") return { ...expr, inputs: expr.inputs.map(named) };
  if (expr.kind === "weighTerms") return { ...expr, codes: named(expr.codes) };
  if (expr.kind !== "call") return expr;
  const args = expr.args.map((arg) => withInputs(arg, named));
  return args.every((arg, i) => arg === expr.args[i]) ? expr : { ...expr, args };
}

function aggregate({ from, by, columns }: Aggregated, dialect: Dialect): Query {
  const exprs = [
    ...Object.values(by),
    ...Object.values(columns).flatMap((one) => [...argsOf(one), ...(one.agg === "sample" ? [one.where] : [])]),
  ];
  const query = below(
    from,
    dialect,
    new Set(),
    exprs,
    (q) => q.items !== undefined || q.limit !== undefined || q.order.length > 0,
  );
  const items = new Map<string, Item>();
  for (const [name, expr] of Object.entries(by)) items.set(name, query.item(expr));
  query.groups = items.size;
  for (const [name, one] of Object.entries(columns)) items.set(name, aggregateItem(one, query));
  query.items = items;
  return query;
}

const argsOf = (one: Aggregate): readonly Expr[] =>
  one.agg === "sample" ? one.args : "arg" in one && one.arg ? [one.arg] : [];

function aggregateItem(one: Aggregate, query: Query): Item {
  const args = argsOf(one).map((arg) => term(arg, query));
  const where = one.agg === "sample" ? term(one.where, query).sql : undefined;
  const [arg] = args;
  const type = one.agg === "min" || one.agg === "max" ? arg!.type : one.agg === "sample" ? undefined : int64;
  return {
    sql: query.dialect.aggregate(one, args, where),
    type,
    stored: arg?.stored !== undefined && type !== undefined && type === arg.type,
  };
}

function seedsIn(expr: Expr, into: Set<number>): void {
  if (expr.kind === "rowHash") into.add(expr.seed);
  else if (expr.kind === "call") for (const arg of expr.args) seedsIn(arg, into);
  else if (expr.kind === "lookup") seedsIn(expr.key, into);
  else if (expr.kind === "trees") for (const input of expr.inputs) seedsIn(input, into);
  else if (expr.kind === "weigh") for (const slot of expr.slots) seedsIn(slot, into);
  else if (expr.kind === "weighTerms") seedsIn(expr.codes, into);
}
