import { compile } from "../../expr/evaluate.js";
import type { Block } from "../../features/contract.js";
import type { Contributions } from "../contract.js";
import { inputOf } from "./score.js";
import type { Tree, TreesState } from "./tree.js";

/**
 * Exact Shapley values of each feature for a row, where a feature that is not known is averaged over by the training rows on either
 * side of each split (path-dependent TreeSHAP). They and `base` add up to the raw output, before the link.
 */
export function treesContributions({ base, link, trees }: TreesState, blocks: readonly Block[]): Contributions {
  const inputs = blocks.map((block) => compile(inputOf(block)));
  const sets = new Map<readonly number[], ReadonlySet<number>>();
  for (const { test } of trees) for (const one of test) if (typeof one !== "number") sets.set(one, new Set(one));
  const prepared = trees.map((tree) => ({ tree, share: sharesOf(tree), room: roomFor(tree) }));
  const bases = [...base];
  for (const { tree, share } of prepared) bases[tree.output]! += expected(tree, share);
  return {
    of: link === "identity" ? "output" : link === "exp" ? "log" : "share",
    base: bases,
    explain(row) {
      const values = inputs.map((input) => {
        const value = input(row);
        return value === null ? Number.NaN : Number(value);
      });
      const found = base.map(() => new Float64Array(blocks.length));
      for (const { tree, share, room } of prepared) {
        const goesLeft = (node: number): boolean => {
          const x = values[tree.feature[node]!]!;
          const test = tree.test[node]!;
          if (Number.isNaN(x)) return tree.missingLeft[node]!;
          return typeof test === "number" ? x <= test : sets.get(test)!.has(x);
        };
        if (tree.feature.length > 0)
          new Walk(tree, share, goesLeft, found[tree.output]!, room).visit(0, 0, 0, 1, 1, -1);
      }
      return found;
    },
  };
}

/** Of each node, the share of its training rows that went left. */
function sharesOf({ left, right, nodeRows, leafRows }: Tree): number[] {
  const rows = (child: number): number => (child >= 0 ? nodeRows[child]! : leafRows[-1 - child]!);
  return left.map((child, node) => {
    const [goLeft, goRight] = [rows(child), rows(right[node]!)];
    return goLeft + goRight > 0 ? goLeft / (goLeft + goRight) : 0.5;
  });
}

function expected({ left, right, value }: Tree, share: readonly number[]): number {
  const of = (at: number): number =>
    at < 0 ? value[-1 - at]! : share[at]! * of(left[at]!) + (1 - share[at]!) * of(right[at]!);
  return of(left.length === 0 ? -1 : 0);
}

/** Room for the paths of all depths of a tree, one after the other. */
interface Room {
  readonly feature: Int32Array;
  readonly zero: Float64Array;
  readonly one: Float64Array;
  readonly weight: Float64Array;
}

function roomFor({ left, right }: Tree): Room {
  const depth = (at: number): number => (at < 0 ? 0 : 1 + Math.max(depth(left[at]!), depth(right[at]!)));
  const levels = 2 + depth(left.length === 0 ? -1 : 0);
  const size = (levels * (levels + 1)) / 2;
  return {
    feature: new Int32Array(size),
    zero: new Float64Array(size),
    one: new Float64Array(size),
    weight: new Float64Array(size),
  };
}

/**
 * Lundberg, Erion, Lee 2018, "Consistent individualized feature attribution for tree ensembles", algorithm 2. A path holds the
 * features asked so far, each with the share of rows that follow it when it is unknown (zero) and known (one), and for each number of
 * known features the weight of the subsets of that size.
 */
class Walk {
  readonly #tree: Tree;
  readonly #share: readonly number[];
  readonly #goesLeft: (node: number) => boolean;
  readonly #into: Float64Array;
  readonly #room: Room;

