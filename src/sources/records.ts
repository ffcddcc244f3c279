/** What is wrong with a record, in the parts of a `BadRowError`. */
export interface Problem {
  readonly column?: string;
  readonly value?: string;
  readonly problem: string;
  readonly remedy: string;
  /** The cell is of another type than was found out from a sample: all rows may say what is right. */
  readonly contradicts?: true;
  /** The row is none, and sets aside by itself: nothing stops for it. */
  readonly harmless?: true;
}

/** One record of a text source: its cells in the order of the schema, missing as null, or why it is none and how it stood there. */
export type Record =
  | { readonly cells: readonly (string | null)[]; readonly error?: string }
  | { readonly bad: Problem; readonly raw: string };

/** A problem in one sentence, as a row carries it: `"age": "abc" is not a whole number`. */
export const problemText = ({ column, value, problem }: Problem): string =>
  [
    column === undefined ? "" : `${JSON.stringify(column)}: `,
    value === undefined ? "the row " : `${JSON.stringify(value.slice(0, 80))} `,
    problem.replace(/, which the .*$/, ""),
  ].join("");

export const keepAside = "--bad-rows keep-aside goes on without such rows and keeps them in a file";
