/** What a row is for, as the side page has it: a number below 31 for each part of the split. Rows without a label have no part. */
export const splitCodes = { train: 0, validation: 1, left: 2, unlabelled: 255 } as const;

/**
 * Which rows count: bit k stands for the rows of split code k. The training rows of fold k are all bits but that one, so that any
 * number of trials can learn from the same pages.
 */
export type RowSet = number;

export const rowSetOf = (...codes: readonly number[]): RowSet => codes.reduce((set, code) => set | (1 << code), 0);

export const rowSets = {
  train: rowSetOf(splitCodes.train),
  validation: rowSetOf(splitCodes.validation),
  labelled: 2 ** 31 - 1,
} as const;

export const isIn = (set: RowSet, code: number): boolean => code < 31 && ((set >>> code) & 1) === 1;

/** What one trial learns from, and what it is judged on while it learns. */
export interface TrialRows {
  readonly train: RowSet;
  readonly validation: RowSet;
}

/** Writes what rows are for in a trial into `into`, as the codes of a plain split. */
export function partsOf({ train, validation }: TrialRows, split: Uint8Array, into: Uint8Array): Uint8Array {
  for (let r = 0; r < split.length; r++) {
    const code = split[r]!;
    into[r] = isIn(train, code)
      ? splitCodes.train
      : isIn(validation, code)
        ? splitCodes.validation
        : splitCodes.unlabelled;
  }
  return into;
}
