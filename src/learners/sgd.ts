import { choice, integer, real } from "../base/params.js";
import { subSeed } from "../base/seeds.js";
import { defineLearner, type TrainingData } from "./contract.js";
import { momentsOf, standardOf } from "./linear/by-passes.js";
import { linearContributions } from "./linear/contributions.js";
import { type Coordinates, penaltyOn } from "./linear/coordinates.js";
import { penaltyParams, strengthOf } from "./linear/params.js";
import { linearEffects, linearScore, linearScorer } from "./linear/score.js";
import { stableStep } from "./linear/stable-step.js";
import { type LinearState, toState } from "./linear/state.js";
import { labelOrder, orderedRows, readLabelOrder } from "./passes/label-order.js";
import { readSgd, rowsTogether, type SgdParams, sgdEpoch, sgdHead } from "./passes/sgd-epoch.js";

const params = {
  penalty: penaltyParams.penalty,
  l1Ratio: penaltyParams.l1Ratio,
  epochs: integer(1, 10_000, 5, "walks over the training rows"),
  batchRows: integer(1, 65_536, 256, "rows of a step"),
  rate: real(
    1e-9,
    100,
    1,
    "length of the first step; 1 is the longest that is surely stable for these columns and batches",
  ),
  schedule: choice(
    ["constant", "sqrt", "inverse"],
    "inverse",
    "how steps shrink: by nothing, by the root of 1 + t, by 1 + t; t counts epochs, or thousands of steps where those are shorter",
  ),
  momentum: real(0, 0.99, 0, "share of the last step that goes on; the rate is lowered by as much"),
} as const;

/** Rows near each other are often alike (sorted files), and then only short late steps average over them. */
const stepsOfDecay = 1_000;
const powers = { constant: 0, sqrt: 0.5, inverse: 1 } as const;

/** Mini-batch gradient descent on the objective of the linear family, over the pages in a new seeded order each epoch. */
export const sgd = defineLearner<typeof params, LinearState>({
  name: "sgd",
  doc: "mini-batch stochastic gradient descent for linear and logistic regression: epochs, batches, a falling rate",
  tasks: ["binary", "multiclass", "regression"],
  needs: { pages: "dense", passes: "many" },
  params,

  async fit(data, given, seed) {
    const [about, order] = await Promise.all([momentsOf(data, "train"), data.pass(labelOrder, {})]);
    const { ordered, share } = readLabelOrder(order);
    if (ordered && data.rows > rowsTogether(data.layout)) data.warn(orderedRows("sgd", share));
    const coordinates = inFloat32(standardOf(data, about));
    const { mean, deviation, fill, space } = coordinates;
    const outputs = data.task === "multiclass" ? data.classes : 1;
    const strength = strengthOf({ penalty: given.penalty, l1Ratio: given.l1Ratio, standardise: true }, data.rows);
    const { l1, l2 } = penaltyOn(coordinates, strength, 1);
    const step: SgdParams = {
      loss: lossOf[data.task],
      outputs,
      rate: {
        start: given.rate * (1 - given.momentum) * (await stableStep(data, coordinates, given.batchRows)),
        decay: Math.max(given.batchRows / data.rows, 1 / stepsOfDecay),
        power: powers[given.schedule],
      },
      batchRows: given.batchRows,
      l1: Array.from(l1.subarray(0, space.width)),
      l2: Array.from(l2.subarray(0, space.width)),
      momentum: given.momentum,
      meanWeight: about.weight / about.rows,
      centre: Array.from(mean),
      scale: Array.from(deviation, (value) => value || 1),
      fill: Array.from(fill),
      rows: data.rows,
      seed: subSeed(seed, "rows"),
    };

    const size = space.width + 1;
    let state: Float64Array = new Float64Array(sgdEpoch.length(step, data.layout));
    if (data.task === "regression") state[sgdHead + space.width] = about.label.mean;
    for (let epoch = 0; epoch < given.epochs; epoch++) {
      state.fill(0, 1, sgdHead); // the loss of this epoch alone
      state = await data.fold(sgdEpoch, step, state, { epoch, seed });
      data.report({ step: epoch + 1, loss: readSgd(state, step, space.width).meanLoss, note: "epoch" });
    }
    return toState(coordinates, state.slice(sgdHead, sgdHead + outputs * size), outputs);
  },
  score: linearScore,
  scorer: linearScorer,
  effects: linearEffects,
  contributions: linearContributions,
});

const lossOf = { binary: "logistic", multiclass: "softmax", regression: "squared" } as const satisfies Record<
  TrainingData["task"],
  string
>;

/** The fold's kernel reads means and deviations as float32: what it used is what its weights mean. */
const inFloat32 = (coordinates: Coordinates): Coordinates => ({
  ...coordinates,
  mean: coordinates.mean.map(Math.fround),
  deviation: coordinates.deviation.map(Math.fround),
});
