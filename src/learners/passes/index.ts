import type { Keeper } from "../../pages/keeper.js";
import type { Fold, Pass } from "../../pages/pass.js";
import type { Scorer } from "../../pages/scorer.js";
import { binnedRows } from "../trees/binned-rows.js";
import { columnSample } from "../trees/column-sample.js";
import { formulaScores } from "./formula-scores.js";
import { ftrl } from "./ftrl.js";
import { gram } from "./gram.js";
import { labelOrder } from "./label-order.js";
import { linearScores } from "./linear-scores.js";
import { logistic } from "./logistic.js";
import { moments } from "./moments.js";
import { sgdEpoch } from "./sgd-epoch.js";
import { slotScores } from "./slot-scores.js";
import { softmax } from "./softmax.js";
import { squared } from "./squared.js";
import { treeScores } from "./tree-scores.js";

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
