import type { Schema } from "../base/schema.js";
import type { GivenReading } from "./csv/guess.js";
import type { MixedColumn } from "./csv/mixed.js";
import type { JsonShape } from "./json/split.js";

/** One file with what identifies its content. Paths never enter a model; `fingerprint` (64 hex digits) does not either. */
export interface SourceFile {
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  /** SHA-256 over the content, of a large file over its size, times and blocks of the content (footer for Parquet). */
  readonly fingerprint: string;
  /** What came through a pipe or standard input, and is there no more. */
  readonly spooled?: true;
}

/**
 * A source with everything that was found out about it, as plain data: it says how to read, and reads nothing.
 * Row identity is (ordinal of the file in `files`, row index in it).
 */
export type Scan = ParquetScan | TextScan | TableScan | SparkScan;
/** What rows are read from, once text is landed. */
export type LandedScan = ParquetScan | TableScan | SparkScan;

export interface ParquetScan {
  readonly format: "parquet";
  readonly files: readonly SourceFile[];
  readonly schema: Schema;
  /**
   * Columns that stand elsewhere than under their own name, with the path to them: structs are flattened (`"a.b"` is
   * `["a", "b"]`), and of names that differ by capital letters alone one is stored under another.
   */
  readonly paths?: Readonly<Record<string, readonly string[]>>;
  /** Columns that not all files have in the type of the schema. */
  readonly casts?: readonly string[];
  /** Columns that stand in the folder names (`year=2024/`), with the value of each file. */
  readonly partitions?: readonly { readonly name: string; readonly values: readonly (string | null)[] }[];
  /** What the rows were read from, when they were landed from text: for messages and lineage. */
  readonly landed?: Landed;
  /** A column of the files, not of the schema: what is wrong with a row, or null. There with `badCells: "error"`. */
  readonly errorColumn?: string;
}

export interface Landed {
  readonly from: readonly string[];
  readonly setAside: number;
  readonly setAsideFile?: string;
  /** Lines of a CSV that are comments. */
  readonly comments?: number;
  /** What is assumed since all rows were read, where that is not what the sample said. */
  readonly assumed?: readonly string[];
}

/** CSV, JSON lines, LIBSVM, Arrow or spooled rows: these are landed once as Parquet (engines/duckdb/land.ts) before work. */
export interface TextScan {
  readonly format: "csv" | "jsonl" | "libsvm" | "arrow" | "rows";
  readonly files: readonly SourceFile[];
  readonly schema: Schema;
  readonly csv?: CsvDialect;
  readonly json?: JsonForm;
  /** The encoding of each file of a CSV, where they differ. */
  readonly encodings?: readonly string[];
  /** What was said about the cells of a CSV, and which columns' types were given: the others may turn out wider while rows are read. */
  readonly given?: GivenReading & { readonly columns: readonly string[] };
  /** Rows, as far as the blocks tell that were looked at. */
  readonly rowsGuess?: number;
  /** Those of `assumed` that do not speak of the cells. */
  readonly assumedOfForm?: readonly string[];
  /** Columns of a CSV that are text because of very few cells among numbers. */
  readonly mixed?: readonly MixedColumn[];
  readonly partitions?: readonly { readonly name: string; readonly values: readonly (string | null)[] }[];
  /** What was assumed, in sentences for the user. */
  readonly assumed: readonly string[];
}

/** How JSON stands in the files. */
export interface JsonForm {
  /** One for each file. */
  readonly files: readonly { readonly shape: JsonShape; readonly encoding: CsvDialect["encoding"] }[];
  /** Fields (see `json/parse.ts`) whose columns have other names than theirs. */
  readonly renamed: readonly (readonly [field: string, name: string])[];
}

export interface TableScan {
  readonly format: "table";
  /** The DuckDB file and the table in it. */
  readonly files: readonly SourceFile[];
  readonly table: string;
  /** The schema it stands in, where that is not the main one. */
  readonly within?: string;
  readonly schema: Schema;
}

/** A table, a query or files on a Spark cluster, or a local table that was sent there. */
export interface SparkScan {
  readonly format: "spark";
  /** What the engine calls it in its queries: it has the schema's columns, `__file` (ordinal) and `__row` (index in the file). */
  readonly name: string;
  readonly read: SparkRead;
  /** Files of the cluster; a table or query whose rows stand in no known file is one. */
  readonly files: readonly SourceFile[];
  readonly schema: Schema;
  /** Columns that stand in structs, with the path to them, as in a ParquetScan. */
  readonly paths?: Readonly<Record<string, readonly string[]>>;
  /** What `__row` is: the row's index in its Parquet file, or a digest of its values, by which rows are then sorted. */
  readonly identity: "row" | "digest";
  readonly assumed: readonly string[];
}

/** How a name behind `sc:` is read. */
export type SparkRead =
  | { readonly kind: "table"; readonly table: string }
  | { readonly kind: "files"; readonly form: string; readonly paths: readonly string[] }
  | { readonly kind: "sql"; readonly text: string }
  | { readonly kind: "sent"; readonly relation: string };

/** How the text of a CSV is cut into cells. What the cells mean is decided column by column: `Column.read`. */
export interface CsvDialect {
  readonly delimiter: string;
  /** Empty when quoting is off. */
  readonly quote: string;
  readonly escape: string;
  readonly header: boolean;
  /** Lines of the header, when it has more than one: their cells are joined to names. */
  readonly headerLines?: number;
  /** The names were given, so that those of a header line say nothing. */
  readonly renamed?: boolean;
  readonly skipLines: number;
  readonly comment: string;
  /** Lines that begin with the comment sign but have the cells of a row are refused: the sign was found out, not given. */
  readonly commentFound?: boolean;
  /** Quotes astray are part of the text: the file often has them, or the quote was given. Else such a row is refused. */
  readonly loose?: boolean;
  /** By the name that Node's TextDecoder has for it; `latin-1` is windows-1252. */
  readonly encoding: string;
  readonly compression: "none" | "gzip" | "zstd";
  /** Cells of a line as most have it, where more than the columns: the last ones are empty. */
  readonly cells?: number;
  /** Blanks around cells are cut. */
  readonly trim: boolean;
}
