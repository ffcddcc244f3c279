import { choice, integer } from "../base/params.js";
import { call, type Expr, lit } from "../expr/expr.js";
import { type Block, defineFeature, type Question } from "./contract.js";
import { isMissing } from "./formulas.js";
import { compareValues } from "./statistics/values.js";

type Level = string | number | boolean;
export interface Levels {
  /** In the order of their values. */
  readonly levels: readonly Level[];
  readonly missing: boolean;
  readonly other: boolean;
}

/** One weight for each level of a category. */
export const oneHot = defineFeature({
  name: "oneHot",
  doc: "One column of 0 and 1 for each level seen in at least `rare` training rows, the most frequent `limit` of them. A value unseen in training, or cut as rare, adds nothing, or belongs to the level (other) with other=level. A missing value adds nothing, or is the level (missing) with missing=level; auto makes (missing) when the training rows hold at least `rare` such rows, and (other) when they hold ten times as many: new values take its weight too, so it must be more than what a handful of rows happen to say.",
  params: {
    limit: integer(1, 100_000, 1000, "most levels kept, the frequent ones first"),
    rare: integer(1, 1e9, 1, "levels in fewer training rows than this are treated like unseen ones"),
    missing: choice(["auto", "level", "nothing"], "auto", "what a missing value is"),
    other: choice(["auto", "level", "nothing"], "nothing", "what an unseen or rare value is"),
  },
  inputs: { min: 1, max: 1, types: ["text", "bool", "int64", "real", "decimal"] },
  questions: ([of], { limit }): readonly Question[] => [
    { ask: "values", of: of!, limit },
    { ask: "count", of: of! },
    { ask: "missing", of: of! },
  ],
  fit: ([values, count, missing], _, params): Levels => {
    const kept = countedLevels(values).filter((level) => level.count >= params.rare);
    const rest = Number(count) - kept.reduce((sum, level) => sum + level.count, 0);
    const wanted = (choice: string, rows: number, least: number): boolean =>
      choice === "level" || (choice === "auto" && rows >= least);
    return {
      levels: sortedLevels(kept),
      missing: wanted(params.missing, Number(missing), params.rare),
      other: wanted(params.other, rest, othersOfRare * params.rare),
    };
  },
  blocks: (state, [of], _, name): readonly Block[] => [categoryBlock(name, of!, state)],
});

/** So many times the rows of a level. */
const othersOfRare = 10;

type Counted = readonly { readonly value: Level; readonly count: number }[];

const countedLevels = (values: unknown): Counted => (values as Counted | null) ?? [];
/** A whole number past 2^53 is its digits, as in the keys of a lookup. */
export const asLevel = (value: Level | bigint): Level => (typeof value === "bigint" ? String(value) : value);
const sortedLevels = (counted: Counted): Level[] =>
  counted
    .map(({ value }) => value)
    .sort(compareValues)
    .map(asLevel);
export const levelsOf = (values?: unknown): Level[] => sortedLevels(countedLevels(values));

/** The level itself, or its text beside the two levels that stand for missing and for all others. */
export function categoryBlock(name: string, of: Expr, { levels, missing, other }: Levels): Block {
  if (!missing && !other) return { kind: "category", name, expr: of, levels };
  const shown = levels.map((level) => String(level));
  const extra = [...(missing ? [apart("(missing)", shown)] : []), ...(other ? [apart("(other)", shown)] : [])];
  const known: Expr = {
    kind: "lookup",
    key: of,
    keys: levels,
    values: shown,
    otherwise: other ? extra[extra.length - 1]! : null,
  };
  const expr = call("when", isMissing(of), lit(missing ? extra[0]! : null), known);
  return { kind: "category", name, expr, levels: [...shown, ...extra] };
}

/** A name that no level has. */
const apart = (name: string, levels: readonly string[]): string =>
  levels.includes(name) ? apart(`${name}'`, levels) : name;
