import type { Row, Schema } from "../base/schema.js";
import { col, columnsOf } from "../expr/expr.js";
import { fitRows } from "../expr/fit-columns.js";
import type { Relation } from "../expr/relation.js";
import type { Model } from "../model/model.js";
import type { DataOptions } from "../train/source.js";
import { inShare } from "../train/split.js";
import type { Workspace } from "../train/workspace.js";
import { labelColumns, numericLabel, wordsToJudge } from "./evaluate.js";
import { unused } from "./formulas.js";
import { openForModel } from "./predict.js";

export interface SampledRows {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  /** Class codes or targets, when the source has the columns that the label is made of; rows without a label are left out. */
  readonly labels?: readonly number[];
}

/** Some rows of a source, chosen by their identity and a seed, with the columns that the model reads. */
export async function sampleFor(
  model: Model,
  sources: readonly string[],
  options: DataOptions,
  workspace: Workspace,
  wanted: number,
): Promise<SampledRows> {
  const data = await openForModel(model, sources, options, workspace);
  const all: Relation = { kind: "scan", scan: data.scan };
  const [counted] = await workspace.engine.rows(
    { kind: "aggregate", from: all, by: {}, columns: { rows: { agg: "count" } } },
    1,
    workspace.signal,
  );
  const total = Number(counted?.["rows"] ?? 0);
  const from: Relation = total <= wanted ? all : { kind: "filter", from: all, where: inShare(wanted / total, 1) };
  return rowsFor(model, [from], data.schema, workspace, 2 * wanted);
}

/** The columns that a model reads, and the label where it can be told, of the first rows of each relation. */
export async function rowsFor(
  model: Model,
  relations: readonly Relation[],
  schema: Schema,
  { engine, signal }: Workspace,
  limit: number,
): Promise<SampledRows> {
  const names = new Set(schema.columns.map(({ name }) => name));
  const labelled = [...columnsOf(model.label.expr)].every((name) => names.has(name));
  const inputs = model.inputs.columns;
  const wanted = [
    ...new Map([...(labelled ? labelColumns(model) : []), ...inputs].map((one) => [one.name, one])).values(),
  ];
  const labelColumn = unused(
    "__label",
    wanted.map(({ name }) => name),
  );
  const read = (from: Relation): Relation => ({
    kind: "project",
    from: fitRows(from, schema, wanted, { words: wordsToJudge(model) }),
    columns: Object.fromEntries([
      ...inputs.map(({ name }) => [name, col(name)] as const),
      ...(labelled ? [[labelColumn, numericLabel(model)] as const] : []),
    ]),
  });
  const found: Row[] = [];
  for (const from of relations) found.push(...(await engine.rows(read(from), limit, signal)));
  const rows = labelled ? found.filter((row) => row[labelColumn] !== null) : found;
  return {
    columns: inputs.map(({ name }) => name),
    rows,
    ...(labelled && rows.length > 0 ? { labels: rows.map((row) => Number(row[labelColumn])) } : {}),
  };
}
