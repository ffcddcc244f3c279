import { isNumeric, type Column, type Row, typeName, type Value } from "../base/schema.js";
import type { Engine } from "../engines/contract.js";
import { call, col } from "../expr/expr.js";
import type { Aggregate, Relation } from "../expr/relation.js";
import type { Scan } from "../sources/scan.js";
import { exactFacts } from "./profile/exact.js";
import { describeSample, type SampleFacts } from "./profile/sample.js";
import { shownValue } from "./formulas.js";
import { inSample } from "./statistics/ask.js";

export interface ColumnProfile extends SampleFacts {
  readonly name: string;
  readonly type: string;
  readonly missing: number;
  /** Estimated to about 3 % unless the profile is exact. */
  readonly distinct: number;
  readonly min: string | number | null;
  readonly max: string | number | null;
}

export interface Profile {
  readonly rows: number;
  readonly setAside: number;
  readonly columns: readonly ColumnProfile[];
  readonly assumed: readonly string[];
  readonly exact: boolean;
  /** Where quantiles, means and shares come from, and how far they may be off (95 %): see `sampleError`. */
  readonly sample: { readonly rows: number; readonly error: number };
}

export interface ProfileOptions {
  readonly exact?: boolean;
  readonly seed?: number;
  readonly sampleRows?: number;
  readonly blockColumns?: number;
  readonly signal?: AbortSignal;
}

/**
 * How far any share of the sample may be from that of all rows, with 95 % confidence: for quantiles the share of rows
 * below (Dvoretzky, Kiefer and Wolfowitz with Massart's constant), which also bounds the share of any one value.
 */
export const sampleError = (sampled: number, rows: number): number =>
  sampled >= rows ? 0 : Math.sqrt(Math.log(2 / 0.05) / (2 * Math.max(1, sampled)));

const mostValues = 4e6;

/**
 * What is in a source, from one scan of it: counts, ranges and missing values are exact; the rest is from a seeded sample of
 * rows collected in the same scan. Rows of a text source have no numbers before it is landed: there the sample is chosen
 * by a digest of the row.
 */
export async function profile(engine: Pick<Engine, "rows" | "batches">, scan: Scan, options: ProfileOptions = {}): Promise<Profile> {
  const from: Relation = { kind: "scan", scan };
  const columns = scan.schema.columns;
  const { seed = 7, signal } = options;
  const wanted = Math.max(1000, Math.min(options.sampleRows ?? 50_000, Math.floor(mostValues / Math.max(1, columns.length))));
  const guess = await guessRows(engine, scan, from, signal);
  const blockColumns = options.blockColumns ?? 200;
  let found = await scanOnce(engine, from, columns.slice(0, blockColumns), { seed, wanted, guess, ...(signal && { signal }) });
  const rows = Number(found["rows"]);
  // The guess was far off, so the sample is too small: the file is small then, or it is worth a second look.
  const short = Number(found["sampled"]) < Math.min(rows, wanted) / 2;
  const size = short ? rows : guess;
  const profiles: ColumnProfile[] = [];
  for (let at = 0; at < columns.length; at += blockColumns) {
    const block = columns.slice(at, at + blockColumns);
    if (at > 0 || short) found = await scanOnce(engine, from, block, { seed, wanted, guess: size, ...(signal && { signal }) });
    const sampled = Number(found["sampled"]);
    for (const [i, column] of block.entries()) profiles.push(profileOf(column, i, found, rows, sampled));
  }
  const sampled = Number(found["sampled"]);
  const exact = options.exact === true;
  return {
    rows,
    setAside: scan.format === "parquet" ? (scan.landed?.setAside ?? 0) : 0,
    columns: exact ? await exactFacts(engine, from, columns, profiles, { seed, rows, ...(signal && { signal }) }) : profiles,
    assumed: "assumed" in scan ? scan.assumed : [],
    exact,
    sample: { rows: exact ? rows : sampled, error: exact ? 0 : sampleError(sampled, rows) },
  };
}

/** Rows, from the metadata of Parquet or from how long the first rows of a text are: it only steers the sample's size. */
async function guessRows(engine: Pick<Engine, "rows">, scan: Scan, from: Relation, signal?: AbortSignal): Promise<number> {
  if (scan.format === "parquet" || scan.format === "table") {
    const counted: Relation = { kind: "aggregate", from, by: {}, columns: { rows: { agg: "count" } } };
    return Number((await engine.rows(counted, 1, signal))[0]?.["rows"] ?? 0);
  }
  const bytes = scan.files.reduce((sum, file) => sum + file.bytes, 0) * (scan.csv && scan.csv.compression !== "none" ? 5 : 1);
  const first = await engine.rows({ kind: "limit", from, rows: 500 }, 500, signal);
  const length = first.reduce((sum, row) => sum + Object.values(row).reduce<number>((width, value) => width + shownValue(value).length + 1, 0), 0);
  return first.length < 500 ? first.length : Math.ceil(bytes / (length / first.length));
}

interface ScanOptions {
  readonly seed: number;
  readonly wanted: number;
  readonly guess: number;
  readonly signal?: AbortSignal;
}

async function scanOnce(engine: Pick<Engine, "rows">, from: Relation, columns: readonly Column[], options: ScanOptions): Promise<Row> {
  const where = inSample(options.seed, options.wanted, options.guess);
  const asked: Record<string, Aggregate> = {
    rows: { agg: "count" },
    sampled: { agg: "count", arg: call("when", where, { kind: "lit", value: 1 }, { kind: "lit", value: null }) },
  };
  columns.forEach(({ name, type }, i) => {
    const arg = col(name);
    asked[`n${i}`] = { agg: "count", arg };
    if (!readable(type.kind)) return;
    asked[`d${i}`] = { agg: "approxDistinct", arg };
    if (type.kind !== "text") {
      asked[`l${i}`] = { agg: "min", arg };
      asked[`h${i}`] = { agg: "max", arg };
    }
    asked[`s${i}`] = { agg: "list", arg, where };
  });
  return (await engine.rows({ kind: "aggregate", from, by: {}, columns: asked }, 1, options.signal))[0]!;
}

const readable = (kind: string): boolean => ["bool", "int64", "real", "decimal", "text", "date", "timestamp"].includes(kind);

function profileOf({ name, type }: Column, i: number, row: Row, rows: number, sampled: number): ColumnProfile {
  const values = (row[`s${i}`] ?? []) as readonly Value[];
  const numeric = isNumeric(type) || type.kind === "date" || type.kind === "timestamp";
  return {
    name,
    type: typeName(type),
    missing: rows - Number(row[`n${i}`]),
    distinct: Math.min(Number(row[`d${i}`] ?? 0), Number(row[`n${i}`])),
    min: shown(row[`l${i}`] ?? null),
    max: shown(row[`h${i}`] ?? null),
    ...describeSample(values, numeric, type.kind, sampled),
  };
}

/** As JSON carries it: whole numbers past 2^53 and dates as text. */
export function shown(value: Value): string | number | null {
  if (value === null || (typeof value === "number" && Number.isFinite(value))) return value;
  return typeof value === "number" ? String(value) : shownValue(value);
}
