import { open, rename, rm, stat } from "node:fs/promises";
import { SluiceError } from "../base/errors.js";
import { me } from "../base/owner.js";
import { asUsual } from "../base/private-files.js";
import type { Row, Schema, Value } from "../base/schema.js";
import { col } from "../expr/expr.js";
import type { Aggregated, Relation } from "../expr/relation.js";
import type { LandedScan, Scan, SparkScan } from "../sources/scan.js";
import { toSql } from "../sql/relation.js";
import { sparkDialect } from "../sql/spark.js";
import type { Chunk, Engine, Happened, Held, LandOptions, RowsOfFile, Target, Underway } from "./contract.js";
import { driverPage } from "./spark/connection/driver-page.js";
import { happened } from "./spark/connection/happened.js";
import { settingsFor } from "./spark/connection/partitions.js";
import type { Remote } from "./spark/connection/remote.js";
import { SparkSession } from "./spark/connection/session.js";
import { BatchReader, chunkOf, type ResultBatch, rowsOf } from "./spark/frames/arrow.js";
import { lineOf, linesRelation, typedLineOf } from "./spark/frames/lines.js";
import { type Frame, limit, sql } from "./spark/frames/plan.js";
import { fieldsOf, schemaOf } from "./spark/frames/types.js";
import { removeFiles } from "./spark/mllib/helper.js";
import { SparkCluster } from "./spark/tables/cluster.js";
import { hold } from "./spark/tables/hold.js";
import {
  numbered,
  Order,
  type OrderedScan,
  orderedScan,
  pieceBytesOf,
  piecesOf,
  places,
  spansOf,
  unnumbered,
} from "./spark/tables/pieces.js";
import { send } from "./spark/tables/upload.js";
import { writeThere } from "./spark/tables/write-there.js";
import type { Command, ExecutePlanResponse } from "./spark/wire/spark-connect_pb.js";

export interface SparkOptions {
  readonly remote: Remote;
  /** Reads local sources, so that they can be sent to the cluster. */
  readonly local: Engine;
  /** Each query is done in so many parts, whatever the cluster could do at once. */
  readonly partitions?: number;
  readonly signal?: AbortSignal;
  readonly patienceMs?: number;
  /** About how many bytes of results one query may give. */
  readonly pieceBytes?: number;
}

/** A Spark cluster through Spark Connect: relations are SQL there, results come as Arrow, nothing is sampled or rounded on the way. */
export class SparkEngine implements Engine {
  readonly name = "spark";
  readonly seeks = false;
  readonly counters = { bytesRead: 0, spillBytes: 0, queries: 0 };
  readonly session: SparkSession;
  readonly cluster: SparkCluster;
  readonly #options: SparkOptions;
  #pieceBytes: Promise<number> | undefined;

  private constructor(session: SparkSession, options: SparkOptions) {
    this.session = session;
    this.#options = options;
    this.cluster = new SparkCluster((relation) => this.#allRows(relation), session);
  }

  static async open(options: SparkOptions): Promise<SparkEngine> {
    const { signal, patienceMs, partitions } = options;
    const session = await SparkSession.open(options.remote, {
      ...(signal ? { signal } : {}),
      ...(patienceMs === undefined ? {} : { patienceMs }),
    });
    if (partitions !== undefined)
      await session.configure(settingsFor(partitions)).catch(async (error: unknown) => {
        await session.close();
        throw error;
      });
    return new SparkEngine(session, options);
  }

  /** The relation as a frame of the cluster: its query, with the scans that it names. */
  frame(relation: Relation): Frame {
    const told = statement(relation);
    if (told) return told;
    const tables = Object.fromEntries(scansIn(relation).map((scan) => [scan.name, this.cluster.rowsOf(scan)]));
    return sql(toSql(firstInOrder(relation), sparkDialect), {}, tables);
  }

  async schema(relation: Relation): Promise<Schema> {
    return schemaOf(await this.session.schema(this.frame(relation)));
  }

  async rows(relation: Relation, most: number, signal?: AbortSignal): Promise<Row[]> {
    return this.#allRows(
      this.frame(Number.isFinite(most) ? { kind: "limit", from: relation, rows: most } : relation),
      signal,
    );
  }

  async #allRows(of: Frame, signal?: AbortSignal): Promise<Row[]> {
    const rows: Row[] = [];
    for await (const batch of this.#results(of, signal)) rows.push(...rowsOf(batch));
    return rows;
  }

