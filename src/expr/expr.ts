import type { Value } from "../base/schema.js";
import type { OpName } from "./ops.js";
import type { SlotTable } from "./slots.js";
import type { TermWeights } from "./terms.js";

/** A formula over one row: plain data, so it can be saved, sent to a cluster, and written in any dialect. */
export type Expr = ColumnRef | Literal | Call | Lookup | Trees | Weigh | WeighTerms | RowHash;

export interface ColumnRef {
  readonly kind: "col";
  readonly name: string;
}
export interface Literal {
  readonly kind: "lit";
  readonly value: Value;
}
export interface Call {
  readonly kind: "call";
  readonly op: OpName;
  readonly args: readonly Expr[];
}
/** `values[i]` where `keys[i]` equals the key, `otherwise` for a missing or unknown key. The table is data, never a CASE per level. */
export interface Lookup {
  readonly kind: "lookup";
  readonly key: Expr;
  readonly keys: readonly (string | number | boolean)[];
  readonly values: readonly (number | string | null)[];
  readonly otherwise: number | string | null;
}
/**
 * `base` and, of each tree, the value of the leaf that the row ends in, added up in their order. An input is a number or a code, and
 * missing where it is null or NaN. The trees are data, never a CASE per leaf where an engine can help it.
 */
export interface Trees {
  readonly kind: "trees";
  readonly inputs: readonly Expr[];
  readonly base: number;
  readonly trees: readonly DecisionTree[];
}
/** Node 0 is the root; a child `>= 0` is a node, a child `< 0` is leaf `-1 - child`; a tree of one leaf has no nodes. */
export interface DecisionTree {
  /** Of each node, the input that it asks. */
  readonly feature: readonly number[];
  /** Goes left where the input is at most this number, or one of these codes. */
  readonly test: readonly (number | readonly number[])[];
  /** Where a missing input goes. */
  readonly missingLeft: readonly boolean[];
  readonly left: readonly number[];
  readonly right: readonly number[];
  readonly value: readonly number[];
}
/** The sum of a table's values at some slots, 0 for slots that are missing: the weights that hashed features share. */
export interface Weigh {
  readonly kind: "weigh";
  readonly slots: readonly Expr[];
  readonly table: SlotTable;
}
/**
 * Of the terms of a text, each with its weight in it, the sum of a table's values at their slots: what the text adds to an output. No
 * text adds 0. The outputs of a model share `codes`, `terms` and `tables`, so that a text is taken apart once.
 */
export interface WeighTerms {
  readonly kind: "weighTerms";
  /** A list of codes, as of the operation termCodes. */
  readonly codes: Expr;
  readonly terms: TermWeights;
  /** Of each output, values of 2^bits slots. */
  readonly tables: readonly SlotTable[];
  /** The table that is summed. */
  readonly output: number;
}
/** The 32-bit hash of the row's identity under a seed (base/seeds.ts); only a scan has identities, not a made-up row. */
export interface RowHash {
  readonly kind: "rowHash";
  readonly seed: number;
}

export const col = (name: string): ColumnRef => ({ kind: "col", name });
export const lit = (value: Value): Literal => ({ kind: "lit", value });
export const call = (op: OpName, ...args: readonly Expr[]): Call => ({ kind: "call", op, args });

/** A sum of many terms as a balanced tree: DuckDB stops at an expression depth of 1000. */
export function sumOf(terms: readonly Expr[]): Expr {
  if (terms.length === 0) return lit(0);
  if (terms.length === 1) return terms[0]!;
  const half = terms.length >> 1;
  return call("add", sumOf(terms.slice(0, half)), sumOf(terms.slice(half)));
}

/** The columns an expression reads, each once, in order of appearance. */
export function columnsOf(expr: Expr, into: Set<string> = new Set()): Set<string> {
  if (expr.kind === "col") into.add(expr.name);
  else if (expr.kind === "call") for (const arg of expr.args) columnsOf(arg, into);
  else if (expr.kind === "lookup") columnsOf(expr.key, into);
  else if (expr.kind === "trees") for (const input of expr.inputs) columnsOf(input, into);
  else if (expr.kind === "weigh") for (const slot of expr.slots) columnsOf(slot, into);
  else if (expr.kind === "weighTerms") columnsOf(expr.codes, into);
  return into;
}
