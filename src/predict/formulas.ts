import { UnknownColumnError } from "../base/errors.js";
import { columnOf, type Schema, type Type, typeName } from "../base/schema.js";
import { call, col, type Expr, lit, sumOf } from "../expr/expr.js";
import type { Relation } from "../expr/relation.js";
import { blocksOf } from "../features/fit.js";
import { learnerNamed } from "../learners/index.js";
import { calibratedExpr } from "../model/calibration.js";
import { className, type Model } from "../model/model.js";

/** The learner's own outputs (margins, or the prediction) as formulas over the model's input columns. */
export function outputsOf(model: Model): Readonly<Record<string, Expr>> {
  const blocks = blocksOf(model.features);
  return learnerNamed(model.learner).score(model.state as never, blocks, model.task, Math.max(1, model.classes.length));
}

/** What a scored row gets beside its own columns, as formulas over the learner's outputs (columns named as those are). */
export function answersOf(model: Model): Readonly<Record<string, Expr>> {
  if (model.task === "regression") return { prediction: col("prediction") };
  if (model.task === "binary") {
    const probability = logistic(col("margin"));
    return {
      prediction: call(
        "when",
        call("isNull", col("margin")),
        lit(null),
        call("when", call("ge", col("margin"), lit(0)), lit(model.classes[1]!), lit(model.classes[0]!)),
      ),
      probability,
    };
  }
  const margins = model.classes.map((_, k) => col(`margin_${k}`));
  const largest = margins.reduce<Expr>((a, b) => call("greatest", a, b), margins[0]!);
  const parts = margins.map((margin) => call("exp", call("sub", margin, col("largest"))));
  const answers: Record<string, Expr> = {
    prediction: model.classes.reduceRight<Expr>(
      (rest, value, k) => call("when", call("eq", margins[k]!, col("largest")), lit(value), rest),
      lit(null),
    ),
  };
  model.classes.forEach((value, k) => {
    answers[`probability_${className(value)}`] = call("div", parts[k]!, col("total"));
  });
  return Object.assign(answers, { [hiddenLargest]: largest, [hiddenTotal]: sumOf(parts) });
}
const hiddenLargest = "largest";
const hiddenTotal = "total";

/** 1 / (1 + e^-x) without overflow on either side. */
const logistic = (x: Expr): Expr =>
  call(
    "when",
    call("ge", x, lit(0)),
    call("div", lit(1), call("add", lit(1), call("exp", call("neg", x)))),
    call("div", call("exp", x), call("add", lit(1), call("exp", x))),
  );

const needs: Partial<Record<Type["kind"], string>> = {
  int64: "toReal",
  real: "toReal",
  decimal: "toReal",
  bool: "toBool",
  date: "toDate",
  timestamp: "toTimestamp",
  text: "toText",
};

/** Input columns that are there under another type are converted where they can be; a cell that can't is the row's `error`. */
export function adapt(model: Model, schema: Schema): { columns: Readonly<Record<string, Expr>>; error: Expr } {
  const columns: Record<string, Expr> = {};
  const problems: Expr[] = [];
  for (const { name, type } of model.inputs.columns) {
    const there = columnOf(schema, name);
    if (!there)
      throw new UnknownColumnError(
        name,
        schema.columns.map((column) => column.name),
      );
    const numeric = (t: Type): boolean => t.kind === "int64" || t.kind === "real" || t.kind === "decimal";
    if (there.type.kind === type.kind || (numeric(there.type) && numeric(type))) {
      columns[name] = col(name);
      continue;
    }
    const converted = call(needs[type.kind] as "toReal", col(name));
    columns[name] = converted;
    problems.push(
      call(
        "when",
        call("and", call("isNotNull", col(name)), call("isNull", converted)),
        call("concat", lit(`column "${name}": '`), call("toText", col(name)), lit(`' is not ${typeName(type)}`)),
        lit(null),
      ),
    );
  }
  return { columns, error: problems.length === 0 ? lit(null) : problems.reduce((a, b) => call("coalesce", a, b)) };
}

/** The rows of `from`, in order: the columns to keep, then prediction, probabilities and error. */
export function scored(
  model: Model,
  from: Relation,
  schema: Schema,
  keep: readonly string[],
): Extract<Relation, { kind: "project" }> {
  const { columns, error } = adapt(model, schema);
  const renamed = Object.fromEntries(keep.map((name, i) => [`keep_${i}`, col(name)]));
  const typed: Relation = {
    kind: "project",
    from,
    columns: {
      ...renamed,
      ...Object.fromEntries(Object.entries(columns).map(([name, expr]) => [name, expr])),
      __error: error,
    },
  };
  const passing = Object.fromEntries([...keep.map((_, i) => `keep_${i}`), "__error"].map((name) => [name, col(name)]));
  const margins: Relation = { kind: "project", from: typed, columns: { ...passing, ...outputsOf(model) } };
  const answers = { ...answersOf(model) };
  let last: Relation = margins;
  if (model.calibration) {
    const margin = calibratedExpr(model.calibration, col("margin"));
    last = { kind: "project", from: last, columns: { ...passing, margin } };
  }
  if (model.task === "multiclass") {
    const outputs = Object.fromEntries(model.classes.map((_, k) => [`margin_${k}`, col(`margin_${k}`)]));
    last = { kind: "project", from: last, columns: { ...passing, ...outputs, largest: answers[hiddenLargest]! } };
    last = {
      kind: "project",
      from: last,
      columns: { ...passing, ...outputs, largest: col("largest"), total: answers[hiddenTotal]! },
    };
    delete answers[hiddenLargest];
    delete answers[hiddenTotal];
  }
  const failed = call("isNotNull", col("__error"));
  const out: Record<string, Expr> = {};
  keep.forEach((name, i) => {
    out[name] = col(`keep_${i}`);
  });
  for (const [name, expr] of Object.entries(answers)) out[unused(name, keep)] = call("when", failed, lit(null), expr);
  out[unused("error", keep)] = call("toText", col("__error"));
  return { kind: "project", from: last, columns: out };
}

/** An input column called "prediction" keeps its name; ours becomes "prediction_1". */
export function unused(name: string, taken: readonly string[]): string {
  let free = name;
  for (let i = 1; taken.includes(free); i++) free = `${name}_${i}`;
  return free;
}
