import type { Expr } from "../expr/expr.js";
import { type Block, widthOf } from "../features/contract.js";
import type { Learner, Task } from "../learners/contract.js";
import { outputNames } from "../learners/linear/score.js";
import { linearScores } from "../learners/passes/linear-scores.js";
import { Dataset, type DatasetOptions, type DatasetSpec, type NumberCoding } from "../rows/dataset.js";
import type { ScoredModel } from "../rows/passes/scoring.js";
import { sliceColumns } from "../rows/passes/slices.js";

/** What rows are judged on: pages, and the models as scorers over them. */
export interface Judging {
  readonly dataset: Dataset;
  readonly blocks: readonly Block[];
  readonly codings: readonly NumberCoding[];
  readonly model: ScoredModel;
  readonly baseline: ScoredModel;
}

interface Fitted {
  readonly learner: Learner;
  readonly state: unknown;
}

/** By kernels, over the pages that the model was learned from. */
export function judgingOnPages(
  dataset: Dataset,
  blocks: readonly Block[],
  model: Fitted,
  baseline: Fitted,
  task: Task,
  classes: number,
): Judging {
  const scorer = ({ learner, state }: Fitted) => learner.scorer(state, blocks, dataset.layout, task, classes);
  return { dataset, blocks, codings: dataset.spec.codings, model: scorer(model), baseline: scorer(baseline) };
}

/**
 * For rows that stay on a cluster: the model's outputs are computed there, and only they come, as float32, with label, weight and the
 * categories that quality is sliced by.
 */
export function judgingOnOutputs(
  spec: DatasetSpec,
  validation: Expr,
  options: DatasetOptions,
  { learner, state }: Fitted,
  baseline: Fitted,
  task: Task,
  classes: number,
): Judging {
  const scores = learner.score(state, spec.blocks, task, classes);
  const outputs = outputNames(task, classes).map((name): Block => {
    return { kind: "number", name, expr: scores[name]!, fill: 0 };
  });
  const blocks = [...outputs, ...sliceColumns(spec.blocks).blocks];
  const codings = outputs.map(() => ({ shift: 0, exponent: 0 }));
  const dataset = new Dataset({ ...spec, where: validation, blocks, codings }, options);
  const width = widthOf(blocks);
  const weights = outputs.map((_, k) => Array.from({ length: width }, (__, j) => (j === k ? 1 : 0)));
  const params = { weights, intercepts: outputs.map(() => 0), fill: outputs.map(() => 0) };
  return {
    dataset,
    blocks,
    codings,
    model: { name: linearScores.name, params },
    baseline: baseline.learner.scorer(baseline.state, blocks, dataset.layout, task, classes),
  };
}
