import type { Engine } from "../engines/contract.js";
import { call, col, lit } from "../expr/expr.js";
import type { Relation } from "../expr/relation.js";
import type { Answer, Block } from "../features/contract.js";
import { asReal } from "../features/formulas.js";
import { keyOf } from "../features/statistics.js";
import type { LandedScan } from "../sources/scan.js";
import { path } from "../sql/duckdb/literals.js";

/** Real columns whose counts and ranges the files' footers tell, so that no scan has to look for them. */
export interface Footers {
  readonly columns: readonly string[];
  readonly answers: ReadonlyMap<string, Answer>;
}

export const noFooters: Footers = { columns: [], answers: new Map() };

/**
 * Of plain real columns that no row lacks and that vary. Writers leave NaN out of a footer's ranges, so a column may hold one
 * all the same: `complete` lets it spoil the sums, and `refuseHiddenNan` finds it then.
 */
export async function readFooters(engine: Pick<Engine, "rows">, scan: LandedScan, rows: number): Promise<Footers> {
  if (scan.format !== "parquet" || scan.paths !== undefined || scan.casts !== undefined) return noFooters;
  const reals = new Set(scan.schema.columns.filter(({ type }) => type.kind === "real").map(({ name }) => name));
  for (const { name } of scan.partitions ?? []) reals.delete(name);
  const paths = scan.files.map(({ path: file }) => path(file)).join(", ");
  const [low, high] = ["stats_min_value", "stats_max_value"].map((text) => `TRY_CAST(${text} AS DOUBLE)`);
  const text = `SELECT path_in_schema AS name, type, min(${low}) AS low, max(${high}) AS high,
    sum(num_values)::BIGINT AS values, sum(stats_null_count)::BIGINT AS nulls, count(stats_null_count) = count(*)
    AND bool_and(coalesce(isfinite(${low}) AND isfinite(${high}), false))
    AND bool_and(coalesce(min_is_exact, true) AND coalesce(max_is_exact, true)) AS told
    FROM parquet_metadata([${paths}]) WHERE type IN ('FLOAT', 'DOUBLE') GROUP BY ALL`;
  const columns: string[] = [];
  const answers = new Map<string, Answer>();
  for (const row of await engine.rows({ kind: "sql", text }, Infinity)) {
    const name = String(row["name"]);
    // Shown with as few digits as tell one float32 from the next.
    const exact = row["type"] === "FLOAT" ? Math.fround : Number;
    const [min, max] = [exact(Number(row["low"])), exact(Number(row["high"]))];
    const whole = row["told"] === true && Number(row["values"]) === rows && Number(row["nulls"]) === 0;
    if (!reals.has(name) || columns.includes(name) || !whole || !(min < max)) continue;
    columns.push(name);
    const of = asReal(col(name));
    answers.set(keyOf({ ask: "count", of }), rows);
    answers.set(keyOf({ ask: "min", of }), min);
    answers.set(keyOf({ ask: "max", of }), max);
  }
  return { columns, answers };
}

/** The blocks with those marked whose column the footers call complete. */
export function markComplete(blocks: readonly Block[], { columns }: Footers): Block[] {
  const plain = new Set(columns.map((name) => keyOf({ ask: "count", of: asReal(col(name)) })));
  return blocks.map((block) =>
    block.kind === "number" && plain.has(keyOf({ ask: "count", of: block.expr }))
      ? { ...block, complete: true }
      : block,
  );
}

/** A column that the footers call complete has a NaN: its rows must be counted. */
export class HiddenNan extends Error {}

export async function refuseHiddenNan(engine: Pick<Engine, "rows">, from: Relation, footers: Footers): Promise<void> {
  for (const name of footers.columns) {
    const found: Relation = { kind: "filter", from, where: call("isNan", call("toReal", col(name))) };
    if ((await engine.rows({ kind: "project", from: found, columns: { one: lit(1) } }, 1)).length > 0)
      throw new HiddenNan(name);
  }
}
