import type { ParamValue } from "../../base/params.js";
import { typeName } from "../../base/schema.js";
import { formatCount } from "../../base/units.js";
import type { Expr } from "../../expr/expr.js";
import type { Answer } from "../contract.js";
import { shownValue } from "../formulas.js";
import type { Candidate, Stage } from "../stage.js";

export const automaticLimits = {
  /**
   * Levels of a category that get a weight each. A category is one code per row and one addition per score whatever its
   * number of levels, so width is cheap; what ends it is having too few rows to learn each weight from.
   */
  oneHotLevels: 1000,
  /** Above it, levels share this many weights by hash. */
  hashBuckets: 1024,
  /** Above oneHotLevels, text with fewer rows a value than this is free text. */
  rowsPerValue: 3,
  /** Free text has so many words, in the median of its first rows, where it is told from names and ids. */
  textWords: 4,
  /** Estimated distinct values per row from which on nearly every row has its own: the estimate is often 10 % off, at times 30 %. */
  ownValue: 0.6,
  /** As ownValue, for whole numbers that fill their range: numbers drawn at random from it have 0.63 values a row. */
  counter: 0.8,
  /** A level needs this many training rows (a thousandth of them in small data), or it is treated as unseen. */
  rareRows: 10,
} as const;

/** Parts of a date that come back in new rows; a year does not, and a day of the month tells little. */
export const dateParts = ["month", "dayOfWeek", "hour"] as const;

/** What was found out about a column on the training rows. */
export interface Facts {
  readonly rows: number;
  readonly sourceRows: number;
  readonly count: number;
  readonly min: Answer;
  readonly max: Answer;
  readonly distinct: number;
  /** How a date's parts range. */
  readonly parts: Readonly<Record<string, readonly [Answer, Answer]>>;
}

type Choice = { readonly use: string; readonly reason: string; readonly stages: readonly Stage[] };

const dropped = (reason: string): Choice => ({ use: "dropped", reason, stages: [] });
const stage = (feature: string, name: string, of: Expr, params: Stage["params"] = {}): Stage => ({
  feature,
  name,
  inputs: [of],
  params,
});

/** What a column becomes, by what was found out about it. */
export function chooseFor(candidate: Candidate, facts: Facts, missing: "filled" | "kept" = "filled"): Choice {
  const { type } = candidate;
  const { count, rows, min, max } = facts;
  switch (type.kind) {
    case "list":
    case "struct":
    case "bytes":
    case "vector":
    case "other":
      return dropped(`${typeName(type)} columns are not read as features`);
    default:
  }
  if (count === 0) return dropped(rows === 0 ? "there are no rows" : "every training row lacks it");
  const constant = sameValue(min, max);
  if (constant && count === rows) return dropped(`every training row has ${shownValue(min as never)}`);
  if (type.kind === "text") return chooseForText(candidate, facts, missing);
  if (type.kind === "date" || type.kind === "timestamp") return chooseForTime(candidate, facts);
  return chooseForNumber(candidate, facts, missing);
}

/** What was found out about a text that looks like words: how many it has, rows that have it, different ones among them. */
export interface Words {
  readonly words: number;
  readonly count: number;
  readonly distinct: number;
}

/** What a learner of hashed features takes as it is, without a look at its values; undefined for dates, whose parts must vary. */
export function chooseHashed({ name, formula, type: { kind } }: Candidate, words?: Words): Choice | undefined {
  if (words && words.count >= 20 && words.distinct * automaticLimits.rowsPerValue > words.count)
    return {
      use: "words by tf-idf",
      reason: `free text: about ${formatCount(words.distinct)} values in ${formatCount(words.count)} rows, mostly of ${formatCount(words.words)} words or so; write text(${name}, ngrams=2) or hashed(${name}) for another reading`,
      stages: [stage("tfidf", name, formula)],
    };
  if (kind === "text" || kind === "bool")
    return {
      use: "hashed",
      reason: "each value has a weight by its hash, however many there are",
      stages: [stage("hashed", name, formula)],
    };
  if (kind !== "int64" && kind !== "real" && kind !== "decimal") return undefined;
  return {
    use: "number",
    reason: "as it is, missing values with a weight of their own; write hashed(...) if it is a code",
    stages: [stage("number", name, formula, { fill: "firstRows" })],
  };
}

