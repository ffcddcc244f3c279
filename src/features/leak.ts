import { type Column, isNumeric, type Schema } from "../base/schema.js";
import { shellWord } from "../base/shell.js";
import { call, col, type Expr, lit } from "../expr/expr.js";
import { printExpr } from "../expr/print.js";
import type { Relation } from "../expr/relation.js";
import { tellsAsCode } from "./leak/codes.js";
import { leakLimits, percent, type Task, type Told, tellsLabel } from "./leak/single.js";
import { sumsToLabel } from "./leak/sums.js";
import { asReal, countRows, type StatisticsOptions } from "./statistics/ask.js";
import { filtered, inSample, readNumbers } from "./statistics/sample.js";

export interface LeakWarning {
  /** A leak as far as numbers can tell, or a column that may be one: someone who knows the data must say. */
  readonly code: "leak" | "possible_leak" | "code_as_number";
  readonly column: string;
  readonly message: string;
}

export interface LeakOptions extends StatisticsOptions {
  /** A number: the target, or a code for each class. */
  readonly label: Expr;
  readonly task: Task;
  /** Columns that features read. */
  readonly columns: readonly string[];
  readonly schema: Schema;
  /** The column that says when the event was, if one was named. */
  readonly time?: string;
  /** Columns that a linear model takes as numbers, as they are: those of whole numbers may be codes. */
  readonly numbers?: readonly string[];
  /** Columns the user vouches for. */
  readonly allowed?: readonly string[];
  /** Relations that together are a sample: runs of rows of a big source cost no scan. One is drawn by row hash otherwise. */
  readonly sample?: readonly Relation[];
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
  const wanted = Math.max(
    2000,
    Math.min(leakLimits.sampleRows, Math.floor(leakLimits.sampleValues / candidates.length)),
  );
  const sample = options.sample ?? [
    filtered(options.relation, inSample(options.seed, wanted, await countRows(options))),
  ];
  const warnings: LeakWarning[] = [];
  const width = Math.max(1, Math.min(1000, Math.floor(4e6 / wanted)));
  for (let at = 0; at < candidates.length; at += width) {
    const block = candidates.slice(at, at + width);
    const time = options.time === undefined ? lit(0) : call("epochMicros", col(options.time));
    const [label, event, ...columns] = await readNumbers([options.label, time, ...block.map(asOrder)], sample, options);
    const known = Float64Array.from(label!.keys()).filter((row) => !Number.isNaN(label![row]));
    const of = (column: Float64Array): Float64Array => known.map((row) => column[row]!);
    const y = of(label!);
    block.forEach(({ name, type }, i) => {
      const x = of(columns[i]!);
      const after = isTime(type.kind) && options.time !== undefined && afterEvent(x, of(event!));
      const told: Told | undefined = after
        ? { sure: true, message: `"${name}" always lies after "${options.time}", so it was recorded after the event` }
        : tellsLabel(name, { values: x, ordered: type.kind !== "text" }, y, options.task);
      if (told)
        warnings.push({
          code: told.sure ? "leak" : "possible_leak",
          column: name,
          message: `${told.message}${told.message.endsWith("?") ? "" : "."} ${remedy(name)}${isTime(type.kind) && options.time === undefined ? whenItHappened(name) : ""}`,
        });
    });
    if (options.task !== "multiclass") {
      const codes = block.flatMap(({ name, type }, i) => {
        const isNumber = type.kind === "int64" && options.numbers?.includes(name);
        const code = isNumber ? tellsAsCode(of(columns[i]!), y) : undefined;
        return code ? [{ name, code }] : [];
      });
      const how = featuresWith(
        codes.map(({ name }) => name),
        options.columns,
      );
      for (const { name, code } of codes)
        warnings.push({
          code: "code_as_number",
          column: name,
          message: `"${name}" tells ${percent(code.asCategory)} of the label's variance by its ${code.values} values and ${percent(Math.max(0, code.asNumber))} as a number. Where they are codes, or go up and down, write ${how ?? `onehot(${plain(name)}) in --features`}, leave out --learner so that both ways are tried, or take --learner boosting`,
        });
    }
    if (options.task !== "regression") continue;
    const numbers = block.flatMap(({ name, type }, i) => (isNumeric(type) ? [{ name, values: of(columns[i]!) }] : []));
    const parts = sumsToLabel(numbers, y);
    if (parts)
      warnings.push({
        code: "leak",
        column: parts[0]!.name,
        message: `the label is ${formula(parts)}: parts of it. If they are known no sooner than it is, leave them out: --drop ${parts.map(({ name }) => name).join(",")}; if they are known before, say so: --allow-leak ${parts.map(({ name }) => name).join(",")}`,
      });
  }
  return warnings;
}

/** Names as `--features` reads them: quoted where they are no words. */
const plain = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : printExpr(col(name)));

/** What to paste: all columns as they are, codes as categories; nothing where that would be too long a line. */
function featuresWith(codes: readonly string[], columns: readonly string[]): string | undefined {
  if (columns.length > 20) return undefined;
  const list = columns.map((name) => (codes.includes(name) ? `onehot(${plain(name)})` : plain(name)));
  return `--features ${shellWord(list.join(", "))}`;
}

/** The column as a real; text by a hash that tells its values apart. */
function asOrder({ name, type }: Column): Expr {
  if (type.kind === "text") return call("hash31", col(name));
  return isTime(type.kind) ? call("epochMicros", col(name)) : asReal(col(name));
}

const formula = (parts: readonly { name: string; sign: number }[]): string =>
  parts.map(({ name, sign }, i) => `${i > 0 ? (sign > 0 ? " + " : " - ") : ""}"${name}"`).join("");
const comparable = (kind: string): boolean =>
  ["bool", "int64", "real", "decimal", "text", "date", "timestamp"].includes(kind);
const isTime = (kind: string): boolean => kind === "date" || kind === "timestamp";
const remedy = (name: string): string =>
  `If it is known only after the event, leave it out: --drop ${shellWord(name)}; if it is known before, say so: --allow-leak ${shellWord(name)}`;
/** A label that follows the time is no leak, and is foreseen from the past alone. */
const whenItHappened = (name: string): string =>
  `. If it is when the row happened, judge on the latest rows: --time ${shellWord(name)} --validate time:0.2`;
function afterEvent(x: Float64Array, event: Float64Array): boolean {
  let pairs = 0;
  for (let row = 0; row < x.length; row++) {
    if (x[row]! <= event[row]!) return false;
    if (x[row]! > event[row]!) pairs++;
  }
  return pairs >= leakLimits.fewestRows;
}
