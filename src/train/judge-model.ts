import type { Warning } from "../base/warning.js";
import { openData } from "../data/source.js";
import { columnsToJudge, type Judged, judge } from "../evaluate/judge.js";
import { type Judging, judgingOnOutputs, judgingOnPages } from "../evaluate/judging.js";
import { nanAsMissing } from "../expr/nan.js";
import { parseExpr } from "../expr/parse.js";
import { logit } from "../metrics/ranking.js";
import { type Goal, parseGoal } from "../metrics/threshold.js";
import type { Calibration } from "../model/calibration.js";
import type { Model } from "../model/model.js";
import { rowSets } from "../pages/row-set.js";
import { fitCalibration, marginCounts } from "../rows/passes/calibrate.js";
import {
  contendersOf,
  type Quality,
  type QualityParams,
  quality,
  qualityOf,
  readQuality,
} from "../rows/passes/quality.js";
import { readSlices, type Slice, sliceColumns, slices } from "../rows/passes/slices.js";
import { type Encoded, release } from "./encode.js";
import type { Fitted } from "./fit-all.js";
import { rowCounts, validationRowsOf } from "./frame.js";
import type { RowCounts } from "./spec.js";

/** How good a fit is on rows that it did not learn from, beside the baseline. */
export interface JudgedModel {
  readonly judging: Judging;
  readonly calibration: Calibration | undefined;
  readonly threshold: Model["threshold"];
  /** On `validation` and on `test`, where there are such rows. */
  readonly qualities: Readonly<Record<string, Quality>>;
  readonly slices: readonly Slice[];
  readonly rows: RowCounts;
  /** Over the rows so far, by the learners and to judge them. */
  readonly passes: number;
}

export async function judgeModel(encoded: Encoded, own: Fitted, baseline: Fitted): Promise<JudgedModel> {
  const { frame } = encoded;
  const { run, data } = frame.sheet;
  const { spec, events } = run;
  const { task } = frame.found;
  const judging = await judgingOf(encoded, own, baseline);
  const calibration = await calibrated(encoded, judging);

  const goal = spec.threshold === undefined ? undefined : parseGoal(spec.threshold);
  const judgedWith = (cut?: number, wanted?: Goal): QualityParams => {
    const weighted = frame.weight !== undefined;
    const scorers = contendersOf(judging.model, judging.baseline, { calibration, cut, weighted });
    return { task, classes: frame.classes, scorers, ...(wanted ? { goal: wanted } : {}) };
  };
  const qualities: Record<string, Quality> = {};
  let sliced: readonly Slice[] = [];
  // A probability that is named needs no rows to be found on.
  let cut = goal?.kind === "probability" ? logit(goal.value) : undefined;
  let judged = judgedWith(cut, cut === undefined ? goal : undefined);
  if (frame.census.validation > 0) {
    events.stage?.("judging on validation rows");
    const first = await onValidation(encoded, judging, judged);
    sliced = first.slices;
    qualities["validation"] = first.quality;
    if (goal && cut === undefined) {
      cut = cutIn(first.quality, spec.threshold!, run.warnings);
      judged = judgedWith(cut);
      if (cut !== undefined) qualities["validation"] = await again(encoded, judging, judged);
    }
  }
  const threshold = cut === undefined ? undefined : { goal: spec.threshold!, margin: cut };
  let rows: RowCounts = rowCounts(frame.census, data.setAside);
  if (spec.test && spec.test.length > 0) {
    events.stage?.("judging on the test source");
    const test = await frame.sheet.journal.unit("quality test", () => judgeTest(encoded, judging, judged));
    if (test.labelled > 0) qualities["test"] = qualityOf(judged, test.metrics);
    tellOfTest(encoded, test);
    rows = {
      ...rows,
      test: test.labelled,
      unlabelled: rows.unlabelled + test.unlabelled + test.unknownClass,
      filtered: rows.filtered + test.filtered,
      read: rows.read + test.read,
      setAside: rows.setAside + test.setAside,
    };
  }
  const judgedApart = judging.dataset === encoded.dataset ? 0 : judging.dataset.counters.passes;
  const passes = encoded.dataset.counters.passes + judgedApart;
  return { judging, calibration, threshold, qualities, slices: sliced, rows, passes };
}

