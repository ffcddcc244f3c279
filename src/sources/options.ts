import type { Column, Schema } from "../base/schema.js";
import type { GivenReading } from "./csv/guess.js";
import type { CsvDialect, ParquetScan, SparkRead, SparkScan } from "./scan.js";

export const formats = ["parquet", "csv", "jsonl", "libsvm", "arrow", "table"] as const;
export type Format = (typeof formats)[number];

/** What a caller may say about a CSV: how it is cut into cells, and what its cells mean. `""` is none. */
export type CsvOptions = Partial<
  Pick<CsvDialect, "delimiter" | "quote" | "escape" | "header" | "skipLines" | "comment" | "encoding" | "trim">
> &
  GivenReading;

/** What a caller may say about a source; what is not said is found out and told. */
export interface SourceOptions {
  /** Where standard input and unpacked files are kept. */
  readonly cacheDir: string;
  readonly format?: Format;
  /** `types` by column name, in the words of `typeName`: bool, int64, real, text, date, timestamp. */
  readonly types?: Readonly<Record<string, string>>;
  /** Columns as a model knows them: their types and the way their cells are spelled rule over what the files look like. */
  readonly expect?: readonly Column[];
  /** Names for the columns of a file without a header line. */
  readonly columns?: readonly string[];
  /** Columns that are needed: a sparse file in which no row names one still has it, and it is 0. */
  readonly needed?: readonly string[];
  readonly csv?: CsvOptions;
  readonly probe?: Probe;
  readonly cluster?: Cluster;
  /** The bytes behind `-`; process.stdin unless a test says otherwise. */
  readonly input?: AsyncIterable<Uint8Array>;
  readonly maxSpoolBytes?: number;
  readonly signal?: AbortSignal;
}

/** What only an engine can find out; `engines/duckdb/probe.ts` implements it. */
export interface Probe {
  parquetSchema(files: readonly string[]): Promise<ProbedSchema>;
  /** `schema.table` names a table of another schema than the main one: what it is called there comes beside its columns. */
  tableSchema(file: string, table: string): Promise<Schema & { readonly within?: string; readonly table?: string }>;
  /** The whole content of a zstd file, unpacked in the cache folder; gives the path of the copy. */
  unpackZstd(file: string, cacheDir: string, fingerprint: string): Promise<string>;
}

/** What only a cluster can find out about `sc:` sources; `engines/spark/` implements it. */
export interface Cluster {
  open(read: SparkRead, spec: string): Promise<SparkScan>;
  /** Throws `changed_source` when the files are no longer what they were. */
  checkUnchanged(scan: SparkScan): Promise<void>;
}

export interface ProbedSchema {
  readonly schema: Schema;
  readonly paths: NonNullable<ParquetScan["paths"]>;
  readonly casts: readonly string[];
}
