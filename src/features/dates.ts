import { SluiceError } from "../base/errors.js";
import { choice, real, textParam } from "../base/params.js";
import { call, type Expr, lit } from "../expr/expr.js";
import { type Block, defineFeature, type Question } from "./contract.js";
import { asReal } from "./formulas.js";
import { levelsOf } from "./one-hot.js";

/** The parts a date has, and after how many units each starts again. */
export const periods = {
  month: 12,
  day: 31,
  dayOfWeek: 7,
  dayOfYear: 366,
  hour: 24,
  minute: 60,
  second: 60,
  quarter: 4,
} as const;
export const partNames = [
  "year",
  "quarter",
  "month",
  "day",
  "dayOfWeek",
  "dayOfYear",
  "hour",
  "minute",
  "second",
] as const;
export type Part = (typeof partNames)[number];

/** Month, day of the week, hour and so on: what comes back in new rows. */
export const dateParts = defineFeature({
  name: "dateParts",
  doc: "Parts of a date or time: year quarter month day dayOfWeek (1 is Monday) dayOfYear hour minute second. As categories, a part unseen in training and a missing date add nothing; as numbers, a missing one counts as the mean.",
  params: {
    parts: textParam("month dayOfWeek hour", "which parts, with blanks between"),
    as: choice(
      ["category", "number", "cyclic"],
      "category",
      "how a part is given: a weight for each value, a number, or sine and cosine",
    ),
  },
  inputs: { min: 1, max: 1, types: ["date", "timestamp"] },
  questions: ([of], params): readonly Question[] =>
    parseParts(params.parts).flatMap((part): Question[] => {
      const value = call(part, of!);
      if (params.as === "category") return [{ ask: "values", of: value, limit: 1000 }];
      return params.as === "number" ? [{ ask: "mean", of: value }] : [];
    }),
  fit: (answers, _, params) => ({
    levels: params.as === "category" ? answers.map(levelsOf) : [],
    means: params.as === "number" ? answers.map((mean) => Number(mean ?? 0)) : [],
  }),
  blocks: ({ levels, means }, [of], params, name): readonly Block[] =>
    parseParts(params.parts).flatMap((part, i): readonly Block[] => {
      const named = `${part}(${name})`;
      const expr = call(part, of!);
      if (params.as === "cyclic") return circle(expr, periodOf(part), named);
      return params.as === "category"
        ? [{ kind: "category", name: named, expr, levels: levels[i]! }]
        : [{ kind: "number", name: named, expr: asReal(expr), fill: means[i]! }];
    }),
});

/** A quantity that starts again, as a point on a circle: 23 h lies beside 0 h. */
export const cyclic = defineFeature({
  name: "cyclic",
  doc: "Sine and cosine of a part of a date, or of a number with its period, so that the end lies beside the start. A missing value is the centre of the circle (0, 0).",
  params: {
    part: choice(["number", ...partNames], "number", "a part of a date; number takes the value as it is"),
    period: real(1e-9, 1e12, 24, "after how much a number starts again; a part of a date has its own"),
  },
  inputs: { min: 1, max: 1, types: ["date", "timestamp", "int64", "real", "decimal"] },
  questions: () => [],
  fit: () => ({}),
  blocks: (_, [of], { part, period }, name) =>
    part === "number" ? circle(of!, period, name) : circle(call(part, of!), periodOf(part), `${part}(${name})`),
});

function circle(of: Expr, period: number, name: string): Block[] {
  const angle = call("mul", asReal(of), lit((2 * Math.PI) / period));
  return (["sin", "cos"] as const).map((wave) => ({
    kind: "number",
    name: `${wave}(${name})`,
    expr: call(wave, angle),
    fill: 0,
  }));
}

function periodOf(part: Part): number {
  if (part === "year")
    throw new SluiceError(
      "bad_parameter",
      `a year does not start again; cyclic parts are ${Object.keys(periods).join(", ")}`,
      { part },
    );
  return periods[part];
}

export function parseParts(text: string): Part[] {
  return text
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map((word) => {
      const part = partNames.find((name) => name.toLowerCase() === word.toLowerCase().replace(/[_-]/g, ""));
      if (!part)
        throw new SluiceError(
          "bad_parameter",
          `dateParts: there is no part "${word}"; there are ${partNames.join(", ")}`,
          { parameter: "parts", value: word },
        );
      return part;
    });
}