  constructor(
    tree: Tree,
    share: readonly number[],
    goesLeft: (node: number) => boolean,
    into: Float64Array,
    room: Room,
  ) {
    this.#tree = tree;
    this.#share = share;
    this.#goesLeft = goesLeft;
    this.#into = into;
    this.#room = room;
  }

  /** `from` is where the path of the node above starts, `length` how many features it has. */
  visit(node: number, from: number, length: number, zero: number, one: number, asked: number): void {
    const { feature, zero: zeros, one: ones, weight } = this.#room;
    let count = length;
    const at = from + count;
    for (const values of [feature, zeros, ones, weight]) values.copyWithin(at, from, from + count);
    this.#extend(at, count, zero, one, asked);

    if (node < 0) {
      const value = this.#tree.value[-1 - node]!;
      for (let i = 1; i <= count; i++)
        this.#into[feature[at + i]!]! += this.#sumWithout(at, count, i) * (ones[at + i]! - zeros[at + i]!) * value;
      return;
    }
    // A feature that was asked before: its two shares multiply, and it stands in the path once.
    const mine = this.#tree.feature[node]!;
    let [zeroBefore, oneBefore] = [1, 1];
    for (let i = 1; i <= count; i++)
      if (feature[at + i] === mine) {
        [zeroBefore, oneBefore] = [zeros[at + i]!, ones[at + i]!];
        this.#unwind(at, count, i);
        count--;
        break;
      }
    const toLeft = this.#goesLeft(node);
    const left = this.#share[node]!;
    const { left: leftChild, right: rightChild } = this.#tree;
    this.visit(leftChild[node]!, at, count + 1, zeroBefore * left, toLeft ? oneBefore : 0, mine);
    this.visit(rightChild[node]!, at, count + 1, zeroBefore * (1 - left), toLeft ? 0 : oneBefore, mine);
  }

  #extend(at: number, count: number, zero: number, one: number, asked: number): void {
    const { feature, zero: zeros, one: ones, weight } = this.#room;
    feature[at + count] = asked;
    zeros[at + count] = zero;
    ones[at + count] = one;
    weight[at + count] = count === 0 ? 1 : 0;
    for (let i = count - 1; i >= 0; i--) {
      weight[at + i + 1]! += (one * weight[at + i]! * (i + 1)) / (count + 1);
      weight[at + i] = (zero * weight[at + i]! * (count - i)) / (count + 1);
    }
  }

  /** Takes the i-th feature out of a path whose last is the count-th. */
  #unwind(at: number, count: number, i: number): void {
    const { feature, zero: zeros, one: ones, weight } = this.#room;
    const [zero, one] = [zeros[at + i]!, ones[at + i]!];
    let next = weight[at + count]!;
    for (let j = count - 1; j >= 0; j--) {
      if (one !== 0) {
        const before = weight[at + j]!;
        weight[at + j] = (next * (count + 1)) / ((j + 1) * one);
        next = before - (weight[at + j]! * zero * (count - j)) / (count + 1);
      } else weight[at + j] = zero === 0 ? 0 : (weight[at + j]! * (count + 1)) / (zero * (count - j));
    }
    for (let j = i; j < count; j++) {
      feature[at + j] = feature[at + j + 1]!;
      zeros[at + j] = zeros[at + j + 1]!;
      ones[at + j] = ones[at + j + 1]!;
    }
  }

  /** The sum of the weights that `unwind` would leave. */
  #sumWithout(at: number, count: number, i: number): number {
    const { zero: zeros, one: ones, weight } = this.#room;
    const [zero, one] = [zeros[at + i]!, ones[at + i]!];
    let next = weight[at + count]!;
    let total = 0;
    for (let j = count - 1; j >= 0; j--) {
      if (one !== 0) {
        const here = (next * (count + 1)) / ((j + 1) * one);
        total += here;
        next = weight[at + j]! - (here * zero * (count - j)) / (count + 1);
      } else if (zero !== 0) total += (weight[at + j]! * (count + 1)) / (zero * (count - j));
    }
    return total;
  }
}
