import { type Schema, text } from "../base/schema.js";
import { call, col, type Expr, lit, sumOf } from "../expr/expr.js";
import { fitRows, type Words } from "../expr/fit-columns.js";
import type { Project, Relation } from "../expr/relation.js";
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
        call("when", call("gt", col("margin"), lit(0)), lit(model.classes[1]!), lit(model.classes[0]!)),
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

/** The rows of a source with the model's input columns, read as in training, and what is wrong with a row. */
export function adapted(
  model: Model,
  from: Relation,
  schema: Schema,
  { extra, error }: { readonly extra?: Readonly<Record<string, Expr>>; readonly error?: string } = {},
): Project {
  const { rows, unread } = withUnread(from);
  return fitRows(rows, schema, model.inputs.columns, {
    words: wordsOf(model),
    ...(extra ? { extra } : {}),
    ...(error === undefined ? {} : { error }),
    ...(unread === undefined ? {} : { unread }),
  });
}

/** How training spelled true and false in columns of text, as far as its levels tell. */
export function wordsOf({ features }: Pick<Model, "features">): Words {
  const words: Record<string, { true?: string; false?: string }> = Object.create(null);
  for (const { inputs, state } of features) {
    const [input, ...more] = inputs;
    const levels = (state as { levels?: unknown } | null)?.levels;
    if (input?.kind !== "col" || more.length > 0 || !Array.isArray(levels)) continue;
    words[input.name] = spellingsAmong(levels);
  }
  return words;
}

export const spellingsAmong = (levels: readonly unknown[]): { true?: string; false?: string } =>
  Object.fromEntries(
    levels
      .filter((level) => typeof level === "string" && /^(true|false)$/i.test(level))
      .map((level) => [String(level).toLowerCase(), String(level)]),
  );

/**
 * The rows of `from`, in order: the columns to keep, then prediction, probabilities and error. Kept columns, and ours on the way, have
 * names that no input of the model has.
 */
export function scored(
  model: Model,
  from: Relation,
  schema: Schema,
  keep: readonly string[],
): Extract<Relation, { kind: "project" }> {
  const inputs = model.inputs.columns.map(({ name }) => name);
  const apart = (name: string): string => unused(name, inputs);
  const problem = apart("__error");
  const kept = keep.map((name, i) => ({ name, as: apart(`__keep_${i}`) }));
  const extra = Object.fromEntries(kept.map(({ name, as }) => [as, col(name)]));
  const typed = adapted(model, from, schema, { extra, error: problem });
  const passing = Object.fromEntries([...kept.map(({ as }) => as), problem].map((name) => [name, col(name)]));
  const step = (below: Relation, own: Readonly<Record<string, Expr>>): Relation => ({
    kind: "project",
    from: below,
    columns: { ...passing, ...own },
  });
  let last = step(typed, outputsOf(model));
  const answers = { ...answersOf(model) };
  if (model.calibration) last = step(last, { margin: calibratedExpr(model.calibration, col("margin")) });
  if (model.task === "multiclass") {
    const outputs = Object.fromEntries(model.classes.map((_, k) => [`margin_${k}`, col(`margin_${k}`)]));
    last = step(last, { ...outputs, largest: answers[hiddenLargest]! });
    last = step(last, { ...outputs, largest: col("largest"), total: answers[hiddenTotal]! });
    delete answers[hiddenLargest];
    delete answers[hiddenTotal];
  }
  const failed = call("isNotNull", col(problem));
  const out: [name: string, expr: Expr][] = [];
  const add = (name: string, expr: Expr): void => {
    const taken = out.map(([one]) => one);
    out.push([unused(name, taken), expr]);
  };
  // Names that differ in capitals alone are one to SQL, and to many readers of files.
  for (const { name, as } of kept) add(name, col(as));
  for (const [name, expr] of Object.entries(answers)) add(name, call("when", failed, lit(null), expr));
  add("error", call("toText", col(problem)));
  return { kind: "project", from: last, columns: Object.fromEntries(out) };
}

/** A scan with the column that says what could not be read of a row, where it has one. */
function withUnread(from: Relation): { rows: Relation; unread?: string } {
  if (from.kind !== "scan" || from.scan.format !== "parquet" || from.scan.errorColumn === undefined)
    return { rows: from };
  const unread = from.scan.errorColumn;
  const columns = [...from.scan.schema.columns, { name: unread, type: text }];
  return { rows: { ...from, scan: { ...from.scan, schema: { columns } } }, unread };
}

/** An input column called "prediction" (in any capitals) keeps its name; ours becomes "prediction_1". */
export function unused(name: string, taken: readonly string[]): string {
  const lower = new Set(taken.map((one) => one.toLowerCase()));
  let free = name;
  for (let i = 1; lower.has(free.toLowerCase()); i++) free = `${name}_${i}`;
  return free;
}
