// Clicks like Criteo's: 13 counts with gaps, 26 categories of 3 to 2 M values, a click that depends on some of them, on pairs and
// on the day. Rows are in the order of their days; the test file is the day that follows.
import { make, parquet } from "./make.mjs";

const days = 7;
const cardinalities = [
  1_400, 550, 2_000_000, 1_800_000, 300, 24, 12_000, 600, 3, 90_000, 5_600, 1_900_000, 3_200, 27, 14_000, 1_500_000, 10,
  5_600, 2_000, 4, 1_800_000, 18, 15, 280_000, 100, 140_000,
];
/** How much of the click a column explains, and tenths of its cells that are missing. */
const strengths = [
  0.3, 0.2, 0.5, 0.3, 0.2, 0.4, 0.4, 0, 0.5, 0.6, 0, 0.3, 0, 0.3, 0.3, 0, 0.5, 0.4, 0, 0.3, 0, 0.2, 0, 0.4, 0, 0,
];
const gaps = [0, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 4, 4, 1, 7, 0, 1, 4, 4];
const pairs = [
  [0, 8, 0.3],
  [5, 16, 0.4],
  [1, 13, 0.3],
  [4, 19, 0.25],
];
const countGaps = [4, 0, 2, 2, 0, 2, 0, 0, 0, 4, 0, 7, 2];
const countWeights = [0.25, -0.1, 0, 0.05, -0.15, -0.1, 0.2, 0, 0, 0.3, 0.1, 0, -0.05];

const unit = (hash) => `((${hash} >> 11) / 9007199254740992.0)`;
/** Nearly normal, from three parts of 21 bits. */
const bell = (hash) =>
  `(2 * ((${hash} & 2097151) + ((${hash} >> 21) & 2097151) + ((${hash} >> 42) & 2097151)) / 2097152.0 - 3)`;

/** Zipf's law by exponent: value v has a share of 1 / v. In large columns the values behind the first hundred give way to new ones day by day. */
function drawnValue(j) {
  const k = cardinalities[j];
  const drawn = `floor(exp(${Math.log(k)} * ${unit(`hash(i * 64 + ${j})`)}))::BIGINT`;
  return k < 10_000 ? drawn : `(${drawn} + CASE WHEN ${drawn} > 100 THEN day * ${Math.floor(k / 50)} ELSE 0 END)`;
}
const missing = (part, tenths) => `hash(i * 64 + ${part}) % 20 < ${tenths}`;

const drawn = (from, to, perDay) =>
  `SELECT i, day, ${[
    ...cardinalities.map(
      (_, j) => `CASE WHEN ${missing(26 + j, gaps[j])} THEN NULL ELSE ${drawnValue(j)} END AS v${j}`,
    ),
  ].join(", ")} FROM (SELECT i, (i // ${perDay})::INTEGER AS day FROM range(${from}, ${to}) t(i))`;

const counted = (inner) =>
  `SELECT *, ${countGaps
    .map(
      (tenths, j) =>
        `CASE WHEN hash(i * 64 + ${52 + (j % 6)}) % 977 % 20 < ${tenths} THEN NULL ELSE floor(exp(${1 + (j % 5)} * 0.5 + ${0.6 + (j % 4) * 0.35} * ${bell(`hash(i * 64 + 40 + ${j} * 4000000007)`)}))::INTEGER - ${j === 1 ? 2 : 0} END AS n${j}`,
    )
    .join(", ")} FROM (${inner})`;

const effect = (key, day) =>
  `coalesce(CASE WHEN hash(${key}) % 10 < 7 THEN ${bell(`hash(${key})`)}${day ? ` + 0.06 * day * ${bell(`hash(${key} + 77)`)}` : ""} ELSE 0 END, 0)`;
const margin = [
  "-1.7",
  ...strengths.flatMap((s, j) => (s === 0 ? [] : [`${s} * ${effect(`v${j} * 32 + ${j}`, j % 3 === 0)}`])),
  ...pairs.map(([a, b, s]) => `${s} * ${effect(`(v${a} * 4096 + v${b}) * 64 + ${40 + a}`, false)}`),
  ...countWeights.flatMap((w, j) => (w === 0 ? [] : [`${w} * coalesce(ln(greatest(n${j}, 0) + 1), ${j % 2})`])),
].join(" + ");

export const counts = countGaps.map((_, j) => `I${j + 1}`);
export const categories = cardinalities.map((_, j) => `C${j + 1}`);

const clicks = (
  from,
  to,
  perDay,
) => `SELECT (${unit("hash(i * 64 + 63)")} < 1 / (1 + exp(-(${margin}))))::INTEGER AS click,
  ${counts.map((name, j) => `n${j} AS ${name}`).join(", ")},
  ${categories.map((name, j) => `CASE WHEN v${j} IS NOT NULL THEN printf('%08x', (hash(v${j} * 32 + ${j}) >> 32)::BIGINT) END AS ${name}`).join(", ")}
  FROM (${counted(drawn(from, to, perDay))})`;

const perDay = (rows) => Math.ceil(rows / days);
export const clicksTable = (rows) => make(`clicks-${rows}.parquet`, clicks(0, rows, perDay(rows)), parquet);
/** The day after `rows` training rows, at most a million rows of it. */
export const clicksTest = (rows) => {
  const first = days * perDay(rows);
  return make(
    `clicks-test-${rows}.parquet`,
    clicks(first, first + Math.min(1_000_000, perDay(rows)), perDay(rows)),
    parquet,
  );
};
