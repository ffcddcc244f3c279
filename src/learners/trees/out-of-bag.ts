import { smallestShare } from "../passes/tree-scores.js";

/** How well rows are predicted by the trees that did not grow on them. */
export interface OutOfBag {
  /** Rows that some tree did not grow on. */
  readonly rows: number;
  /** Log loss, or the mean squared error. */
  readonly loss: number;
  readonly accuracy?: number;
  readonly rmse?: number;
}

/** The loss of a row whose class has this share. */
export const logLossOf = (share: number): number => -Math.log(Math.max(share, smallestShare));

/** From the sums of `vote`; a squared error is in units of `errorUnit`. */
export function outOfBagOf(
  [rows = 0, weight = 0, loss = 0, right = 0]: ArrayLike<number> & Iterable<number>,
  classes: number,
  errorUnit: number,
): OutOfBag | undefined {
  if (weight === 0) return undefined;
  if (classes > 0) return { rows, loss: loss / weight, accuracy: right / weight };
  const squared = (loss / weight) * errorUnit;
  return { rows, loss: squared, rmse: Math.sqrt(squared) };
}
