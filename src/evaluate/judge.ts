import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BadRowError } from "../base/errors.js";
import type { Column, Schema } from "../base/schema.js";
import { countRows } from "../data/census.js";
import { refuseNegative, type Weight } from "../data/roles.js";
import { type OpenData, openData } from "../data/source.js";
import { splitCode } from "../data/split.js";
import type { Engine } from "../engines/contract.js";
import { call, col, columnsOf, type Expr, lit } from "../expr/expr.js";
import { fitRows, fittings, type Words } from "../expr/fit-columns.js";
import type { Relation } from "../expr/relation.js";
import type { Block, NumberBlock } from "../features/contract.js";
import type { Task } from "../learners/contract.js";
import type { Metrics } from "../metrics/contract.js";
import { rowSets } from "../pages/row-set.js";
import { refuseNotFinite, type Summed } from "../rows/coding.js";
import { Dataset, type NumberCoding } from "../rows/dataset.js";
import { type QualityParams, quality, readQuality } from "../rows/passes/quality.js";
import type { Workspace } from "../workspace/workspace.js";

/** Everything that is summed over the rows, in the order of the codings: number blocks, then the label and the weight. */
export const summedOf = (
  blocks: readonly Block[],
  label: { readonly numeric: Expr },
  spec: { readonly label: string; readonly weight?: Weight | undefined },
): Summed[] => [
  ...blocks.filter((block): block is NumberBlock => block.kind === "number"),
  { name: spec.label, expr: label.numeric },
  ...(spec.weight ? [spec.weight] : []),
];
export const sourceName = ({ source }: OpenData): string => source.files.map(({ path }) => path).join(", ");

export interface Judged {
  readonly metrics: readonly Metrics[];
  readonly read: number;
  /** Rows with a label that the model knows. */
  readonly labelled: number;
  readonly unlabelled: number;
  /** Rows of classes that training did not see: wrong in the accuracy, and in no other figure. */
  readonly unknownClass: number;
  /** Some of those classes. */
  readonly unknownClasses: readonly string[];
  readonly filtered: number;
  readonly setAside: number;
}

/** What a model asks of rows that judge it. */
export interface Judging {
  readonly task: Task;
  /** The columns that all below read, as training read them. */
  readonly columns: readonly Column[];
  readonly words?: Words;
  readonly label: Expr;
  /** The label as a number: a class code, or the target; null where there is none. */
  readonly numeric: Expr;
  /** Of rows as they are in the source. */
  readonly where?: Expr;
  readonly weight?: Weight;
  readonly blocks: readonly Block[];
  readonly codings: readonly NumberCoding[];
  readonly quality: QualityParams;
}

/** The columns that blocks, a label and a weight read, as a schema has them. */
export function columnsToJudge(
  schema: Schema,
  { blocks, label, weight }: Pick<Judging, "blocks" | "label" | "weight">,
): readonly Column[] {
  const read = new Set<string>();
  for (const expr of [
    ...blocks.flatMap((block) => ("codes" in block ? [block.expr, block.codes] : [block.expr])),
    label,
    ...(weight ? [weight.expr] : []),
  ])
    columnsOf(expr, read);
  return schema.columns.filter(({ name }) => read.has(name));
}

/** The quality on a source: streamed once, nothing kept. Its columns are taken for what they were in training. */
export async function judge(source: OpenData, among: Workspace, asked: Judging): Promise<Judged> {
  const path = join(among.scratch, `judged-${Date.now()}.parquet`);
  try {
    const { data, where, workspace } = await asTrained(source, among, asked, path);
    return await judged(
      data,
      workspace,
      { ...asked, ...(where ? { where } : {}) },
      sourceName(source),
      source.setAside,
    );
  } finally {
    await rm(path, { force: true });
  }
}

/**
 * The rows as they are where their columns are those of training already. Else they are written once with columns that are: what
 * learners' features name many times is then computed once.
 */
async function asTrained(
  data: OpenData,
  workspace: Workspace,
  { columns, words = {}, where }: Judging,
  path: string,
): Promise<{ data: OpenData; where?: Expr; workspace: Pick<Workspace, "engine" | "pool" | "home" | "signal"> }> {
  if (fittings(columns, data.schema, words).every((fitting) => fitting === undefined))
    return { data, ...(where ? { where } : {}), workspace };
  const taken = new Set(columns.map(({ name }) => name.toLowerCase()));
  const apart = (name: string): string => (taken.has(name.toLowerCase()) ? apart(`${name}_`) : name);
  const [error, chosen] = [apart("__error"), apart("__where")];
  const extra = where ? { [chosen]: where } : {};
  const rows = fitRows({ kind: "scan", scan: data.scan }, data.schema, columns, { words, extra, error });
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await workspace.engine.write(rows, { format: "parquet", path }, workspace.signal);
  const { pool, home, signal, local } = workspace;
  const here = { pool, home, engine: local, local, signal };
  const written = await openData([path], { format: "parquet" }, here, home.root);
  const counted: Expr | undefined = where && col(chosen);
  const all: Relation = { kind: "scan", scan: written.scan };
  await refuseMisfits(
    counted ? { kind: "filter", from: all, where: counted } : all,
    col(error),
    data,
    workspace.local,
    workspace.signal,
  );
  return {
    data: { ...written, unchanged: () => data.unchanged() },
    ...(counted ? { where: counted } : {}),
    workspace: here,
  };
}

