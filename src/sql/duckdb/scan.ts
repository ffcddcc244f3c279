import { columnOf, type Type } from "../../base/schema.js";
import type { ScanRelation } from "../../expr/relation.js";
import type { ParquetScan, TableScan } from "../../sources/scan.js";
import type { ScanSql } from "../dialect.js";
import { literal, path, quote, whole } from "./literals.js";
import { withRowHashes } from "./row-hash.js";
import { pathOf, storedNames } from "./stored-names.js";

/** The alias under which the engine attaches a DuckDB file. */
export const databaseAlias = (fingerprint: string): string => `src_${fingerprint.slice(0, 16)}`;

/** Reading a scan: each column as it is stored, and its rows' hashes where something above needs them. */
export function scan(relation: ScanRelation, seeds: readonly number[]): ScanSql {
  const { scan } = relation;
  switch (scan.format) {
    case "parquet":
      return assemble(relation, seeds, parquetSource(scan, relation, seeds.length > 0));
    case "table":
      return assemble(relation, seeds, tableSource(scan));
    default:
      throw new Error(`${scan.format} sources are landed as Parquet before they are queried`);
  }
}

interface Source {
  readonly from: string;
  /** The row's number in its file, or what stands in for its hash where there is none. */
  readonly row: string | ((seed: number) => string);
  /** The file's place in the scan. */
  readonly file: number | string;
  /** `under` is the name by which one of the file's own columns is known there. */
  readonly column: (name: string, under: (first: string) => string) => string;
}

function assemble(
  { scan, part }: ScanRelation,
  seeds: readonly number[],
  { from, row, file, column }: Source,
): ScanSql {
  const where = [
    ...(part?.from === undefined ? [] : [`t.${row} >= ${whole(part.from)}`]),
    ...(part?.to === undefined ? [] : [`t.${row} < ${whole(part.to)}`]),
  ];
  const partitions = "partitions" in scan && scan.partitions ? scan.partitions : [];
  const hashed = seeds.length > 0;
  const known = typeof file === "number";
  // Named one by one: a * over thousands of columns is bound again at every step of the hash.
  const stored = new Set(
    scan.schema.columns
      .filter(({ name }) => !partitions.some((one) => one.name === name))
      .map(({ name }) => pathOf(scan.format === "parquet" ? scan : {}, name)[0]!),
  );
  const inside = hashed ? storedNames([...stored]) : new Map<string, string>();
  const inner = (columns: readonly string[]): string =>
    `(SELECT ${[...[...inside].map(([name, under]) => `t.${quote(name)}${under === name ? "" : ` AS ${quote(under)}`}`), ...columns].join(", ")}${known ? "" : `, CAST(t.${file} AS BIGINT) AS __file`} FROM ${from} AS t${where.length > 0 ? ` WHERE ${where.join(" AND ")}` : ""})`;
  const withHashes = (): string =>
    typeof row === "string"
      ? withRowHashes(inner([`t.${row} AS __row`]), known ? file : undefined, seeds)
      : inner(seeds.map((seed) => `${row(seed)} AS __hash_${seed}`));
  const fileOf = known ? undefined : hashed ? "t.__file" : `t.${file}`;
  const columns = new Map<string, string>();
  for (const { name } of scan.schema.columns) {
    const folder = partitions.find((one) => one.name === name);
    columns.set(
      name,
      folder
        ? partitionValue(folder.values, columnOf(scan.schema, name)!.type, known ? file : fileOf!)
        : column(name, (first) => inside.get(first) ?? first),
    );
  }
  return {
    from: `${hashed ? withHashes() : from} AS t`,
    where: hashed ? [] : where,
    columns,
    rowHash: (seed) => `t.__hash_${seed}`,
  };
}

/** The value in the folder's name: one literal for a file, a list over several. */
function partitionValue(values: readonly (string | null)[], type: Type, file: number | string): string {
  const as =
    type.kind === "int64" ? "BIGINT" : type.kind === "date" ? "DATE" : type.kind === "real" ? "DOUBLE" : "VARCHAR";
  if (typeof file === "number") return `CAST(${literal(values[file] ?? null)} AS ${as})`;
  const list = `[${values.map(literal).join(", ")}]`;
  return `CAST((${values.length > 256 ? `SELECT ${list}` : list})[CAST(${file} AS BIGINT) + 1] AS ${as})`;
}

function parquetSource(source: ParquetScan, { part }: ScanRelation, hashed: boolean): Source {
  const files = part ? [source.files[part.file]!] : source.files;
  const casts = new Set(source.casts);
  const numbered = hashed || part?.from !== undefined || part?.to !== undefined;
  const options = [
    "hive_partitioning = false",
    // Else DuckDB takes a footer's range for all there is, and finds no NaN in a column of other writers.
    "can_have_nan = true",
    ...(numbered ? ["file_row_number = true"] : []),
    ...(files.length > 1 ? ["union_by_name = true"] : []),
  ];
  return {
    from: `read_parquet([${files.map((file) => path(file.path)).join(", ")}], ${options.join(", ")})`,
    row: "file_row_number",
    file: part ? part.file : files.length === 1 ? 0 : "file_index",
    column: (name, under) => {
      const [first, ...rest] = pathOf(source, name);
      const value = ["t", ...[under(first!), ...rest].map(quote)].join(".");
      return casts.has(name) ? `CAST(${value} AS ${storedType(columnOf(source.schema, name)!.type)})` : value;
    },
  };
}

const tableSource = (source: TableScan): Source => ({
  from: [
    databaseAlias(source.files[0]!.fingerprint),
    ...(source.within === undefined ? [] : [source.within]),
    source.table,
  ]
    .map(quote)
    .join("."),
  row: "rowid",
  file: 0,
  column: (name, under) => `t.${quote(under(name))}`,
});

/** The type that a column of ours has in DuckDB. */
export function storedType(type: Type): string {
  switch (type.kind) {
    case "bool":
      return "BOOLEAN";
    case "int64":
      return "BIGINT";
    case "real":
      return "DOUBLE";
    case "decimal":
      return `DECIMAL(${whole(type.precision)}, ${whole(type.scale)})`;
    case "date":
      return "DATE";
    case "timestamp":
      return type.utc ? "TIMESTAMPTZ" : "TIMESTAMP";
    case "list":
      return `${storedType(type.of)}[]`;
    default:
      return "VARCHAR";
  }
}
