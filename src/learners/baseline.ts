import { call, lit } from "../expr/expr.js";
import { spaceOf } from "../kernels/space.js";
import { defineLearner } from "./contract.js";
import { outputNames } from "./linear/score.js";
import { linearScores } from "./passes/linear-scores.js";
import { moments, readMoments } from "./passes/moments.js";

export interface BaselineState {
  /** The label's mean, or each class's share of the weight. */
  readonly shares: readonly number[];
}

/** The mean of the label, or the shares of the classes: what a model has to beat. */
export const baseline = defineLearner<Record<never, never>, BaselineState>({
  name: "baseline",
  doc: "predicts the label's mean, or the shares of the classes, whatever the features say",
  tasks: ["binary", "multiclass", "regression"],
  needs: { pages: "dense", passes: "one" },
  params: {},

  async fit(data) {
    const params = { numbers: spaceOf(data.layout).numbers, classes: data.task === "regression" ? 0 : data.classes };
    const { label, classWeights, weight } = readMoments(await data.pass(moments, params), params, data.layout);
    return { shares: data.task === "regression" ? [label.mean] : Array.from(classWeights, (share) => share / weight) };
  },
  score({ shares }, _, task, classes) {
    const outputs = marginsOf(shares, task);
    return Object.fromEntries(outputNames(task, classes).map((name, k) => [name, call("toReal", lit(outputs[k]!))]));
  },
  scorer(state, _, layout, task) {
    const space = spaceOf(layout);
    const intercepts = marginsOf(state.shares, task);
    const weights = intercepts.map(() => new Array<number>(space.width).fill(0));
    return { name: linearScores.name, params: { weights, intercepts, fill: new Array<number>(space.numbers).fill(0) } };
  },
});

/** A class that was never seen gets a share that no float32 probability tells from zero. */
function marginsOf(shares: readonly number[], task: "binary" | "multiclass" | "regression"): readonly number[] {
  if (task === "regression") return shares;
  const logs = shares.map((share) => Math.log(Math.max(share, 1e-15)));
  return task === "binary" ? [logs[1]! - logs[0]!] : logs;
}
