import { join } from "node:path";
import { inShare } from "../../data/split.js";
import type { Engine } from "../../engines/contract.js";
import { col, type Expr } from "../../expr/expr.js";
import type { Relation } from "../../expr/relation.js";
import { runsOfRows, scansOf } from "../../rows/dataset.js";
import { ensureDir } from "../../runs/home.js";
import type { LandedScan } from "../../sources/scan.js";
import { path } from "../../sql/duckdb/literals.js";

const runs = 16;
/** Rows that are looked at for one that is kept, at most: a filter that few rows pass gives a smaller sample. */
const mostLooks = 20;
/** Of fewer rows of a class chance alone leaves less than half. */
const fewestExpected = 10;

export interface SampleOptions {
  readonly engine: Engine;
  /** Puts the pieces together here. */
  readonly local: Engine;
  readonly scan: LandedScan;
  /** Rows that may be in it, and their share of all. */
  readonly where: Expr;
  readonly share: number;
  readonly columns: readonly string[];
  readonly rowsPerFile: readonly number[];
  /** How many are wanted. */
  readonly rows: number;
  readonly seed: number;
  readonly dir: string;
  /** The label as a number, and how many rows each class has among all; none where it is a quantity. */
  readonly label: Expr;
  readonly counts: readonly number[];
  readonly signal?: AbortSignal;
}

/**
 * Runs of rows at seeded places in one small Parquet file, or all rows where they are few. Rows in the order of their label would bring
 * runs of one class and leave others out: where the classes' shares are not those of all rows, rows are drawn one by one, for one more scan.
 */
export async function writeSample(options: SampleOptions): Promise<{ file: string; rows: number }> {
  const { engine, local, scan, where, rowsPerFile, dir, signal } = options;
  ensureDir(dir);
  const total = rowsPerFile.reduce((sum, rows) => sum + rows, 0);
  const looks = Math.ceil(options.rows / Math.max(options.share, 1 / mostLooks));
  const columns = Object.fromEntries(options.columns.map((name) => [name, col(name)]));
  const write = (from: Relation, name: string): Promise<{ rows: number }> =>
    engine.write(
      { kind: "project", from: { kind: "filter", from, where }, columns },
      { format: "parquet", path: join(dir, name) },
      signal,
    );
  const file = join(dir, "sample.parquet");
  if (looks >= total) return { file, rows: (await write({ kind: "scan", scan }, "sample.parquet")).rows };
  const parts = runsOfRows(rowsPerFile, runs, Math.ceil(looks / runs), options.seed);
  const scans = scansOf(engine, scan, parts);
  const names = scans.map((_, i) => `run-${String(i).padStart(2, "0")}.parquet`);
  for (const [i, one] of scans.entries()) await write(one, names[i]!);
  // One file has few pages; a file's rows are never on the page of another one.
  const paths = names.map((name) => path(join(dir, name))).join(", ");
  const text = `SELECT * FROM read_parquet([${paths}], hive_partitioning = false)`;
  const { rows } = await local.write({ kind: "sql", text }, { format: "parquet", path: file }, signal);
  if (await isFair(`SELECT * FROM read_parquet(${path(file)})`, options)) return { file, rows };
  const drawn = inShare(Math.min(1, looks / total), options.seed);
  const fair = await write({ kind: "filter", from: { kind: "scan", scan }, where: drawn }, "drawn.parquet");
  return { file: join(dir, "drawn.parquet"), rows: fair.rows };
}

/** Whether each class of which the sample should have some has half to twice as many. */
async function isFair(text: string, { local, label, counts, signal }: SampleOptions): Promise<boolean> {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const by: Relation = {
    kind: "aggregate",
    from: { kind: "sql", text },
    by: { label },
    columns: { rows: { agg: "count" } },
  };
  const found = new Map<number, number>();
  for (const row of await local.rows(by, counts.length + 1, signal))
    found.set(Number(row["label"]), Number(row["rows"]));
  const sampled = [...found.values()].reduce((sum, rows) => sum + rows, 0);
  return counts.every((count, code) => {
    const expected = (sampled * count) / total;
    const own = found.get(code) ?? 0;
    return expected < fewestExpected || (own >= expected / 2 && own <= expected * 2);
  });
}
