import { call, type Expr, lit } from "../../expr/expr.js";
import type { Relation } from "../../expr/relation.js";
import { blocksOf } from "../../features/fit.js";
import { learnerNamed } from "../../learners/index.js";
import { outputNames } from "../../learners/linear/score.js";
import { lossOf } from "../../metrics/loss.js";
import type { Model } from "../../model/model.js";
import type { Workspace } from "../../workspace/workspace.js";

/** How much lower the second model's loss is than the first's, row by row on the same rows, and how sure that is. */
export interface Comparison {
  readonly rows: number;
  /** Mean of the first's loss less the second's: above 0 where the second is better. Squared error, or nats. */
  readonly gain: number;
  /** Its standard error: of the differences, which is far smaller than that of either loss. */
  readonly error: number;
}

/** Both models on the same rows in one query: `rows` has their input columns. */
export async function compareModels(
  [first, second]: readonly [Model, Model],
  rows: Relation,
  { numeric, weight = lit(1) }: { readonly numeric: Expr; readonly weight?: Expr | undefined },
  { local, signal }: Pick<Workspace, "local" | "signal">,
): Promise<Comparison> {
  const { task } = first;
  const classes = Math.max(1, first.classes.length);
  const names = outputNames(task, classes);
  const columns: Record<string, Expr> = { label: numeric, weight: call("toReal", weight) };
  [first, second].forEach((model, m) => {
    const scores = learnerNamed(model.learner).score(model.state as never, blocksOf(model.features), task, classes);
    names.forEach((name, k) => {
      columns[`m${m}_${k}`] = scores[name]!;
    });
  });
  const outputs = (m: number): string[] => names.map((_, k) => `m${m}_${k}`);
  const [ours, theirs] = [outputs(0), outputs(1)];
  let [count, weights, sum, squares] = [0, 0, 0, 0];
  for (const row of await local.rows({ kind: "project", from: rows, columns }, Number.POSITIVE_INFINITY, signal)) {
    const label = Number(row["label"]);
    const w = Number(row["weight"] ?? 0);
    const cost = (of: readonly string[]): number =>
      lossOf(
        task,
        of.map((name) => Number(row[name])),
        label,
      );
    const gain = cost(ours) - cost(theirs);
    if (!(w > 0) || !Number.isFinite(gain)) continue;
    count++;
    weights += w;
    sum += w * gain;
    squares += w * w * gain * gain;
  }
  const gain = sum / weights;
  return { rows: count, gain, error: Math.sqrt(Math.max(0, squares / weights ** 2 - gain ** 2 / count)) };
}
