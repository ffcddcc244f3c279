import type { Decided } from "./guess.js";

/** A column that is text because of very few cells among numbers. */
export interface MixedColumn {
  readonly column: string;
  /** The first of those cells. */
  readonly value: string;
  readonly words: number;
  readonly cells: number;
}

const fewCells = 100;
const fewWords = 0.01;

export const mixedColumns = (decided: readonly Decided[]): MixedColumn[] =>
  decided.flatMap(({ column: { name, type }, guess: { cells, words, firstWord } }) =>
    type.kind === "text" && cells >= fewCells && words > 0 && words <= fewWords * cells
      ? [{ column: name, value: firstWord!, words, cells }]
      : [],
  );
