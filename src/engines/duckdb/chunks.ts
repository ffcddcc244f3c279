import { type DuckDBDataChunk, type DuckDBType, DuckDBTypeId } from "@duckdb/node-api";
import duckdb from "@duckdb/node-bindings";
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
      const view = views[type.typeId];
      if (!view) throw new Error(`column ${i} has no typed form: ${type}; cast it in SQL`);
      const [View, width] = view;
      const vector = duckdb.data_chunk_get_vector(chunk.chunk, i);
      const bytes = duckdb.vector_get_data(vector, rows * width);
      const data = new View(bytes.buffer, bytes.byteOffset, rows);
      const valid = duckdb.vector_get_validity(vector, validityBytes);
      return valid ? { data, valid } : { data };
    }),
  };
}
