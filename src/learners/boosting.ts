import { choice, integer, real, realOrAuto, textParam } from "../base/params.js";
import { defineLearner } from "./contract.js";
import { interactionsOf, monotoneOf } from "./trees/constraints.js";
import { treesContributions } from "./trees/contributions.js";
import { boost, histogramBytes } from "./trees/fit.js";
import { treesImportance } from "./trees/importance.js";
import { type Objective, objectiveNames, objectiveOf } from "./trees/objectives.js";
import { binsAtMost } from "./trees/record.js";
import { treeRules } from "./trees/rules.js";
import { defaultShare } from "./trees/sampling.js";
import { treesScore, treesScorer } from "./trees/score.js";
import type { TreesState } from "./trees/tree.js";

const params = {
  trees: integer(1, 100_000, 100, "trees; for several classes one for each class"),
  learningRate: real(1e-6, 1, 0.1, "how much of each tree's answer counts"),
  leaves: integer(2, 65_536, 31, "leaves of a tree at most"),
  depth: integer(0, 100, 0, "splits from the root to a leaf at most; 0 sets no limit"),
  minLeafRows: integer(1, 1e9, 20, "training rows of a leaf at least"),
  minLeafHessian: realOrAuto(
    0,
    1e9,
    "summed second derivatives of a leaf at least: for classes, how much doubt its rows are in, p (1 - p) each; auto is 3 for two classes, less for many that are all frequent, 0.001 for numbers",
  ),
  bins: integer(
    4,
    255,
    255,
    "values of a number are told apart by at most so many bins, one of them for missing values",
  ),
  rowSample: real(
    0,
    1,
    0,
    "share of the rows that each tree grows on, those of large gradients above all; 0 lets the number of rows decide",
  ),
  featureSample: real(1e-6, 1, 1, "share of the features that each tree may use"),
  l1: real(0, 1e9, 0, "L1 penalty on leaf values"),
  l2: realOrAuto(
    0,
    1e9,
    "L2 penalty on leaf values; auto is 5 for two classes, less for many that are all frequent, 0 for numbers",
  ),
  maxStep: realOrAuto(
    0,
    1e9,
    "how far a leaf's step may go at most, before the learning rate; 0 sets no limit; auto is 10 where scores are logarithms (classes; poisson, gamma, tweedie), 0 elsewhere",
  ),
  minGain: real(0, 1e12, 0, "a split must lower the objective by more than this"),
  patience: integer(
    0,
    100_000,
    0,
    "stop when so many trees did not lower the loss on the validation rows, and keep the best; 0 goes on",
  ),
  objective: choice(objectiveNames, "auto", "what a number's prediction is for; auto is squared"),
  alpha: real(
    0,
    1e9,
    0,
    "the quantile of objective quantile, huber's border (0 is 0.9 for both), tweedie's power (0 is 1.5)",
  ),
  monotone: textParam("", "features whose effect may only rise or fall: 'age:+, price:-'"),
  interactions: textParam("", "groups of features that may meet in one tree's path: 'a b; c d e'"),
} as const;

/**
 * Scores that are logarithms move by ten a step at most, odds by a factor of e^10: far beyond what ordinary rows ask for, and what a leaf of sure
 * rows asks for when many of them turn out to be rare ones. Other numbers step by means of residuals, which the residuals bound themselves.
 */
const longestStep = (given: number | "auto", { from }: Objective): number => {
  const most = given !== "auto" ? given : from === "shares" || from === "logMean" ? 10 : 0;
  return most === 0 ? Infinity : most;
};

/** Gradient boosted trees, best leaf first, on binned rows. */
export const boosting = defineLearner<typeof params, TreesState>({
  name: "boosting",
  doc: "gradient boosted decision trees: numbers and categories as they are, missing values too",
  tasks: ["binary", "multiclass", "regression"],
  needs: { pages: "bins", passes: "many" },
  params,

  holds: (blocks, { bins }) => histogramBytes(blocks.reduce((sum, block) => sum + binsAtMost(block, bins), 0)),
  fit: (data, given, seed) => {
    const objective = objectiveOf(given.objective, data.task, given.alpha);
    return boost(
      data,
      objective,
      {
        trees: given.trees,
        learningRate: given.learningRate,
        leaves: given.leaves,
        depth: given.depth,
        minLeafRows: given.minLeafRows,
        bins: given.bins,
        l1: given.l1,
        l2: given.l2,
        minGain: given.minGain,
        maxStep: longestStep(given.maxStep, objective),
        patience: given.patience,
        share: given.rowSample > 0 ? given.rowSample : defaultShare(data.rows),
        featureShare: given.featureSample,
        minLeafHessian: given.minLeafHessian,
        monotone: monotoneOf(given.monotone, data.blocks, data.task),
        ...interactionsOf(given.interactions, data.blocks),
        category: { smooth: 10, l2: 10, oneAgainstRest: 4, minGroupRows: 100, maxLevels: 32 },
      },
      seed,
    );
  },
  score: treesScore,
  scorer: treesScorer,
  importance: treesImportance,
  contributions: treesContributions,
  rules: treeRules,
});
