import { isNumeric, typeName } from "../base/schema.js";
import { call, type Expr, lit } from "../expr/expr.js";
import { automaticLimits, chooseFor, chooseHashed, dateParts, type Facts } from "./automatic/choose.js";
import type { Answer, Question } from "./contract.js";
import { asReal } from "./formulas.js";
import type { Candidate, Decision, Stage } from "./stage.js";
import { countRows } from "./statistics/ask.js";
import { answer, type StatisticsOptions } from "./statistics.js";

/** Features for people who name none: each column with its use and the reason, from counts over the training rows. */
export async function automatic(
  candidates: readonly Candidate[],
  options: StatisticsOptions & {
    readonly sourceRows?: number;
    readonly missing?: "filled" | "kept";
    readonly hashed?: boolean;
  },
): Promise<{ stages: Stage[]; decisions: Decision[] }> {
  const rows = await countRows(options);
  const plain = options.hashed
    ? await chosenHashed(candidates, { ...options, rowsTotal: rows })
    : candidates.map(() => undefined);
  const asked = candidates.map((candidate, i) => (plain[i] ? [] : questionsFor(candidate)));
  const answers = await answer(asked.flat(), { ...options, rowsTotal: rows });
  const stages: Stage[] = [];
  const decisions: Decision[] = [];
  let at = 0;
  candidates.forEach((candidate, i) => {
    const facts = factsFrom(asked[i]!, answers.slice(at, at + asked[i]!.length), rows, options.sourceRows ?? rows * 2);
    at += asked[i]!.length;
    const { use, reason, stages: chosen } = plain[i] ?? chooseFor(candidate, facts, options.missing);
    stages.push(...chosen);
    decisions.push({ column: candidate.name, type: typeName(candidate.type), use, reason });
  });
  return { stages, decisions };
}

/** For learners of hashed features: text that is many words, and hardly ever the same ones, is read by its words. */
async function chosenHashed(candidates: readonly Candidate[], options: StatisticsOptions) {
  const blanks = (of: Expr): Expr =>
    call("sub", call("length", of), call("length", call("replace", of, lit(" "), lit(""))));
  const texts = candidates.filter(({ type }) => type.kind === "text");
  const lengths = await answer(
    texts.map(({ formula }) => ({ ask: "quantiles", of: blanks(formula), at: [0.5], first: 1000 })),
    options,
  );
  const wordy = texts.flatMap(({ name, formula }, i) => {
    const [found] = (lengths[i] as readonly number[] | null) ?? [];
    return found !== undefined && found >= automaticLimits.textWords - 1 ? [{ name, formula, words: found + 1 }] : [];
  });
  const counts = await answer(
    wordy.flatMap(({ formula }): Question[] => [
      { ask: "count", of: formula },
      { ask: "distinct", of: formula },
    ]),
    options,
  );
  const found = new Map(
    wordy.map(({ name, words }, i) => [
      name,
      { words, count: Number(counts[2 * i]), distinct: Number(counts[2 * i + 1]) },
    ]),
  );
  return candidates.map((candidate) => chooseHashed(candidate, found.get(candidate.name)));
}

function questionsFor({ formula, type }: Candidate): Question[] {
  const of = isNumeric(type) || type.kind === "bool" ? asReal(formula) : formula;
  const basic: Question[] = [
    { ask: "count", of },
    { ask: "min", of },
    { ask: "max", of },
  ];

  switch (type.kind) {
    case "int64":
      return [...basic, { ask: "distinct", of: formula }];
    case "real":
    case "decimal":
    case "bool":
      return basic;
    case "text":
      return [...basic, { ask: "distinct", of }];
    case "date":
    case "timestamp":
      return [
        ...basic,
        ...dateParts
          .filter((part) => type.kind === "timestamp" || part !== "hour")
          .flatMap((part): Question[] => [
            { ask: "min", of: call(part, of) },
            { ask: "max", of: call(part, of) },
          ]),
      ];
    default:
      return [];
  }
}

function factsFrom(
  questions: readonly Question[],
  answers: readonly Answer[],
  rows: number,
  sourceRows: number,
): Facts {
  const plain = (ask: Question["ask"]): Answer =>
    answers[questions.findIndex((question) => question.ask === ask)] ?? null;
  const parts: Record<string, [Answer, Answer]> = {};
  questions.forEach(({ ask, of }, i) => {
    if (of.kind !== "call" || !(dateParts as readonly string[]).includes(of.op)) return;
    parts[of.op] ??= [null, null];
    const range = parts[of.op]!;
    if (ask === "min" || ask === "max") range[ask === "min" ? 0 : 1] = answers[i]!;
  });
  return {
    rows,
    sourceRows,
    parts,
    count: Number(plain("count") ?? 0),
    min: plain("min"),
    max: plain("max"),
    distinct: Number(plain("distinct") ?? 0),
  };
}

export { automaticLimits } from "./automatic/choose.js";
export type { Decision } from "./stage.js";
