import type { Schema } from "../base/schema.js";
import { formatCount } from "../base/units.js";
import type { Warning } from "../base/warning.js";
import type { Engine } from "../engines/contract.js";
import { call, col, type Expr, lit } from "../expr/expr.js";
import type { Relation } from "../expr/relation.js";

/** Cells that are read to find copies at most: half a second of work. Of a larger source a sample is looked at. */
export const mostCells = 4e6;
/** Rows of a sample, in so many runs: their digests are held here. */
export const sampleRuns = 12;
export const sampleRows = (columns: number): number => Math.min(50_000, Math.floor(mostCells / columns / 2));
/** Rows of fewer columns are alike by chance. */
const fewestColumns = 4;
/** Below this share of the rows that judge, copies change no figure. */
const leastShare = 0.01;

const comparable = ["bool", "int64", "real", "decimal", "text", "date", "timestamp"];

/** Rows that agree in so many columns agree in the others: of wider rows these are compared, evenly over all. */
const mostColumns = 64;

/** Columns whose values make two rows copies of each other: all that can be compared, without those that number the rows. */
export function comparedColumns({ columns }: Schema, without: readonly (string | undefined)[]): string[] {
  const all = columns.filter(({ name, type }) => comparable.includes(type.kind) && !without.includes(name));
  const step = Math.max(1, all.length / mostColumns);
  return Array.from({ length: Math.min(all.length, mostColumns) }, (_, i) => all[Math.floor(i * step)]!.name);
}

/** One text of all values of a row; missing is not the same as empty. */
export function contentOf(columns: readonly string[]): Expr {
  // As a balanced tree: databases end at some thousand steps below each other.
  const joined = (from: number, to: number): Expr => {
    if (to - from > 1) {
      const middle = (from + to) >> 1;
      return call("concat", joined(from, middle), lit("\u001f"), joined(middle, to));
    }
    const value = col(columns[from]!);
    return call("when", call("isNull", value), lit("\u001e"), call("toText", value));
  };
  return joined(0, columns.length);
}

export interface Copies {
  /** Rows that judge and stand among the training rows too. */
  readonly copied: number;
  /** Rows that judge, of those that were looked at. */
  readonly judged: number;
  /** Rows that were looked at. */
  readonly rows: number;
}

export interface CopiesOptions {
  readonly engine: Engine;
  /** Labelled rows; or runs of them that together are a sample, small enough to be held here by their digests. */
  readonly rows: Relation | readonly Relation[];
  readonly columns: readonly string[];
  readonly isValidation: Expr;
  readonly signal?: AbortSignal;
}

/** How many of the rows that judge are copies of rows that were learned from. */
export async function countCopies({ engine, rows, columns, isValidation, signal }: CopiesOptions): Promise<Copies> {
  const content = contentOf(columns);
  const alike = (from: Relation): Relation => ({
    kind: "aggregate",
    from,
    by: { content: call("hash32", content, lit(1)) }, // of a million rows some hundred meet by chance: far below what is told
    columns: {
      rows: { agg: "count" },
      validation: { agg: "count", arg: call("when", isValidation, lit(1), lit(null)) },
    },
  });
  if ("kind" in rows) {
    const validation = col("validation");
    const copied = call("when", call("gt", col("rows"), validation), validation, lit(0));
    const [sums] = await engine.rows(
      {
        kind: "aggregate",
        from: alike(rows),
        by: {},
        columns: {
          rows: { agg: "sum", arg: col("rows") },
          judged: { agg: "sum", arg: validation },
          copied: { agg: "sum", arg: copied },
        },
      },
      1,
      signal,
    );
    return { copied: Number(sums?.["copied"]), judged: Number(sums?.["judged"]), rows: Number(sums?.["rows"]) };
  }
  const seen = new Map<number, { rows: number; validation: number }>();
  for (const run of rows)
    for (const group of await engine.rows(alike(run), Number.POSITIVE_INFINITY, signal)) {
      const key = Number(group["content"]);
      const entry = seen.get(key) ?? { rows: 0, validation: 0 };
      seen.set(key, {
        rows: entry.rows + Number(group["rows"]),
        validation: entry.validation + Number(group["validation"]),
      });
    }
  const found = { copied: 0, judged: 0, rows: 0 };
  for (const { rows, validation } of seen.values()) {
    found.judged += validation;
    found.rows += rows;
    if (rows > validation) found.copied += validation;
  }
  return found;
}

export function copiesWarning({ copied, judged, rows }: Copies, columns: number, all: boolean): Warning | undefined {
  if (columns < fewestColumns || judged === 0 || copied < leastShare * judged) return undefined;
  const share = Math.round((copied / judged) * 100);
  return {
    code: "duplicates",
    message: `${all ? "" : `in a sample of ${formatCount(rows)} rows, at least `}${formatCount(copied)} of ${formatCount(judged)} validation rows (${share} %) are copies of training rows, so the figures flatter; --together duplicates keeps copies on one side`,
  };
}
