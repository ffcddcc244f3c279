import { open, rename, rm, stat } from "node:fs/promises";
import { SluiceError } from "../base/errors.js";
import type { Row, Schema } from "../base/schema.js";
import type { Relation, ScanRelation } from "../expr/relation.js";
import type { LandedScan, Scan, SparkScan } from "../sources/scan.js";
import { toSql } from "../sql/relation.js";
import { sparkDialect } from "../sql/spark.js";
import type { Chunk, Engine, LandOptions, Target } from "./contract.js";
import { BatchReader, chunkOf, type ResultBatch, rowsOf } from "./spark/arrow.js";
import { identified, SparkCluster, sourceFrame } from "./spark/cluster.js";
import { lineOf } from "./spark/lines.js";
import { command, type Frame, limit, sql } from "./spark/plan.js";
import type { Remote } from "./spark/remote.js";
import { SparkSession } from "./spark/session.js";
import { schemaOf } from "./spark/types.js";
import { send } from "./spark/upload.js";
import { WriteOperation_SaveMode, WriteOperation_TableSaveMethod } from "./spark/wire/spark-connect_pb.js";

export interface SparkOptions {
  readonly remote: Remote;
  /** Reads local sources, so that they can be sent to the cluster. */
  readonly local: Engine;
  readonly signal?: AbortSignal;
  readonly patienceMs?: number;
}

/** A Spark cluster through Spark Connect: relations are SQL there, results come as Arrow, nothing is sampled or rounded on the way. */
export class SparkEngine implements Engine {
  readonly name = "spark";
  readonly counters = { bytesRead: 0, spillBytes: 0, queries: 0 };
  readonly session: SparkSession;
  readonly cluster: SparkCluster;
  readonly #options: SparkOptions;

  private constructor(session: SparkSession, options: SparkOptions) {
    this.session = session;
    this.#options = options;
    this.cluster = new SparkCluster((relation) => this.#allRows(relation), session);
  }

  static async open(options: SparkOptions): Promise<SparkEngine> {
    const { signal, patienceMs } = options;
    const session = await SparkSession.open(options.remote, {
      ...(signal ? { signal } : {}),
      ...(patienceMs === undefined ? {} : { patienceMs }),
    });
    return new SparkEngine(session, options);
  }

  /** The relation as a frame of the cluster: its query, with the scans that it names. */
  frame(relation: Relation): Frame {
    const tables = Object.fromEntries(scansIn(relation).map((scan) => [scan.name, identified(scan)]));
    return sql(toSql(relation, sparkDialect), {}, tables);
  }

  async schema(relation: Relation): Promise<Schema> {
    return schemaOf(await this.session.schema(this.frame(relation)));
  }

  async rows(relation: Relation, most: number, signal?: AbortSignal): Promise<Row[]> {
    const of = this.frame(relation);
    return this.#allRows(Number.isFinite(most) ? limit(of, most) : of, signal);
  }

  async #allRows(of: Frame, signal?: AbortSignal): Promise<Row[]> {
    const rows: Row[] = [];
    for await (const batch of this.#results(of, signal)) rows.push(...rowsOf(batch));
    return rows;
  }

  /** Rows of one file come in its order: its parts are read and sent one after the other, and their numbers are checked on the way. */
  async *batches(relation: Relation, signal?: AbortSignal): AsyncIterable<Chunk> {
    const scan = orderedScan(relation);
    if (!scan) {
      for await (const batch of this.#results(this.frame(relation), signal)) if (batch.rows > 0) yield chunkOf(batch);
      return;
    }
    const numbered = this.frame(withRow(relation));
    const sorted =
      scan.identity === "digest" ? sql("SELECT * FROM rows ORDER BY __row", {}, { rows: numbered }) : numbered;
    let last = -(2n ** 63n);
    for await (const batch of this.#results(sorted, signal)) {
      if (batch.rows === 0) continue;
      const { rows, columns } = chunkOf(batch);
      last = checkOrder(columns.at(-1)!.data as BigInt64Array, last, scan.identity);
      yield { rows, columns: columns.slice(0, -1) };
    }
  }

  async *#results(of: Frame, signal?: AbortSignal): AsyncGenerator<ResultBatch> {
    this.counters.queries++;
    const reader = new BatchReader();
    const stop = signal ?? this.#options.signal;
    for await (const { responseType } of this.session.run(of, stop ? { signal: stop } : {})) {
      if (responseType.case !== "arrowBatch") continue;
      this.counters.bytesRead += responseType.value.data.length;
      const batch = reader.take(responseType.value);
      if (batch) yield batch;
    }
  }

  /** To the cluster where the path begins with `sc:`, else to a file here, row by row. */
  async write(relation: Relation, target: Target, signal?: AbortSignal): Promise<{ rows: number; bytes: number }> {
    return target.path.startsWith("sc:")
      ? this.#writeThere(relation, target, signal)
      : this.#writeHere(relation, target, signal);
  }

  async #writeThere(
    relation: Relation,
    { path, format, overwrite }: Target,
    signal?: AbortSignal,
  ): Promise<{ rows: number; bytes: number }> {
    const name = path.slice("sc:".length);
    const isPath = name.includes("/");
    const input = this.frame(relation);
    const write = command({
      case: "writeOperation",
      value: {
        input,
        source: format === "jsonl" ? "json" : format,
        saveType: isPath
          ? { case: "path", value: name }
          : { case: "table", value: { tableName: name, saveMethod: WriteOperation_TableSaveMethod.SAVE_AS_TABLE } },
        mode: overwrite ? WriteOperation_SaveMode.OVERWRITE : WriteOperation_SaveMode.ERROR_IF_EXISTS,
        options: format === "csv" ? { header: "true" } : {},
      },
    });
    this.counters.queries++;
    for await (const _ of this.session.run(write, signal ? { signal } : {})) void _;
    const written = isPath
      ? sourceFrame({ kind: "files", form: format === "jsonl" ? "json" : format, paths: [name] })
      : sourceFrame({ kind: "table", table: name });
    const [row] = await this.#allRows(sql("SELECT count(*) AS n FROM written", {}, { written }));
    return { rows: Number(row?.["n"] ?? 0), bytes: 0 };
  }

