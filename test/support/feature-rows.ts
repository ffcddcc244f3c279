import { bool, date, int64, real, text, timestamp } from "../../src/base/schema.js";
import type { AnyFeature } from "../../src/features/index.js";

// Rows that every feature is held to, and what it is asked of them.

export const columns = {
  id: int64,
  x: real,
  i: int64,
  yes: bool,
  t: text,
  u: text,
  said: text,
  moment: timestamp,
  born: date,
};
/** 600 rows with gaps, ties, a level of one row, and numbers on both sides of zero. */
export const training = `SELECT k AS id,
    CASE WHEN k % 11 = 0 THEN NULL ELSE (k * 37 % 101) / 4.0 - 3 END AS x,
    CASE WHEN k % 17 = 0 THEN NULL ELSE (k * 13 % 29)::BIGINT END AS i,
    CASE WHEN k % 13 = 0 THEN NULL ELSE k % 3 = 0 END AS yes,
    CASE WHEN k % 7 = 0 THEN NULL WHEN k = 5 THEN 'once' ELSE chr(97 + (k % 5)::INT) END AS t,
    CASE WHEN k % 2 = 0 THEN 'left' ELSE 'right' END AS u,
    CASE WHEN k % 29 = 0 THEN NULL ELSE 'Über den Fluß ' || (k % 7) || ', word' || (k * 31 % 83) || ' 日本 & again word' || (k % 4) END AS said,
    CASE WHEN k % 19 = 0 THEN NULL ELSE TIMESTAMP '2023-11-30 22:00:00' + INTERVAL (k * 67) MINUTE END AS moment,
    CASE WHEN k % 23 = 0 THEN NULL ELSE DATE '2023-01-01' + (k % 200)::INT END AS born
  FROM range(600) r(k)`;
/** What training never saw: other levels, outer numbers, NaN, everything missing. */
export const unseen = `SELECT * FROM (VALUES
    (0::BIGINT, 1e6, 10000000000::BIGINT, true, 'new', 'left', 'ΑΣ, İI and ŉ', TIMESTAMP '2031-06-15 12:34:56', DATE '1969-07-20'),
    (1, -1e6, -5::BIGINT, false, '', 'up', '', TIMESTAMP '1950-01-01 00:00:00', DATE '2024-02-29'),
    (2, 'NaN'::DOUBLE, 0::BIGINT, true, '(missing)', 'é', 'a-b_c d''e', TIMESTAMP '2023-12-01 00:00:00.5', DATE '2023-01-01'),
    (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (4, 0.0, 1::BIGINT, false, 'once', 'right', 'word word WORD', TIMESTAMP '2023-12-31 23:59:59', DATE '2023-12-31')
  ) v(id, x, i, yes, t, u, said, moment, born)`;

type Params = Record<string, string | number | boolean>;

/** Params worth a second look, by feature. */
export const wider: Readonly<Record<string, Params>> = {
  impute: { flag: true },
  oneHot: { other: "level", rare: 5 },
  dateParts: { parts: "month dayOfWeek hour year" },
  minMax: { clip: true },
  hash: { buckets: 16 },
  polynomial: { degree: 3 },
  text: { ngrams: 2, bits: 12 },
  tfidf: { ngrams: 3 },
};

/** The columns for a feature: of each type that it takes, as few as it needs. */
export function inputsFor({ name, inputs }: AnyFeature): string[][] {
  if (name === "text" || name === "tfidf") return [["said"]];
  const byKind: Readonly<Record<string, readonly string[]>> = {
    real: ["x", "i"],
    text: ["t", "u"],
    timestamp: ["moment"],
    date: ["born"],
    bool: ["yes"],
    int64: ["i"],
  };
  const families = Object.keys(byKind).filter(
    (kind) => (inputs.types as readonly string[]).includes(kind) && byKind[kind]!.length >= inputs.min,
  );
  return families.map((kind) => byKind[kind]!.slice(0, Math.max(inputs.min, Math.min(inputs.max, 1))));
}

/** A period is for numbers, a part for dates. */
export function paramsFor(name: string, [input]: readonly string[], params: Params): Params {
  if (name === "cyclic")
    return input === "moment" ? { part: "hour" } : input === "born" ? { part: "month" } : { period: 12 };
  if (name === "dateParts" && input === "born" && params["parts"] === undefined) return { parts: "month dayOfWeek" };
  return params;
}
