import type { Page, PageLayout } from "./page.js";

/**
 * Rows that stay with the workers between calls: each worker takes its share of the pages once, keeps of them what it needs (bins,
 * scores), and answers questions about all that it holds. Which worker holds which page is chance, so whatever is added up over
 * workers must not mind the order: integers, counts, minima and maxima.
 */
export interface Keeper<P = unknown> {
  readonly name: string;
  /** Called once on each worker. */
  readonly start: (params: P, layout: PageLayout, room: KeeperRoom) => Kept;
}

export interface KeeperRoom {
  /** This worker's share of the budget; what does not fit goes to `file`. */
  readonly memoryBytes: number;
  /** How many workers share the rows. */
  readonly workers: number;
  /** A scratch file of this worker alone; removed at the end. */
  readonly file: string;
}

export interface Kept {
  /** `page.split` says what a row is for; its memory is the worker's and is gone after the call. */
  take(page: Page): void;
  /** Plain data in, doubles out: transferred, or in shared memory that holds them until the next question. */
  ask(question: string, params: unknown): Float64Array;
  close(): void;
}

export const defineKeeper = <P>(keeper: Keeper<P>): Keeper<P> => keeper;
