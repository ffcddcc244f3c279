// Quality on real data: boosting beside LightGBM and scikit-learn with the same settings, on the same training and test rows.

import { measureJson } from "../measure.mjs";
import { peer } from "../peers.mjs";
import { realTables } from "../real-data.mjs";
import { emptied, sluice } from "../sluice.mjs";

const usual = { objective: "binary", trees: 100, leaves: 31, rate: 0.1, bins: 255, minRows: 20 };
/** `goal` is for boosting; `linear` says that the linear model of the task is told too. */
const sets = {
  adult: { task: "binary", metric: "auc", goal: 0.924, linear: true },
  "covtype-20k": {
    task: "multiclass",
    objective: "multiclass",
    metric: "accuracy",
    goal: 0.88,
    trees: 200,
    linear: true,
  },
  "higgs-7k": { task: "binary", metric: "auc", goal: 0.81, linear: true },
  flights: { task: "binary", metric: "auc", goal: 0.77, linear: true },
  "california-housing": {
    task: "regression",
    objective: "squared",
    metric: "rmse",
    goal: 48_500,
    trees: 200,
    linear: true,
  },
  diamonds: { task: "regression", objective: "squared", metric: "rmse", goal: 575, trees: 200, linear: true },
  "nyc-taxi-fare": { task: "regression", objective: "absolute", metric: "mae", goal: 0.56, trees: 200, leaves: 63 },
  "protein-casp": { task: "regression", objective: "squared", metric: "rmse", goal: 3.7, trees: 500, leaves: 63 },
  kdd99: { task: "binary", metric: "accuracy", goal: 0.92 },
  a9a: { task: "binary", metric: "accuracy", goal: 0.848, linear: true },
};

export async function quality() {
  const lines = [];
  for (const [set, { metric, goal, linear, ...own }] of Object.entries(sets)) {
    const pairs = await realTables(set);
    if (pairs === undefined) {
      console.log(`  ${set}: there is no ../shared/data/${set}`);
      continue;
    }
    const settings = { ...usual, ...own };
    const ours = await mean(pairs, metric, settings.task, boosted(settings));
    const line = linear && (await mean(pairs, metric, settings.task, ["--learner", linearOf(settings.task)]));
    const { result } = await measureJson(
      ...peer("quality_trees", [JSON.stringify(settings), ...pairs.flat()], "trees"),
    );
    lines.push(lineOf(set, metric, goal, settings, ours, line, result));
    console.log(`  ${set}: ${ours} ${result.lightgbm[metric]} ${result.scikit[metric]}`);
  }
  return lines;
}

const linearOf = (task) => (task === "regression" ? "linear" : "logistic");
function boosted({ task, objective, trees, leaves, rate, bins, minRows }) {
  const params = { trees, leaves, learningRate: rate, bins, minLeafRows: minRows };
  if (task === "regression") params.objective = objective;
  const given = Object.entries(params).flatMap(([name, value]) => ["--param", `${name}=${value}`]);
  return ["--learner", "boosting", ...given];
}

/** The mean of the metric over pairs of a training and a test file. */
async function mean(pairs, metric, task, learner) {
  let sum = 0;
  for (const [train, test] of pairs) {
    const what = ["--label", "label", "--task", task, "--test", test, "--validate", "none"];
    const all = ["train", train, ...what, ...learner, "--memory", "1GB", "--threads", "2"];
    sum += (await sluice(all, emptied("quality"))).result.metrics.test[metric];
  }
  return sum / pairs.length;
}

const downwards = ["rmse", "mae"];
const digits = { auc: 4, accuracy: 4, mae: 4 };
function lineOf(set, metric, goal, { trees, leaves }, ours, linear, { lightgbm, scikit }) {
  const shown = (value) => (goal > 100 ? value.toFixed(0) : value.toFixed(digits[metric] ?? 3));
  const down = downwards.includes(metric);
  // in shares of the error, or in points
  const behind = down ? ours / lightgbm[metric] - 1 : lightgbm[metric] - ours;
  return {
    what: set,
    metric: `${metric}, ${trees} trees of ${leaves} leaves`,
    ours: shown(ours),
    lightgbm: shown(lightgbm[metric]),
    scikit: shown(scikit[metric]),
    behind: down ? `${(100 * behind).toFixed(2)} %` : behind.toFixed(4),
    goal: `${down ? "<=" : ">="} ${goal}`,
    verdict: (down ? ours <= goal : ours >= goal) ? "reached" : "MISSED",
    linear: linear === undefined ? "" : shown(linear),
  };
}
