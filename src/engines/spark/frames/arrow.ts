import { type Column as ArrowColumn, type DataType as ArrowType, tableFromIPC } from "@uwdata/flechette";
import { byName, type Value } from "../../../base/schema.js";
import type { Chunk, ChunkColumn } from "../../contract.js";
import type { ExecutePlanResponse_ArrowBatch } from "../wire/spark-connect_pb.js";

/** The columns of one result batch, as Arrow has them. */
export interface ResultBatch {
  readonly rows: number;
  readonly names: readonly string[];
  readonly columns: readonly Part[];
}

/** What flechette keeps of one column in one batch. */
export interface Part {
  readonly length: number;
  readonly nullCount: number;
  readonly type: ArrowType;
  readonly validity?: Uint8Array;
  readonly values?: unknown;
  readonly offsets?: Int32Array;
  readonly children?: readonly Part[];
  at(index: number): unknown;
}

// Type numbers of the Arrow format (Schema.fbs).
enum Kind {
  int = 2,
  float = 3,
  bool = 6,
  decimal = 7,
  date = 8,
  timestamp = 10,
  list = 12,
  struct = 13,
}

/** Batches put together from the pieces that a server may cut them into; a gap or a missing row is an error, never a shorter table. */
export class BatchReader {
  #pieces: Uint8Array[] = [];
  #rows = 0n;

  /** The batch, once all its pieces are there. */
  take({
    data,
    startOffset,
    rowCount,
    chunkIndex = 0n,
    numChunksInBatch = 1n,
  }: ExecutePlanResponse_ArrowBatch): ResultBatch | undefined {
    if (chunkIndex === 0n && startOffset !== undefined && startOffset !== this.#rows)
      throw new Error(`Spark's rows have a gap: ${this.#rows} came, the next is ${startOffset}`);
    if (chunkIndex !== BigInt(this.#pieces.length))
      throw new Error(`Spark's batch misses its piece ${this.#pieces.length}`);
    this.#pieces.push(data);
    if (chunkIndex < numChunksInBatch - 1n) return undefined;
    // A copy also where there is one piece: what protobuf gives is a view that is not aligned.
    const bytes = Buffer.allocUnsafeSlow(this.#pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of this.#pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    this.#pieces = [];
    this.#rows += rowCount;
    const batch = decode(bytes);
    if (BigInt(batch.rows) !== rowCount)
      throw new Error(`a batch of Spark has ${batch.rows} rows and says ${rowCount}`);
    return batch;
  }
}

function decode(bytes: Uint8Array): ResultBatch {
  const table = tableFromIPC(bytes, { useBigInt: true, useDecimalInt: true });
  const columns = (table.children as readonly ArrowColumn<unknown>[]).map(
    ({ data }) => data[0] as unknown as Part | undefined,
  );
  return {
    rows: table.numRows,
    names: table.schema.fields.map(({ name }) => name),
    columns: table.numRows === 0 ? [] : columns.map((part) => part!),
  };
}

/** The columns as typed arrays, without boxing; a column of a type that has none is a bug of the caller, who casts in SQL. */
export function chunkOf({ rows, names, columns }: ResultBatch): Chunk {
  return { rows, columns: columns.map((part, i) => typedColumn(part, names[i]!, rows)) };
}

function typedColumn(part: Part, name: string, rows: number): ChunkColumn {
  const valid = part.nullCount > 0 ? { valid: part.validity! } : {};
  if (part.type.typeId !== Kind.list) return { data: typedData(part, name, rows), ...valid };
  const [ends, items] = [part.offsets!, part.children![0]!];
  const lists = Uint32Array.from({ length: 2 * rows }, (_, i) => {
    const row = i >> 1;
    return Number(i % 2 === 0 ? ends[row]! : ends[row + 1]! - ends[row]!);
  });
  return { data: typedData(items, name, Number(ends[rows]!)), ...valid, lists };
}

function typedData({ type, values }: Part, name: string, rows: number): ChunkColumn["data"] {
  if (type.typeId === Kind.bool) {
    const bits = values as Uint8Array;
    return Uint8Array.from({ length: rows }, (_, i) => (bits[i >> 3]! >> (i & 7)) & 1);
  }
  const fits: readonly number[] = [Kind.int, Kind.float, Kind.date, Kind.timestamp];
  if (!fits.includes(type.typeId))
    throw new Error(`column "${name}" has no typed form (Arrow type ${type.typeId}); cast it in SQL`);
  return values instanceof BigInt64Array ? narrowed(values, rows) : (values as Float64Array).subarray(0, rows);
}

/** Whole numbers as 32 bits where they fit, else as reals: a page has no 64-bit column, and bigints are slow. */
function narrowed(values: BigInt64Array, rows: number): Int32Array | Float64Array {
  const words = new Int32Array(values.buffer, values.byteOffset, 2 * rows);
  const out = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    const low = words[2 * i]!;
    if (words[2 * i + 1] !== low >> 31) return Float64Array.from({ length: rows }, (_, j) => Number(values[j]));
    out[i] = low;
  }
  return out;
}

/** Rows as JavaScript values, in the types that DuckDB's rows have; `exact` gives decimals as text, with all their digits. */
export function* rowsOf(
  { rows, names, columns }: ResultBatch,
  { exact = false }: { readonly exact?: boolean } = {},
): Generator<Record<string, Value>> {
  for (let i = 0; i < rows; i++) {
    const row = byName<Value>();
    for (let c = 0; c < names.length; c++) row[names[c]!] = valueAt(columns[c]!, i, exact);
    yield row;
  }
}

function valueAt(part: Part, i: number, exact: boolean): Value {
  if (part.nullCount > 0 && part.validity && ((part.validity[i >> 3]! >> (i & 7)) & 1) === 0) return null;
  const { type, children, offsets } = part;
  switch (type.typeId as Kind) {
    case Kind.int: {
      const value = (part.values as BigInt64Array | Int32Array)[i]!;
      return typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : value;
    }
    case Kind.decimal: {
      const { scale } = type as unknown as { scale: number };
      const value = part.at(i) as bigint;
      if (exact) return digitsOf(value, scale);
      return scale === 0 ? value : Number(value) / 10 ** scale;
    }
    case Kind.date:
      return { days: (part.values as Int32Array)[i]! };
    case Kind.timestamp:
      return { micros: (part.values as BigInt64Array)[i]! };
    case Kind.list: {
      const [items] = children!;
      const list: Value[] = [];
      for (let at = offsets![i]!; at < offsets![i + 1]!; at++) list.push(valueAt(items!, at, exact));
      return list;
    }
    case Kind.struct:
      return children!.map((child) => valueAt(child, i, exact));
    default: {
      const value = part.at(i);
      return value === undefined || value === null ? null : (value as Value);
    }
  }
}

/** A decimal as it is written: `-12.50` of -1250 and two places. */
function digitsOf(value: bigint, scale: number): string {
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  return `${value < 0n ? "-" : ""}${whole}${scale > 0 ? `.${digits.slice(-scale)}` : ""}`;
}