async function judged(
  data: OpenData,
  { engine, pool, home, signal }: Pick<Workspace, "engine" | "pool" | "home" | "signal">,
  { blocks, label, numeric, codings, where, ...asked }: Judging,
  name: string,
  setAside: number,
): Promise<Judged> {
  const all: Relation = { kind: "scan", scan: data.scan };
  const rows: Relation = where ? { kind: "filter", from: all, where } : all;
  const weight = asked.weight?.expr;
  if (asked.weight) await refuseNegative(asked.weight, { columns: asked.columns }, engine, rows, name);

  const split = splitCode(numeric, { expr: lit(false) });
  const census = await countRows(engine, data.scan, where, where, split, signal);
  const unknown =
    asked.task === "regression"
      ? { rows: 0, weight: 0, classes: [] }
      : await unknownClasses(rows, label, numeric, weight, engine, signal);
  const dataset = new Dataset(
    {
      scan: data.scan,
      ...(where ? { where } : {}),
      blocks,
      codings,
      label: numeric,
      ...(weight === undefined ? {} : { weight }),
      split,
      rowsPerFile: census.rowsPerFile,
    },
    {
      engine,
      pool,
      cacheDir: home.cache,
      keep: false,
      ...(signal ? { signal } : {}),
      checkSource: () => data.unchanged(),
      checkValues: () => {
        const summed = summedOf(blocks, { numeric }, { label: "the label", weight: asked.weight });
        return refuseNotFinite(summed, name, engine, rows, codings);
      },
    },
  );
  const [sum] = await dataset.run(
    [{ name: quality.name, params: asked.quality, rows: rowSets.labelled }],
    undefined,
    "quality",
  );
  const metrics = readQuality(asked.quality, sum!);
  return {
    metrics: unknown.rows > 0 ? metrics.map((one) => withUnknown(one, unknown.weight)) : metrics,
    read: census.read + setAside,
    labelled: census.train,
    unlabelled: census.unlabelled - unknown.rows,
    unknownClass: unknown.rows,
    unknownClasses: unknown.classes,
    filtered: census.filtered,
    setAside,
  };
}

/** A figure of rows of which some were not read would be a figure of other rows. */
async function refuseMisfits(
  rows: Relation,
  error: Expr,
  data: OpenData,
  engine: Engine,
  signal?: AbortSignal,
): Promise<void> {
  const wrong: Relation = { kind: "filter", from: rows, where: call("isNotNull", error) };
  const [first] = await engine.rows({ kind: "project", from: wrong, columns: { error } }, 1, signal);
  if (!first) return;
  const [, column, value, problem] = /^column "(.*?)": '(.*)' (is not .*)$/s.exec(String(first["error"])) ?? [];
  throw new BadRowError({
    file: sourceName(data),
    ...(column === undefined ? {} : { column }),
    ...(value === undefined ? {} : { value }),
    problem: `${problem ?? String(first["error"])}, as in training`,
    remedy: "Leave such rows out with --where, or write the cells as training had them",
  });
}

/** Rows that have a label, and none that the model knows. */
async function unknownClasses(
  rows: Relation,
  label: Expr,
  numeric: Expr,
  weight: Expr | undefined,
  engine: Engine,
  signal?: AbortSignal,
): Promise<{ rows: number; weight: number; classes: readonly string[] }> {
  const unknown: Relation = {
    kind: "filter",
    from: rows,
    where: call("and", call("isNotNull", label), call("isNull", numeric)),
  };
  const scaled = weight && call("coalesce", call("toReal", weight), lit(0));
  const [total] = await engine.rows(
    {
      kind: "aggregate",
      from: unknown,
      by: {},
      columns: {
        rows: { agg: "count" },
        ...(scaled ? { weight: { agg: "fixedSum", arg: scaled, scale: weightScale } } : {}),
      },
    },
    1,
    signal,
  );
  const found = Number(total?.["rows"] ?? 0);
  if (found === 0) return { rows: 0, weight: 0, classes: [] };
  const counted: Relation = {
    kind: "aggregate",
    from: unknown,
    by: { label: call("toText", label) },
    columns: { rows: { agg: "count" } },
  };
  const frequent: Relation = {
    kind: "sort",
    from: counted,
    by: [{ expr: col("rows"), descending: true }, { expr: col("label") }],
  };
  const most = await engine.rows({ kind: "limit", from: frequent, rows: mostNamed }, mostNamed, signal);
  return {
    rows: found,
    weight: scaled ? Number(total!["weight"] ?? 0) / 2 ** weightScale : found,
    classes: most.map((row) => String(row["label"])),
  };
}
/** Classes that are named, the most frequent first: a label may have as many as rows. */
const mostNamed = 10;
const weightScale = 20;

/** A model can't be right about a class that it does not know. */
function withUnknown({ intervals, ...metrics }: Metrics, weight: number): Metrics {
  const { accuracy: _, ...others } = intervals;
  const accuracy = metrics.values["accuracy"];
  if (accuracy === undefined) return { intervals, ...metrics };
  const values = { ...metrics.values, accuracy: (accuracy * metrics.weight) / (metrics.weight + weight) };
  return { ...metrics, values, intervals: others };
}
