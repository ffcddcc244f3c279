import { SluiceError } from "../base/errors.js";
import { integer } from "../base/params.js";
import { call, type Expr, lit } from "../expr/expr.js";
import { type Answer, type Block, defineFeature, type Question } from "./contract.js";
import { asReal, labelOf } from "./formulas.js";
import { categoryBlock, type Levels, levelsOf } from "./one-hot.js";

const many = { min: 2, max: 1000, types: ["int64", "real", "decimal", "bool"] } as const;
const mostTerms = 5000;

const means = (inputs: readonly Expr[]): Question[] => inputs.map((of) => ({ ask: "mean", of }));
const meansOf = (answers: readonly Answer[]): number[] => answers.map((mean) => Number(mean ?? 0));

/** Products of two numbers. */
export const interactions = defineFeature({
  name: "interactions",
  doc: "The product of every two of the numbers (categories: cross). Where one is missing the product is, and counts as that of their means.",
  params: {},
  inputs: many,
  questions: (inputs) => means(inputs),
  fit: (answers) => ({ means: meansOf(answers) }),
  blocks: (state, inputs): readonly Block[] =>
    termsUpTo(inputs.length, 2)
      .filter(([a, b]) => b !== undefined && a !== b)
      .map((term) => product(term, inputs, state.means)),
});

/** The numbers and all their products up to a degree. */
export const polynomial = defineFeature({
  name: "polynomial",
  doc: "The numbers, their squares, products and so on up to the degree. Where one is missing the product is, and counts as that of their means.",
  params: { degree: integer(2, 6, 2, "how many factors a product may have") },
  inputs: { ...many, min: 1 },
  questions: (inputs) => means(inputs),
  fit: (answers) => ({ means: meansOf(answers) }),
  blocks: (state, inputs, { degree }): readonly Block[] =>
    termsUpTo(inputs.length, degree).map((term) => product(term, inputs, state.means)),
});

/** Two or more categories as one. */
export const cross = defineFeature({
  name: "cross",
  doc: "The combination of the categories as one category, the most frequent `limit` of them. Combinations unseen in training, or with a missing part, add nothing.",
  params: { limit: integer(1, 100_000, 1000, "most combinations kept, the frequent ones first") },
  inputs: { min: 2, max: 8, types: ["text", "bool", "int64"] },
  questions: (inputs, { limit }): readonly Question[] => [{ ask: "values", of: joined(inputs), limit }],
  fit: ([values]): Levels => ({ levels: levelsOf(values ?? null), missing: false, other: false }),
  blocks: (state, inputs, _, name): readonly Block[] => [categoryBlock(name, joined(inputs), state)],
});

/** Texts with a separator between; missing when one of them is. */
const joined = (inputs: readonly Expr[]): Expr =>
  inputs
    .map((of): Expr => call("toText", of))
    .reduce((left, right) => call("concat", call("concat", left, lit(" & ")), right));

/** Index tuples with growing entries, by length: 0, 1, 00, 01, 11, ... */
function termsUpTo(width: number, degree: number): number[][] {
  const all: number[][] = [];
  let last: number[][] = [[]];
  for (let d = 1; d <= degree; d++) {
    last = last.flatMap((term) =>
      Array.from({ length: width - (term[term.length - 1] ?? 0) }, (_, i) => [
        ...term,
        (term[term.length - 1] ?? 0) + i,
      ]),
    );
    all.push(...last);
    if (all.length > mostTerms)
      throw new SluiceError(
        "bad_parameter",
        `${width} numbers give ${all.length} products of up to ${d}; at most ${mostTerms} are made. Name fewer columns or a lower degree`,
        { width, degree },
      );
  }
  return all;
}

function product(term: readonly number[], inputs: readonly Expr[], at: readonly number[]): Block {
  return {
    kind: "number",
    name: term.map((i) => labelOf(inputs[i]!)).join(" * "),
    expr: term.map((i) => asReal(inputs[i]!)).reduce((left, right) => call("mul", left, right)),
    fill: term.reduce((value, i) => value * at[i]!, 1),
  };
}
