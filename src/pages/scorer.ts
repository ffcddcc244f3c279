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

/** Room for a page's outputs, for as many rows as the largest page has had: a full page of hundreds of classes is taken only when one comes. */
export function outputRoom(arena: Arena, outputs: number): (rows: number) => Float64Array {
  let room = arena.f64(0);
  return (rows) => {
    if (room.length < outputs * rows) room = arena.f64(outputs * rows);
    return room.subarray(0, outputs * rows);
  };
}
