import { defineLearner } from "./contract.js";
import { fitSparse } from "./sparse/fit.js";
import { memoryFor, passesFor, sparseParams } from "./sparse/params.js";
import { sparseScore, sparseScorer } from "./sparse/score.js";
import type { SparseState } from "./sparse/state.js";

/** Least squares on hashed features, mostly in one walk over the rows. */
export const sparseLinear = defineLearner<typeof sparseParams, SparseState>({
  name: "sparseLinear",
  doc: "linear regression on hashed features with any number of values, learned row by row (FTRL-proximal), with pairs of features and L1",
  tasks: ["regression"],
  needs: { pages: "hashed", passes: "many" },
  params: sparseParams,
  memory: memoryFor,
  passes: ({ passes }, rows) => (passesFor(passes, rows) === 1 ? "one" : "many"),
  fit: (data, given, seed) => fitSparse(data, given, seed),
  score: sparseScore,
  scorer: sparseScorer,
});
