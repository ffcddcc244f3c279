import type { DecisionTree, Trees } from "../../expr/expr.js";
import type { Term } from "../dialect.js";
import { double, long } from "./literals.js";
import { asReal, isWhole } from "./terms.js";

// Measured on 1 M rows of 10 columns, trees of 63 leaves, on 2 cores that others used too: 100 trees take 4 s of planning and 8 s
// of CPU, 300 trees 16 s and 32 s (without the fold below 18 s for 100), after half a minute in which Java warms up. Bit masks per
// feature and tree, looked up by the place among the thresholds, took twice the time of IFs.

/**
 * Trees as one IF each, added from left to right. The base stands in a fold over nothing, which keeps Spark from compiling
 * everything into one method, too large for Java to make it fast: beside such a fold each tree gets methods of its own.
 */
export function trees({ base, trees }: Trees, inputs: readonly Term[]): string {
  const numbers = inputs.map(asReal);
  const codes = inputs.map((input) => `try_cast(${isWhole(input.type) ? input.sql : asReal(input)} AS INT)`);
  const terms = trees.map((tree) => nodeOf(tree, tree.feature.length === 0 ? -1 : 0, numbers, codes));
  return `(${[`aggregate(array(0D), ${double(base)}, (sum, x) -> sum)`, ...terms].join(" + ")})`;
}

function nodeOf(tree: DecisionTree, at: number, numbers: readonly string[], codes: readonly string[]): string {
  if (at < 0) return double(tree.value[-1 - at]!);
  const left = nodeOf(tree, tree.left[at]!, numbers, codes);
  const right = nodeOf(tree, tree.right[at]!, numbers, codes);
  const input = numbers[tree.feature[at]!]!;
  const test = tree.test[at]!;
  const missingLeft = tree.missingLeft[at]!;
  // A comparison with null is not true, and Spark's NaN lies above all numbers; so does its negative.
  if (typeof test === "number")
    return missingLeft
      ? `IF(-${input} < ${double(-test)}, ${right}, ${left})`
      : `IF(${input} <= ${double(test)}, ${left}, ${right})`;
  const isLeft = isAmong(codes[tree.feature[at]!]!, test);
  return missingLeft
    ? `IF(${isLeft} OR ${input} IS NULL OR isnan(${input}), ${left}, ${right})`
    : `IF(${isLeft}, ${left}, ${right})`;
}

const fewCodes = 8;

/** Many codes are bits of long words: a place beyond the list gives null, which is not true. */
function isAmong(code: string, codes: readonly number[]): string {
  if (codes.length === 0) return "FALSE";
  if (codes.length <= fewCodes) return `${code} IN (${codes.join(", ")})`;
  const words = new BigInt64Array((codes.at(-1)! >> 6) + 1);
  for (const one of codes) words[one >> 6]! |= 1n << BigInt(one & 63);
  return `(shiftright(get(array(${[...words].map(long).join(", ")}), shiftright(${code}, 6)), ${code} & 63) & 1L) = 1L`;
}