  async #writeHere(
    relation: Relation,
    { path, format }: Target,
    signal?: AbortSignal,
  ): Promise<{ rows: number; bytes: number }> {
    if (format === "parquet")
      throw new SluiceError(
        "usage",
        `rows of a cluster are written as Parquet there (--to sc:/path or sc:TABLE), or here as .csv or .jsonl`,
        { to: path },
      );
    const partial = `${path}.partial-${process.pid}`;
    const file = await open(partial, "w");
    let rows = 0;
    try {
      let header: readonly string[] | undefined;
      for await (const batch of this.#results(this.frame(relation), signal)) {
        if (!header) {
          header = batch.names;
          if (format === "csv") await file.write(`${header.map((name) => lineOf([name])).join(",")}\n`);
        }
        const lines: string[] = [];
        for (const row of rowsOf(batch))
          lines.push(format === "csv" ? lineOf(Object.values(row)) : JSON.stringify(row, plainJson));
        rows += lines.length;
        if (lines.length > 0) await file.write(`${lines.join("\n")}\n`);
      }
      await file.close();
      await rename(partial, path);
      return { rows, bytes: (await stat(path)).size };
    } catch (error) {
      await file.close().catch(() => {});
      await rm(partial, { force: true });
      throw error;
    }
  }

  reads({ format }: Scan): boolean {
    return format === "spark";
  }

  /** A local source is read here and sent: for test sets and first steps, so its size is limited. */
  async land(scan: Scan, options: LandOptions): Promise<LandedScan> {
    if (scan.format === "spark") return scan;
    const { local } = this.#options;
    const landed = await local.land(scan, options);
    return landed.format === "spark" ? landed : send(landed, local, this.session, options.signal);
  }

  interrupt(): void {
    this.session.interrupt().catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.close();
  }
}

const plainJson = (_: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);

function scansIn(relation: Relation): SparkScan[] {
  if (relation.kind === "scan") return relation.scan.format === "spark" ? [relation.scan] : [];
  return relation.kind === "sql" ? [] : scansIn(relation.from);
}

/** The scan below a chain of filters and one projection, whose rows keep their order. */
function orderedScan(relation: Relation): SparkScan | undefined {
  if (relation.kind !== "project") return undefined;
  let below: Relation = relation.from;
  while (below.kind === "filter") below = below.from;
  return below.kind === "scan" && below.scan.format === "spark" && below.part ? below.scan : undefined;
}

/** The same with the row's number as its last column. */
function withRow(relation: Relation): Relation {
  if (relation.kind !== "project") throw new Error("only a projection can be numbered");
  const numbered = (from: Relation): Relation => {
    if (from.kind === "filter") return { ...from, from: numbered(from.from) };
    const { scan } = from as ScanRelation & { scan: SparkScan };
    const columns = [...scan.schema.columns, { name: "__row", type: { kind: "int64" } as const }];
    return { ...from, scan: { ...scan, schema: { columns } } } as Relation;
  };
  return {
    ...relation,
    from: numbered(relation.from),
    columns: { ...relation.columns, __row: { kind: "col", name: "__row" } },
  };
}

function checkOrder(rows: BigInt64Array, last: bigint, identity: SparkScan["identity"]): bigint {
  let before = last;
  for (const row of rows) {
    if (row < before || (row === before && identity === "row"))
      throw new SluiceError(
        "cluster_error",
        `Spark gave row ${row} after row ${before}: the order of a file's rows is lost; write the source anew as Parquet files of less than 128 MB`,
        {},
      );
    before = row;
  }
  return before;
}
