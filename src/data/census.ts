import { isError, SluiceError } from "../base/errors.js";
import type { Row } from "../base/schema.js";
import type { Engine } from "../engines/contract.js";
import { call, type Expr, lit } from "../expr/expr.js";
import type { Aggregated, Relation } from "../expr/relation.js";
import type { LandedScan } from "../sources/scan.js";
import type { Workspace } from "../workspace/workspace.js";

export interface Census {
  readonly read: number;
  readonly filtered: number;
  readonly sampledOut: number;
  readonly unlabelled: number;
  readonly train: number;
  readonly validation: number;
  readonly rowsPerFile: readonly number[];
}

/** What decides which rows of a source take part. */
interface Asked {
  readonly sources: readonly string[];
  readonly where?: string;
  readonly sample?: number;
}

/** Every row of the source in exactly one of the counts, counted by the engine file by file. */
export async function countRows(
  engine: Workspace["engine"],
  scan: LandedScan,
  where: Expr | undefined,
  taking: Expr | undefined,
  split: Expr,
  signal?: AbortSignal,
): Promise<Census> {
  const one = (condition: Expr): { agg: "count"; arg: Expr } => ({
    agg: "count",
    arg: call("when", condition, lit(1), lit(null)),
  });
  const among = (code: number): { agg: "count"; arg: Expr } =>
    one(taking ? call("and", taking, call("eq", split, lit(code))) : call("eq", split, lit(code)));
  const total = { read: 0, filtered: 0, sampledOut: 0, unlabelled: 0, train: 0, validation: 0 };
  const rowsPerFile: number[] = [];
  const columns: Aggregated["columns"] = {
    read: { agg: "count" },
    ...(where ? { passed: one(where) } : {}),
    ...(taking ? { taken: one(taking) } : {}),
    train: among(0),
    validation: among(1),
    unlabelled: among(255),
  };
  for (const row of await perFile(engine, scan, columns, signal)) {
    const count = (name: string): number => Number(row?.[name] ?? 0);
    const passed = where ? count("passed") : count("read");
    const taken = taking ? count("taken") : count("read");
    rowsPerFile.push(count("read"));
    total.read += count("read");
    total.filtered += count("read") - passed;
    total.sampledOut += passed - taken;
    total.unlabelled += count("unlabelled");
    total.train += count("train");
    total.validation += count("validation");
  }
  return { ...total, rowsPerFile };
}

/** In one query where the engine can, else in one for each file. */
async function perFile(
  engine: Workspace["engine"],
  scan: LandedScan,
  columns: Aggregated["columns"],
  signal?: AbortSignal,
): Promise<readonly (Row | undefined)[]> {
  const of = (part?: { readonly file: number }): Aggregated => ({
    kind: "aggregate",
    from: { kind: "scan", scan, ...(part ? { part } : {}) },
    by: {},
    columns,
  });
  if (engine.perFile) return engine.perFile(of(), signal);
  const rows: (Row | undefined)[] = [];
  for (let file = 0; file < scan.files.length; file++) rows.push((await engine.rows(of({ file }), 1, signal))[0]);
  return rows;
}

/** Why no row has a label, when the reason is that there is no row. */
export async function noLabels(
  error: unknown,
  engine: Engine,
  all: Relation,
  base: Relation,
  spec: Asked,
): Promise<never> {
  if (!isError(error, "no_labels")) throw error;
  const count = async (from: Relation): Promise<number> => {
    const [row] = await engine.rows({ kind: "aggregate", from, by: {}, columns: { rows: { agg: "count" } } }, 1);
    return Number(row?.["rows"] ?? 0);
  };
  if ((await count(base)) > 0) throw error;
  const read = await count(all);
  if (read === 0)
    throw new SluiceError("empty_source", `${spec.sources.join(", ")} has no rows; at least one is needed`, {
      sources: spec.sources,
    });
  const by = [
    ...(spec.where === undefined ? [] : [`--where ${spec.where}`]),
    ...(spec.sample === undefined ? [] : [`--sample ${spec.sample}`]),
  ];
  throw new SluiceError("no_rows", `no row is left after ${by.join(" and ")}; ${read} rows were read`, { read });
}

export function noTrainingRows(
  spec: Asked,
  rows: { filtered: number; sampledOut: number; unlabelled: number; validation: number },
): string {
  if (spec.where !== undefined && rows.filtered > 0 && rows.unlabelled === 0 && rows.validation === 0)
    return `no row is left after --where ${spec.where}; ${rows.filtered} rows were filtered`;
  return `no row is left to train on: ${rows.filtered} filtered, ${rows.sampledOut} sampled out, ${rows.unlabelled} without a label, ${rows.validation} for validation`;
}