/** What the model is judged on: the pages it learned from, or its outputs where the rows stayed away. */
async function judgingOf({ frame, dataset, options, blocks, summing }: Encoded, own: Fitted, baseline: Fitted) {
  const { found, classes, sheet } = frame;
  await release(dataset);
  if (summing.where === "pages") return judgingOnPages(dataset, blocks, own, baseline, found.task, classes);
  const kept = { ...options, keep: sheet.run.spec.calibrate !== undefined };
  return judgingOnOutputs(dataset.spec, validationRowsOf(frame), kept, own, baseline, found.task, classes);
}

/** On the validation rows, by one more pass over them. */
async function calibrated({ frame }: Encoded, judging: Judging): Promise<Calibration | undefined> {
  const { run, journal } = frame.sheet;
  const kind = run.spec.calibrate as Calibration["kind"] | undefined;
  if (kind === undefined) return undefined;
  run.events.stage?.("calibrating on validation rows");
  const counting = { name: marginCounts.name, params: { scorer: judging.model }, rows: rowSets.validation } as const;
  const [counted] = await judging.dataset.run([counting], journal, "calibration");
  run.warnings.push({
    code: "calibrated_on_validation",
    message: `the validation rows were also used to calibrate (${kind}), so their figures flatter the probabilities; judge by ${run.spec.test?.length ? "the test rows" : "rows of a --test source"}`,
  });
  return fitCalibration(kind, counted!);
}

/** The model and its baseline on the same rows in one scan. */
async function onValidation({ frame }: Encoded, { dataset, blocks }: Judging, judged: QualityParams) {
  const sliced = sliceColumns(blocks);
  const params = { ...judged, scorers: judged.scorers.slice(0, 2), columns: sliced.params };
  const [sum, parts] = await dataset.run(
    [
      { name: quality.name, params: judged, rows: rowSets.validation },
      { name: slices.name, params, rows: rowSets.validation },
    ],
    frame.sheet.journal,
    "quality validation",
  );
  return {
    quality: qualityOf(judged, readQuality(judged, sum!)),
    slices: readSlices(judged.task, sliced.blocks, parts!),
  };
}

async function again({ frame }: Encoded, { dataset }: Judging, judged: QualityParams): Promise<Quality> {
  const call = { name: quality.name, params: judged, rows: rowSets.validation } as const;
  const [sum] = await dataset.run([call], frame.sheet.journal, "quality at the threshold");
  return qualityOf(judged, readQuality(judged, sum!));
}

/** A goal that cannot be reached is no reason to lose the model: it keeps the threshold of one half. */
function cutIn({ model }: Quality, threshold: string, warnings: Warning[]): number | undefined {
  if (model.cut === undefined)
    warnings.push({
      code: "threshold_not_reached",
      message: `no threshold reaches ${threshold} on ${model.rows} validation rows, so a row is positive from one half on; ask for less with --threshold`,
    });
  return model.cut;
}

/** The quality on another source. What the training alone needed (dropped columns, a group) may be missing there. */
async function judgeTest({ frame }: Encoded, { blocks, codings }: Judging, judged: QualityParams): Promise<Judged> {
  const { run, schema, label } = frame.sheet;
  const { spec, workspace } = run;
  const asked = {
    ...{ label, blocks, codings },
    task: judged.task,
    numeric: frame.found.numeric,
    ...(frame.weight ? { weight: frame.weight } : {}),
    quality: judged,
  };
  const columns = columnsToJudge(schema, asked);
  const data = await openData(spec.test!, { ...spec, expect: { columns } }, workspace, run.asideDir);
  const names = data.schema.columns.map(({ name }) => name);
  const where = spec.where === undefined ? undefined : nanAsMissing(parseExpr(spec.where, names), data.schema);
  return judge(data, workspace, { ...asked, columns, ...(where ? { where } : {}) });
}

function tellOfTest({ frame }: Encoded, { labelled, read, unlabelled, filtered, ...unknown }: Judged): void {
  const { warnings } = frame.sheet.run;
  const { unknownClass, unknownClasses } = unknown;
  const named = unknownClass > 0 ? ` (${unknownClasses.join(", ")})` : "";
  if (labelled === 0)
    warnings.push({
      code: "no_test_rows",
      message: `no row of the test source could be judged: ${read} read, ${unlabelled} without a label, ${unknownClass} of classes that training did not see${named}, ${filtered} filtered`,
    });
  else if (unknownClass > 0)
    warnings.push({
      code: "unknown_class",
      message: `${unknownClass} rows of the test source have a class that training did not see${named}; they count as wrong in its accuracy and in no other figure`,
    });
}
