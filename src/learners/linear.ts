import { spaceOf } from "../kernels/space.js";
import { defineLearner } from "./contract.js";
import { fitGram } from "./linear/by-gram.js";
import { fitByPasses } from "./linear/by-passes.js";
import { linearContributions } from "./linear/contributions.js";
import { squaredLoss } from "./linear/losses.js";
import { penaltyParams, secondOrderLimit, stopParams } from "./linear/params.js";
import { linearEffects, linearScore, linearScorer } from "./linear/score.js";
import { type LinearState, startFrom, toState } from "./linear/state.js";

const params = { ...penaltyParams, ...stopParams } as const;

/** Least squares with an L1 or L2 penalty or both: one pass for XᵀX where that fits, L-BFGS where it doesn't. */
export const linear = defineLearner<typeof params, LinearState>({
  name: "linear",
  doc: "least squares, with an L1 or L2 penalty or both",
  tasks: ["regression"],
  needs: { pages: "dense", passes: "one", inEngine: true },
  params,

  async fit(data, given, _seed, earlier) {
    if (spaceOf(data.layout).width <= secondOrderLimit) return fitGram(data, given);
    const { coordinates, x } = await fitByPasses(data, squaredLoss, {
      ...given,
      outputs: 1,
      curved: false,
      ...startFrom(earlier, data, 1),
    });
    return toState(coordinates, x, 1);
  },
  score: linearScore,
  scorer: linearScorer,
  effects: linearEffects,
  contributions: linearContributions,
});
