import { SluiceError } from "../../../base/errors.js";
import { int64 } from "../../../base/schema.js";
import { col } from "../../../expr/expr.js";
import type { Part, Relation, ScanRelation } from "../../../expr/relation.js";
import type { SparkScan } from "../../../sources/scan.js";
import type { ResultBatch } from "../frames/arrow.js";

/**
 * What one query may give. The driver keeps what a slow client has not taken yet, some times over, and ends a query whose results are
 * larger than spark.driver.maxResultSize: so long results are asked for in pieces, of a sixteenth of its memory (an eighth was too much
 * for a server with all in one process) and at most half of that limit. Both settings are 1 GB unless set.
 */
export async function pieceBytesOf(setting: (key: string) => Promise<string | undefined>): Promise<number> {
  const [memory, limit] = await Promise.all(["spark.driver.memory", "spark.driver.maxResultSize"].map(setting));
  const most = sizeOf(limit, 1) || Number.POSITIVE_INFINITY; // 0 is no limit
  return Math.min(sizeOf(memory, 2 ** 20) / 16, most / 2);
}

/** A size as Spark's settings have it: "6g", "600m"; a plain number counts in `unit`. */
function sizeOf(text = "1g", unit: number): number {
  const [, digits, prefix] = /^(\d+)\s*([kmgtp]?)b?$/i.exec(text.trim()) ?? [];
  if (digits === undefined) return 2 ** 30;
  return Number(digits) * (prefix ? 1024 ** ("kmgtp".indexOf(prefix.toLowerCase()) + 1) : unit);
}

/** A scan of the cluster below filters and projections, which leave its rows in their order. */
export type OrderedScan = ScanRelation & { readonly scan: SparkScan };

export function orderedScan(relation: Relation): OrderedScan | undefined {
  if (relation.kind === "filter" || (relation.kind === "project" && !relation.keep)) return orderedScan(relation.from);
  return relation.kind === "scan" && relation.scan.format === "spark" ? (relation as OrderedScan) : undefined;
}

/** Rows that are read by one query: of one file in its order, or of several places, which the cluster sorts. */
export interface Piece {
  readonly part?: Part;
  readonly runs?: readonly Required<Part>[];
  readonly files?: { readonly from: number; readonly to: number };
  /** Source rows in it, about. */
  readonly rows: number;
}

const digests = 2 ** 63;

/**
 * The pieces of a scan in the order of its files and rows. `rowsIn` tells the rows of each file; `mostRows`, of a piece, is asked
 * before each, so that it may learn from those before it.
 */
export function* piecesOf(
  { scan, part, runs, files }: OrderedScan,
  rowsIn: readonly number[],
  mostRows: () => number,
): Generator<Piece> {
  const most = (): number => Math.max(1, Math.floor(mostRows()));
  if (runs) return yield { runs, rows: runs.reduce((sum, { from, to }) => sum + to - from, 0) };
  if (scan.identity === "digest") {
    // Places are digests, which lie evenly: a share of their space has that share of the rows.
    const rows = rowsIn[0] ?? 0;
    for (let from = part?.from ?? 0; from < digests; ) {
      const share = Math.min(1, most() / Math.max(1, rows));
      const to = share === 1 ? digests : from + share * digests;
      yield { part: { file: 0, ...(from > 0 ? { from } : {}), ...(to < digests ? { to } : {}) }, rows: share * rows };
      from = to;
    }
    return;
  }
  if (part && rowsIn[part.file] === 0) yield { part, rows: 0 };
  const first = part?.file ?? files?.from ?? 0;
  const last = part ? part.file + 1 : (files?.to ?? scan.files.length);
  // Small files that follow one another are read together.
  let small = { from: first, to: first };
  let smallRows = 0;
  for (let file = first; file < last; file++) {
    const end = part?.to ?? rowsIn[file]!;
    let from = part?.from ?? 0;
    if (!part && smallRows + end <= most()) {
      small = { from: small.from, to: file + 1 };
      smallRows += end;
      continue;
    }
    if (smallRows > 0) yield together(small, smallRows);
    [small, smallRows] = [{ from: file + 1, to: file + 1 }, 0];
    for (let to = from; from < end; from = to) {
      to = Math.min(end, from + most());
      yield { part: { file, ...(from > 0 ? { from } : {}), ...(to < end || part?.to ? { to } : {}) }, rows: to - from };
    }
  }
  if (smallRows > 0) yield together(small, smallRows);
}

const together = (files: { readonly from: number; readonly to: number }, rows: number): Piece =>
  files.to - files.from === 1 ? { part: { file: files.from }, rows } : { files, rows };

/** Columns that say where a row stands. */
export const places = ["__file", "__row"] as const;

/** The same over a piece of its scan, or what it is over already, with its rows' places as its last columns. */
export function numbered(relation: Relation, piece?: Pick<Piece, "part" | "runs" | "files">): Relation {
  switch (relation.kind) {
    case "scan": {
      const { part: _, runs: __, files: ___, ...whole } = relation;
      const columns = [...relation.scan.schema.columns, ...places.map((name) => ({ name, type: int64 }))];
      const { part, runs, files } = piece ?? relation;
      return {
        ...whole,
        scan: { ...relation.scan, schema: { columns } },
        ...(part ? { part } : {}),
        ...(runs ? { runs } : {}),
        ...(files ? { files } : {}),
      };
    }
    case "filter":
      return { ...relation, from: numbered(relation.from, piece) };
    case "project": {
      const kept = Object.fromEntries(places.map((name) => [name, col(name)]));
      return { ...relation, from: numbered(relation.from, piece), columns: { ...relation.columns, ...kept } };
    }
    default:
      throw new Error(`rows of a relation of kind ${relation.kind} have no places`);
  }
}

/** The batch without its rows' places. */
export const unnumbered = ({ rows, names, columns }: ResultBatch): ResultBatch => ({
  rows,
  names: names.slice(0, -2),
  columns: columns.slice(0, -2),
});

/** Where the rows of each file stand in a batch that is sorted by them. */
export function* spansOf(
  batch: ResultBatch,
): Generator<{ readonly file: number; readonly from: number; readonly to: number }> {
  if (batch.rows === 0) return;
  const files = batch.columns.at(-2)!.values as Int32Array;
  for (let from = 0, to = 0; from < batch.rows; from = to) {
    const file = Number(files[from]!);
    while (to < batch.rows && Number(files[to]!) === file) to++;
    yield { file, from, to };
  }
}

/** That rows come in the order of their places, however the cluster worked. */
export class Order {
  #file = -1;
  #row = -1n;

  check({ rows, columns }: ResultBatch): void {
    const [files, numbers] = columns.slice(-2).map(({ values }) => values as BigInt64Array | Int32Array);
    let [file, row] = [this.#file, this.#row];
    for (let i = 0; i < rows; i++) {
      const [nextFile, nextRow] = [Number(files![i]!), BigInt(numbers![i]!)];
      if (nextFile < file || (nextFile === file && nextRow < row))
        throw new SluiceError(
          "cluster_error",
          `Spark gave row ${nextRow} of a file after row ${row}: the order of its rows is lost; write the source anew as Parquet files of less than 128 MB`,
          {},
        );
      [file, row] = [nextFile, nextRow];
    }
    [this.#file, this.#row] = [file, row];
  }
}
