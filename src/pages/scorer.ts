import type { Arena } from "./arena.js";
import type { Page, PageLayout } from "./page.js";

/** Fills a learner's outputs for the rows of a page: `out[k * rows + i]` is output k of row i (margins, or the prediction). */
export interface Scorer<P = unknown> {
  readonly name: string;
  /** Outputs per row. */
  readonly outputs: (params: P) => number;
  readonly start: (params: P, layout: PageLayout, arena: Arena) => (page: Page, out: Float64Array) => void;
}
export const defineScorer = <P>(scorer: Scorer<P>): Scorer<P> => scorer;
