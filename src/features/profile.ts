import { type Column, isNumeric, type Row, typeName, type Value } from "../base/schema.js";
import type { Engine } from "../engines/contract.js";
import { col, type Expr, lit } from "../expr/expr.js";
import type { Aggregate, Relation } from "../expr/relation.js";
import type { Scan } from "../sources/scan.js";
import { exactFacts, presentOf } from "./profile/exact.js";
import { type ColumnProfile, describeSample, sampleCounts, shown } from "./profile/sample.js";
import { countRows } from "./statistics/ask.js";
import { inSample, narrowed } from "./statistics/sample.js";

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
 * rows collected in the same scan. Rows of a cluster may have no numbers: there the sample is chosen by a digest of the row,
 * and a source whose rows repeat a lot is profiled exactly instead, for equal rows are chosen together.
 */
export async function profile(
  engine: Pick<Engine, "rows" | "batches">,
  scan: Scan,
  options: ProfileOptions = {},
): Promise<Profile> {
  const from: Relation = { kind: "scan", scan };
  const { columns } = scan.schema;
  const { seed = 7, signal, blockColumns = 200 } = options;
  const wanted = Math.max(
    1000,
    Math.min(options.sampleRows ?? 50_000, Math.floor(mostValues / Math.max(1, columns.length))),
  );
  const first = await firstLook(engine, scan, from, wanted, signal);
  const look = (part: readonly Column[], rows: number): Promise<Row> =>
    scanOnce(
      engine,
      from,
      part,
      inSample(seed, wanted, rows),
      { varied: first.varied, isSmall: first.rows <= wanted },
      signal,
    );
  let found = await look(columns.slice(0, blockColumns), first.rows);
  const rows = Number(found["rows"]);
  // Far fewer rows than guessed, so the sample is too small: a second look at a small file is cheap.
  const size = sampleOf(found).length < Math.min(rows, wanted) / 2 ? rows : first.rows;
  const profiles: ColumnProfile[] = [];
  for (let at = 0; at < columns.length; at += blockColumns) {
    const part = columns.slice(at, at + blockColumns);
    if (at > 0 || size !== first.rows) found = await look(part, size);
    for (const [i, column] of part.entries()) profiles.push(profileOf(column, i, found, rows));
  }
  const sampled = sampleOf(found).length;
  const digests = new Set(sampleOf(found).map(([hash]) => hash));
  const repeats = sampled < rows && digests.size < Math.max(sampled, wanted / 2) / 2;
  const exact = options.exact === true || repeats || sampled === rows;
  return {
    rows,
    setAside: scan.format === "parquet" ? (scan.landed?.setAside ?? 0) : 0,
    columns:
      exact && sampled < rows
        ? await exactFacts(engine, from, columns, profiles, { seed, rowsTotal: rows, ...(signal && { signal }) })
        : profiles,
    assumed: "assumed" in scan ? scan.assumed : [],
    exact,
    sample: { rows: exact ? rows : sampled, error: exact ? 0 : sampleError(sampled, rows) },
  };
}

interface FirstLook {
  /** A guess that steers the sample's size alone. */
  readonly rows: number;
  /** Columns with so many values that a sample cannot count them. */
  readonly varied: ReadonlySet<string>;
}

/** The first rows say which columns repeat themselves: estimating distinct values is dear. */
async function firstLook(
  engine: Pick<Engine, "rows">,
  scan: Scan,
  from: Relation,
  wanted: number,
  signal?: AbortSignal,
): Promise<FirstLook> {
  const { columns } = scan.schema;
  const limit = Math.max(100, Math.min(2000, Math.floor(1e6 / Math.max(1, columns.length))));
  const varied = new Set<string>();
  let seen = 0;
  for (let at = 0; at < columns.length; at += firstColumns) {
    const part = columns.slice(at, at + firstColumns).map(({ name }) => name);
    const of = narrowed({ kind: "limit", from, rows: limit }, part.map(col));
    const first = await engine.rows(
      { kind: "project", from: of, columns: Object.fromEntries(part.map((name) => [name, col(name)])) },
      limit,
      signal,
    );
    seen = first.length;
    for (const name of part) {
      const values = first.map((row) => row[name] ?? null);
      if (!sampleCounts(values, wanted)) varied.add(name);
    }
  }
  if (seen < limit) return { rows: seen, varied };
  return { rows: await countRows({ engine, relation: from, ...(signal && { signal }) }), varied };
}

const firstColumns = 500;

async function scanOnce(
  engine: Pick<Engine, "rows">,
  from: Relation,
  columns: readonly Column[],
  where: Expr,
  { varied, isSmall }: { readonly varied: ReadonlySet<string>; readonly isSmall: boolean },
  signal?: AbortSignal,
): Promise<Row> {
  const asked: Record<string, Aggregate> = { rows: { agg: "count" } };
  columns.forEach((column, i) => {
    const { name, type } = column;
    const arg = presentOf(column);
    asked[`n${i}`] = { agg: "count", arg };
    if (!readable(type.kind)) return;
    if (isWide(type)) asked[`d${i}`] = { agg: isSmall ? "countDistinct" : "approxDistinct", arg };
    else if (varied.has(name)) asked[`d${i}`] = { agg: "approxDistinct", arg };
    if (type.kind !== "text") {
      asked[`l${i}`] = { agg: "min", arg };
      asked[`h${i}`] = { agg: "max", arg };
    }
  });
  const [hash = lit(null)] = where.kind === "call" ? where.args : [];
  asked["sample"] = {
    agg: "sample",
    args: [hash, ...columns.map((column) => (readable(column.type.kind) ? presentOf(column) : lit(null)))],
    where,
  };
  const read = narrowed(
    from,
    columns.map(({ name }) => col(name)),
  );
  return (await engine.rows({ kind: "aggregate", from: read, by: {}, columns: asked }, 1, signal))[0]!;
}

/** The rows of the sample: a hash, then the columns' values. */
const sampleOf = (row: Row): readonly (readonly Value[])[] => row["sample"] as readonly (readonly Value[])[];

const readable = (kind: string): boolean =>
  ["bool", "int64", "real", "decimal", "text", "date", "timestamp"].includes(kind);

/** Decimals of more digits than a double holds: neighbours are one number in the sample, and are counted as they are stored. */
const isWide = (type: Column["type"]): boolean => type.kind === "decimal" && type.precision > 15;

function profileOf({ name, type }: Column, i: number, row: Row, rows: number): ColumnProfile {
  const values = sampleOf(row)
    .map((values) => values[i + 1]!)
    .filter((value) => value !== null);
  const ordered = isNumeric(type) || type.kind === "date" || type.kind === "timestamp";
  const present = Number(row[`n${i}`]);
  const estimate = row[`d${i}`] === undefined ? undefined : Number(row[`d${i}`]);
  const { distinct, ...facts } = describeSample(values, {
    ordered,
    kind: type.kind,
    sampled: sampleOf(row).length,
    present,
    estimate,
    isWide: isWide(type),
  });
  return {
    name,
    type: typeName(type),
    missing: rows - present,
    distinct,
    min: shown(row[`l${i}`] ?? null),
    max: shown(row[`h${i}`] ?? null),
    ...facts,
  };
}

export type { ColumnProfile } from "./profile/sample.js";