  async *batches(relation: Relation, signal?: AbortSignal): AsyncIterable<Chunk> {
    for await (const batch of this.#inOrder(relation, signal)) if (batch.rows > 0) yield chunkOf(batch);
  }

  /** Many files in one query: a query for each would be some jobs and a wait for each. */
  async *batchesByFile(relation: Relation, file: number, signal?: AbortSignal): AsyncIterable<RowsOfFile> {
    const below = orderedScan(relation);
    if (!below) throw new Error(`rows of a relation of kind ${relation.kind} stand in no file`);
    const files = { from: file, to: below.scan.files.length };
    for await (const batch of this.#numberedBatches(relation, { ...below, files }, signal)) {
      const chunk = chunkOf(unnumbered(batch));
      for (const span of spansOf(batch)) yield { chunk, ...span };
    }
  }

  async perFile(relation: Aggregated, signal?: AbortSignal): Promise<readonly (Row | undefined)[]> {
    const below = orderedScan(relation.from);
    if (!below) throw new Error("rows that are counted by their files are those of a scan");
    const file = "__file";
    const rows = await this.rows(
      { ...relation, from: numbered(relation.from), by: { ...relation.by, [file]: col(file) } },
      Number.POSITIVE_INFINITY,
      signal,
    );
    const byFile = new Map(rows.map((row) => [Number(row[file]), row] as const));
    return below.scan.files.map((_, i) => byFile.get(i));
  }

  /** Results of a scan in the order of its rows, piece by piece; of anything else as the cluster gives them. */
  async *#inOrder(relation: Relation, signal?: AbortSignal): AsyncGenerator<ResultBatch> {
    const below = orderedScan(relation);
    if (!below) return yield* this.#results(this.frame(relation), signal);
    for await (const batch of this.#numberedBatches(relation, below, signal)) yield unnumbered(batch);
  }

  /** The relation's rows over `below`, with their places as the last columns. */
  async *#numberedBatches(relation: Relation, below: OrderedScan, signal?: AbortSignal): AsyncGenerator<ResultBatch> {
    const order = new Order();
    const known = await this.cluster.rowsIn(below.scan);
    let perRow = 1024; // until the first piece has told
    this.#pieceBytes ??= Promise.resolve(this.#options.pieceBytes ?? pieceBytesOf((key) => this.session.setting(key)));
    const most = await this.#pieceBytes;
    const pieces = known ? piecesOf(below, known, () => most / perRow) : [{ ...below, rows: 0 }];
    for (const piece of pieces) {
      const rows = this.frame(numbered(relation, piece));
      // One file's rows are read and sent one part after the other; `order` watches that.
      const isOrdered = piece.part !== undefined && below.scan.identity === "row";
      const sorted = isOrdered ? rows : sql("SELECT * FROM rows ORDER BY __file, __row", {}, { rows });
      const before = this.counters.bytesRead;
      for await (const batch of this.#results(sorted, signal)) {
        if (batch.rows > 0) order.check(batch);
        yield batch;
      }
      if (piece.rows > 0) perRow = Math.max(1, (this.counters.bytesRead - before) / piece.rows);
    }
  }

