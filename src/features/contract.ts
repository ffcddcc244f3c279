import type { Of, Params } from "../base/params.js";
import type { Type, Value } from "../base/schema.js";
import type { Expr } from "../expr/expr.js";
import type { CountTable } from "../expr/slots.js";
import type { TermWeights } from "../expr/terms.js";

/**
 * What features turn columns into and learners read. A block is one or several columns of a page:
 * - number: one column, `expr` as a real; a missing value is NaN in the page, and `fill` where a learner needs a number.
 * - category: a code 0 .. levels.length-1 for the level that equals `expr`; missing or unknown is -1 and adds nothing.
 * - hashed: a code 0 .. 2^31-1 made by a formula, so there is no list of levels; a missing value has a weight of its own.
 * - text: sparse, any number of terms a row: slots 0 .. 2^bits-1, each with a value by how often it is there. A missing text has none.
 * Later: vector, sequence.
 */
export type Block = NumberBlock | CategoryBlock | HashedBlock | TextBlock;
export interface NumberBlock {
  readonly kind: "number";
  readonly name: string;
  readonly expr: Expr;
  readonly fill: number;
  /** No row is known to lack it: sums let a NaN through, so that one is noticed. */
  readonly complete?: boolean;
}
export interface CategoryBlock {
  readonly kind: "category";
  readonly name: string;
  /** Text, or a number or boolean that `levels` lists as such. A missing value is its own level when `missingLevel` is one. */
  readonly expr: Expr;
  readonly levels: readonly (string | number | boolean)[];
}

export interface HashedBlock {
  readonly kind: "hashed";
  readonly name: string;
  /** The code, missing where the value is. */
  readonly expr: Expr;
}

export interface TextBlock {
  readonly kind: "text";
  readonly name: string;
  /** The text. */
  readonly expr: Expr;
  /** The codes of its terms, a list; missing where the text is. */
  readonly codes: Expr;
  readonly terms: TermWeights;
}

/** What a feature asks of the training rows, answered in fused aggregate queries. All but `distinct` are exact. */
export type Question =
  | { readonly ask: "count" | "missing" | "min" | "max" | "distinct" | "mean" | "deviation"; readonly of: Expr }
  /** Exact quantiles of a seeded sample of rows (all rows when there are fewer). With `first`, of that many first rows: nearly free. */
  | { readonly ask: "quantiles"; readonly of: Expr; readonly at: readonly number[]; readonly first?: number }
  /** The most frequent values with their counts, most frequent first, ties by UTF-8 bytes; at most `limit`. */
  | { readonly ask: "values"; readonly of: Expr; readonly limit: number };
export type Answer =
  | number
  | null
  | Value
  | readonly number[]
  | readonly { readonly value: Value; readonly count: number }[];

/** One stage of preparation. It asks for statistics once and becomes blocks of formulas; its state is plain data. */
export interface Feature<P extends Params = Params, S = unknown> {
  readonly name: string;
  readonly doc: string;
  readonly params: P;
  /** How many inputs it takes, and of which types. */
  readonly inputs: { readonly min: number; readonly max: number; readonly types: readonly Type["kind"][] };
  questions(inputs: readonly Expr[], params: Of<P>): readonly Question[];
  fit(answers: readonly Answer[], inputs: readonly Expr[], params: Of<P>): S;
  blocks(state: S, inputs: readonly Expr[], params: Of<P>, name: string): readonly Block[];
  /** For one whose block is a text: its state with the number of training rows, and of each slot in how many of them it is. */
  counted?(state: S, rows: number, documents: CountTable): S;
}

/** A fitted stage as a model keeps it. */
export interface FittedFeature {
  readonly feature: string;
  readonly name: string;
  readonly inputs: readonly Expr[];
  readonly params: Readonly<Record<string, number | string | boolean>>;
  readonly state: unknown;
}

export const defineFeature = <P extends Params, S>(feature: Feature<P, S>): Feature<P, S> => feature;

/** Columns of a page, with each level and each slot of words for itself. */
export const widthOf = (blocks: readonly Block[]): number =>
  blocks.reduce(
    (sum, block) =>
      sum + (block.kind === "category" ? block.levels.length : block.kind === "text" ? 2 ** block.terms.bits : 1),
    0,
  );
