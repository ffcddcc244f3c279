import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  DuckDBArrayValue,
  DuckDBBlobValue,
  type DuckDBConnection,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBListValue,
  type DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTypeId,
  type DuckDBValue,
} from "@duckdb/node-api";
import { me, type Presence } from "../base/owner.js";
import { asUsual } from "../base/private-files.js";
import { byName, type Row, type Schema, type Value } from "../base/schema.js";
import type { TreeSums } from "../expr/evaluate/trees.js";
import type { Relation } from "../expr/relation.js";
import type { TermCoder } from "../expr/words.js";
import type { ParquetScan, Scan, TableScan } from "../sources/scan.js";
import type { Dialect } from "../sql/dialect.js";
import { text } from "../sql/duckdb/literals.js";
import { duckdbDialect } from "../sql/duckdb.js";
import { toSql } from "../sql/relation.js";
import type { Chunk, Engine, LandOptions, Target } from "./contract.js";
import { typedChunk } from "./duckdb/chunks.js";
import { land } from "./duckdb/land.js";
import { schemaOfQuery } from "./duckdb/probe.js";
import { hidesRows, renamed } from "./duckdb/rename.js";
import { SlotFunctions } from "./duckdb/slots.js";
import { runOne, streamOne } from "./duckdb/statement.js";
import { teach } from "./duckdb/teach.js";
import { TermFunctions } from "./duckdb/terms.js";
import { TreeFunctions } from "./duckdb/trees.js";

export interface DuckDBOptions {
  /** DuckDB's own buffer limit. Its resident memory is larger: see base/memory-plan.ts. */
  readonly memoryBytes: number;
  readonly threads: number;
  /** Where it spills; made when needed, removed at the end. */
  readonly spillDir: string;
  /** Where text sources are landed. */
  readonly cacheDir: string;
  /** Says to other processes which landed files are being used. */
  readonly presence?: Presence;
  /** A faster way to score trees than the one for single rows. */
  readonly treeSums?: TreeSums;
  /** A faster way to take texts apart. */
  readonly termCoder?: TermCoder;
}

/** DuckDB in this process: reads files, computes relations, spills to disk. */
export class DuckDBEngine implements Engine {
  readonly name = "duckdb";
  readonly seeks = true;
  readonly counters = { bytesRead: 0, spillBytes: 0, queries: 0 };
  readonly #instance: DuckDBInstance;
  readonly #options: DuckDBOptions;
  readonly #open = new Set<DuckDBConnection>();
  readonly #attached = new Map<string, string>();

  readonly #lending: DuckDBConnection;
  readonly #dialect: Dialect;

