import { formatCount } from "../base/units.js";
import type { Warning } from "../base/warning.js";
import type { Class } from "../data/label.js";
import type { Task } from "../learners/contract.js";
import type { Metrics } from "../metrics/contract.js";
import { figure } from "../metrics/figure.js";
import { className } from "../model/model.js";
import type { Quality } from "../rows/passes/quality.js";
import type { Folds } from "./spec.js";

/** Fewer rows of a class than these say little of how well it is told from the others. */
export const fewestOfClass = { train: 50, judged: 30 } as const;

/** What a model is judged by beside its baseline: log loss, or of a number the error that its objective minimises. */
export function lossOf(task: Task, objective: unknown): "logLoss" | "rmse" | "mae" {
  if (task !== "regression") return "logLoss";
  return objective === "absolute" || objective === "quantile" || objective === "huber" ? "mae" : "rmse";
}

/** A model that always saying the mean, or the classes' shares, beats or equals. */
export function worseThanBaseline(
  task: Task,
  qualities: Readonly<Record<string, Quality>>,
  objective: unknown,
  folds?: Folds,
): Warning | undefined {
  const metric = lossOf(task, objective);
  const judged = [
    ...["test", "validation"].map((on) => {
      const { model, baseline } = qualities[on] ?? {};
      return { on: `${on} rows`, own: model?.values[metric], base: baseline?.values[metric] };
    }),
    {
      on: `the rows of ${folds?.k} folds, on average`,
      own: folds?.metrics[metric]?.mean,
      base: folds?.baseline[metric]?.mean,
    },
  ];
  for (const { on, own, base } of judged) {
    if (own === undefined || base === undefined || own < base) continue;
    const name = { logLoss: "log loss", rmse: "RMSE", mae: "MAE" }[metric];
    const always = task === "regression" ? "always saying the mean" : "always saying the shares of the classes";
    return {
      code: "worse_than_baseline",
      message: `the model is not better than ${always}: ${name} ${figure(own)} against ${figure(base)} on ${on}. Do not use it; look at the features, or try another learner`,
    };
  }
  return undefined;
}

/** Rows that are judged and have no score, so that every figure is one of the others. */
export function unscored({ rows, values }: Metrics, on: string): Warning | undefined {
  const without = values["unscored"] ?? 0;
  if (without === 0) return undefined;
  return {
    code: "unscored",
    message: `the model has no score for ${formatCount(without)} of ${formatCount(rows + without)} ${on}: its figures are those of the others. Numbers too large for a sum make such rows, or a fault of ours`,
  };
}

/** Classes of which so few rows are there that figures, and what was learned of them, are doubtful. */
export function fewPositives(
  task: Task,
  classes: readonly Class[],
  counts: readonly number[],
  judgedShare: number,
): Warning | undefined {
  if (task === "regression") return undefined;
  const rare = classes
    .map((value, i) => ({ value, rows: counts[i] ?? 0 }))
    .filter(
      ({ rows }) =>
        rows * (1 - judgedShare) < fewestOfClass.train ||
        (judgedShare > 0 && rows * judgedShare < fewestOfClass.judged),
    );
  if (rare.length === 0) return undefined;
  const named = rare.slice(0, 3).map(({ value, rows }) => `${className(value)} (${formatCount(rows)} rows)`);
  const more = rare.length > 3 ? ` and ${rare.length - 3} more` : "";
  const judging = judgedShare > 0 ? `, of which about ${Math.round(judgedShare * 100)} % judge the model` : "";
  return {
    code: "few_positives",
    message: `few rows of ${named.join(", ")}${more}${judging}: figures about ${rare.length === 1 ? "it" : "them"} are doubtful, whatever their digits`,
  };
}
