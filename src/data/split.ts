import { SluiceError } from "../base/errors.js";
import type { Schema } from "../base/schema.js";
import { columnOf } from "../base/schema.js";
import { subSeed } from "../base/seeds.js";
import { parseShare } from "../base/units.js";
import type { Engine } from "../engines/contract.js";
import { call, col, type Expr, lit } from "../expr/expr.js";
import type { Relation } from "../expr/relation.js";
import { printDate, printTimestamp } from "../expr/time.js";
import { splitCodes } from "../pages/row-set.js";

/** Which rows are kept back to judge on: by row identity, by a group's hash, the latest in time, or none. */
export interface SplitSpec {
  readonly by: "random" | "time" | "group" | "none";
  readonly share: number;
}

/** "random:0.2", "time:20%", "group:0.2" or "none". */
export function parseSplit(text: string): SplitSpec {
  const [by = "", share = "0.2"] = text.split(":");
  if (by === "none") return { by, share: 0 };
  if (by !== "random" && by !== "time" && by !== "group")
    throw new SluiceError("usage", `--validate ${text}: it must be random:SHARE, time:SHARE, group:SHARE or none`, {
      value: text,
    });
  const parsed = parseShare(share);
  if (parsed >= 1)
    throw new SluiceError(
      "usage",
      `--validate ${text}: a share of ${share} leaves no row to train on; take one below 1`,
      { value: text },
    );
  return { by, share: parsed };
}

/** What --validate says; without a word groups stay together where there are any, and folds leave no row out of the model. */
export const validateOf = ({
  validate,
  folds,
  group,
}: {
  readonly validate?: string;
  readonly folds?: string;
  readonly group?: string;
}): string => validate ?? (folds !== undefined ? "none" : group === undefined ? "random:0.2" : "group:0.2");

/** True for the rows of a seeded share. `--id` or a group stands in for the row's own identity. */
export const inShare = (share: number, seed: number, key?: Expr): Expr =>
  call("lt", hashOf(seed, key), lit(Math.round(share * 2 ** 32)));

const hashOf = (seed: number, key?: Expr): Expr =>
  key ? call("hash32", call("toText", key), lit(seed)) : { kind: "rowHash", seed };

/** How many parts of the rows judge in turn, and what keeps rows together in one of them. */
export interface FoldSpec {
  readonly by: "random" | "time" | "group";
  readonly k: number;
}

const mostFolds = 20;

/** What --folds says, where it is given. */
export const foldsAsked = ({ folds, group }: { readonly folds?: string; readonly group?: string }) =>
  folds === undefined ? undefined : parseFolds(folds, group);

/** "random:5", "group:5" or "time:5"; "5" is by group where there are groups, else by chance. */
export function parseFolds(text: string, group?: string): FoldSpec {
  const [, by = group === undefined ? "random" : "group", count = ""] =
    /^(?:(random|group|time):)?(\d+)$/.exec(text.trim()) ?? [];
  const k = Number(count);
  if (!(k >= 2 && k <= mostFolds))
    throw new SluiceError(
      "usage",
      `--folds ${text}: it must be a number of folds from 2 to ${mostFolds}, like 5, group:5 or time:5`,
      { value: text },
    );
  return { by: by as FoldSpec["by"], k };
}

/** Which rows a fold is judged on; and which it learns from, where that is not all others. */
export interface SplitRows {
  readonly expr: Expr;
  readonly cut?: string;
  readonly training?: Expr;
}

/**
 * The rows of each fold. Folds by chance or by group share all rows out by a seeded hash; each learns from the others. Folds by time
 * are k of k + 1 stretches of as many rows each, from the second on; each learns from the rows before it, less the gap.
 */
