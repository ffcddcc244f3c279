import { choice } from "../base/params.js";
import { defineLearner } from "./contract.js";
import { fitSparse } from "./sparse/fit.js";
import { memoryFor, passesFor, sparseParams } from "./sparse/params.js";
import { sparseScore, sparseScorer } from "./sparse/score.js";
import type { SparseState } from "./sparse/state.js";

const params = {
  ...sparseParams,
  classWeight: choice(["none", "balanced"], "none", "balanced makes all classes weigh the same"),
} as const;

/** Logistic regression on hashed features, mostly in one walk over the rows: FTRL-proximal, as for clicks. */
export const sparseLogistic = defineLearner<typeof params, SparseState>({
  name: "sparseLogistic",
  doc: "logistic regression on hashed features with any number of values, learned row by row (FTRL-proximal), with pairs of features and L1",
  tasks: ["binary", "multiclass"],
  needs: { pages: "hashed", passes: "many" },
  params,
  memory: memoryFor,
  passes: ({ passes, classWeight }, rows) => (passesFor(passes, rows) === 1 && classWeight === "none" ? "one" : "many"),
  fit: (data, given, seed) => fitSparse(data, given, seed),
  score: sparseScore,
  scorer: sparseScorer,
});
