import { canonical } from "../../base/canonical.js";
import type { Row, Value } from "../../base/schema.js";
import { call, type Expr } from "../../expr/expr.js";
import type { Relation } from "../../expr/relation.js";
import type { Question } from "../contract.js";
import { type Known, keyOf, type StatisticsOptions, type Tell } from "./ask.js";
import { narrowed } from "./sample.js";

type Values = Extract<Question, { ask: "values" }>;
type Counted = { readonly value: Value; readonly count: number };

/** Rows that one packed query may give back. */
const packedRows = 20_000;
const packedCells = 400_000;

/**
 * The most frequent values of each expression. Expressions with few levels are grouped by together, as long as their
 * combinations stay few, and counted apart here; one with many levels is grouped, sorted and cut by the engine.
 */
export async function topValues(
  asked: readonly Values[],
  options: StatisticsOptions,
  known: Known,
  tell: Tell,
): Promise<void> {
  const widest = new Map<string, Values>();
  for (const question of asked) {
    const key = canonical(question.of);
    if ((widest.get(key)?.limit ?? -1) < question.limit) widest.set(key, question);
  }
  const found = new Map<string, readonly Counted[]>();
  for (const pack of packs([...widest.values()], known, options.rowsTotal)) {
    const together = pack.length > 1 ? await countTogether(pack, options) : undefined;
    for (const [i, { of, limit }] of pack.entries())
      found.set(canonical(of), together?.[i] ?? (await countAlone(of, limit, options)));
  }
  for (const question of asked) tell(question, found.get(canonical(question.of))!.slice(0, question.limit));
}

/**
 * First fit by estimated combinations (levels plus one for missing); there are never more of them than rows. The estimate only
 * groups queries, it never counts.
 */
function packs(questions: readonly Values[], known: Known, rowsTotal = Number.POSITIVE_INFINITY): Values[][] {
  const levels = (of: Expr): number => Number(known.get(keyOf({ ask: "distinct", of })) ?? packedRows) * 1.1 + 2;
  const ordered = questions
    .map((question) => ({ question, size: levels(question.of) }))
    .sort((a, b) => a.size - b.size);
  const out: Values[][] = [];
  let rows = Number.POSITIVE_INFINITY;
  for (const { question, size } of ordered) {
    const pack = out[out.length - 1];
    const combined = Math.min(rows * size, rowsTotal);
    if (pack && combined <= packedRows && combined * (pack.length + 1) <= packedCells) {
      pack.push(question);
      rows = combined;
    } else {
      out.push([question]);
      rows = Math.min(size, rowsTotal);
    }
  }
  return out;
}

async function countTogether(pack: readonly Values[], options: StatisticsOptions): Promise<Counted[][] | undefined> {
  const by = Object.fromEntries(pack.map(({ of }, i) => [`v${i}`, of]));
  const from = narrowed(options.relation, Object.values(by));
  const relation: Relation = { kind: "aggregate", from, by, columns: { n: { agg: "count" } } };
  const rows = await options.engine.rows(relation, packedRows + 1, options.signal);
  if (rows.length > packedRows) return undefined;
  return pack.map((_, i) => counted(rows, `v${i}`));
}

async function countAlone(of: Expr, limit: number, options: StatisticsOptions): Promise<Counted[]> {
  const present: Relation = {
    kind: "filter",
    from: narrowed(options.relation, [of]),
    where: call("isNotNull", of),
  };
  const grouped: Relation = { kind: "aggregate", from: present, by: { v0: of }, columns: { n: { agg: "count" } } };
  const by = [
    { expr: { kind: "col", name: "n" } as const, descending: true },
    { expr: { kind: "col", name: "v0" } as const },
  ];
  const relation: Relation = { kind: "limit", from: { kind: "sort", from: grouped, by }, rows: limit };
  return counted(await options.engine.rows(relation, limit, options.signal), "v0");
}

function counted(rows: readonly Row[], name: string): Counted[] {
  const counts = new Map<string, { value: Value; count: number }>();
  for (const row of rows) {
    const value = row[name] ?? null;
    if (value === null) continue;
    const key = canonical(value);
    const entry = counts.get(key);
    if (entry) entry.count += Number(row["n"]);
    else counts.set(key, { value, count: Number(row["n"]) });
  }
  return [...counts.values()].sort((a, b) => b.count - a.count || compareValues(a.value, b.value));
}

/** Numbers by size, text by its UTF-8 bytes, false before true. */
export function compareValues(a: Value, b: Value): number {
  if (typeof a === "string" && typeof b === "string") return Buffer.compare(Buffer.from(a), Buffer.from(b));
  const order = (value: Value): number | bigint =>
    value !== null && typeof value === "object" && "micros" in value
      ? value.micros
      : value !== null && typeof value === "object" && "days" in value
        ? value.days
        : typeof value === "bigint"
          ? value
          : Number(value);
  const [x, y] = [order(a), order(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}