  async *#results(of: Frame, signal?: AbortSignal): AsyncGenerator<ResultBatch> {
    const started = performance.now();
    const reader = new BatchReader();
    const stop = signal ?? this.#options.signal;
    for await (const { responseType } of this.#run(of, stop)) {
      if (responseType.case !== "arrowBatch") continue;
      this.counters.bytesRead += responseType.value.data.length;
      const batch = reader.take(responseType.value);
      if (batch) yield batch;
    }
    if (process.env["SLUICE_TRACE"])
      process.stderr.write(`${(performance.now() - started).toFixed(0)} ms  ${shown(of)}\n`);
  }

  #run(plan: Frame | Command, signal?: AbortSignal): AsyncGenerator<ExecutePlanResponse> {
    this.counters.queries++;
    return this.session.run(plan, signal ? { signal } : {});
  }

  happened(): Promise<Happened> {
    return happened(this.session);
  }

  watch(listener: (underway: Underway | undefined) => void): void {
    this.session.work.listener = listener;
  }

  /** By the driver's page; where that cannot be reached, by how many parts Spark makes of rows that nothing else divides. */
  async cores(): Promise<number | undefined> {
    const told = await driverPage(this.session)
      .then(({ cores }) => cores())
      .catch(() => 0);
    if (told > 0) return told;
    if (this.#options.partitions !== undefined) return undefined;
    const parts = sql(
      "SELECT count(DISTINCT part) AS n FROM (SELECT spark_partition_id() AS part FROM range(1000000))",
    );
    const [row] = await this.#allRows(parts);
    return Number(row?.["n"]) || undefined;
  }

  hold(relation: Relation, signal?: AbortSignal): Promise<Held> {
    return hold(this.session, relation, this.frame(relation), signal);
  }

  async fitBy(...[learner, params, rows, { features, label, weight, seed }]: Parameters<NonNullable<Engine["fitBy"]>>) {
    const [{ mllibNamed }, { home, marginsOf }] = await Promise.all([
      import("./spark/mllib/named.js"),
      import("./spark/mllib/home.js"),
    ]);
    const columns = { features, label, seed, ...(weight === undefined ? {} : { weight }) };
    const { signal } = this.#options;
    const model = await mllibNamed(learner).fit(
      this.session,
      this.frame(rows),
      columns,
      params,
      signal ? { signal } : {},
    );
    try {
      const fitted = (await home(model)).at(-1)!;
      if (fitted.kind !== "linear" && fitted.kind !== "trees" && fitted.kind !== "bayes")
        throw new SluiceError("usage", `${learner} has no outputs that a label is predicted by`, { learner });
      return marginsOf(
        fitted,
        features.map((name) => col(name)),
      );
    } finally {
      await model.dispose().catch(() => {}); // it ends with the session
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
    target: Target,
    signal?: AbortSignal,
  ): Promise<{ rows: number; bytes: number }> {
    const run = async (write: Command): Promise<void> => {
      for await (const _ of this.#run(write, signal)) void _;
    };
    const cluster = {
      session: this.session,
      run,
      rows: (frame: Frame) => this.#allRows(frame),
      removeFiles: (path: string) => removeFiles(this.session, path),
    };
    return { rows: await writeThere(cluster, this.frame(relation), target), bytes: 0 };
  }

  async #writeHere(
    relation: Relation,
    { path, format }: Target,
    signal?: AbortSignal,
  ): Promise<{ rows: number; bytes: number }> {
    if (format === "parquet") return this.#writeParquetHere(relation, path, signal);
    return format === "csv"
      ? this.#writeLines(relation, path, lineOf, signal)
      : this.#writeLines(relation, path, undefined, signal);
  }

  /** A line for each row: of a CSV with its header where `line` says how, else of JSON. */
  async #writeLines(
    relation: Relation,
    path: string,
    line: ((cells: readonly Value[]) => string) | undefined,
    signal?: AbortSignal,
  ): Promise<{ rows: number; bytes: number; longestBytes: number }> {
    const partial = `${path}.partial-${me}`;
    const file = await open(partial, "w");
    let rows = 0;
    let longest = 0;
    try {
      let header: readonly string[] | undefined;
      for await (const batch of this.#inOrder(relation, signal)) {
        if (!header) {
          header = batch.names;
          if (line) await file.write(`${header.map((name) => lineOf([name])).join(",")}\n`);
        }
        const lines: string[] = [];
        for (const row of rowsOf(batch, { exact: line !== undefined }))
          lines.push(line ? line(Object.values(row)) : JSON.stringify(row, plainJson));
        rows += lines.length;
        for (const { length } of lines) longest = Math.max(longest, length);
        if (lines.length > 0) await file.write(`${lines.join("\n")}\n`);
      }
      await file.close();
      await rename(partial, path);
      asUsual(path);
      // A letter of UTF-16 is three bytes of UTF-8 at most.
      return { rows, bytes: (await stat(path)).size, longestBytes: 3 * longest };
    } catch (error) {
      await file.close().catch(() => {});
      await rm(partial, { force: true });
      throw error;
    }
  }

  /** By way of a CSV: the embedded engine writes Parquet, in the types that the columns have on the cluster. */
  async #writeParquetHere(
    relation: Relation,
    path: string,
    signal?: AbortSignal,
  ): Promise<{ rows: number; bytes: number }> {
    const columns = fieldsOf(await this.session.schema(this.frame(relation), signal));
    const lines = `${path}.lines-${me}`;
    try {
      const typed = (cells: readonly Value[]): string => typedLineOf(cells, columns);
      const { longestBytes } = await this.#writeLines(relation, lines, typed, signal);
      const read = linesRelation(lines, columns, longestBytes);
      return await this.#options.local.write(read, { format: "parquet", path }, signal);
    } finally {
      await rm(lines, { force: true });
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

/** The texts in a frame's bytes, for the trace. */
const shown = (of: Frame): string =>
  Buffer.from(of)
    .toString("latin1")
    .replace(/[^\x20-\x7e]+/g, " ")
    .slice(0, 4000);

const plainJson = (_: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);

/** SHOW and DESCRIBE stand by themselves: no query may have them within it. */
function statement(relation: Relation): Frame | undefined {
  if (relation.kind === "limit") {
    const told = statement(relation.from);
    return told && limit(told, relation.rows);
  }
  if (relation.kind !== "sql" || !/^\s*(show|desc|describe)\b/i.test(relation.text)) return undefined;
  return sql(relation.text.replace(/[\s;]+$/, ""));
}

function scansIn(relation: Relation): SparkScan[] {
  if (relation.kind === "scan") return relation.scan.format === "spark" ? [relation.scan] : [];
  return relation.kind === "sql" ? [] : scansIn(relation.from);
}

/** The first rows are those of the first files: a cluster would take the ones that come first. */
function firstInOrder(relation: Relation): Relation {
  if (relation.kind === "scan" || relation.kind === "sql") return relation;
  const { from } = relation;
  if (relation.kind !== "limit") return { ...relation, from: firstInOrder(from) };
  if (from.kind === "project") return { ...from, from: firstInOrder({ ...relation, from: from.from }) };
  let below: Relation = from;
  while (below.kind === "filter") below = below.from;
  if (below.kind !== "scan" || below.scan.format !== "spark") return { ...relation, from: firstInOrder(from) };
  const sorted: Relation = { kind: "sort", from: numbered(from), by: places.map((name) => ({ expr: col(name) })) };
  const columns = Object.fromEntries(below.scan.schema.columns.map(({ name }) => [name, col(name)]));
  return { kind: "project", from: { ...relation, from: sorted }, columns };
}
