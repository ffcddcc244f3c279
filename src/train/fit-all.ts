import type { Lease } from "../base/ledger.js";
import type { Resolved } from "../base/params.js";
import { subSeed } from "../base/seeds.js";
import type { Engine } from "../engines/contract.js";
import { call, type Expr } from "../expr/expr.js";
import type { Relation } from "../expr/relation.js";
import type { Block } from "../features/contract.js";
import type { BaselineState } from "../learners/baseline.js";
import type { Learner } from "../learners/contract.js";
import { learnerNamed } from "../learners/index.js";
import { featuresOf } from "../learners/mllib.js";
import { rowSets } from "../pages/row-set.js";
import { markComplete } from "../rows/footers.js";
import { sharesAsTheyCome } from "./class-weights.js";
import { type Encoded, outputsOf } from "./encode.js";
import { refuseStateNotFinite } from "./finite.js";

/** A learner and what it learned. */
export interface Fitted {
  readonly learner: Learner;
  readonly state: unknown;
}

/** The learner and the baseline side by side, on shared scans. */
export async function fitAll(
  encoded: Encoded,
  learner: Learner,
  params: Resolved,
): Promise<readonly [own: Fitted, baseline: Fitted]> {
  const { frame, blocks, rows } = encoded;
  const { sheet, found, classes, weighing, classWeights, learnedFrom, census } = frame;
  const { run } = sheet;
  const { engine } = run.workspace;
  using _weights = leaseFor(encoded, learner, params);
  const about = {
    task: found.task,
    classes,
    rows: learnedFrom,
    weighted: weighing !== undefined,
    validationRows: census.validation,
    blocks,
    seed: run.seed,
    trial: { train: rowSets.train, validation: rowSets.validation },
  };
  const baseline = learnerNamed("baseline");
  const fitBy = engine.fitBy && fittingBy(engine, blocks, frame.training, found.numeric, weighing?.expr);
  const marked = markComplete(blocks, encoded.prepared.footers);
  const [state, shares] = await rows.learn([
    () =>
      learner.fit(
        rows.view({ ...about, blocks: marked, main: true, ...(fitBy ? { fitBy } : {}) }),
        params as never,
        subSeed(run.seed, "learner"),
      ),
    () => baseline.fit(rows.view({ ...about, main: false }), {}, run.seed),
  ]);
  refuseStateNotFinite(learner.name, state, params);
  run.warnings.push(...rows.warnings);
  return [
    { learner, state },
    { learner: baseline, state: classWeights ? sharesAsTheyCome(shares as BaselineState, classWeights) : shares },
  ];
}

/** What the learner holds beyond what the workspace set aside for it before the blocks were known. */
function leaseFor({ frame, blocks }: Encoded, learner: Learner, params: Resolved): Disposable {
  const { workspace } = frame.sheet.run;
  const held = learner.memory?.(params as never, outputsOf(frame), blocks, workspace.plan.threads) ?? 0;
  const further = held - workspace.learnerBytes;
  const lease: Lease | undefined =
    further > 0 ? workspace.ledger.lease(`${learner.name}'s weights`, further) : undefined;
  return { [Symbol.dispose]: () => lease?.release() };
}

/** The training rows as an engine's own learners take them: f0, f1, ... and the label. */
const fittingBy =
  (engine: Engine, blocks: readonly Block[], training: Relation, label: Expr, weight: Expr | undefined) =>
  (learner: string, params: unknown, seed: number): Promise<Readonly<Record<string, Expr>>> => {
    const features = featuresOf(blocks).map((expr, i) => [`f${i}`, expr] as const);
    const columns: Record<string, Expr> = { ...Object.fromEntries(features), label: call("toReal", label) };
    if (weight) columns["weight"] = call("toReal", weight);
    const names = {
      features: features.map(([name]) => name),
      label: "label",
      ...(weight === undefined ? {} : { weight: "weight" }),
      seed: seed >>> 1,
    };
    return engine.fitBy!(
      learner,
      params as Record<string, unknown>,
      { kind: "project", from: training, columns },
      names,
    );
  };
