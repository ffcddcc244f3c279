import type { Row, Schema } from "../base/schema.js";
import { call, col, columnsOf, type Expr, lit } from "../expr/expr.js";
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
  /** So many of the first rows stand for all; behind them come more rows of rare classes. */
  readonly drawn?: number;
  /** What each row counts, where rare classes have more than their share of rows. */
  readonly weights?: readonly number[];
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
  return sampleAmong(model, { all, total: Number(counted?.["rows"] ?? 0) }, data.schema, workspace, wanted);
}

/** Of a rare class so many rows are wanted in a sample. */
const enoughOfClass = 100;

/** Some rows of a scan, and of classes of which few are among them all or a hundred, counted for what they stand for. */
export async function sampleAmong(
  model: Model,
  { all, where, total }: { readonly all: Relation; readonly where?: Expr; readonly total: number },
  schema: Schema,
  workspace: Workspace,
  wanted: number,
): Promise<SampledRows> {
  const among = (...also: readonly Expr[]): Relation => {
    const conditions = [...(where ? [where] : []), ...also];
    return conditions.length === 0
      ? all
      : { kind: "filter", from: all, where: conditions.reduce((one, other) => call("and", one, other)) };
  };
  if (total <= wanted) return rowsFor(model, [among()], schema, workspace, 2 * wanted);
  const share = wanted / total;
  const sample = await rowsFor(model, [among(inShare(share, 1))], schema, workspace, 2 * wanted);
  if (!sample.labels || model.task === "regression") return sample;

  const { rows, label } = readAs(model, among(), schema);
  const counts = await workspace.engine.rows(
    { kind: "aggregate", from: rows, by: { code: col(label!) }, columns: { rows: { agg: "count" } } },
    model.classes.length + 1,
    workspace.signal,
  );
  const rare = counts
    .filter(({ code }) => code !== null)
    .map(({ code, rows: own }) => ({ code: Number(code), own: Number(own) }))
    .filter(({ own }) => own * share < enoughOfClass);
  const weights = sample.labels.map(() => 1);
  const more: SampledRows[] = [];
  for (const { code, own } of rare.slice(0, mostRareClasses)) {
    const wider = Math.min(1, enoughOfClass / own);
    const others = call("not", inShare(share, 1));
    const from = among(others, ...(wider < 1 ? [inShare(wider, 1)] : []));
    more.push(await rowsFor(model, [from], schema, workspace, 2 * enoughOfClass, code));
    for (const [row, one] of sample.labels.entries()) if (one === code) weights[row] = share / wider;
    weights.push(...more.at(-1)!.rows.map(() => share / wider));
  }
  if (more.length === 0) return sample;
  return {
    columns: sample.columns,
    rows: [sample, ...more].flatMap((part) => part.rows),
    labels: [sample, ...more].flatMap((part) => part.labels ?? []),
    drawn: sample.rows.length,
    weights,
  };
}

/** Each rare class is a scan. */
const mostRareClasses = 5;

/** The columns that a model reads, and the label where it can be told, of the first rows of each relation; of one class where it is given. */
export async function rowsFor(
  model: Model,
  relations: readonly Relation[],
  schema: Schema,
  { engine, signal }: Workspace,
  limit: number,
  code?: number,
): Promise<SampledRows> {
  const found: Row[] = [];
  let label: string | undefined;
  for (const from of relations) {
    const read = readAs(model, from, schema);
    label = read.label;
    const rows: Relation =
      code === undefined ? read.rows : { kind: "filter", from: read.rows, where: call("eq", col(label!), lit(code)) };
    found.push(...(await engine.rows(rows, limit, signal)));
  }
  const rows = label === undefined ? found : found.filter((row) => row[label] !== null);
  return {
    columns: model.inputs.columns.map(({ name }) => name),
    rows,
    ...(label !== undefined && rows.length > 0 ? { labels: rows.map((row) => Number(row[label])) } : {}),
  };
}

/** Rows as the model reads them, with their label under a name of its own where the columns that it is made of are there. */
function readAs(model: Model, from: Relation, schema: Schema): { rows: Relation; label?: string } {
  const names = new Set(schema.columns.map(({ name }) => name));
  const labelled = [...columnsOf(model.label.expr)].every((name) => names.has(name));
  const inputs = model.inputs.columns;
  const wanted = [
    ...new Map([...(labelled ? labelColumns(model) : []), ...inputs].map((one) => [one.name, one])).values(),
  ];
  const label = unused(
    "__label",
    wanted.map(({ name }) => name),
  );
  const rows: Relation = {
    kind: "project",
    from: fitRows(from, schema, wanted, { words: wordsToJudge(model) }),
    columns: Object.fromEntries([
      ...inputs.map(({ name }) => [name, col(name)] as const),
      ...(labelled ? [[label, numericLabel(model)] as const] : []),
    ]),
  };
  return labelled ? { rows, label } : { rows };
}
