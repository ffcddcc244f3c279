import { canonical } from "../../base/canonical.js";
import type { Engine } from "../../engines/contract.js";
import { call, type Expr, lit } from "../../expr/expr.js";
import type { Relation } from "../../expr/relation.js";
import type { Answer, Question } from "../contract.js";
import { narrowed } from "./sample.js";

export interface StatisticsOptions {
  readonly engine: Pick<Engine, "rows" | "batches">;
  /** Already filtered to the rows that may be learned from. */
  readonly relation: Relation;
  readonly seed: number;
  /** Expressions asked about in one query: 2,000 columns of 5 aggregates ran DuckDB out of 256 MB. */
  readonly blockColumns?: number;
  /** Rows of the sample that quantiles are taken from; all rows when there are no more. */
  readonly sampleRows?: number;
  /** Answers given before, by `keyOf`; new ones are added. */
  readonly known?: Map<string, Answer>;
  /** Rows of the relation, when the caller has counted them. */
  readonly rowsTotal?: number;
  readonly signal?: AbortSignal;
}

export type Tell = (question: Question, value: Answer) => void;
export type Known = ReadonlyMap<string, Answer>;

export const defaultBlockColumns = 400;
export const defaultSampleRows = 100_000;

/** What a question is remembered by: equal questions are asked once. */
export const keyOf = (question: Question): string => canonical(question);

/** The value as a real; NaN is missing. */
export function asReal(of: Expr): Expr {
  if (isGuarded(of)) return of;
  const value = of.kind === "call" && of.op === "toReal" ? of : call("toReal", of);
  return neverNan(of) ? value : call("when", call("isNan", value), lit(null), value);
}

const isGuarded = (of: Expr): boolean =>
  of.kind === "call" && of.op === "when" && of.args[0]?.kind === "call" && of.args[0].op === "isNan";
const keepsNumbers: ReadonlySet<string> = new Set(["abs", "neg", "ln", "log2", "log10", "sqrt", "exp", "toReal"]);
const givesWhole: ReadonlySet<string> = new Set(
  "year quarter month week day dayOfWeek dayOfYear hour minute second epochDays epochMicros length hash32 hash31 toInt".split(
    " ",
  ),
);

/** Whether it cannot be NaN, so that formulas inside formulas are not guarded at each depth. */
function neverNan(of: Expr): boolean {
  if (of.kind !== "col" && of.kind !== "call") return true;
  if (of.kind === "col") return false;
  if (of.op === "toReal" && of.args[0]?.kind === "col") return false;
  return isGuarded(of) || givesWhole.has(of.op) || (keepsNumbers.has(of.op) && neverNan(of.args[0]!));
}

/** The formula for a page, where NaN stands for missing anyway: the guard on top costs a fifth of the encoding. */
export const unguarded = (of: Expr): Expr => (isGuarded(of) && of.kind === "call" ? of.args[2]! : of);

/** Questions in blocks that name at most so many different expressions; those about one expression stay together. */
export function blocksOfExprs<Q extends Question>(asked: readonly Q[], blockColumns = defaultBlockColumns): Q[][] {
  const byExpr = new Map<string, Q[]>();
  for (const question of asked) {
    const key = canonical(question.of);
    const group = byExpr.get(key);
    if (group) group.push(question);
    else byExpr.set(key, [question]);
  }
  const groups = [...byExpr.values()];
  return Array.from({ length: Math.ceil(groups.length / blockColumns) }, (_, i) =>
    groups.slice(i * blockColumns, (i + 1) * blockColumns).flat(),
  );
}

export async function countRows({
  engine,
  relation,
  rowsTotal,
  signal,
}: Pick<StatisticsOptions, "relation" | "rowsTotal" | "signal"> & {
  readonly engine: Pick<Engine, "rows">;
}): Promise<number> {
  if (rowsTotal !== undefined) return rowsTotal;
  const counted: Relation = {
    kind: "aggregate",
    from: narrowed(relation, []),
    by: {},
    columns: { rows: { agg: "count" } },
  };
  return Number((await engine.rows(counted, 1, signal))[0]?.["rows"] ?? 0);
}
