import { integer, real } from "../base/params.js";
import { defineLearner } from "./contract.js";
import { treesContributions } from "./trees/contributions.js";
import { growForest } from "./trees/grow-forest.js";
import { treesImportance } from "./trees/importance.js";
import { treesScore, treesScorer } from "./trees/score.js";
import type { TreesState } from "./trees/tree.js";

const params = {
  trees: integer(1, 65_000, 100, "trees"),
  leaves: integer(2, 65_536, 1024, "leaves of a tree at most"),
  depth: integer(0, 100, 0, "splits from the root to a leaf at most; 0 sets no limit"),
  minLeafRows: integer(1, 1e9, 1, "training rows of a leaf at least"),
  bins: integer(
    4,
    255,
    255,
    "values of a number are told apart by at most so many bins, one of them for missing values",
  ),
  rowSample: real(1e-6, 1, 0.632, "share of the rows that each tree grows on; the others judge it"),
  featureSample: real(
    0,
    1,
    0,
    "share of the features that each split may choose from; 0 is their square root for classes, a third for numbers",
  ),
} as const;

/** A random forest (Breiman 2001): trees on rows of their own, whose splits choose from a few features each; they vote by class shares. */
export const forest = defineLearner<typeof params, TreesState>({
  name: "forest",
  doc: "a random forest: the mean of many trees, each on a share of the rows; the other rows say how good it is",
  tasks: ["binary", "multiclass", "regression"],
  needs: { pages: "bins", passes: "many" },
  params,

  fit: (data, { rowSample, featureSample, ...given }, seed) =>
    growForest(data, { ...given, rowShare: rowSample, featureShare: featureSample }, seed),
  score: treesScore,
  scorer: treesScorer,
  importance: treesImportance,
  contributions: treesContributions,
  outOfBag: ({ outOfBag }) => outOfBag,
});
