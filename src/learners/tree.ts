import { integer } from "../base/params.js";
import { defineLearner } from "./contract.js";
import { treesContributions } from "./trees/contributions.js";
import { growForest } from "./trees/grow-forest.js";
import { treesImportance } from "./trees/importance.js";
import { treeRules } from "./trees/rules.js";
import { treesScore, treesScorer } from "./trees/score.js";
import type { TreesState } from "./trees/tree.js";

const params = {
  leaves: integer(2, 65_536, 16, "leaves at most; the best split comes next"),
  depth: integer(0, 100, 0, "splits from the root to a leaf at most; 0 sets no limit"),
  minLeafRows: integer(1, 1e9, 5, "training rows of a leaf at least"),
  bins: integer(
    4,
    255,
    255,
    "values of a number are told apart by at most so many bins, one of them for missing values",
  ),
} as const;

/** One decision tree as in CART (Breiman et al. 1984), small enough to be read: leaves hold class shares or means. */
export const tree = defineLearner<typeof params, TreesState>({
  name: "tree",
  doc: "one decision tree, small enough to be read: `sluice show` prints its rules",
  tasks: ["binary", "multiclass", "regression"],
  needs: { pages: "bins", passes: "many" },
  params,

  fit: (data, given, seed) => growForest(data, { ...given, trees: 1, rowShare: 1, featureShare: 1 }, seed),
  score: treesScore,
  scorer: treesScorer,
  importance: treesImportance,
  contributions: treesContributions,
  rules: treeRules,
});