export async function foldsOf(
  { by, k }: FoldSpec,
  gap: string | undefined,
  options: Parameters<typeof validationOf>[1],
): Promise<readonly SplitRows[]> {
  const all = Array.from({ length: k }, (_, i) => i);
  if (by !== "time") {
    if (by === "group" && options.group === undefined)
      throw new SluiceError("usage", "--folds group:K needs --group COLUMN, so that a group stays in one fold", {});
    const own = options.together ?? (options.id === undefined ? undefined : col(options.id));
    const hash = hashOf(subSeed(options.seed, "folds"), by === "group" ? col(options.group!) : own);
    const start = (i: number): Expr => lit(Math.round((i / k) * 2 ** 32));
    return all.map((i) => ({ expr: call("and", call("ge", hash, start(i)), call("lt", hash, start(i + 1))) }));
  }
  if (options.time === undefined)
    throw new SluiceError("usage", "--folds time:K needs --time COLUMN, to know which rows are later", {});
  const time = ordinal(options.time, options.schema);
  const cuts: number[] = [];
  for (const i of all) cuts.push(await timeCut((k - i) / (k + 1), options.time, options));
  if (cuts.some((cut, i) => i > 0 && cut <= cuts[i - 1]!))
    throw new SluiceError(
      "no_rows",
      `the column "${options.time}" has too few different times for ${k} folds: ${k + 1} stretches of as many rows each cannot be told apart; take fewer`,
      { column: options.time },
    );
  const off = gap === undefined ? 0 : gapIn(gap, options.time, options.schema);
  return cuts.map((cut, i): SplitRows => {
    const from = call("ge", time, lit(cut));
    const next = cuts[i + 1];
    return {
      expr: next === undefined ? from : call("and", from, call("lt", time, lit(next))),
      training: call("lt", time, lit(cut - off)),
    };
  });
}

const secondsOf = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;

/** A gap as the time column counts: "7d" or "12h" of dates and timestamps, a plain number of numbers. */
function gapIn(text: string, name: string, schema: Schema): number {
  const { kind } = columnOf(schema, name)!.type;
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)([smhdw]?)$/.exec(text.trim()) ?? [];
  const isTime = kind === "timestamp" || kind === "date";
  const seconds = secondsOf[unit as keyof typeof secondsOf];
  const whole = kind !== "date" || Number.isInteger((Number(number) * (seconds ?? 0)) / secondsOf.d);
  if (number === "" || isTime !== (unit !== "") || !whole)
    throw new SluiceError(
      "usage",
      `--gap ${text}: the column "${name}" is ${kind}, so it must be ${kind === "date" ? "whole days, like 7d or 2w" : isTime ? "a time, like 90m, 12h or 7d" : "a number in the column's own unit"}`,
      { value: text, column: name },
    );
  if (kind === "timestamp") return Number(number) * seconds * 1e6;
  if (kind === "date") return (Number(number) * seconds) / secondsOf.d;
  return kind === "int64" ? Number(number) : Number(number) * 1e6;
}

/** True for validation rows. */
export async function validationOf(
  split: SplitSpec,
  options: {
    engine: Engine;
    labelled: Relation;
    schema: Schema;
    seed: number;
    id?: string;
    time?: string;
    group?: string;
    /** Rows that are alike in this stay on one side of a random split. */
    together?: Expr;
    signal?: AbortSignal;
  },
): Promise<SplitRows> {
  const seed = subSeed(options.seed, "validation");
  switch (split.by) {
    case "none":
      return { expr: lit(false) };
    case "random": {
      const id = options.id === undefined ? undefined : col(options.id);
      return { expr: inShare(split.share, seed, options.together ?? id) };
    }
    case "group": {
      if (options.group === undefined)
        throw new SluiceError(
          "usage",
          "--validate group:SHARE needs --group COLUMN, so that a group stays on one side",
          {},
        );
      return { expr: inShare(split.share, seed, col(options.group)) };
    }
    case "time": {
      if (options.time === undefined)
        throw new SluiceError("usage", "--validate time:SHARE needs --time COLUMN, to know which rows are later", {});
      const cut = await timeCut(split.share, options.time, options);
      return {
        expr: call("ge", ordinal(options.time, options.schema), lit(cut)),
        cut: describeCut(cut, options.time, options.schema),
      };
    }
  }
}

