import { join } from "node:path";
import { SluiceError } from "../base/errors.js";
import { type Column, columnOf, type Type } from "../base/schema.js";
import { columnsOf, type Expr } from "../expr/expr.js";
import { nanAsMissing } from "../expr/nan.js";
import { parseExpr } from "../expr/parse.js";
import { blocksOf } from "../features/fit.js";
import { asReal } from "../features/formulas.js";
import { learnerNamed } from "../learners/index.js";
import { className, type Model } from "../model/model.js";
import { layoutColumns } from "../train/dataset.js";
import { type Judged, judge } from "../train/judge.js";
import { contendersOf, type Quality, qualityOf } from "../train/quality.js";
import { weightOf } from "../train/roles.js";
import { type DataOptions, openData } from "../train/source.js";
import type { Workspace } from "../train/workspace.js";
import { spellingsAmong, wordsOf } from "./formulas.js";

export interface Evaluated extends Quality {
  readonly rows: Omit<Judged, "metrics">;
}

/** The label of a fitted model as a number: a class code, or the target. */
export const numericLabel = (model: Model): Expr =>
  model.task === "regression"
    ? asReal(labelOf(model))
    : {
        kind: "lookup",
        key: labelOf(model),
        keys: model.classes,
        values: model.classes.map((_, code) => code),
        otherwise: null,
      };

/** The label's formula as training had it, over columns of the types that training read. */
function labelOf(model: Model): Expr {
  const known = [...model.inputs.columns, ...(model.beside?.columns ?? [])];
  return nanAsMissing(model.label.expr, { columns: unique([...known, ...labelColumns(model)]) });
}

/** The columns of a model's label, as training read them; a model of format 1 tells by its classes alone. */
export function labelColumns(model: Model): readonly Column[] {
  const known = [...model.inputs.columns, ...(model.beside?.columns ?? [])];
  return [...columnsOf(model.label.expr)].flatMap((name): readonly Column[] => {
    const column = columnOf({ columns: known }, name);
    if (column) return [column];
    const type = model.label.expr.kind === "col" ? typeOfClasses(model) : undefined;
    return type ? [{ name, type }] : [];
  });
}

function typeOfClasses({ task, classes }: Model): Type | undefined {
  if (task === "regression") return { kind: "real" };
  if (classes.every((one) => typeof one === "boolean")) return { kind: "bool" };
  if (classes.every((one) => typeof one === "number"))
    return { kind: classes.every(Number.isSafeInteger) ? "int64" : "real" };
  return { kind: "text" };
}

/** How training spelled true and false, in the columns of the label too. */
export const wordsToJudge = (model: Model) => ({
  ...(model.label.expr.kind === "col" ? { [model.label.expr.name]: spellingsAmong(model.classes) } : {}),
  ...wordsOf(model),
});

/** The quality of a model, beside its baseline's, on labelled rows of another source: one scan, nothing kept. */
export async function evaluateModel(
  model: Model,
  sources: readonly string[],
  options: DataOptions & { readonly where?: string },
  workspace: Workspace,
): Promise<Evaluated> {
  const label = labelColumns(model);
  const trained = unique([...model.inputs.columns, ...(model.beside?.columns ?? [])]);
  const byWeight = model.roles.weight === undefined ? undefined : weightOf(model.roles.weight, { columns: trained });
  const needed = unique([...model.inputs.columns, ...label]);
  const data = await openData(
    sources,
    { ...options, expect: { columns: needed } },
    workspace,
    join(workspace.home.root, "aside"),
  );
  const names = data.schema.columns.map(({ name }) => name);
  parseExpr(model.label.text, names); // names a missing column before any work
  const reads = byWeight ? columnsOf(byWeight.expr) : new Set<string>();
  const weight = [...reads].every((name) => names.includes(name)) ? byWeight : undefined;
  const weighting = trained.filter(({ name }) => weight && reads.has(name));
  const blocks = blocksOf(model.features);
  const classes = Math.max(1, model.classes.length);
  const layout = { columns: layoutColumns(blocks, model.codings), pageRows: 64 };
  const learner = learnerNamed(model.learner);
  const baseline = learnerNamed("baseline");
  const scorer = learner.scorer(model.state as never, blocks, layout, model.task, classes);
  const base = baseline.scorer(model.baseline as never, blocks, layout, model.task, classes);
  const scorers = contendersOf(scorer, base, {
    calibration: model.calibration,
    cut: model.threshold?.margin,
    weighted: weight !== undefined,
  });
  const where = options.where === undefined ? undefined : nanAsMissing(parseExpr(options.where, names), data.schema);
  const { metrics, ...rows } = await judge(data, workspace, {
    task: model.task,
    columns: unique([...needed, ...weighting]),
    words: wordsToJudge(model),
    label: labelOf(model),
    numeric: numericLabel(model),
    ...(where ? { where } : {}),
    ...(weight === undefined ? {} : { weight }),
    blocks,
    codings: model.codings,
    quality: {
      task: model.task,
      classes,
      scorers,
    },
  });
  if (rows.labelled === 0) throw nothingToJudge(model, rows, sources);
  return { rows, ...qualityOf({ task: model.task, classes, scorers }, metrics) };
}

/** Figures of no row would be figures of nothing. */
function nothingToJudge(model: Model, rows: Evaluated["rows"], sources: readonly string[]): SluiceError {
  const counts = [
    ...(rows.filtered > 0 ? [`${rows.filtered} filtered by --where`] : []),
    ...(rows.setAside > 0 ? [`${rows.setAside} set aside`] : []),
    ...(rows.unlabelled > 0 ? [`${rows.unlabelled} without a label`] : []),
    ...(rows.unknownClass > 0
      ? [`${rows.unknownClass} of classes that training did not see (${rows.unknownClasses.join(", ")})`]
      : []),
  ];
  const known =
    rows.unknownClass > 0 ? `; the model knows ${model.classes.slice(0, 10).map(className).join(", ")}` : "";
  return new SluiceError(
    rows.read === 0 ? "no_rows" : "no_labels",
    `nothing to judge in ${sources.join(", ")}: ${rows.read} rows read${counts.length > 0 ? `, ${counts.join(", ")}` : ""}${known}. Rows without a label are for predict`,
    { rows, label: model.label.text },
  );
}

const unique = (columns: readonly Column[]): Column[] => [
  ...new Map(columns.map((column) => [column.name, column])).values(),
];
