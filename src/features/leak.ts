import type { Row, Schema, Value } from "../base/schema.js";
import { col, type Expr, lit } from "../expr/expr.js";
import type { Relation } from "../expr/relation.js";
import { asNumber, leakLimits, type Task, tellsLabel } from "./leak/single.js";
import { countRows, inSample, type StatisticsOptions } from "./statistics/ask.js";

export interface LeakWarning {
  readonly code: "leak";
  readonly column: string;
  readonly message: string;
}

export interface LeakOptions extends StatisticsOptions {
  readonly label: Expr;
  readonly task: Task;
  /** Columns that features read. */
  readonly columns: readonly string[];
  readonly schema: Schema;
  /** The column that says when the event was, if one was named. */
  readonly time?: string;
  /** Columns the user vouches for. */
  readonly allowed?: readonly string[];
}

/**
 * Columns that know too much: alone, they predict the label almost surely on half of a seeded sample after looking at the
 * other half; or they are times that always lie after the event.
 */
export async function leakWarnings(options: LeakOptions): Promise<LeakWarning[]> {
  const allowed = new Set(options.allowed);
  const asked = new Set(options.columns);
  const candidates = options.schema.columns.filter(
    ({ name, type }) => asked.has(name) && !allowed.has(name) && comparable(type.kind),
  );
  if (candidates.length === 0) return [];
  const rows = await countRows(options);
  const wanted = Math.max(
    2000,
    Math.min(leakLimits.sampleRows, Math.floor(leakLimits.sampleValues / candidates.length)),
  );
  const where = inSample(options.seed, wanted, rows);
  const from: Relation = where.kind === "lit" ? options.relation : { kind: "filter", from: options.relation, where };
  const warnings: LeakWarning[] = [];
  const width = Math.max(1, Math.floor(2e6 / wanted));
  for (let at = 0; at < candidates.length; at += width) {
    const block = candidates.slice(at, at + width);
    const columns: Record<string, Expr> = {
      y: options.label,
      t: options.time === undefined ? lit(null) : col(options.time),
    };
    block.forEach(({ name }, i) => {
      columns[`x${i}`] = col(name);
    });
    const sample = await options.engine.rows({ kind: "project", from, columns }, wanted * 2, options.signal);
    const known = sample.filter((row) => row["y"] !== null);
    block.forEach(({ name, type }, i) => {
      const x = known.map((row) => row[`x${i}`] ?? null);
      const problem =
        isTime(type.kind) && options.time !== undefined && afterEvent(x, known)
          ? afterText(name, options.time)
          : tellsLabel(name, x, known, options.task);
      if (problem) warnings.push({ code: "leak", column: name, message: `${problem}. ${remedy(name)}` });
    });
  }
  return warnings;
}

const comparable = (kind: string): boolean =>
  ["bool", "int64", "real", "decimal", "text", "date", "timestamp"].includes(kind);
const isTime = (kind: string): boolean => kind === "date" || kind === "timestamp";
const quoted = (name: string): string => (/^\w+$/.test(name) ? name : `'${name}'`);
const remedy = (name: string): string =>
  `If it is known only after the event, leave it out: --drop ${quoted(name)}; if it is known before, say so: --allow-leak ${quoted(name)}`;
const afterText = (name: string, time: string): string =>
  `"${name}" always lies after "${time}", so it was recorded after the event`;

function afterEvent(x: readonly Value[], rows: readonly Row[]): boolean {
  let pairs = 0;
  for (const [i, value] of x.entries()) {
    const [later, event] = [asNumber(value), asNumber(rows[i]!["t"] ?? null)];
    if (later === null || event === null) continue;
    if (later <= event) return false;
    pairs++;
  }
  return pairs >= leakLimits.fewestRows;
}