/** A time column as a whole number: microseconds, days, or the integer itself. */
function ordinal(name: string, schema: Schema): Expr {
  const column = columnOf(schema, name)!;
  switch (column.type.kind) {
    case "timestamp":
      return call("epochMicros", col(name));
    case "date":
      return call("epochDays", col(name));
    case "int64":
      return col(name);
    case "real":
    case "decimal":
      return call("toInt", call("floor", call("mul", call("toReal", col(name)), lit(1e6))));
    default:
      throw new SluiceError(
        "wrong_type",
        `--time ${name}: the column is ${column.type.kind}; it must be a date, a timestamp or a number`,
        { column: name },
      );
  }
}

function describeCut(cut: number, name: string, schema: Schema): string {
  const { kind } = columnOf(schema, name)!.type;
  if (kind === "timestamp") return printTimestamp(BigInt(cut));
  if (kind === "date") return printDate(cut);
  return String(kind === "int64" ? cut : cut / 1e6);
}

/**
 * The smallest time t such that rows at or after t are at most `share` of the rows, or the last time when ties make that
 * impossible: an exact order statistic by counting in ever narrower ranges, so nothing is sorted and ties stay together.
 */
async function timeCut(
  share: number,
  name: string,
  { engine, labelled, schema, signal }: { engine: Engine; labelled: Relation; schema: Schema; signal?: AbortSignal },
): Promise<number> {
  const time = ordinal(name, schema);
  const [range] = await engine.rows(
    {
      kind: "aggregate",
      from: labelled,
      by: {},
      columns: { low: { agg: "min", arg: time }, high: { agg: "max", arg: time }, rows: { agg: "count", arg: time } },
    },
    1,
    signal,
  );
  const rows = Number(range?.["rows"] ?? 0);
  if (rows === 0)
    throw new SluiceError("no_rows", `no labelled row has a value in the time column "${name}"`, { column: name });
  let low = Number(range!["low"]);
  let high = Number(range!["high"]);
  if (low === high)
    throw new SluiceError(
      "no_rows",
      `all rows have the same time in "${name}": nothing can be later; use --validate random:${share}`,
      { column: name },
    );
  let first = high; // the earliest time known to be late enough: that of a row, or ties that are more than the share
  let later = 0; // rows after `high`
  const wanted = Math.floor(rows * share);
  const buckets = 4096;
  while (low < high) {
    const width = Math.max(1, Math.ceil((high - low + 1) / buckets));
    const within: Relation = {
      kind: "filter",
      from: labelled,
      where: call("and", call("ge", time, lit(low)), call("le", time, lit(high))),
    };
    const counted = await engine.rows(
      {
        kind: "aggregate",
        from: within,
        by: { bucket: call("intdiv", call("sub", time, lit(low)), lit(width)) },
        columns: { rows: { agg: "count" }, first: { agg: "min", arg: time } },
      },
      buckets + 1,
      signal,
    );
    const found = new Map(
      counted.map((row) => [Number(row["bucket"]), { rows: Number(row["rows"]), first: Number(row["first"]) }]),
    );
    const fits = (bucket: number): boolean => later + (found.get(bucket)?.rows ?? 0) <= wanted;
    // Walk down from the latest bucket while all of it still fits into the share.
    let bucket = Math.floor((high - low) / width);
    for (; bucket >= 0 && fits(bucket) && (bucket > 0 || width === 1); bucket--) {
      later += found.get(bucket)?.rows ?? 0;
      first = found.get(bucket)?.first ?? first;
    }
    if (width === 1) return first;
    const start = low + bucket * width;
    high = Math.min(high, start + width - 1);
    low = start;
  }
  return first;
}

/** The row's split code; rows without a label have none, and with training rows of their own the rest is left out. */
export function splitCode(label: Expr, { expr, training }: SplitRows): Expr {
  const others = training ? call("when", training, lit(splitCodes.train), lit(splitCodes.left)) : lit(splitCodes.train);
  return call(
    "when",
    call("isNull", label),
    lit(splitCodes.unlabelled),
    call("when", expr, lit(splitCodes.validation), others),
  );
}
