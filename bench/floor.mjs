// What DuckDB alone takes for the same bytes, as a whole process: `node bench/floor.mjs stream|write|sum|summarize|csv-sum FILE`
// `stream` reads all columns in order into typed arrays, `write` also writes them in 4 MB blocks, the others are one query.
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import duckdb from "@duckdb/node-bindings";
import { cacheFolder } from "./cache.mjs";

const [mode, file] = process.argv.slice(2);
const instance = await DuckDBInstance.create(":memory:", { threads: "2", memory_limit: "512MB" });
const connection = await instance.connect();
const literal = `'${file.replaceAll("'", "''")}'`;
const blockBytes = 4 * 2 ** 20;

const columnsOf = async (from) => {
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${from}`);
  return described.getRowObjects().map(({ column_name: name, column_type: type }) => ({ name, type }));
};

const modes = {
  async sum() {
    const sums = (await columnsOf(literal)).map(({ name }) => `sum("${name}")`);
    await connection.run(`SELECT ${sums.join(", ")} FROM ${literal}`);
    return {};
  },
  async "csv-sum"() {
    // text columns have no sum; their lengths make DuckDB look at them
    const sums = (await columnsOf(literal)).map(({ name, type }) =>
      type === "VARCHAR" ? `sum(length("${name}"))` : `sum("${name}")`,
    );
    await connection.run(`SELECT ${sums.join(", ")} FROM ${literal}`);
    return {};
  },
  async summarize() {
    await connection.run(`SUMMARIZE SELECT * FROM ${literal}`);
    return {};
  },
  stream: () => stream(() => {}),
  async write() {
    const path = join(cacheFolder(""), `floor-${process.pid}.tmp`);
    const fd = openSync(path, "w");
    const block = new Uint8Array(blockBytes);
    let filled = 0;
    try {
      const told = await stream((bytes) => {
        if (filled + bytes.byteLength > blockBytes) {
          writeSync(fd, block, 0, filled);
          filled = 0;
        }
        block.set(bytes, filled);
        filled += bytes.byteLength;
      });
      writeSync(fd, block, 0, filled);
      return told;
    } finally {
      closeSync(fd);
      rmSync(path);
    }
  },
};

async function stream(each) {
  const columns = await columnsOf(literal);
  const width = 4; // every column of these files is FLOAT or INTEGER
  const streamed = await connection.stream(`SELECT * FROM ${literal}`);
  let [rows, bytes] = [0, 0];
  for (
    let chunk = await streamed.fetchChunk();
    chunk !== null && chunk.rowCount > 0;
    chunk = await streamed.fetchChunk()
  ) {
    for (let i = 0; i < columns.length; i++) {
      const vector = duckdb.data_chunk_get_vector(chunk.chunk, i);
      const values = duckdb.vector_get_data(vector, chunk.rowCount * width);
      duckdb.vector_get_validity(vector, Math.ceil(chunk.rowCount / 64) * 8);
      each(values);
      bytes += values.byteLength;
    }
    rows += chunk.rowCount;
  }
  return { rows, bytes };
}

if (!(mode in modes) || file === undefined)
  throw new Error(`usage: node bench/floor.mjs ${Object.keys(modes).join("|")} FILE`);
const started = performance.now();
const told = await modes[mode]();
console.log(JSON.stringify({ mode, ...told, seconds: (performance.now() - started) / 1000 }));
connection.closeSync();
instance.closeSync();
