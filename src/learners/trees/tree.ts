import type { OutOfBag } from "../contract.js";

/**
 * A decision tree as arrays. An inner node's row goes left where its test holds; node 0 is the root, and a tree of one leaf has no
 * inner nodes. A child `>= 0` is an inner node, a child `< 0` is leaf `-1 - child`.
 */
export interface Tree {
  /** The model output that the tree adds to: 0, or a class code. */
  readonly output: number;
  /** Of each inner node: the index of its block among the model's blocks. */
  readonly feature: readonly number[];
  /** A number block: `x <= test` goes left, in the block's own units. A category block: the codes that go left, ascending. */
  readonly test: readonly (number | readonly number[])[];
  /** Where a missing value goes, and a level that training never saw. */
  readonly missingLeft: readonly boolean[];
  readonly left: readonly number[];
  readonly right: readonly number[];
  /** How much the split lowered the objective, by the sums that it was chosen on. */
  readonly gain: readonly number[];
  /** Training rows that passed each inner node and that ended in each leaf. */
  readonly nodeRows: readonly number[];
  readonly leafRows: readonly number[];
  /** What a leaf adds to the output, learning rate included. */
  readonly value: readonly number[];
}

/** The fitted state of `boosting`, `forest` and `tree`. Raw output k is `base[k]` plus the leaf values of its trees. */
export interface TreesState {
  readonly base: readonly number[];
  /**
   * From the raw output to the model's: as it is (margins, predictions), `e^raw` (poisson, gamma, tweedie: a prediction), or its
   * log odds or log (forests average class shares: margins).
   */
  readonly link: "identity" | "exp" | "logit" | "log";
  readonly trees: readonly Tree[];
  /** Of a forest whose trees left rows out. */
  readonly outOfBag?: OutOfBag;
}

/** The leaf that a row ends in; `goesLeft` judges inner node i. */
export function leafOf({ left, right }: Pick<Tree, "left" | "right">, goesLeft: (node: number) => boolean): number {
  let at = left.length === 0 ? -1 : 0;
  while (at >= 0) at = goesLeft(at) ? left[at]! : right[at]!;
  return -1 - at;
}
