import { type DuckDBDataChunk, DuckDBListType, type DuckDBType, DuckDBTypeId } from "@duckdb/node-api";
import duckdb, { type Vector } from "@duckdb/node-bindings";
import type { Chunk, ChunkColumn } from "../contract.js";

// The only file that reaches below DuckDB's public classes: typed access to a vector's data without boxing.
// The buffers are copies (duckdb.test.ts holds this), so they outlive the chunk.

type View = new (buffer: ArrayBufferLike, offset: number, length: number) => ChunkColumn["data"];
const views: Partial<Record<DuckDBTypeId, readonly [View, number]>> = {
  [DuckDBTypeId.BOOLEAN]: [Uint8Array, 1],
  [DuckDBTypeId.TINYINT]: [Int8Array, 1],
  [DuckDBTypeId.UTINYINT]: [Uint8Array, 1],
  [DuckDBTypeId.SMALLINT]: [Int16Array, 2],
  [DuckDBTypeId.USMALLINT]: [Uint16Array, 2],
  [DuckDBTypeId.INTEGER]: [Int32Array, 4],
  [DuckDBTypeId.UINTEGER]: [Uint32Array, 4],
  [DuckDBTypeId.DATE]: [Int32Array, 4],
  [DuckDBTypeId.BIGINT]: [BigInt64Array, 8],
  [DuckDBTypeId.UBIGINT]: [BigUint64Array, 8],
  [DuckDBTypeId.TIMESTAMP]: [BigInt64Array, 8],
  [DuckDBTypeId.FLOAT]: [Float32Array, 4],
  [DuckDBTypeId.DOUBLE]: [Float64Array, 8],
};

/** The typed columns of a chunk; columns of a type without a typed form are a bug of the caller, who casts in SQL. */
export function typedChunk(chunk: DuckDBDataChunk, types: readonly DuckDBType[]): Chunk {
  const rows = chunk.rowCount;
  const validityBytes = Math.ceil(rows / 64) * 8;
  return {
    rows,
    columns: types.map((type, i) => {
      const vector = duckdb.data_chunk_get_vector(chunk.chunk, i);
      const list = type instanceof DuckDBListType;
      const items = list ? duckdb.list_vector_get_size(vector) : rows;
      const data = dataOf(
        list ? duckdb.list_vector_get_child(vector) : vector,
        list ? type.valueType : type,
        items,
        () => `column ${i}`,
      );
      const valid = duckdb.vector_get_validity(vector, validityBytes);
      return { data, ...(valid ? { valid } : {}), ...(list ? { lists: listsOf(vector, rows, valid) } : {}) };
    }),
  };
}

function dataOf(vector: Vector, type: DuckDBType, count: number, name: () => string): ChunkColumn["data"] {
  const view = views[type.typeId];
  if (!view) throw new Error(`${name()} has no typed form: ${type}; cast it in SQL`);
  const [View, width] = view;
  const bytes = duckdb.vector_get_data(vector, count * width);
  return new View(bytes.buffer, bytes.byteOffset, count);
}

/** Begin and length of each row's list, from pairs of 64-bit numbers. A missing list has none. */
function listsOf(vector: Vector, rows: number, valid: Uint8Array | null): Uint32Array {
  const bytes = duckdb.vector_get_data(vector, rows * 16);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, rows * 4);
  const lists = new Uint32Array(rows * 2);
  for (let i = 0; i < rows; i++) {
    if (valid && !(valid[i >> 3]! & (1 << (i & 7)))) continue;
    lists[2 * i] = words[4 * i]!;
    lists[2 * i + 1] = words[4 * i + 2]!;
  }
  return lists;
}

/** Visits the texts of a column as UTF-8, in their order; a missing one has no bytes. Gives a bit for each row, where not all are there. */
export function eachText(
  chunk: DuckDBDataChunk,
  column: number,
  visit: (bytes: Uint8Array, row: number) => void,
): Uint8Array | undefined {
  const vector = duckdb.data_chunk_get_vector(chunk.chunk, column);
  const rows = chunk.rowCount;
  const valid = duckdb.vector_get_validity(vector, Math.ceil(rows / 64) * 8) ?? undefined;
  const cells = duckdb.vector_get_data(vector, rows * 16);
  const view = new DataView(cells.buffer, cells.byteOffset, cells.byteLength);
  const nothing = new Uint8Array(0);
  for (let i = 0; i < rows; i++) {
    const length = view.getUint32(16 * i, true);
    const [inside, pointer] = [16 * i + 4, cells.byteOffset + 16 * i + 8];
    if (length === 0 || (valid && !(valid[i >> 3]! & (1 << (i & 7))))) visit(nothing, i);
    else if (length <= 12) visit(cells.subarray(inside, inside + length), i);
    else visit(duckdb.get_data_from_pointer(cells.buffer as ArrayBuffer, pointer, length), i);
  }
  return valid;
}

/** Fills a vector of lists: row i's items are `data[ends[i - 1]]` to `data[ends[i] - 1]`. `valid` has a bit for each row that is there. */
export function fillLists(
  output: unknown,
  ends: Uint32Array,
  rows: number,
  data: Int32Array | Float64Array,
  valid?: Uint8Array,
): void {
  const vector = (output as { vector: Vector }).vector;
  const count = rows > 0 ? ends[rows - 1]! : 0;
  duckdb.list_vector_reserve(vector, count);
  duckdb.list_vector_set_size(vector, count);
  const bytes = count * data.BYTES_PER_ELEMENT;
  if (count > 0)
    duckdb.copy_data_to_vector(
      duckdb.list_vector_get_child(vector),
      0,
      data.buffer as ArrayBuffer,
      data.byteOffset,
      bytes,
    );
  const entries = new Uint32Array(4 * rows);
  for (let i = 0; i < rows; i++) {
    const from = i === 0 ? 0 : ends[i - 1]!;
    entries[4 * i] = from;
    entries[4 * i + 2] = ends[i]! - from;
  }
  duckdb.copy_data_to_vector(vector, 0, entries.buffer, 0, entries.byteLength);
  if (!valid) return;
  duckdb.vector_ensure_validity_writable(vector);
  duckdb.copy_data_to_vector_validity(vector, 0, valid.buffer as ArrayBuffer, valid.byteOffset, valid.byteLength);
}
