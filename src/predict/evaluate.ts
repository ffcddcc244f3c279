import { join } from "node:path";
import type { Expr } from "../expr/expr.js";
import { call } from "../expr/expr.js";
import { parseExpr } from "../expr/parse.js";
import { blocksOf } from "../features/fit.js";
import { learnerNamed } from "../learners/index.js";
import type { Model } from "../model/model.js";
import { layoutColumns } from "../train/dataset.js";
import { type Judged, judgeData } from "../train/judge.js";
import { type Quality, qualityOf } from "../train/quality.js";
import { type DataOptions, openData } from "../train/source.js";
import type { Workspace } from "../train/workspace.js";
import { adapt } from "./formulas.js";

export interface Evaluated extends Quality {
  readonly rows: Omit<Judged, "metrics">;
}

/** The label of a fitted model as a number: a class code, or the target. */
export const numericLabel = (model: Model): Expr =>
  model.task === "regression"
    ? call("toReal", model.label.expr)
    : {
        kind: "lookup",
        key: model.label.expr,
        keys: model.classes,
        values: model.classes.map((_, code) => code),
        otherwise: null,
      };

/** The quality of a model, beside its baseline's, on labelled rows of another source: one scan, nothing kept. */
export async function evaluateModel(
  model: Model,
  sources: readonly string[],
  options: DataOptions & { readonly where?: string },
  workspace: Workspace,
): Promise<Evaluated> {
  const data = await openData(
    sources,
    { ...options, expect: model.inputs },
    workspace,
    join(workspace.home.root, "aside"),
  );
  adapt(model, data.schema); // names a missing column before any work
  const names = data.schema.columns.map(({ name }) => name);
  parseExpr(model.label.text, names);
  const blocks = blocksOf(model.features);
  const classes = Math.max(1, model.classes.length);
  const layout = { columns: layoutColumns(blocks, model.codings), pageRows: 64 };
  const learner = learnerNamed(model.learner);
  const baseline = learnerNamed("baseline");
  const scorer = learner.scorer(model.state as never, blocks, layout, model.task, classes);
  const base = baseline.scorer(model.baseline as never, blocks, layout, model.task, classes);
  const { calibration } = model;
  const judged = {
    task: model.task,
    classes,
    scorers: calibration ? [{ ...scorer, calibration }, base, scorer] : [scorer, base],
  };
  const where = options.where === undefined ? undefined : parseExpr(options.where, names);
  const { metrics, ...rows } = await judgeData(
    data,
    workspace,
    judged,
    { numeric: numericLabel(model), ...(where ? { where } : {}) },
    blocks,
    model.codings,
    model.roles.weight !== undefined && names.includes(model.roles.weight) ? model.roles.weight : undefined,
  );
  return { rows, ...qualityOf(metrics) };
}
