import { type Scoring, scoresReference } from "../../kernels/scores.reference.js";
import { spaceOf } from "../../kernels/space.js";
import { defineScorer } from "../../pages/scorer.js";

/** Margins (or predictions) of a linear model, summed in float64: intercepts[k] + weights[k] · x, weights in page units. */
export const linearScores = defineScorer<Scoring>({
  name: "linearScores",
  outputs: ({ weights }) => weights.length,
  start(params, layout) {
    const space = spaceOf(layout);
    return (page, out) => scoresReference(page, space, params, out);
  },
});
