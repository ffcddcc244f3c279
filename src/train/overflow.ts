import type { Schema } from "../base/schema.js";
import type { Engine } from "../engines/contract.js";
import { call, type Expr, lit } from "../expr/expr.js";
import { known, nanAsMissing } from "../expr/nan.js";
import type { OpName } from "../expr/ops.js";
import { parseExpr } from "../expr/parse.js";
import { printExpr } from "../expr/print.js";
import type { Relation } from "../expr/relation.js";
import { knownType, typeOf } from "../expr/type-of.js";
import type { Requested } from "../features/fit.js";
import { findFeature } from "../features/index.js";
import { parseFeatures } from "../features/parse.js";
import { isStage, type Stage } from "../features/stage.js";
import type { LandedScan } from "../sources/scan.js";
import type { TrainSpec } from "./spec.js";

// Whole numbers beyond 64 bits are missing (expr/ops.ts). In a formula of the user's that would take rows away without a word, so a
// formula in which it happens is computed with real numbers instead.

const beyond: ReadonlySet<OpName> = new Set(["add", "sub", "mul", "neg", "abs"]);

/** Those of some formulas that go beyond 64 bits in some row. */
async function overflowing(
  formulas: readonly Expr[],
  schema: Schema,
  rows: Relation,
  engine: Engine,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const asked = formulas
    .map((formula) => ({ formula, tests: testsIn(formula, schema) }))
    .filter(({ tests }) => tests.length > 0);
  if (asked.length === 0) return [];
  const columns = Object.fromEntries(
    asked.map(({ tests }, i) => {
      const any = tests.length === 1 ? tests[0]! : call("or", ...tests);
      return [`f${i}`, { agg: "count", arg: call("when", any, lit(1), lit(null)) } as const];
    }),
  );
  const [found] = await engine.rows({ kind: "aggregate", from: rows, by: {}, columns }, 1, signal);
  return asked.filter((_, i) => Number(found?.[`f${i}`] ?? 0) > 0).map(({ formula }) => printExpr(formula));
}

/** Where a step of whole numbers has no result though its arguments are there. */
function testsIn(expr: Expr, schema: Schema): Expr[] {
  if (expr.kind === "lookup") return testsIn(expr.key, schema);
  if (expr.kind !== "call") return [];
  const inner = expr.args.flatMap((arg) => testsIn(arg, schema));
  const isStep =
    beyond.has(expr.op) && expr.args.some(({ kind }) => kind !== "lit") && knownType(expr, schema)?.kind === "int64";
  if (!isStep) return inner;
  return [...inner, call("and", ...expr.args.map((arg) => call("isNotNull", arg)), call("isNull", expr))];
}

/** The same formula with real numbers where it adds and multiplies whole ones. */
function withReals(expr: Expr, schema: Schema): Expr {
  if (expr.kind === "lookup") return { ...expr, key: withReals(expr.key, schema) };
  if (expr.kind !== "call") return expr;
  const args = expr.args.map((arg) => withReals(arg, schema));
  if (!beyond.has(expr.op) || knownType(expr, schema)?.kind !== "int64") return { ...expr, args };
  return { ...expr, args: args.map((arg) => (knownType(arg, schema)?.kind === "int64" ? call("toReal", arg) : arg)) };
}

/** The formulas of a training, in real numbers where whole ones do not do; `wide` names those. */
export async function formulasOf(
  spec: Pick<TrainSpec, "label" | "where" | "features">,
  schema: Schema,
  scan: LandedScan,
  engine: Engine,
  signal?: AbortSignal,
): Promise<{ label: Expr; where?: Expr; requested?: Requested[]; wide: readonly string[] }> {
  const names = schema.columns.map(({ name }) => name);
  const label = parseExpr(spec.label, names);
  const where = spec.where === undefined ? undefined : parseExpr(spec.where, names);
  const requested = spec.features === undefined ? undefined : parseFeatures(spec.features, schema);
  const all = [label, ...(where ? [where] : []), ...(requested ? formulasIn(requested) : [])];
  const wide = await overflowing(all, schema, { kind: "scan", scan }, engine, signal);
  const within = (formula: Expr): Expr => (wide.includes(printExpr(formula)) ? withReals(formula, schema) : formula);
  return {
    // A column by itself is a class or a quantity, and NaN is neither: see label.ts.
    label: label.kind === "col" ? label : nanAsMissing(within(label), schema),
    ...(where ? { where: nanAsMissing(within(where), schema) } : {}),
    ...(requested
      ? { requested: requestedWith(requested, (formula) => nanAsMissing(within(formula), schema), schema) }
      : {}),
    wide,
  };
}

/** Formulas of requested features. */
const formulasIn = (requested: readonly Requested[]): Expr[] =>
  requested.flatMap((one) => (isStage(one) ? inputsIn(one) : [one.formula]));
const inputsIn = ({ inputs }: Stage): Expr[] =>
  inputs.flatMap((input): Expr[] => (isStage(input) ? inputsIn(input) : [input]));

const takesCategories = ({ feature }: Stage): boolean => findFeature(feature)?.inputs.types.includes("text") ?? false;

function requestedWith(requested: readonly Requested[], change: (formula: Expr) => Expr, schema: Schema): Requested[] {
  const changed = (stage: Stage): Stage => ({
    ...stage,
    inputs: stage.inputs.map((input) => {
      if (isStage(input)) return changed(input);
      // A category of real numbers lists its values: NaN is none of them.
      return takesCategories(stage) ? known(change(input), schema) : change(input);
    }),
  });
  return requested.map((one) => {
    if (isStage(one)) return changed(one);
    const formula = change(one.formula);
    return { ...one, formula, type: typeOf(formula, schema) };
  });
}
