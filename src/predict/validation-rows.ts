import { join } from "node:path";
import { SluiceError } from "../base/errors.js";
import type { Relation } from "../expr/relation.js";
import { runsOfRows, scansOf } from "../train/dataset.js";
import { openData } from "../train/source.js";
import type { TrainDetails, TrainSpec } from "../train/spec.js";
import type { Workspace } from "../train/workspace.js";
import { rowsFor, type SampledRows, sampleAmong } from "./sample.js";

/** Up to so many rows a whole scan is cheap; of more, some runs are read. */
const scannedRows = 500_000;
const runs = 16;
const rowsOfRun = 2048;

/** Some of the rows that a training kept back to judge on. Throws where its source is not what it was. */
export async function validationRows(
  { model, result, data: known, validation }: TrainDetails,
  spec: TrainSpec,
  workspace: Workspace,
  wanted: number,
): Promise<SampledRows> {
  const data = await openData(spec.sources, spec, workspace, join(workspace.home.root, "aside"));
  const same = data.source.files.every(({ fingerprint }, i) => fingerprint === known[i]?.fingerprint);
  if (!same || data.source.files.length !== known.length)
    throw new SluiceError("changed_source", `${spec.sources.join(", ")} has changed since the model was trained`, {
      sources: spec.sources,
    });
  const { rows: kept, rowsPerFile } = validation!;
  const count = result.rows.validation;
  const all = rowsPerFile.reduce((sum, rows) => sum + rows, 0);
  if (all <= scannedRows) {
    const among = { all: { kind: "scan", scan: data.scan }, where: kept, total: count } as const;
    return sampleAmong(model, among, data.schema, workspace, wanted);
  }
  const scans = scansOf(workspace.engine, data.scan, runsOfRows(rowsPerFile, runs, rowsOfRun, 1));
  // Of rows kept back by time, most runs have none: those that have some may give more than their part.
  const sample = await rowsFor(
    model,
    scans.map((from): Relation => ({ kind: "filter", from, where: kept })),
    data.schema,
    workspace,
    Math.ceil((2 * wanted) / scans.length),
  );
  const step = Math.max(1, sample.rows.length / wanted);
  const thinned = <T>(values: readonly T[]): T[] =>
    Array.from({ length: Math.min(wanted, values.length) }, (_, i) => values[Math.floor(i * step)]!);
  return { ...sample, rows: thinned(sample.rows), ...(sample.labels ? { labels: thinned(sample.labels) } : {}) };
}
