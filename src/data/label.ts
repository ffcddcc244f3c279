import { SluiceError } from "../base/errors.js";
import type { Schema, Type, Value } from "../base/schema.js";
import type { Engine } from "../engines/contract.js";
import { call, type Expr } from "../expr/expr.js";
import type { Relation } from "../expr/relation.js";
import { typeOf } from "../expr/type-of.js";
import { asReal } from "../features/formulas.js";
import type { Task } from "../learners/contract.js";
import { className } from "../model/model.js";

export type Class = string | number | boolean;

/** What the label turned out to be, and why. */
export interface LabelFound {
  readonly task: Task;
  readonly classes: readonly Class[];
  readonly counts: readonly number[];
  readonly why: string;
  /** The label as a number: the class code, or the target; null where there is none. */
  readonly numeric: Expr;
}

const mostClasses = 1000;
const fewWholeNumbers = 20;

/** Infers the task from the label's type and values; the last class in sort order is the positive one unless said. */
export async function inspectLabel(
  label: Expr,
  text: string,
  options: { engine: Engine; relation: Relation; schema: Schema; task?: Task; positive?: string; signal?: AbortSignal },
): Promise<LabelFound> {
  const type = typeOf(label, options.schema);
  const known: Relation = { kind: "filter", from: options.relation, where: call("isNotNull", label) };
  const many = await manyNumbers(label, type, known, options);
  if (many && (options.task ?? "regression") === "regression")
    return {
      task: "regression",
      classes: [],
      counts: [],
      why: options.task ? "--task" : "the label is a number with many values",
      numeric: asReal(label),
    };
  const grouped = await options.engine.rows(
    {
      kind: "sort",
      from: { kind: "aggregate", from: known, by: { value: label }, columns: { rows: { agg: "count" } } },
      by: [{ expr: { kind: "col", name: "rows" }, descending: true }, { expr: { kind: "col", name: "value" } }],
    },
    mostClasses + 1,
    options.signal,
  );
  const found = grouped
    .filter(({ value }) => !(typeof value === "number" && Number.isNaN(value)))
    .map((row) => ({ value: asClass(row["value"]!, type), count: Number(row["rows"]) }));
  if (found.length === 0)
    throw new SluiceError(
      "no_labels",
      `the label "${text}" is missing in every row; name another column or formula with --label`,
      { label: text },
    );
  const { task, why } = options.task
    ? { task: options.task, why: "--task" }
    : infer(
        type,
        found.length,
        // A whole number past 2^53 is its digits.
        found.every(({ value }) => typeof value === "string" || Number.isInteger(value)),
      );
  if (task === "regression") {
    if (type.kind === "text")
      throw new SluiceError(
        "wrong_type",
        `the label "${text}" is text, so it can't be a number to predict; leave --task out, or convert it in the formula`,
        { label: text },
      );
    if (found.length === 1)
      throw new SluiceError(
        "one_class",
        `the label "${text}" is ${className(found[0]!.value)} in every row, so there is nothing to learn`,
        { label: text },
      );
    return { task, classes: [], counts: [], why, numeric: asReal(label) };
  }
  if (found.length === 1)
    throw new SluiceError(
      "one_class",
      `the label "${text}" has one class only: ${className(found[0]!.value)} in every row; it needs at least two`,
      { label: text },
    );
  if (found.length > mostClasses)
    throw new SluiceError(
      "too_many_classes",
      `the label "${text}" has more than ${mostClasses} classes; if it is a quantity, say --task regression`,
      { label: text },
    );
  if (task === "binary" && found.length > 2)
    throw new SluiceError(
      "too_many_classes",
      `--task binary, but the label "${text}" has ${found.length} classes; write a formula like "${text} = ${className(found[0]!.value)}"`,
      { label: text },
    );
  found.sort((a, b) => compareClasses(a.value, b.value));
  if (options.positive !== undefined) {
    const at = found.findIndex(({ value }) => className(value) === options.positive);
    if (at < 0)
      throw new SluiceError(
        "usage",
        `--positive ${options.positive}: the label has the classes ${found.map(({ value }) => className(value)).join(", ")}`,
        { value: options.positive },
      );
    found.push(...found.splice(at, 1));
  }
  const classes = found.map(({ value }) => value);
  return {
    task,
    classes,
    counts: found.map(({ count }) => count),
    why,
    numeric: { kind: "lookup", key: label, keys: classes, values: classes.map((_, code) => code), otherwise: null },
  };
}

/**
 * Whether a number surely has more values than a class label would: then they need not be counted one by one, which costs a
 * hash table of all of them. The estimate is some per cent off, the limit ten times what counts as few. Mostly the first rows
 * show so many.
 */
async function manyNumbers(
  label: Expr,
  { kind }: Type,
  known: Relation,
  { engine, signal }: { engine: Engine; signal?: AbortSignal },
): Promise<boolean> {
  if (kind !== "int64" && kind !== "real" && kind !== "decimal") return false;
  const columns = { distinct: { agg: "approxDistinct", arg: { kind: "col", name: "value" } } } as const;
  const project: Relation = { kind: "project", from: known, columns: { value: label } };
  for (const from of [{ kind: "limit", from: project, rows: 40 * mostClasses } as const, project]) {
    const [row] = await engine.rows({ kind: "aggregate", from, by: {}, columns }, 1, signal);
    if (Number(row?.["distinct"] ?? 0) > 10 * mostClasses) return true;
  }
  return false;
}

function infer(type: Type, distinct: number, whole: boolean): { task: Task; why: string } {
  const numeric = type.kind === "int64" || type.kind === "real" || type.kind === "decimal";
  if (distinct <= 2)
    return { task: "binary", why: type.kind === "bool" ? "the label is true or false" : "the label has two values" };
  if (!numeric)
    return { task: "multiclass", why: `the label has ${distinct > mostClasses ? "many" : distinct} classes` };
  if (type.kind === "int64" && whole && distinct <= fewWholeNumbers)
    return {
      task: "multiclass",
      why: `the label has ${distinct} whole values; if it is a quantity, say --task regression`,
    };
  return { task: "regression", why: "the label is a number with many values" };
}

function asClass(value: Value, type: Type): Class {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (typeof value === "bigint") return String(value);
  throw new SluiceError(
    "wrong_type",
    `a label of type ${type.kind} can't be learned; make it a number, text or a condition in the formula`,
    {},
  );
}

function compareClasses(a: Class, b: Class): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "boolean" || typeof b === "boolean") return Number(a) - Number(b);
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}
