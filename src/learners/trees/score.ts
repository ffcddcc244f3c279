import { call, type DecisionTree, type Expr, lit } from "../../expr/expr.js";
import type { Block } from "../../features/contract.js";
import type { PageLayout } from "../../pages/page.js";
import type { Task } from "../contract.js";
import { outputNames } from "../linear/score.js";
import { type ScoredTree, smallestShare, treeScores } from "../passes/tree-scores.js";
import type { Tree, TreesState } from "./tree.js";

export function treesScore(
  { base, link, trees }: TreesState,
  blocks: readonly Block[],
  task: Task,
  classes: number,
): Record<string, Expr> {
  return Object.fromEntries(
    outputNames(task, classes).map((name, k) => {
      const own = trees.filter(({ output }) => output === k);
      const used = [...new Set(own.flatMap(({ feature }) => feature))].sort((a, b) => a - b);
      const place = new Map(used.map((feature, i) => [feature, i]));
      const raw: Expr = {
        kind: "trees",
        inputs: used.map((feature) => inputOf(blocks[feature]!)),
        base: base[k]!,
        trees: own.map((tree) => nodesOf(tree, (feature) => place.get(feature)!)),
      };
      return [name, linked(raw, link)];
    }),
  );
}

/** What a tree asks of a row, without what it remembers of its training; `to` renames its features. */
const nodesOf = (
  { feature, test, missingLeft, left, right, value }: Tree,
  to: (feature: number) => number,
): DecisionTree => ({ feature: feature.map(to), test, missingLeft, left, right, value });

/** What a tree asks of a block: its number, or the code of its level; null where missing or unknown. */
export const inputOf = (block: Block): Expr =>
  block.kind !== "category"
    ? call("toReal", block.expr)
    : {
        kind: "lookup",
        key: block.expr,
        keys: block.levels,
        values: block.levels.map((_, code) => code),
        otherwise: null,
      };

function linked(raw: Expr, link: TreesState["link"]): Expr {
  if (link === "identity") return raw;
  if (link === "exp") return call("exp", raw);
  if (link === "log") return call("ln", call("greatest", raw, lit(smallestShare)));
  const share = call("least", call("greatest", raw, lit(smallestShare)), lit(1 - smallestShare));
  return call("ln", call("div", share, call("sub", lit(1), share)));
}

/** The same by kernel: thresholds are coded as the pages code their values, so every row ends in the leaf that the formula gives it. */
export function treesScorer(
  { base, link, trees }: TreesState,
  blocks: readonly Block[],
  layout: PageLayout,
): { name: string; params: unknown } {
  const numbers = layout.columns.filter((column) => column.kind === "number");
  let number = 0;
  let category = numbers.length;
  const columnOf = blocks.map((block) => (block.kind === "number" ? number++ : category++));
  const coded = (tree: Tree): ScoredTree => ({
    ...nodesOf(tree, (feature) => columnOf[feature]!),
    output: tree.output,
    test: tree.test.map((test, node) => {
      if (typeof test !== "number") return test;
      const { shift, exponent } = numbers[columnOf[tree.feature[node]!]!]!;
      return Math.fround((test - shift) * 2 ** exponent);
    }),
  });
  return { name: treeScores.name, params: { base, link, trees: trees.map(coded) } };
}
