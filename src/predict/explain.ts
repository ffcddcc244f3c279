import type { Row } from "../base/schema.js";
import { compile } from "../expr/evaluate.js";
import type { Relation } from "../expr/relation.js";
import { blocksOf } from "../features/fit.js";
import type { Effect } from "../learners/contract.js";
import { learnerNamed } from "../learners/index.js";
import type { Model } from "../model/model.js";
import type { DataOptions } from "../train/source.js";
import { inShare } from "../train/split.js";
import type { Workspace } from "../train/workspace.js";
import { adapt, outputsOf } from "./formulas.js";
import { openForModel } from "./predict.js";

/** Coefficients by the size of what they do for a usual change of their feature. */
export function effectsOf(model: Model): readonly Effect[] {
  const learner = learnerNamed(model.learner);
  const effects = learner.effects?.(model.state as never, blocksOf(model.features)) ?? [];
  return [...effects].sort((a, b) => Math.abs(b.standardised) - Math.abs(a.standardised));
}

export interface Importance {
  readonly column: string;
  /** How much the outputs move, on average, when the column's values are those of another row: in margins or label units. */
  readonly change: number;
}

const sampleRows = 20_000;

/** Permutation effect on the model's outputs over a seeded sample of a source's rows: no label is needed. */
export async function importances(
  model: Model,
  sources: readonly string[],
  options: DataOptions,
  workspace: Workspace,
): Promise<{ rows: number; columns: Importance[] }> {
  const data = await openForModel(model, sources, options, workspace, []);
  const { columns } = adapt(model, data.schema);
  const all: Relation = { kind: "scan", scan: data.scan };
  const [counted] = await workspace.engine.rows(
    { kind: "aggregate", from: all, by: {}, columns: { rows: { agg: "count" } } },
    1,
    workspace.signal,
  );
  const total = Number(counted?.["rows"] ?? 0);
  const from: Relation =
    total <= sampleRows ? all : { kind: "filter", from: all, where: inShare(sampleRows / total, 1) };
  const rows = await workspace.engine.rows({ kind: "project", from, columns }, 2 * sampleRows, workspace.signal);
  const outputs = Object.values(outputsOf(model)).map((expr) => compile(expr));
  const score = (row: Row): number[] => outputs.map((output) => Number(output(row)));
  const scores = rows.map(score);
  const found = Object.keys(columns).map((column): Importance => {
    let moved = 0;
    rows.forEach((row, i) => {
      // The row after this one lends its value: fixed, and near enough to a permutation.
      const other = rows[(i * 7919 + 1) % rows.length]!;
      const changed = score({ ...row, [column]: other[column]! });
      moved += changed.reduce((sum, value, k) => sum + Math.abs(value - scores[i]![k]!), 0) / outputs.length;
    });
    return { column, change: rows.length > 0 ? moved / rows.length : 0 };
  });
  return { rows: rows.length, columns: found.sort((a, b) => b.change - a.change) };
}
