import type { Task } from "../contract.js";

/** What boosting lowers: as the kernels number them, with their link and what scores start from. */
export interface Objective {
  readonly name: string;
  readonly code: number;
  readonly task: Task;
  /** Huber's border, the quantile, Tweedie's power; 0 elsewhere. */
  readonly alpha: number;
  readonly link: "identity" | "exp";
  /** The largest |gradient| and hessian of a row of weight 1, where they are known; measured otherwise. */
  readonly bounds?: readonly [number, number];
  /** Leaves take this quantile of their residuals in place of a Newton step. */
  readonly quantile?: number;
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

export function objectiveOf(name: string, task: Task, classes: number, alpha: number): Objective {
  if (task === "binary")
    return { name: "binary", code: 0, task, alpha: 0, link: "identity", bounds: [1, 0.25], from: "shares" };
  if (task === "multiclass") {
    const bounds = [1, (0.25 * classes) / (classes - 1)] as const;
    return { name: "multiclass", code: 1, task, alpha: 0, link: "identity", bounds, from: "shares" };
  }
  const common = { name, task, alpha: 0, link: "identity" } as const;
  switch (name) {
    case "absolute":
      return { ...common, code: 3, bounds: [1, 1], quantile: 0.5, from: "quantile" };
    case "huber":
      return { ...common, code: 4, alpha, bounds: [alpha, 1], from: "mean" };
    case "quantile":
      return { ...common, code: 5, alpha, bounds: [1, 1], quantile: alpha, from: "quantile" };
    case "poisson":
      return { ...common, code: 6, link: "exp", from: "logMean" };
    case "gamma":
      return { ...common, code: 7, link: "exp", from: "logMean" };
    case "tweedie":
      return { ...common, code: 8, alpha, link: "exp", from: "logMean" };
    default:
      return { ...common, name: "squared", code: 2, from: "mean" };
  }
}
