import { join } from "node:path";
import type { Resolved } from "../base/params.js";
import { sourceName, summedOf } from "../evaluate/judge.js";
import { type Block, type FittedFeature, widthOf } from "../features/contract.js";
import { blocksOf } from "../features/fit.js";
import type { Learner } from "../learners/contract.js";
import { ClusterRows } from "../rows/cluster-rows.js";
import { refuseNotFinite } from "../rows/coding.js";
import { countDocuments, needsDocuments } from "../rows/count-documents.js";
import { Dataset, type DatasetOptions } from "../rows/dataset.js";
import { refuseHiddenNan } from "../rows/footers.js";
import { SharedRows } from "../rows/learn.js";
import { type Summing, whereSummed } from "../rows/where-summed.js";
import type { Frame } from "./frame.js";
import type { prepare } from "./prepare.js";

/** The rows as learners take them: pages here, or columns that a cluster holds. The first pass encodes them. */
export interface Encoded extends AsyncDisposable {
  readonly frame: Frame;
  readonly prepared: Awaited<ReturnType<typeof prepare>>;
  /** Features with the words counted that need it. */
  readonly fitted: readonly FittedFeature[];
  readonly blocks: readonly Block[];
  readonly dataset: Dataset;
  readonly options: DatasetOptions;
  readonly rows: SharedRows;
  readonly summing: Summing;
}

export async function encode(
  frame: Frame,
  prepared: Encoded["prepared"],
  learner: Learner,
  params: Resolved,
): Promise<Encoded> {
  const { sheet, taking, census, found, weighing } = frame;
  const { run, scan, journal } = sheet;
  const { spec, workspace } = run;
  const blocks = blocksOf(prepared.fitted);
  const outputs = outputsOf(frame);
  const summing = whereSummed(spec, workspace.engine, learner, {
    rows: census.train + census.validation,
    columns: blocks.length,
    width: outputs * widthOf(blocks),
  });
  const onCluster = summing.where === "cluster";
  run.events.stage?.(onCluster ? "training on the cluster" : "training");
  const keep =
    onCluster ||
    (learner.passes?.(params as never, frame.learnedFrom) ?? learner.needs.passes) === "many" ||
    census.validation > 0 ||
    needsDocuments(prepared.fitted) ||
    // A wide least squares takes many passes too: its sums would not fit.
    (learner.needs.pages === "dense" && widthOf(blocks) > 400);
  const options = optionsOf(frame, prepared, blocks, keep);
  const dataset = new (onCluster ? ClusterRows : Dataset)(
    {
      scan,
      ...(taking ? { where: taking } : {}),
      blocks,
      codings: prepared.codings,
      label: found.numeric,
      ...(weighing ? { weight: weighing.expr } : {}),
      split: frame.split,
      rowsPerFile: census.rowsPerFile,
      ...(spec.pageRows === undefined ? {} : { pageRows: spec.pageRows }),
    },
    options,
  );
  const settle = async (): Promise<void> => {
    await dataset.settle();
    await release(dataset);
  };
  try {
    const fitted = needsDocuments(prepared.fitted)
      ? await countDocuments(prepared.fitted, dataset, workspace, journal)
      : prepared.fitted;
    const keeping = { bytes: workspace.keeperBytes, scratch: join(workspace.scratch, "kept") };
    return {
      ...{ frame, prepared, fitted, dataset, options, summing },
      blocks: blocksOf(fitted),
      rows: new SharedRows(dataset, workspace.pool, journal, keeping),
      [Symbol.asyncDispose]: () => settle().catch(() => {}),
    };
  } catch (error) {
    await settle().catch(() => {});
    throw error;
  }
}

/** A cluster forgets the rows that it holds. */
export const release = async (dataset: Dataset): Promise<void> => {
  if (dataset instanceof ClusterRows) await dataset.release();
};

export const outputsOf = ({ found, classes }: Frame): number => (found.task === "multiclass" ? classes : 1);

function optionsOf(
  { sheet, base, found, census, weighing }: Frame,
  { codings, footers }: Encoded["prepared"],
  blocks: readonly Block[],
  keep: boolean,
): DatasetOptions {
  const { run, data } = sheet;
  const { engine, pool, home, presence, signal } = run.workspace;
  return {
    ...{ engine, pool, presence, keep },
    cacheDir: home.cache,
    ...(signal ? { signal } : {}),
    onDamaged: ({ facts }) =>
      run.warnings.push({ code: "damaged", message: `${facts["file"]} was damaged; its pages were made again` }),
    onProgress: ({ stage, rows, pass }) => run.events.rows?.({ stage, rows, of: census.read, pass }),
    beforeRows: () => data.intact(),
    checkSource: () => data.unchanged(),
    checkValues: async () => {
      await refuseHiddenNan(engine, base, footers);
      const summed = summedOf(blocks, found, { label: run.spec.label, weight: weighing });
      await refuseNotFinite(summed, sourceName(data), engine, base, codings);
    },
  };
}
