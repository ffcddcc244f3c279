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
