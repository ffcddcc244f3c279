/** What is wrong with a record, in the parts of a `BadRowError`. */
export interface Problem {
  readonly column?: string;
  readonly value?: string;
  readonly problem: string;
  readonly remedy: string;
}

/** One record of a text source: its cells in the order of the schema, missing as null, or why it is none and how it stood there. */
export type Record = { readonly cells: readonly (string | null)[] } | { readonly bad: Problem; readonly raw: string };

export const keepAside = "--bad-rows keep-aside goes on without such rows and keeps them in a file";
