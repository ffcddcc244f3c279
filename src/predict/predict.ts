import { createReadStream, existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, extname, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { isError, SluiceError, UnknownColumnError } from "../base/errors.js";
import { me } from "../base/owner.js";
import { type DataOptions, type OpenData, openData } from "../data/source.js";
import type { Target } from "../engines/contract.js";
import { col } from "../expr/expr.js";
import { fittings } from "../expr/fit-columns.js";
import type { Project, Relation } from "../expr/relation.js";
import type { Model } from "../model/model.js";
import { storageError } from "../runs/home.js";
import { isSparkSpec } from "../sources/spark.js";
import { path as pathText, quote } from "../sql/duckdb/literals.js";
import type { Workspace } from "../workspace/workspace.js";
import { scored, wordsOf } from "./formulas.js";

export interface PredictOptions extends DataOptions {
  /** OUT.parquet, OUT.csv, OUT.jsonl, or `-`: CSV on standard output. */
  readonly to: string;
  readonly keep?: readonly string[];
  readonly overwrite?: boolean;
}

export interface Predicted {
  readonly rows: number;
  readonly setAside: number;
  readonly errors: number;
  readonly bytes: number;
  readonly to: string;
  readonly notes: readonly string[];
}

const formats: Readonly<Record<string, Target["format"]>> = {
  ".parquet": "parquet",
  ".csv": "csv",
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
};

/** One row in, one row out, in input order; the file appears under its name when it is whole. */
export async function predictFile(
  model: Model,
  sources: readonly string[],
  options: PredictOptions,
  workspace: Workspace,
): Promise<Predicted> {
  const toStdout = options.to === "-";
  const { format, path } = targetOf(options, workspace);
  const notes: string[] = [];
  const data = await openForModel(model, sources, options, workspace);
  const names = data.schema.columns.filter(({ type }) => type.kind !== "other").map(({ name }) => name);
  for (const name of options.keep ?? []) if (!names.includes(name)) throw new UnknownColumnError(name, names);
  const relation = scored(model, { kind: "scan", scan: data.scan }, data.schema, options.keep ?? names);
  const written = Object.keys(relation.columns);
  (options.keep ?? names).forEach((name, i) => {
    if (written[i] !== name)
      notes.push(`column "${name}" is written as "${written[i]}": another one differs from it in capitals alone`);
  });
  try {
    const target = { format, path, ...(options.overwrite ? { overwrite: true } : {}) };
    const { rows, bytes } = await workspace.engine.write(relation, target, workspace.signal);
    const asTrained = fittings(model.inputs.columns, data.schema, wordsOf(model)).every((fitting) => !fitting?.misfit);
    const errors = asTrained && !("errorColumn" in data.scan) ? 0 : await errorsIn(relation, path, workspace, notes);
    if (toStdout) await pipeline(createReadStream(path), process.stdout, { end: false });
    if (errors > 0 && errors === rows) throw allFailed(rows, options.to, await firstError(relation, workspace));
    return { rows, setAside: data.setAside, errors, bytes, to: options.to, notes };
  } catch (error) {
    if (!isError(error, "disk_full") || isSparkSpec(options.to)) throw error;
    const [what, instead] = toStdout ? [dirname(path), "--cache"] : [options.to, "--to"];
    throw new SluiceError(
      "disk_full",
      `no space left for ${what}; free some, or name another disk with ${instead}`,
      { to: options.to },
      { cause: error },
    );
  } finally {
    if (toStdout) await rm(path, { force: true });
  }
}

/** What was written says of each row what is wrong with it, and stays. */
const allFailed = (rows: number, to: string, first: string): SluiceError =>
  new SluiceError(
    "no_rows",
    `none of ${rows} rows could be scored: ${first}. ${to === "-" ? "Their" : `${to} has them, their`} "error" says why`,
    { rows, errors: rows, to },
  );

async function firstError(relation: Project, { engine, signal }: Workspace): Promise<string> {
  const [row] = await engine.rows({ kind: "limit", from: relation, rows: 1 }, 1, signal);
  return String(Object.values(row ?? {}).at(-1));
}

/** Rows that got an error instead of a prediction: read back from what was written here, on a cluster computed again. */
async function errorsIn(
  relation: Project,
  path: string,
  { engine, local }: Workspace,
  notes: string[],
): Promise<number> {
  const name = Object.keys(relation.columns).at(-1)!;
  const there: Relation = {
    kind: "aggregate",
    from: relation,
    by: {},
    columns: { errors: { agg: "count", arg: col(name) } },
  };
  const text = `SELECT count(${quote(name)}) AS errors FROM ${pathText(path)}`;
  const isHere = engine === local;
  const counting = isHere ? engine.rows({ kind: "sql", text }, 1) : engine.rows(there, 1);
  const [counted] = await counting.catch((error: Error) => {
    if (!isHere) notes.push(`all rows are written; how many of them have an error was not counted: ${error.message}`);
    return [];
  });
  return Number(counted?.["errors"] ?? 0);
}

/** Where and as what the rows are written; refused before any work where they can't be. */
export function targetOf(
  options: Pick<PredictOptions, "to" | "overwrite">,
  { home, engine, local }: Workspace,
): Target {
  const { to } = options;
  if (isSparkSpec(to)) {
    if (engine === local)
      throw new SluiceError(
        "usage",
        `--to ${to} is on a cluster; say which with --on sc://host:15002, or set SPARK_REMOTE`,
        { to },
      );
    return { format: formats[extname(to).toLowerCase()] ?? "parquet", path: to };
  }
  if (to === "-") return { format: "csv", path: join(home.cache, `predict-${me}.csv`) };
  const format = formats[extname(to).toLowerCase()];
  if (!format)
    throw new SluiceError("usage", `--to ${to}: the name must end in .parquet, .csv or .jsonl, or be -`, { to });
  checkTarget(resolve(to), options);
  return { format, path: resolve(to) };
}

function checkTarget(path: string, { to, overwrite }: Pick<PredictOptions, "to" | "overwrite">): void {
  if (existsSync(path)) {
    if (statSync(path).isDirectory())
      throw new SluiceError("usage", `--to ${to} is a folder; name a file in it`, { to });
    if (!overwrite)
      throw new SluiceError("exists", `${to} exists already; choose another name, or say --overwrite`, { to });
  }
  if (!existsSync(dirname(path)))
    throw new SluiceError("missing_file", `--to ${to}: the folder ${dirname(path)} does not exist; make it first`, {
      to,
    });
  // Asked before any work: a place may exist and still take no file.
  const probe = `${path}.partial-${me}`;
  try {
    writeFileSync(probe, "");
    rmSync(probe);
  } catch (error) {
    throw storageError(error, to, "ENOENT");
  }
}

/**
 * A source as the model's training read its columns. A cell that does not fit is its row's error, unless rows that do not fit shall
 * stop the work or be kept aside.
 */
export const openForModel = (
  model: Model,
  sources: readonly string[],
  options: DataOptions,
  workspace: Workspace,
): Promise<OpenData> =>
  openData(
    sources,
    { ...options, expect: model.inputs, ...(options.badRows === undefined ? { badCells: "error" } : {}) },
    workspace,
    join(workspace.home.root, "aside"),
  );
