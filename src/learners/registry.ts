import type { Keeper } from "../pages/keeper.js";
import type { Fold, Pass } from "../pages/pass.js";
import type { Scorer } from "../pages/scorer.js";
import { formulaScores } from "./passes/formula-scores.js";
import { ftrl } from "./passes/ftrl.js";
import { gram } from "./passes/gram.js";
import { labelOrder } from "./passes/label-order.js";
import { linearScores } from "./passes/linear-scores.js";
import { logistic } from "./passes/logistic.js";
import { moments } from "./passes/moments.js";
import { sgdEpoch } from "./passes/sgd-epoch.js";
import { slotScores } from "./passes/slot-scores.js";
import { softmax } from "./passes/softmax.js";
import { squared } from "./passes/squared.js";
import { treeScores } from "./passes/tree-scores.js";
import { binnedRows } from "./trees/binned-rows.js";
import { columnSample } from "./trees/column-sample.js";

/** What workers find by name. */
export const passes: Readonly<Record<string, Pass<never>>> = { gram, labelOrder, logistic, moments, softmax, squared };
export const folds: Readonly<Record<string, Fold<never>>> = { sgdEpoch };
export const scorers: Readonly<Record<string, Scorer<never>>> = {
  formulaScores,
  linearScores,
  slotScores,
  treeScores,
};
export const keepers: Readonly<Record<string, Keeper<never>>> = { binnedRows, columnSample, ftrl };
