import type { ParamValue } from "../base/params.js";
import type { Type } from "../base/schema.js";
import type { Expr } from "../expr/expr.js";

/** A feature that was asked for and not fitted yet. An input may be another stage: it is fitted first, and its formulas go in. */
export interface Stage {
  readonly feature: string;
  readonly name: string;
  readonly inputs: readonly (Expr | Stage)[];
  readonly params: Readonly<Record<string, ParamValue>>;
}

/** A column or a formula over columns, for automatic features to decide on. */
export interface Candidate {
  readonly name: string;
  readonly formula: Expr;
  readonly type: Type;
}

export type Requested = Stage | Candidate;

export const isStage = (input: Expr | Requested): input is Stage => "feature" in input;

/** What became of a column, in words for the user. */
export interface Decision {
  readonly column: string;
  readonly type: string;
  /** "dropped", or what it became: "number", "one-hot", "month, dayOfWeek". */
  readonly use: string;
  readonly reason: string;
}
