import type { Expr } from "../expr/expr.js";
import type { Arena } from "./arena.js";
import type { Page, PageLayout } from "./page.js";

/**
 * A sum over all rows, as plain data plus a registered name: a function cannot travel to a worker or a cluster.
 * One sum is made per page from zero, and the sums merge in page order, so neither the number of workers nor the budget
 * leaves a trace in the result.
 */
export interface Pass<P = unknown> {
  readonly name: string;
  /** Doubles in the sum. */
  readonly length: (params: P, layout: PageLayout) => number;
  /** Called once on each worker: takes its scratch from the arena, looks up its kernel, and gives the step. */
  readonly start: (params: P, layout: PageLayout, arena: Arena) => (page: Page, into: Float64Array) => void;
  /** Adds `part` into `into`; elementwise addition when absent. */
  readonly merge?: (into: Float64Array, part: Float64Array, params: P) => void;
  /** The same sum where an engine can make it, so that the rows stay there. */
  readonly inEngine?: (params: P, layout: PageLayout, about: EncodedRows) => EngineSums;
}

/**
 * What is known of the rows before any pass over them, from order-free aggregates alone. Columns of a row are `n0`, `n1`, ... (page
 * units, null where missing), `k0`, ... (codes, null where unknown), `label` and, where rows have weights, `weight`.
 */
export interface EncodedRows {
  readonly rows: number;
  readonly weighted: boolean;
  /** Not less than the weights' sum. */
  readonly weight: number;
  readonly numbers: readonly Spread[];
  readonly label: Spread;
}

/** Where a column's values lie. */
export interface Spread {
  /** Near their mean: sums about it lose no digits. */
  readonly middle: number;
  /** Weighted squares of what a value may be off `middle`, not less than their sum over all rows. */
  readonly squares: number;
}

/** A pass as queries: formulas over a row, step by step, sums of products of them, and the pass's sum made of those. */
export interface EngineSums {
  /** Each step may name what earlier ones gave. */
  readonly steps: readonly Readonly<Record<string, Expr>>[];
  readonly sums: readonly EngineSum[];
  readonly read: (values: readonly Float64Array[]) => Float64Array;
}

/** The sum of the product of one or two named values: over all rows, or for each combination of some codes (the last runs fastest). */
export interface EngineSum {
  readonly of: readonly string[];
  readonly by: readonly { readonly column: string; readonly width: number }[];
  /** Not less than the sum of the products' absolute values: sums are kept in whole steps of 2^-61 of it. */
  readonly bound: number;
}

/**
 * A walk over the pages, one after the other, in a seeded order, that carries its state along: what SGD and nets do.
 * The same registry and the same journal as a pass; it runs on one worker because its order is its result.
 */
export interface Fold<P = unknown> {
  readonly name: string;
  readonly length: (params: P, layout: PageLayout) => number;
  readonly start: (params: P, layout: PageLayout, arena: Arena) => (page: Page, state: Float64Array) => void;
}

export const definePass = <P>(pass: Pass<P>): Pass<P> => pass;
export const defineFold = <P>(fold: Fold<P>): Fold<P> => fold;

export function addInto(into: Float64Array, part: Float64Array): void {
  for (let i = 0; i < into.length; i++) into[i]! += part[i]!;
}
