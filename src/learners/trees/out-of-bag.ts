import type { OutOfBag } from "../contract.js";
import { smallestShare } from "../passes/tree-scores.js";

/** What the learning curve shows: the log loss, or the mean squared error. */
export const lossOutOfBag = ({ logLoss, rmse = 0 }: OutOfBag): number => logLoss ?? rmse ** 2;

/** The loss of a row whose class has this share, in steps of 2^-20: the last digits of a logarithm differ between machines. */
export const logLossOf = (share: number): number =>
  Math.round(-Math.log(Math.max(share, smallestShare)) * 2 ** 20) / 2 ** 20;

/** From the sums of `vote`; a squared error is in units of `errorUnit`. */
export function outOfBagOf(
  [rows = 0, weight = 0, loss = 0, right = 0]: ArrayLike<number> & Iterable<number>,
  classes: number,
  errorUnit: number,
): OutOfBag | undefined {
  if (weight === 0) return undefined;
  if (classes > 0) return { rows, accuracy: right / weight, logLoss: loss / weight };
  return { rows, rmse: Math.sqrt((loss / weight) * errorUnit) };
}
