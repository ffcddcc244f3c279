import { SluiceError } from "../base/errors.js";
import type { Row } from "../base/schema.js";
import { call, type Expr, lit } from "../expr/expr.js";
import type { Aggregate, Relation } from "../expr/relation.js";
import type { Answer, Question } from "./contract.js";
import { labelOf } from "./formulas.js";
import { asReal, blocksOfExprs, type Known, keyOf, type StatisticsOptions, type Tell } from "./statistics/ask.js";
import { fixedMean, fixedScale } from "./statistics/fixed.js";
import { quantilesOf } from "./statistics/quantiles.js";
import { narrowed } from "./statistics/sample.js";
import { topValues } from "./statistics/values.js";

/**
 * Answers all questions of a stage in as few fused queries as there are blocks of columns. Everything is exact and free of
 * order (integer sums, order statistics of a sample chosen by row hash), so it is the same for any number of threads;
 * only `distinct` is an estimate. Missing values and NaN take no part; an infinite value has no mean and is refused.
 */
export async function answer(questions: readonly Question[], options: StatisticsOptions): Promise<Answer[]> {
  const known = options.known ?? new Map<string, Answer>();
  const open = new Map<string, Question>();
  for (const question of questions) {
    const key = keyOf(question);
    if (!known.has(key)) open.set(key, question);
  }
  const asked = [...open.values()];
  const tell = (question: Question, value: Answer): void => void known.set(keyOf(question), value);

  await simple(withNeeds(asked), options, known, tell);
  const means = asked
    .filter(({ ask }) => ask === "mean" || ask === "deviation")
    .map(({ of }) => ({ ask: "mean", of }) as const);
  await sums(unknown(means, known), options, known, tell, () => 0);
  const deviations = asked.filter(({ ask }) => ask === "deviation");
  await sums(deviations, options, known, tell, (of) => known.get(keyOf({ ask: "mean", of })) as number | null);
  await quantilesOf(
    asked.filter((question) => question.ask === "quantiles"),
    options,
    tell,
  );
  await topValues(
    asked.filter((question) => question.ask === "values"),
    options,
    known,
    tell,
  );
  return questions.map((question) => known.get(keyOf(question)) ?? null);
}

const unknown = <Q extends Question>(questions: readonly Q[], known: Known): Q[] => {
  const byKey = new Map(questions.map((question) => [keyOf(question), question]));
  return [...byKey].filter(([key]) => !known.has(key)).map(([, question]) => question);
};

/** A mean needs the count and range of its numbers first; top values are packed into queries by their number of levels. */
function withNeeds(asked: readonly Question[]): Question[] {
  const out: Question[] = [];
  const pack = asked.filter(({ ask }) => ask === "values").length > 1;
  for (const question of asked) {
    const { of } = question;
    if (question.ask === "mean" || question.ask === "deviation")
      out.push({ ask: "count", of: asReal(of) }, { ask: "min", of: asReal(of) }, { ask: "max", of: asReal(of) });
    else if (question.ask === "values") {
      if (pack) out.push({ ask: "distinct", of });
    } else if (question.ask !== "quantiles") out.push(question);
  }
  return out;
}

function aggregateOf(question: Question): Aggregate {
  const arg = question.of;
  switch (question.ask) {
    case "count":
    case "missing":
      return { agg: "count", arg };
    case "min":
    case "max":
      return { agg: question.ask, arg };
    case "distinct":
      return { agg: "approxDistinct", arg };
    default:
      throw new Error(`${question.ask} is no plain aggregate`);
  }
}

async function simple(asked: readonly Question[], options: StatisticsOptions, known: Known, tell: Tell): Promise<void> {
  for (const block of blocksOfExprs(unknown(asked, known), options.blockColumns)) {
    const columns: Record<string, Aggregate> = { rows: { agg: "count" } };
    block.forEach((question, i) => {
      columns[`a${i}`] = aggregateOf(question);
    });
    const row = await oneRow(columns, options);
    block.forEach((question, i) => {
      const value = row[`a${i}`] ?? null;
      if (question.ask === "missing") tell(question, Number(row["rows"]) - Number(value));
      else tell(question, question.ask === "min" || question.ask === "max" ? value : Number(value));
    });
  }
}

/**
 * Means, and deviations about them, from sums in fixed point. Each value counts in steps of 2^-61 of the largest, so a
 * mean is off by at most 2^-61 of the largest (beside the rounding of one double), a variance by at most 2^-52 of the
 * largest squared distance.
 */
async function sums(
  asked: readonly Question[],
  options: StatisticsOptions,
  known: Known,
  tell: Tell,
  centre: (of: Expr) => number | null,
): Promise<void> {
  for (const block of blocksOfExprs(unknown(asked, known), options.blockColumns)) {
    const columns: Record<string, Aggregate> = {};
    const finishes: (() => void)[] = [];
    let row: Row = {};
    block.forEach((question, i) => {
      const { of } = question;
      const fact = (ask: "count" | "min" | "max"): number => Number(known.get(keyOf({ ask, of: asReal(of) })) ?? 0);
      const middle = centre(of);
      if (fact("count") === 0 || middle === null) {
        tell(question, null);
        return;
      }
      const squared = question.ask === "deviation";
      const [low, high] = [fact("min") - middle, fact("max") - middle];
      const largest = squared ? Math.max(low * low, high * high) : Math.max(-low, high);
      if (!Number.isFinite(largest)) throw infinite(of);
      const scale = fixedScale(largest);
      const distance = middle === 0 ? asReal(of) : call("sub", asReal(of), lit(middle));
      columns[`a${i}`] = { agg: "fixedSum", arg: squared ? call("mul", distance, distance) : distance, scale, largest };
      finishes.push(() => {
        const average = fixedMean(BigInt((row[`a${i}`] ?? 0) as bigint), scale, fact("count"));
        tell(question, squared ? Math.sqrt(average) : middle + average);
      });
    });
    if (finishes.length === 0) continue;
    row = await oneRow(columns, options);
    for (const finish of finishes) finish();
  }
}

const infinite = (of: Expr): SluiceError =>
  new SluiceError(
    "not_finite",
    `${labelOf(of)} has a value that is infinite, or too large to be squared, so it has no mean or deviation. Leave such rows out with --where, or drop the column`,
    { of },
  );

async function oneRow(columns: Readonly<Record<string, Aggregate>>, options: StatisticsOptions): Promise<Row> {
  const exprs = Object.values(columns).flatMap((one) => ("arg" in one ? (one.arg ?? []) : []));
  const relation: Relation = { kind: "aggregate", from: narrowed(options.relation, exprs), by: {}, columns };
  return (await options.engine.rows(relation, 1, options.signal))[0] ?? {};
}

export { keyOf, type StatisticsOptions } from "./statistics/ask.js";
