import { BadRowError, SluiceError, UnknownColumnError } from "../base/errors.js";
import { isNumeric, type Roles, type Schema, typeName } from "../base/schema.js";
import { shellWord } from "../base/shell.js";
import { formatCount } from "../base/units.js";
import type { Warning } from "../base/warning.js";
import type { Engine } from "../engines/contract.js";
import { call, col, columnsOf, type Expr, lit } from "../expr/expr.js";
import { nanAsMissing } from "../expr/nan.js";
import { parseExpr } from "../expr/parse.js";
import { printExpr } from "../expr/print.js";
import type { Relation } from "../expr/relation.js";
import { typeOf } from "../expr/type-of.js";

export function rolesOf(spec: Partial<Roles>, schema: Schema): Roles {
  const names = schema.columns.map(({ name }) => name);
  const roles: Record<string, string> = {};
  for (const role of ["id", "time", "group", "weight"] as const) {
    const name = spec[role];
    if (name === undefined) continue;
    if (role === "weight") weightOf(name, schema);
    else if (!names.includes(name)) throw new UnknownColumnError(name, names);
    roles[role] = name;
  }
  return roles;
}

/** How much a row counts: a column, or a formula. */
export interface Weight {
  readonly name: string;
  readonly expr: Expr;
}

/** A column whose exact name is the text wins over the formula. */
export function weightOf(text: string, schema: Schema): Weight {
  const names = schema.columns.map(({ name }) => name);
  const expr = names.includes(text) ? col(text) : nanAsMissing(parseExpr(text, names), schema);
  return { name: text, expr };
}

/**
 * True for rows that weigh something, where some do not: those are left out of everything, as if they were not there. Features would look
 * at their values else, and learners that go from row to row would count them. A weight below 0 stays, and is refused by its name.
 */
export async function weighingSome(
  { name, expr }: Weight,
  schema: Schema,
  engine: Engine,
  rows: Relation,
  signal?: AbortSignal,
): Promise<{ weighs: Expr; without: number } | undefined> {
  numeric(name, expr, schema);
  const weighs = call("ne", call("toReal", expr), lit(0));
  const [found] = await engine.rows(
    {
      kind: "aggregate",
      from: rows,
      by: {},
      columns: {
        rows: { agg: "count" },
        weighing: { agg: "count", arg: call("when", weighs, lit(1), lit(null)) },
      },
    },
    1,
    signal,
  );
  const weighing = Number(found?.["weighing"] ?? 0);
  const without = Number(found?.["rows"] ?? 0) - weighing;
  return weighing > 0 && without > 0 ? { weighs, without } : undefined;
}

function numeric(name: string, expr: Expr, schema: Schema): void {
  const type = typeOf(expr, schema);
  if (!isNumeric(type))
    throw new SluiceError(
      "wrong_type",
      `--weight ${name}: ${expr.kind === "col" ? "the column" : "the formula"} is ${typeName(type)}; it must be a number`,
      { column: name },
    );
}

/**
 * A weight says how much a row counts: a number, never below nought, and above it somewhere. Gives the rows that it is above
 * nought in: the others are not learned from, as if they were not there.
 */
export async function checkWeights(
  { name, expr }: Weight,
  schema: Schema,
  engine: Engine,
  rows: Relation,
  source: string,
): Promise<number> {
  numeric(name, expr, schema);
  const weight = call("toReal", expr);
  const [found] = await engine.rows(
    {
      kind: "aggregate",
      from: rows,
      by: {},
      columns: {
        least: { agg: "min", arg: weight },
        most: { agg: "max", arg: weight },
        counting: { agg: "count", arg: call("when", call("gt", weight, lit(0)), lit(1), lit(null)) },
      },
    },
    1,
  );
  if (Number(found?.["least"] ?? 0) < 0) throw belowNought(name, Number(found!["least"]), source);
  if (!(Number(found?.["most"] ?? 0) > 0))
    throw new SluiceError(
      "no_rows",
      `no training row has a weight above 0 in "${name}"; name another column with --weight`,
      { column: name },
    );
  return Number(found!["counting"]);
}

const whatFor = {
  weight: "a missing weight counts as 0, so they are not learned from",
  group: "a missing group is none, so each stands by itself among the training rows",
  time: "a missing time is no later one, so they are among the training rows",
} as const;

/** Labelled rows that lack what a role needs. */
export async function withoutRoles(
  roles: Roles,
  schema: Schema,
  rows: Relation,
  engine: Engine,
  signal?: AbortSignal,
): Promise<readonly Warning[]> {
  const asked = (["weight", "group", "time"] as const).filter((role) => roles[role] !== undefined);
  if (asked.length === 0) return [];
  const columns = Object.fromEntries(
    asked.map((role) => {
      const arg = role === "weight" ? weightOf(roles[role]!, schema).expr : col(roles[role]!);
      return [role, { agg: "count", arg } as const];
    }),
  );
  const [found] = await engine.rows(
    { kind: "aggregate", from: rows, by: {}, columns: { rows: { agg: "count" }, ...columns } },
    1,
    signal,
  );
  return asked.flatMap((role) => {
    const lacking = Number(found?.["rows"] ?? 0) - Number(found?.[role] ?? 0);
    if (lacking === 0) return [];
    return [
      {
        code: `no_${role}`,
        message: `${formatCount(lacking)} labelled rows have no ${role} ("${roles[role]}"): ${whatFor[role]}`,
      },
    ];
  });
}

/** Why a column is no feature whatever its values are: the label is made of it, or it has a role. Parts of the time may be, where a formula names it. */
export function takenColumns(
  label: Expr,
  roles: Roles,
  { requested, allowed = [] }: { readonly requested: boolean; readonly allowed?: readonly string[] | undefined },
): Map<string, string> {
  const taken = new Map<string, string>();
  for (const name of columnsOf(label))
    if (label.kind === "col") taken.set(name, "it is the label");
    else if (!allowed.includes(name))
      taken.set(name, `the label is made of it; --allow-leak ${shellWord(name)} takes it as a feature all the same`);
  for (const [role, name] of Object.entries(roles))
    if (role !== "time" || !requested) taken.set(name, `it is the --${role} column`);
  return taken;
}

/** Rows that are judged may all have the weight 0, but none may have less. */
export async function refuseNegative(
  { name, expr }: Weight,
  schema: Schema,
  engine: Engine,
  rows: Relation,
  source: string,
): Promise<void> {
  numeric(name, expr, schema);
  const columns = { least: { agg: "min", arg: call("toReal", expr) } } as const;
  const [found] = await engine.rows({ kind: "aggregate", from: rows, by: {}, columns }, 1);
  if (Number(found?.["least"] ?? 0) < 0) throw belowNought(name, Number(found!["least"]), source);
}

const belowNought = (name: string, value: number, file: string): BadRowError =>
  new BadRowError({
    file,
    column: name,
    value: String(value),
    problem: "is a weight below 0",
    remedy: `leave such rows out with --where '${printExpr({ kind: "col", name })} > 0', or name another column`,
  });