  private constructor(instance: DuckDBInstance, options: DuckDBOptions, lending: DuckDBConnection) {
    this.#instance = instance;
    this.#options = options;
    this.#lending = lending;
    const functions = new TreeFunctions(lending, options.treeSums);
    const slots = new SlotFunctions(lending);
    const terms = new TermFunctions(lending, options.termCoder);
    this.#dialect = {
      ...duckdbDialect,
      calls: { ...duckdbDialect.calls, termCodes: (text, ngrams, most) => terms.codes(text!, ngrams!, most!) },
      weighTerms: (expr, codes) => terms.weigh(expr, codes),
      trees: (trees, inputs) => functions.call(trees, inputs),
      weigh: (table, of) => slots.call(table, of),
    };
  }

  static async open(options: DuckDBOptions): Promise<DuckDBEngine> {
    mkdirSync(options.spillDir, { recursive: true });
    const instance = await DuckDBInstance.create(":memory:", {
      threads: String(options.threads),
      memory_limit: `${Math.floor(options.memoryBytes / 1e6)}MB`,
      temp_directory: options.spillDir,
      preserve_insertion_order: "true",
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
      enable_external_file_cache: "false",
    });
    const setup = await instance.connect();
    await setup.run("SET GLOBAL TimeZone = 'UTC'"); // TZ of the environment would change the hour of an instant
    return new DuckDBEngine(instance, options, setup);
  }

  /** Where large intermediate results go; removed at the end. */
  get spillDir(): string {
    return this.#options.spillDir;
  }

  async schema(relation: Relation): Promise<Schema> {
    return this.use((connection) => schemaOfQuery(connection, this.sql(relation)), relation);
  }

  async rows(relation: Relation, limit: number, signal?: AbortSignal): Promise<Row[]> {
    return this.use(
      async (connection) => {
        const result = await streamOne(connection, this.sql(relation));
        const names = result.deduplicatedColumnNames();
        const wide = result.columnTypes().map((type) => type.typeId === DuckDBTypeId.HUGEINT);
        const isSample = names.map((name) => relation.kind === "aggregate" && relation.columns[name]?.agg === "sample");
        const rows: Row[] = [];
        // Chunk by chunk, so that the boxed values of one are gone before the next one comes.
        for (
          let chunk = await result.fetchChunk();
          chunk && chunk.rowCount > 0 && rows.length < limit;
          chunk = await result.fetchChunk()
        ) {
          const columns = names.map((_, i) => chunk!.getColumnValues(i));
          const take = Math.min(chunk.rowCount, limit - rows.length);
          for (let r = 0; r < take; r++) {
            const row = byName<Value>();
            for (let i = 0; i < names.length; i++)
              row[names[i]!] = isSample[i] ? sampledRows(columns[i]![r]!) : plain(columns[i]![r]!, wide[i]!);
            rows.push(row);
          }
        }
        return rows;
      },
      relation,
      signal,
    );
  }

  async *batches(relation: Relation, signal?: AbortSignal): AsyncIterable<Chunk> {
    const connection = await this.#connect(relation);
    const stop = (): void => connection.interrupt();
    signal?.addEventListener("abort", stop, { once: true });
    const started = performance.now();
    try {
      const result = await streamOne(connection, this.sql(relation));
      const types = result.columnTypes();
      // Two chunks are asked for ahead, so that DuckDB's threads work while this one encodes.
      let next = result.fetchChunk();
      for (;;) {
        const chunk = await next;
        signal?.throwIfAborted();
        if (!chunk || chunk.rowCount === 0) return;
        next = result.fetchChunk();
        next.catch(() => {});
        yield typedChunk(chunk, types);
      }
    } catch (error) {
      throw teach(error, signal);
    } finally {
      this.#trace(relation, started);
      signal?.removeEventListener("abort", stop);
      connection.interrupt();
      this.#close(connection);
    }
  }

  async write(relation: Relation, target: Target, signal?: AbortSignal): Promise<{ rows: number; bytes: number }> {
    const partial = `${target.path}.partial-${me}`;
    const format = {
      parquet: "FORMAT parquet, COMPRESSION zstd",
      csv: "FORMAT csv, HEADER true",
      jsonl: "FORMAT json",
    }[target.format];
    try {
      const rows = await this.use(
        async (connection) => {
          const done = await runOne(connection, `COPY (${this.sql(relation)}) TO ${text(partial)} (${format})`);
          return Number((await done.getRows())[0]?.[0] ?? 0);
        },
        relation,
        signal,
      );
      await rename(partial, target.path);
      if (!target.path.startsWith(this.#options.cacheDir)) asUsual(target.path);
      return { rows, bytes: (await stat(target.path)).size };
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
  }

  reads({ format }: Scan): boolean {
    return format === "parquet" || format === "table";
  }

  async land(scan: Scan, options: LandOptions): Promise<ParquetScan | TableScan> {
    if (scan.format === "parquet" || scan.format === "table")
      return hidesRows(scan)
        ? renamed(scan, this.#options.cacheDir, (work) => this.use(work, { kind: "scan", scan }, options.signal))
        : scan;
    if (scan.format === "spark") throw new Error("DuckDB does not read from Spark");
    return land(scan, {
      connect: () => this.#instance.connect(),
      cacheDir: this.#options.cacheDir,
      ...(this.#options.presence ? { presence: this.#options.presence } : {}),
      memoryBytes: this.#options.memoryBytes,
      threads: this.#options.threads,
      ...options,
    });
  }

  /** A connection for one statement after the other; the caller closes it. */
  connect(): Promise<DuckDBConnection> {
    return this.#instance.connect();
  }

  /** A relation's query; tables of DuckDB files are attached under the alias that the dialect expects. */
  sql(relation: Relation): string {
    return toSql(relation, this.#dialect);
  }

  /** One connection for one piece of work: a second query on it would silently end an open stream. */
  async use<T>(
    work: (connection: DuckDBConnection) => Promise<T>,
    relation?: Relation,
    signal?: AbortSignal,
  ): Promise<T> {
    signal?.throwIfAborted();
    const connection = await this.#connect(relation);
    const stop = (): void => connection.interrupt();
    signal?.addEventListener("abort", stop, { once: true });
    const started = performance.now();
    try {
      return await work(connection);
    } catch (error) {
      throw teach(error, signal);
    } finally {
      if (relation) this.#trace(relation, started);
      signal?.removeEventListener("abort", stop);
      this.#close(connection);
    }
  }

  /** Ends every running query, so that the process can exit at once. */
  interrupt(): void {
    for (const connection of this.#open) connection.interrupt();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.interrupt();
    for (const connection of [...this.#open]) this.#close(connection);
    this.#lending.closeSync();
    this.#instance.closeSync();
    rmSync(this.#options.spillDir, { recursive: true, force: true });
  }

  async #connect(relation?: Relation): Promise<DuckDBConnection> {
    this.counters.queries++;
    this.#noteSpill();
    const connection = await this.#instance.connect();
    this.#open.add(connection);
    if (relation) for (const scan of tablesIn(relation)) await this.#attach(connection, scan);
    return connection;
  }

  #close(connection: DuckDBConnection): void {
    this.#noteSpill();
    this.#open.delete(connection);
    connection.closeSync();
  }

  async #attach(connection: DuckDBConnection, scan: TableScan): Promise<void> {
    const file = scan.files[0]!;
    const alias = duckdbDialect.databaseAlias(file.fingerprint);
    if (this.#attached.has(alias)) return;
    this.#attached.set(alias, file.path);
    await runOne(connection, `ATTACH IF NOT EXISTS ${text(file.path)} AS ${duckdbDialect.quote(alias)} (READ_ONLY)`);
  }

  /** SLUICE_TRACE=1 shows each query with its milliseconds on standard error. */
  #trace(relation: Relation, started: number): void {
    if (process.env["SLUICE_TRACE"])
      process.stderr.write(`${(performance.now() - started).toFixed(0)} ms  ${this.sql(relation).slice(0, 4000)}\n`);
  }

  #noteSpill(): void {
    try {
      const dir = this.#options.spillDir;
      const bytes = readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0);
      this.counters.spillBytes = Math.max(this.counters.spillBytes, bytes);
    } catch {
      // a file of DuckDB's vanished between the two calls
    }
  }
}

function tablesIn(relation: Relation): TableScan[] {
  if (relation.kind === "scan") return relation.scan.format === "table" ? [relation.scan] : [];
  return relation.kind === "sql" ? [] : tablesIn(relation.from);
}

function plain(value: DuckDBValue, wide: boolean): Value {
  if (value === null || typeof value === "boolean" || typeof value === "number" || typeof value === "string")
    return value;
  if (typeof value === "bigint") return !wide && Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (value instanceof DuckDBDecimalValue) return value.toDouble();
  if (value instanceof DuckDBDateValue) return { days: value.days };
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) return { micros: value.micros };
  if (value instanceof DuckDBBlobValue) return value.bytes;
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue)
    return value.items.map((item) => plain(item, wide));
  return String(value);
}

const sampledRows = (list: DuckDBValue): Value =>
  (list as DuckDBListValue).items.map((one) =>
    Object.values((one as DuckDBStructValue).entries).map((value) => plain(value, false)),
  );
