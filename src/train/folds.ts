import { join } from "node:path";
import { SluiceError } from "../base/errors.js";
import type { Resolved } from "../base/params.js";
import { comparedColumns, contentOf } from "../data/copies.js";
import { type FoldSpec, foldsAsked, foldsOf, type SplitRows } from "../data/split.js";
import type { Learner } from "../learners/contract.js";
import { overFolds } from "../metrics/over-folds.js";
import type { Quality } from "../rows/passes/quality.js";
import { encode } from "./encode.js";
import { fitAll } from "./fit-all.js";
import { type Frame, framedAnew, tellCopies } from "./frame.js";
import { judgeModel } from "./judge-model.js";
import { prepare } from "./prepare.js";
import { openJournalOfFold } from "./run-file.js";
import { knownBy, type Sheet } from "./sheet.js";
import type { Folds } from "./spec.js";

/**
 * How good a training as asked is, judged on every row by a model that did not learn from it (time: on the rows from the second
 * stretch on). Whatever is fitted is fitted for each fold from its own training rows: levels, fills, scales, the learner.
 */
export async function judgeFolds(
  frame: Frame,
  learner: Learner,
  params: Resolved,
  codes: readonly string[],
): Promise<Folds> {
  const { sheet, labelled } = frame;
  const { run, schema, roles, known } = sheet;
  const { spec, seed, workspace } = run;
  const asked = foldsAsked(spec)!;
  const folds = await known("folds", () =>
    foldsOf(asked, spec.gap, {
      ...{ engine: workspace.engine, labelled, schema, seed },
      ...roles,
      ...(spec.together ? { together: contentOf(comparedColumns(schema, [spec.id])) } : {}),
      ...(workspace.signal ? { signal: workspace.signal } : {}),
    }),
  );
  const qualities: Quality[] = [];
  const rows: Folds["rows"][number][] = [];
  let passes = 0;
  for (const [i, fold] of folds.entries()) {
    using own = sheetOfFold(sheet, asked, i);
    const judged = await judgeFold(frame, own, fold, {
      learner,
      params,
      codes,
      tellsCopies: i === 0 && asked.by === "random" && spec.together === undefined,
    });
    qualities.push(judged.quality);
    rows.push(judged.rows);
    passes += judged.passes;
    for (const warning of own.run.warnings)
      if (!run.warnings.some(({ code }) => code === warning.code))
        run.warnings.push({ ...warning, message: `in fold ${i + 1} of ${asked.k}: ${warning.message}` });
    sheet.journal.units.reused += own.journal.units.reused;
    sheet.journal.units.done += own.journal.units.done;
  }
  return {
    ...asked,
    ...(spec.gap === undefined ? {} : { gap: spec.gap }),
    ...{ rows, passes },
    metrics: overFolds(qualities.map(({ model }) => model)),
    baseline: overFolds(qualities.map(({ baseline }) => baseline)),
  };
}

/** The stages of a training, on a fold's rows. */
async function judgeFold(
  whole: Frame,
  sheet: Sheet,
  fold: SplitRows,
  {
    learner,
    params,
    codes,
    tellsCopies,
  }: { learner: Learner; params: Resolved; codes: readonly string[]; tellsCopies: boolean },
): Promise<{ quality: Quality; rows: Folds["rows"][number]; passes: number }> {
  const frame = await framedAnew(whole, sheet, fold);
  const { train, validation } = frame.census;
  if (validation === 0)
    throw new SluiceError(
      "no_rows",
      `a fold has no row to judge on: the rows have too few different values to be shared out; take fewer folds`,
      { folds: sheet.run.spec.folds! },
    );
  const compared = comparedColumns(sheet.schema, [sheet.run.spec.id]);
  // What one fold tells of copies all do.
  if (tellsCopies && compared.length > 0) await tellCopies(frame, compared);
  const prepared = await prepare(frame, learner, params, codes, false);
  await using encoded = await encode(frame, prepared, learner, params);
  const [own, baseline] = await fitAll(encoded, learner, params);
  const { qualities, passes } = await judgeModel(encoded, own, baseline);
  return { quality: qualities["validation"]!, rows: { train, validation }, passes };
}

/** The same source for one fold: what is found out and finished goes by the fold's name. */
function sheetOfFold(sheet: Sheet, { k }: FoldSpec, i: number): Sheet {
  const { run, data } = sheet;
  const { test: _, ...spec } = run.spec;
  const { stage, ...events } = run.events;
  const name = `fold ${i + 1} of ${k}`;
  const journal = openJournalOfFold(join(run.dir, "folds", String(i + 1)), spec, data, (unit) =>
    events.unit?.(`${name}: ${unit}`),
  );
  return {
    ...sheet,
    run: {
      ...run,
      spec,
      warnings: [],
      assumed: [],
      events: { ...events, stage: (text) => stage?.(`${name}: ${text}`) },
    },
    journal,
    known: knownBy(journal, run, data, sheet.schema, `fold ${i + 1}: `),
    [Symbol.dispose]: () => journal.close(),
  };
}
