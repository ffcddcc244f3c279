import { SluiceError } from "../../base/errors.js";
import type { Task } from "../contract.js";

/** What boosting lowers: as the kernels number them, with their link and what scores start from. */
export interface Objective {
  readonly name: string;
  readonly code: number;
  readonly task: Task;
  /** Huber's border, the quantile, Tweedie's power; 0 elsewhere. */
  readonly alpha: number;
  readonly link: "identity" | "exp";
  /** Leaves take this quantile of their residuals in place of a Newton step. */
  readonly quantile?: number;
  /** Labels below it have no logarithm or no meaning. */
  readonly least?: number;
  /** Where constant scores start: the label's mean, its log, or a quantile of it. */
  readonly from: "shares" | "mean" | "logMean" | "quantile";
}

export const objectiveNames = [
  "auto",
  "squared",
  "absolute",
  "huber",
  "quantile",
  "poisson",
  "gamma",
  "tweedie",
] as const;

/** `alpha` 0 stands for the usual one: 0.9, and 1.5 for tweedie. */
export function objectiveOf(name: string, task: Task, given: number): Objective {
  const alpha = given > 0 ? given : name === "tweedie" ? 1.5 : 0.9;
  const [low, high] = name === "quantile" ? [0, 1] : name === "tweedie" ? [1, 2] : [0, Infinity];
  if (!(alpha > low! && alpha < high!))
    throw new SluiceError(
      "bad_parameter",
      `boosting: alpha is ${alpha}; objective ${name} takes one between ${low} and ${high}`,
      {
        parameter: "alpha",
        value: alpha,
      },
    );
  if (task === "binary") return { name: "binary", code: 0, task, alpha: 0, link: "identity", from: "shares" };
  if (task === "multiclass") {
    return { name: "multiclass", code: 1, task, alpha: 0, link: "identity", from: "shares" };
  }
  const common = { name, task, alpha: 0, link: "identity" } as const;
  switch (name) {
    case "absolute":
      return { ...common, code: 3, quantile: 0.5, from: "quantile" };
    case "huber":
      return { ...common, code: 4, alpha, from: "quantile" };
    case "quantile":
      return { ...common, code: 5, alpha, quantile: alpha, from: "quantile" };
    case "poisson":
      return { ...common, code: 6, least: 0, link: "exp", from: "logMean" };
    case "gamma":
      return { ...common, code: 7, least: Number.MIN_VALUE, link: "exp", from: "logMean" };
    case "tweedie":
      return { ...common, code: 8, alpha, least: 0, link: "exp", from: "logMean" };
    default:
      return { ...common, name: "squared", code: 2, from: "mean" };
  }
}
