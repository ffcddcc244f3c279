import { spaceOf } from "../kernels/space.js";
import { defineLearner } from "./contract.js";
import { fitByPasses } from "./linear/by-passes.js";
import { linearContributions } from "./linear/contributions.js";
import { variancesOf } from "./linear/errors.js";
import { logLoss, multinomialLogLoss } from "./linear/losses.js";
import { penaltyParams, secondOrderLimit, stopParams, strengthOf } from "./linear/params.js";
import { linearEffects, linearScore, linearScorer } from "./linear/score.js";
import { type LinearState, startFrom, toState } from "./linear/state.js";

const params = { ...penaltyParams, ...stopParams } as const;

/** Logistic regression, binary or multinomial: Newton's method where second derivatives fit, L-BFGS where they don't. */
export const logistic = defineLearner<typeof params, LinearState>({
  name: "logistic",
  doc: "logistic regression for two or more classes, with an L1 or L2 penalty or both",
  tasks: ["binary", "multiclass"],
  needs: { pages: "dense", passes: "many", inEngine: true },
  params,

  async fit(data, given, _seed, earlier) {
    const outputs = data.task === "binary" ? 1 : data.classes;
    const curved = outputs * spaceOf(data.layout).width <= secondOrderLimit;
    const loss = data.task === "binary" ? logLoss : multinomialLogLoss;
    const options = { ...given, outputs, curved, ...startFrom(earlier, data, outputs) };
    const fit = await fitByPasses(data, loss, options);
    return toState(fit.coordinates, fit.x, outputs, variancesOf(fit, strengthOf(given, data.rows), outputs));
  },
  score: linearScore,
  scorer: linearScorer,
  effects: linearEffects,
  contributions: linearContributions,
});
