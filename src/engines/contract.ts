import type { Row, Schema } from "../base/schema.js";
import type { Expr } from "../expr/expr.js";
import type { Aggregated, Relation } from "../expr/relation.js";
import type { Cluster } from "../sources/options.js";
import type { LandedScan, Scan } from "../sources/scan.js";

/**
 * What computes relations. Every way to get data out is a few rows with a limit, a stream, or a write to storage.
 * Row order: a stream of a scan, filtered and projected, comes in file order and, within a file, in row order.
 */
export interface Engine extends AsyncDisposable {
  readonly name: string;
  schema(relation: Relation): Promise<Schema>;
  /** At most `limit` rows as JavaScript values. */
  rows(relation: Relation, limit: number, signal?: AbortSignal): Promise<Row[]>;
  /** Chunks of some thousands of rows; chunk bounds mean nothing. */
  batches(relation: Relation, signal?: AbortSignal): AsyncIterable<Chunk>;
  /** The aggregate of each file of the scan by itself, where one query does that: in the order of the files, nothing for one without rows. */
  perFile?(relation: Aggregated, signal?: AbortSignal): Promise<readonly (Row | undefined)[]>;
  /** The stream of a scan from one of its files on, and which file its rows are of: where one query reads many files. */
  batchesByFile?(relation: Relation, file: number, signal?: AbortSignal): AsyncIterable<RowsOfFile>;
  /** Writes all rows under a temporary name beside the target and renames at the end. Gives the rows written. */
  write(relation: Relation, target: Target, signal?: AbortSignal): Promise<{ rows: number; bytes: number }>;
  /** Whether some rows of a file can be read without reading the rest. */
  readonly seeks: boolean;
  /** Whether a scan can be queried as it is, without landing. */
  reads(scan: Scan): boolean;
  /** A source as the engine reads it: text as Parquet files in the cache, written once; what it reads already comes back as it is. */
  land(scan: Scan, options: LandOptions): Promise<LandedScan>;
  /** What only an engine with storage of its own can open and watch. */
  readonly cluster?: Cluster;
  /** Keeps the rows of a relation where the engine works, for queries that come back to them. */
  hold?(relation: Relation, signal?: AbortSignal): Promise<Held>;
  /** Fits a learner of the engine's own to rows of numbers; gives its outputs as formulas over those columns. */
  fitBy?(
    learner: string,
    params: Readonly<Record<string, unknown>>,
    rows: Relation,
    columns: {
      readonly features: readonly string[];
      readonly label: string;
      readonly weight?: string;
      readonly seed: number;
    },
  ): Promise<Readonly<Record<string, Expr>>>;
  /** What a cluster did for this session, asked of it at the end of a command. */
  happened?(): Promise<Happened>;
  /** Tells what a cluster is doing for us as it goes on; nothing when it has nothing to do. One listener. */
  watch?(listener: (underway: Underway | undefined) => void): void;
  /** Of a cluster, where it tells. */
  cores?(): Promise<number | undefined>;
  /** What the engine has done so far, counted where it moved. */
  readonly counters: { bytesRead: number; spillBytes: number; queries: number };
}

/** What a cluster has done of the queries and fits that run now. A fit finds more stages as it goes on. */
export interface Underway {
  /** The one it is at, from 1. */
  readonly stage: number;
  readonly stages: number;
  readonly tasksDone: number;
  readonly tasks: number;
  readonly inputBytes: number;
}

/** Rows that an engine keeps until it is told to let go. */
export interface Held {
  readonly relation: Relation;
  release(): Promise<void>;
}

/** Counted over the operations of one session. */
export interface Happened {
  readonly operations: number;
  readonly stages: number;
  readonly tasks: number;
  readonly inputBytes: number;
  /** What only the driver's page knows. */
  readonly detail?: {
    readonly shuffleReadBytes: number;
    readonly shuffleWriteBytes: number;
    readonly spilledBytes: number;
    /** Summed over tasks. */
    readonly runSeconds: number;
    readonly cpuSeconds: number;
    readonly gcShare: number;
    /** The longest task over the median one, of the stage that ran longest. */
    readonly skew: number;
    readonly cores: number;
  };
  /** Why there is no detail. */
  readonly without?: string;
  /** What held the work up, and what to change. */
  readonly advice: string;
}

export interface LandOptions {
  readonly badRows: "stop" | "keep-aside";
  /** A cell that does not convert is missing, and the scan's `errorColumn` says why: no row is refused. */
  readonly badCells?: "error";
  /** Where rows that do not fit are kept when they are kept aside. */
  readonly asideDir: string;
  /** What was landed before is taken at its size; whoever reads it lands again without this, which sums the bytes. */
  readonly sizesOnly?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: {
    readonly bytes: number;
    readonly totalBytes: number;
    readonly rows: number;
  }) => void;
}

export interface Target {
  readonly format: "parquet" | "csv" | "jsonl";
  /** A file here; `sc:NAME` or `sc:/path` on a cluster. */
  readonly path: string;
  /** On a cluster: what is there is replaced. */
  readonly overwrite?: boolean;
}

/**
 * Columns of equal length. `valid` is a bit per row (1 = present), absent when all are. Text has no typed form: encode it in SQL. A
 * column of lists has its rows' items one after the other in `data`: row i's begin at `lists[2 i]` and are `lists[2 i + 1]` many.
 */
export interface Chunk {
  readonly rows: number;
  readonly columns: readonly ChunkColumn[];
}
/** Rows of a chunk, from included, to excluded, that stand in one file. */
export interface RowsOfFile {
  readonly chunk: Chunk;
  readonly file: number;
  readonly from: number;
  readonly to: number;
}
export interface ChunkColumn {
  readonly data:
    | Float32Array
    | Float64Array
    | Int8Array
    | Uint8Array
    | Int16Array
    | Uint16Array
    | Int32Array
    | Uint32Array
    | BigInt64Array
    | BigUint64Array;
  readonly valid?: Uint8Array;
  readonly lists?: Uint32Array;
}
