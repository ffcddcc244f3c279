import { UnknownNameError } from "../base/errors.js";
import { baseline } from "./baseline.js";
import { boosting } from "./boosting.js";
import type { Learner } from "./contract.js";
import { forest } from "./forest.js";
import { linear } from "./linear.js";
import { logistic } from "./logistic.js";
import { homeLearner, isMllib } from "./mllib.js";
import { sgd } from "./sgd.js";
import { sparseLinear } from "./sparse-linear.js";
import { sparseLogistic } from "./sparse-logistic.js";
import { tree } from "./tree.js";

export { baseline, boosting, forest, linear, logistic, sgd, sparseLinear, sparseLogistic, tree };

/** Every learner that a name can ask for. */
export const learners: readonly Learner[] = [
  baseline,
  linear,
  logistic,
  boosting,
  forest,
  tree,
  sgd,
  sparseLinear,
  sparseLogistic,
] as readonly unknown[] as readonly Learner[];

export function learnerNamed(name: string): Learner {
  if (isMllib(name)) return homeLearner(name);
  const found = learners.find((learner) => learner.name === name);
  if (!found)
    throw new UnknownNameError(
      "learner",
      name,
      learners.map((learner) => learner.name),
    );
  return found;
}
