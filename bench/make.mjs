// Makes a data file of the benchmarks once, by DuckDB from row numbers alone: the same bytes on every run of one DuckDB version.
import { existsSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance, version } from "@duckdb/node-api";
import { cacheFolder } from "./cache.mjs";

/** A uniform number in [0, 1) with 21 bits out of part `n` (0 to 2) of a 64-bit hash. */
export const part = (hash, n) => `((${hash} >> ${21 * n}) & 2097151) / 2097152.0`;
export const uniform = (key) => part(`hash(${key})`, 0);
/** Nearly normal, mean 0, variance 1: three uniform numbers, summed and stretched. */
export const bell = (key) =>
  `(2 * (${[0, 1, 2].map((n) => part("h", n)).join(" + ")}) - 3)`.replaceAll("h >>", `hash(${key}) >>`);

export const parquet = "FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 122880";
export const csv = "FORMAT csv, HEADER true";
/** Held-out rows come after all rows that anyone trains on. */
export const heldOut = 4_000_000_000;

/** Written once under a temporary name and renamed; the name says rows, recipe and the DuckDB version that hashed. */
export async function make(name, query, format) {
  const tag = `${version().replace(/[^0-9.]/g, "")}-${checksum(query)}`;
  const path = join(cacheFolder("bench-data"), name.replace(/(\.\w+)$/, `-${tag}$1`));
  if (existsSync(path)) return path;
  const started = performance.now();
  process.stderr.write(`making ${name} ... `);
  const instance = await DuckDBInstance.create(":memory:", { threads: "2", memory_limit: "2GB" });
  const connection = await instance.connect();
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    await connection.run(`COPY (${query}) TO '${unfinished.replaceAll("'", "''")}' (${format})`);
    renameSync(unfinished, path);
  } finally {
    rmSync(unfinished, { force: true });
    connection.closeSync();
    instance.closeSync();
  }
  process.stderr.write(
    `${(statSync(path).size / 1e6).toFixed(0)} MB in ${((performance.now() - started) / 1000).toFixed(0)} s\n`,
  );
  return path;
}

/** FNV-1a: a new recipe gets a new name. */
function checksum(text) {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return (h >>> 0).toString(16).padStart(8, "0");
}