function chooseForNumber(
  { name, formula, type: { kind } }: Candidate,
  { count, rows, sourceRows, min, max, distinct }: Facts,
  missing: "filled" | "kept",
): Choice {
  const share = distinct / count;
  const whole = kind === "int64";
  const range = Number(max) - Number(min);
  if (
    whole &&
    count >= 1000 &&
    share >= automaticLimits.counter &&
    range >= 0.9 * rows &&
    range < 1.1 * Math.max(rows, sourceRows)
  )
    return dropped("it counts the rows: nearly every row has its own whole number");
  if (
    whole &&
    count >= 1000 &&
    share >= automaticLimits.ownValue &&
    /(^|[^a-z])(id|key|uuid|guid|index|idx|no|nr)$/i.test(name.replace(/([a-z])([A-Z])/g, "$1_$2"))
  )
    return dropped("nearly every row has its own value, and its name says it is an id");
  const lacking = rows - count;
  const few =
    whole && distinct <= 20
      ? `; only ${distinct === 1 ? "one value" : `about ${distinct} values`}, write onehot(${name}) if they are codes`
      : "";
  if (lacking > 0 && missing === "kept")
    return {
      use: "number, missing kept apart",
      reason: `${formatCount(lacking)} of ${formatCount(rows)} training rows lack it${few}`,
      stages: [stage("number", name, formula, { fill: "firstRows" })],
    };
  if (lacking > 0)
    return {
      use: "number, mean where missing, missing flag",
      reason: `${formatCount(lacking)} of ${formatCount(rows)} training rows lack it${few}`,
      stages: [stage("impute", name, formula, { with: "mean", flag: true })],
    };
  return {
    use: "number",
    reason: `${kind === "bool" ? "true is 1 and false is 0" : `from ${shownValue(min as never)} to ${shownValue(max as never)}`}${few}`,
    stages: [stage("number", name, formula, { fill: "firstRows" })],
  };
}

const readers = "sparseLogistic and sparseLinear read by its words";

function chooseForText(
  { name, formula }: Candidate,
  { count, rows, distinct }: Facts,
  missing: "filled" | "kept",
): Choice {
  const about = `about ${formatCount(distinct)} values in ${formatCount(count)} rows`;
  if (count >= 20 && distinct >= automaticLimits.ownValue * count)
    return dropped(`nearly every row has its own text (${about}): an id, or free text, which ${readers}`);
  if (distinct > automaticLimits.oneHotLevels && distinct * automaticLimits.rowsPerValue > count)
    return dropped(`too many values to learn from (${about}), too few rows for each; free text ${readers}`);
  const lacking = rows > count ? `; ${formatCount(rows - count)} rows lack it` : "";
  if (distinct > automaticLimits.oneHotLevels * 1.3)
    return {
      use: `hashed to ${automaticLimits.hashBuckets}`,
      reason: `${about}, more than ${formatCount(automaticLimits.oneHotLevels)}${lacking}`,
      stages: [stage("hash", name, formula, { buckets: automaticLimits.hashBuckets })],
    };
  const rare = Math.max(1, Math.min(automaticLimits.rareRows, Math.ceil(rows / 1000)));
  const params: Record<string, ParamValue> = {
    limit: automaticLimits.oneHotLevels,
    rare,
    missing: "auto",
    other: "auto",
  };
  return {
    use: missing === "kept" ? "category" : "one-hot",
    reason: `${about}${rare > 1 ? `; values in fewer than ${rare} rows count as one with unseen ones` : ""}${lacking}`,
    stages: [stage("oneHot", name, formula, params)],
  };
}

function chooseForTime({ name, formula }: Candidate, { min, max, parts }: Facts): Choice {
  const varying = dateParts.filter((part) => parts[part] && !sameValue(parts[part][0], parts[part][1]));
  const span = `${shownValue(min as never)} to ${shownValue(max as never)}`;
  if (varying.length === 0) return dropped(`its month, day of the week and hour never change (${span})`);
  return {
    use: varying.join(", "),
    reason: `${span}; its parts come back in new rows, a trend over time does not, so the date itself is no number`,
    stages: [stage("dateParts", name, formula, { parts: varying.join(" ") })],
  };
}

function sameValue(a: Answer, b: Answer): boolean {
  if (a === null || b === null) return a === b;
  if (typeof a === "object" && typeof b === "object") {
    if ("micros" in a && "micros" in b) return a.micros === b.micros;
    if ("days" in a && "days" in b) return a.days === b.days;
  }
  return a === b;
}
