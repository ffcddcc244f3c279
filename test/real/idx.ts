import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { DuckDBDataChunk, DuckDBInstance, FLOAT, UTINYINT } from "@duckdb/node-api";
import duckdb from "@duckdb/node-bindings";

/** The bytes of a gzipped IDX file behind its header: sizes as big-endian words after a magic number whose last byte counts them. */
function idx(path: string): { readonly sizes: readonly number[]; readonly values: Uint8Array } {
  const bytes = gunzipSync(readFileSync(path));
  const sizes = Array.from({ length: bytes[3]! }, (_, i) => bytes.readUInt32BE(4 + 4 * i));
  return { sizes, values: bytes.subarray(4 + 4 * sizes.length) };
}

const chunkRows = 2048;

/** Images and their labels as one Parquet file: `digit`, then `p0` to `p783` from 0 to 1. Gives the rows written. */
export async function idxToParquet(images: string, labels: string, target: string): Promise<number> {
  const { sizes, values: pixels } = idx(images);
  const { values: digits } = idx(labels);
  const [rows = 0, height = 0, width = 0] = sizes;
  const area = height * width;
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    const names = Array.from({ length: area }, (_, i) => `p${i} FLOAT`);
    await connection.run(`CREATE TABLE images (digit UTINYINT, ${names.join(", ")})`);
    const appender = await connection.createAppender("images");
    const types = [UTINYINT, ...names.map(() => FLOAT)];
    const column = new Float32Array(chunkRows);
    for (let from = 0; from < rows; from += chunkRows) {
      const count = Math.min(chunkRows, rows - from);
      const { chunk } = DuckDBDataChunk.create(types, count);
      const put = (i: number, values: Uint8Array | Float32Array): void =>
        duckdb.copy_data_to_vector(
          duckdb.data_chunk_get_vector(chunk, i),
          0,
          values.buffer as ArrayBuffer,
          values.byteOffset,
          values.byteLength,
        );
      put(0, digits.slice(from, from + count));
      for (let p = 0; p < area; p++) {
        for (let i = 0; i < count; i++) column[i] = pixels[(from + i) * area + p]! / 255;
        put(p + 1, column.subarray(0, count));
      }
      appender.appendDataChunk(new DuckDBDataChunk(chunk));
    }
    appender.closeSync();
    await connection.run(`COPY images TO '${target}' (FORMAT parquet)`);
    return rows;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
