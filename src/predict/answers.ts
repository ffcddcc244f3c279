import type { Row } from "../base/schema.js";
import { compile } from "../expr/evaluate.js";
import type { Task } from "../learners/contract.js";
import { calibrated } from "../model/calibration.js";
import { className, type Model } from "../model/model.js";
import { outputsOf } from "./formulas.js";

/** A model's outputs for a row: margins (after calibration), or the prediction. */
export function outputsOfRow(model: Model): (row: Row) => number[] {
  const outputs = Object.values(outputsOf(model)).map((expr) => compile(expr));
  const map = calibrated(model.calibration);
  return (row) => outputs.map((output) => map(Number(output(row))));
}

/** Outputs as a reader knows them: the prediction, the probability of the positive class, or those of all classes. */
export function answersOfOutputs(task: Task, outputs: readonly number[]): number[] {
  if (task === "regression") return [...outputs];
  if (task === "binary") return [1 / (1 + Math.exp(-outputs[0]!))];
  const largest = Math.max(...outputs);
  const parts = outputs.map((output) => Math.exp(output - largest));
  const total = parts.reduce((sum, part) => sum + part, 0);
  return parts.map((part) => part / total);
}

/** Names of such answers. */
export const answerNames = ({ task, classes }: Model): string[] =>
  task === "regression" ? ["prediction"] : (task === "binary" ? classes.slice(1) : classes).map(className);
