import { join } from "node:path";
import { UnknownColumnError } from "../base/errors.js";
import type { Schema } from "../base/schema.js";
import { columnsOf, type Expr, lit } from "../expr/expr.js";
import type { Relation } from "../expr/relation.js";
import type { Block, NumberBlock } from "../features/contract.js";
import type { Metrics } from "../metrics/contract.js";
import { countRows } from "./census.js";
import { refuseNotFinite, type Summed } from "./coding.js";
import { Dataset, type NumberCoding } from "./dataset.js";
import { type QualityParams, quality, readQuality } from "./quality.js";
import { type OpenData, openData } from "./source.js";
import type { TrainSpec } from "./spec.js";
import { splitCode } from "./split.js";
import type { Workspace } from "./workspace.js";

/** Everything that is summed over the rows, in the order of the codings: number blocks, then the label and the weight. */
export const summedOf = (
  blocks: readonly Block[],
  label: { readonly numeric: Expr },
  spec: { readonly label: string; readonly weight?: string },
): Summed[] => [
  ...blocks.filter((block): block is NumberBlock => block.kind === "number"),
  { name: spec.label, expr: label.numeric },
  ...(spec.weight === undefined ? [] : [{ name: spec.weight, expr: { kind: "col", name: spec.weight } as const }]),
];
export const sourceName = ({ source }: OpenData): string => source.files.map(({ path }) => path).join(", ");

export interface Judged {
  readonly metrics: readonly Metrics[];
  readonly read: number;
  readonly labelled: number;
  readonly unlabelled: number;
  readonly filtered: number;
  readonly setAside: number;
}

/** The quality on another source: streamed once, nothing kept. */
export async function judge(
  spec: TrainSpec,
  workspace: Workspace,
  dir: string,
  judged: QualityParams,
  what: { label: Expr; numeric: Expr; where?: Expr },
  blocks: readonly Block[],
  codings: readonly NumberCoding[],
  schema: Schema,
): Promise<Judged> {
  // What the training alone needed (dropped columns, a group) may be missing here.
  const read = new Set(spec.weight === undefined ? [] : [spec.weight]);
  for (const expr of [...blocks.map((block) => block.expr), what.label, ...(what.where ? [what.where] : [])])
    columnsOf(expr, read);
  const expect = { columns: schema.columns.filter(({ name }) => read.has(name)) };
  const data = await openData(spec.test!, { ...spec, expect }, workspace, join(dir, "aside"));
  const names = data.schema.columns.map(({ name }) => name);
  for (const name of read) if (!names.includes(name)) throw new UnknownColumnError(name, names);
  return judgeData(data, workspace, judged, what, blocks, codings, spec.weight);
}

export async function judgeData(
  data: Awaited<ReturnType<typeof openData>>,
  workspace: Workspace,
  judged: QualityParams,
  what: { numeric: Expr; where?: Expr },
  blocks: readonly Block[],
  codings: readonly NumberCoding[],
  weight?: string,
): Promise<Judged> {
  const split = splitCode(what.numeric, lit(false));
  const census = await countRows(workspace.engine, data.scan, what.where, what.where, split, workspace.signal);
  const dataset = new Dataset(
    {
      scan: data.scan,
      ...(what.where ? { where: what.where } : {}),
      blocks,
      codings,
      label: what.numeric,
      ...(weight === undefined ? {} : { weight: { kind: "col", name: weight } }),
      split,
      rowsPerFile: census.rowsPerFile,
    },
    {
      engine: workspace.engine,
      pool: workspace.pool,
      cacheDir: workspace.home.cache,
      keep: false,
      ...(workspace.signal ? { signal: workspace.signal } : {}),
      checkSource: () => data.unchanged(),
      checkValues: () => {
        const summed = summedOf(blocks, what, { label: "the label", ...(weight === undefined ? {} : { weight }) });
        const from: Relation = { kind: "scan", scan: data.scan };
        const rows: Relation = what.where ? { kind: "filter", from, where: what.where } : from;
        return refuseNotFinite(summed, sourceName(data), workspace.engine, rows, codings);
      },
    },
  );
  const [sum] = await dataset.run([{ name: quality.name, params: judged, rows: "all" }], undefined, "quality");
  return {
    metrics: readQuality(judged, sum!),
    read: census.read + data.setAside,
    labelled: census.train,
    unlabelled: census.unlabelled,
    filtered: census.filtered,
    setAside: data.setAside,
  };
}
