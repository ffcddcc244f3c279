// Data for the benchmarks of linear models and of reading.
import { bell, csv, heldOut, make, parquet, uniform } from "./make.mjs";

export const columns = Array.from({ length: 20 }, (_, j) => `x${j}`);

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

/**
 * What the promises are tried on: six numbers of which one has gaps, towns, 300 products, an interaction of both, and two labels
 * over the same features: `y` (0 or 1) and `target` (a number).
 */
const mixed = (rows) => `SELECT a, b, c, d, e, f, town, product, (margin + 2 * ${bell("i * 16 + 10")})::FLOAT AS target,
  (${uniform("i * 16 + 11")} < 1 / (1 + exp(-margin)))::INTEGER AS y
  FROM (SELECT *, 0.8 * a - 0.5 * coalesce(b, 0) + 0.3 * c * d + hash(town) % 100 / 50.0 + hash(product || town) % 100 / 80.0 - 1.6 AS margin
    FROM (SELECT i, ${[..."acdef"].map((name, j) => `${bell(`i * 16 + ${j}`)}::FLOAT AS ${name}`).join(", ")},
      CASE WHEN hash(i * 16 + 5) % 20 > 0 THEN ${bell("i * 16 + 6")}::FLOAT END AS b,
      ${picked(towns, "i * 16 + 7")} AS town, 'p' || (hash(i * 16 + 8) % 300)::VARCHAR AS product FROM range(${rows}) t(i)))`;

/** Two numbers and very many rows: what a learner remembers of each row is more than the row. */
const slim = (
  rows,
) => `SELECT a, b, (${uniform("i * 4 + 2")} < 1 / (1 + exp(-(a - 0.5 * b + 0.7 * a * b))))::INTEGER AS y,
  (a - 0.5 * b + 0.7 * a * b)::FLOAT AS target
  FROM (SELECT i, ${bell("i * 4")}::FLOAT AS a, ${bell("i * 4 + 1")}::FLOAT AS b FROM range(${rows}) t(i))`;

export const binaryTable = (rows) => make(`binary-${rows}.parquet`, labelled(binary, 0, rows), parquet);
export const binaryTest = (rows) =>
  make(`binary-test-${rows}.parquet`, labelled(binary, heldOut, heldOut + rows), parquet);
export const realTable = (rows) => make(`real-${rows}.parquet`, labelled(real, 0, rows), parquet);
export const realTest = (rows) => make(`real-test-${rows}.parquet`, labelled(real, heldOut, heldOut + rows), parquet);
export const mixedTable = (rows) => make(`mixed-${rows}.parquet`, mixed(rows), parquet);
export const mixedCsv = (rows) => make(`mixed-${rows}.csv`, mixed(rows), csv);
export const slimTable = (rows) => make(`slim-${rows}.parquet`, slim(rows), parquet);
export const ordersCsv = (rows) => make(`orders-${rows}.csv`, orders(rows), csv);
export const visitsCsv = (rows) => make(`visits-${rows}.csv`, visits(0, rows), csv);
export const visitsTest = (rows) => make(`visits-test-${rows}.csv`, visits(heldOut, heldOut + rows), csv);
