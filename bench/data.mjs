// Data for the benchmarks, made by DuckDB from row numbers alone: the same bytes on every run of one DuckDB version.
import { existsSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance, version } from "@duckdb/node-api";
import { cacheFolder } from "./cache.mjs";

export const columns = Array.from({ length: 20 }, (_, j) => `x${j}`);

/** A uniform number in [0, 1) with 21 bits out of part `part` (0 to 2) of a 64-bit hash. */
const part = (hash, n) => `((${hash} >> ${21 * n}) & 2097151) / 2097152.0`;
/** Nearly normal, mean 0, variance 1: three uniform numbers, summed and stretched. */
const bell = (key) =>
  `(2 * (${[0, 1, 2].map((n) => part("h", n)).join(" + ")}) - 3)`.replaceAll("h >>", `hash(${key}) >>`);
const uniform = (key) => part(`hash(${key})`, 0);
const weight = (j) => (((j * 7) % 11) - 5) / 10;

// x0 leans into all others, so that XᵀX is not a diagonal
const features = columns.map(
  (name, j) => `(${bell(`i * 32 + ${j}`)}${j > 0 ? ` + 0.4 * ${bell("i * 32")}` : ""})::FLOAT AS ${name}`,
);
const score = columns.map((name, j) => `${weight(j)} * ${name}`).join(" + ");
const wide = (from, to) => `SELECT i, ${features.join(", ")} FROM range(${from}, ${to}) t(i)`;
const binary = `((${uniform("i * 32 + 30")}) < 1 / (1 + exp(-(${score} - 0.3))))::INTEGER AS y`;
const real = `(${score} + 2 * ${bell("i * 32 + 31")})::FLOAT AS y`;
const labelled = (label, from, to) => `SELECT ${columns.join(", ")}, ${label} FROM (${wide(from, to)})`;

const towns = [
  "Aachen",
  "Bergen",
  "Cork",
  "Delft",
  "Evora",
  "Faro",
  "Ghent",
  "Huelva",
  "Izmir",
  "Jena",
  "Kiel",
  "Lyon",
];
const listed = (words) => `[${words.map((word) => `'${word}'`).join(", ")}]`;
const picked = (words, key) => `${listed(words)}[1 + (hash(${key}) % ${words.length})::INTEGER]`;

/** Eight columns, three of them text, about 30 bytes a row. */
const orders = (
  rows,
) => `SELECT ${picked(towns, "i * 8")} AS town, ${picked(["web", "app", "shop"], "i * 8 + 1")} AS channel,
  'p' || (hash(i * 8 + 2) % 4000)::VARCHAR AS product, (hash(i * 8 + 3) % 9)::INTEGER AS pieces,
  (hash(i * 8 + 4) % 20000 / 100.0)::DECIMAL(6, 2) AS price, (hash(i * 8 + 5) % 1000)::INTEGER AS metres,
  (hash(i * 8 + 6) % 24)::INTEGER AS hour, (hash(i * 8 + 7) % 2)::INTEGER AS paid FROM range(${rows}) t(i)`;

/**
 * The exercise: a click that depends on numbers, on 300 shops of very different size, and on a wave and a product of two
 * numbers that no linear model sees whole. Rare shops are what more rows teach.
 */
const visits = (from, to) => `SELECT ${picked(["mail", "search", "social", "direct", "partner"], "i * 16")} AS channel,
  'shop-' || shop AS shop, age::DECIMAL(5, 2) AS age, income::DECIMAL(7, 3) AS income, pages, seconds::DECIMAL(7, 2) AS seconds,
  distance::DECIMAL(7, 3) AS distance, hour, visits, basket::DECIMAL(8, 2) AS basket,
  CASE WHEN ${uniform("i * 16 + 12")} < 1 / (1 + exp(-(0.02 * (age - 45) + 0.3 * income + 0.15 * pages - 0.1 * distance
    + 1.2 * (hash(shop * 977 + 5) % 1000 / 500.0 - 1) + 0.5 * sin(hour / 3.8) + 0.3 * income * (pages - 4) / 4 - 1.1)))
    THEN 1 ELSE 0 END AS clicked
  FROM (SELECT i, floor(300 * power(${uniform("i * 16 + 1")}, 3))::INTEGER AS shop, 45 + 14 * ${bell("i * 16 + 2")} AS age,
    ${bell("i * 16 + 3")} AS income, (hash(i * 16 + 4) % 12)::INTEGER AS pages, 40 * exp(0.5 * ${bell("i * 16 + 5")}) AS seconds,
    3 * exp(0.6 * ${bell("i * 16 + 6")}) AS distance, (hash(i * 16 + 7) % 24)::INTEGER AS hour,
    (hash(i * 16 + 8) % 40)::INTEGER AS visits, 25 * exp(0.8 * ${bell("i * 16 + 9")}) AS basket FROM range(${from}, ${to}) t(i))`;

const parquet = "FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 122880";
const csv = "FORMAT csv, HEADER true";
/** Held-out rows come after all rows that anyone trains on. */
const heldOut = 4_000_000_000;

export const binaryTable = (rows) => make(`binary-${rows}.parquet`, labelled(binary, 0, rows), parquet);
export const binaryTest = (rows) =>
  make(`binary-test-${rows}.parquet`, labelled(binary, heldOut, heldOut + rows), parquet);
export const realTable = (rows) => make(`real-${rows}.parquet`, labelled(real, 0, rows), parquet);
export const realTest = (rows) => make(`real-test-${rows}.parquet`, labelled(real, heldOut, heldOut + rows), parquet);
export const ordersCsv = (rows) => make(`orders-${rows}.csv`, orders(rows), csv);
export const visitsCsv = (rows) => make(`visits-${rows}.csv`, visits(0, rows), csv);
export const visitsTest = (rows) => make(`visits-test-${rows}.csv`, visits(heldOut, heldOut + rows), csv);

/** Written once under a temporary name and renamed; the name says rows, recipe and the DuckDB version that hashed. */
async function make(name, query, format) {
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
