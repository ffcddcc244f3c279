import { SluiceError } from "../base/errors.js";
import { formatCount } from "../base/units.js";
import { type Census, countRows, noLabels, noTrainingRows } from "../data/census.js";
import {
  comparedColumns,
  contentOf,
  copiesWarning,
  countCopies,
  mostCells,
  sampleRows,
  sampleRuns,
} from "../data/copies.js";
import { inspectLabel, type LabelFound } from "../data/label.js";
import { checkWeights, takenColumns, type Weight, weighingSome, weightOf, withoutRoles } from "../data/roles.js";
import { foldsAsked, parseSplit, type SplitRows, splitCode, validateOf, validationOf } from "../data/split.js";
import { sourceName } from "../evaluate/judge.js";
import { call, type Expr } from "../expr/expr.js";
import type { Relation } from "../expr/relation.js";
import { runsOfRows, scansOf } from "../rows/dataset.js";
import { balancedWeights, weightByClass } from "./class-weights.js";
import { both, rowsOf, type Sheet } from "./sheet.js";
import type { TrainSpec } from "./spec.js";

/** Rows that take part. */
interface Taken {
  /** True for those that pass the filter and weigh something; and of these, for those in the sample. Undefined: all. */
  readonly where: Expr | undefined;
  readonly taking: Expr | undefined;
  readonly base: Relation;
  /** The same before rows without a weight are left out. */
  readonly asGiven: Relation;
  readonly weight: Weight | undefined;
}

/** The target, and which rows are for what. */
export interface Frame extends Taken {
  readonly sheet: Sheet;
  readonly found: LabelFound;
  /** Of classes, their number; else 1. */
  readonly classes: number;
  readonly validation: SplitRows;
  /** The row's split code. */
  readonly split: Expr;
  readonly census: Census;
  /** Rows that have a label, and of any rows those that are trained on. */
  readonly labelled: Relation;
  trainingOf(from: Relation): Relation;
  readonly training: Relation;
  /** Training rows of weight above 0. */
  readonly learnedFrom: number;
  /** What rows weigh while they are learned from; those that judge have the weight that was asked for. */
  readonly weighing: Weight | undefined;
  readonly classWeights: readonly number[] | undefined;
  /** Columns that are no features whatever they hold, with the reason; and those that may become some. */
  readonly noFeatures: ReadonlyMap<string, string>;
  readonly usable: readonly string[];
}

/** `check` refuses a task before rows are counted for it. */
export async function frameOf(sheet: Sheet, check: (found: LabelFound) => void): Promise<Frame> {
  const { run, schema, names, label, roles, known } = sheet;
  const { spec, seed, workspace, warnings } = run;
  const { engine, signal } = workspace;
  const taken = await rowsTaken(sheet);
  const { base } = taken;
  run.events.stage?.("looking at the label");
  const found = await known("label", () =>
    inspectLabel(label, spec.label, {
      engine,
      relation: base,
      schema,
      ...(spec.task ? { task: spec.task } : {}),
      ...(spec.positive === undefined ? {} : { positive: spec.positive }),
      ...(signal ? { signal } : {}),
    }).catch((error: unknown) => noLabels(error, engine, sheet.all, base, spec)),
  );
  refuseForTwoClasses(spec, found);
  check(found);

  const labelled = rowsOf(base, call("isNotNull", found.numeric));
  const splitSpec = parseSplit(validateOf(spec));
  if (spec.group !== undefined && spec.validate === undefined && (foldsAsked(spec)?.by ?? "group") === "group")
    run.assumed.push(
      `rows of one ${spec.group} stay together: ${spec.folds === undefined ? "--validate group:0.2" : `--folds ${spec.folds} by group`}, since --group is named`,
    );
  const whole = comparedColumns(schema, [spec.id]);
  const validation = await known("split", () =>
    validationOf(splitSpec, {
      ...{ engine, labelled, schema, seed },
      ...roles,
      ...(spec.together ? { together: contentOf(whole) } : {}),
      ...(signal ? { signal } : {}),
    }),
  );
  const parts = await partedBy(sheet, taken, found, validation);
  const withLabel = rowsOf(taken.asGiven, call("isNotNull", found.numeric));
  warnings.push(...(await known("roles", () => withoutRoles(roles, schema, withLabel, engine, signal))));
  const noFeatures = takenColumns(label, roles, { requested: spec.features !== undefined, allowed: spec.allowLeak });
  const frame: Frame = {
    ...{ ...taken, ...parts, sheet, found, labelled, noFeatures },
    classes: found.task === "regression" ? 1 : found.classes.length,
    usable: names.filter((name) => !noFeatures.has(name)),
  };
  if (splitSpec.by === "random" && !spec.together && whole.length > 0) await tellCopies(frame, whole);
  return frame;
}

/** The same target and rows, parted in another way: a fold. What is found out about it goes by the sheet's name for it. */
export const framedAnew = async (frame: Frame, sheet: Sheet, validation: SplitRows): Promise<Frame> => ({
  ...frame,
  ...(await partedBy(sheet, frame, frame.found, validation)),
  sheet,
});

type Parts = Pick<
  Frame,
  "validation" | "split" | "census" | "trainingOf" | "training" | "learnedFrom" | "weighing" | "classWeights"
>;

/** What a split makes of the rows that take part. */
async function partedBy(sheet: Sheet, taken: Taken, found: LabelFound, validation: SplitRows): Promise<Parts> {
  const { run, data, scan, schema, label, known } = sheet;
  const { spec, workspace } = run;
  const { engine, signal } = workspace;
  const { base, weight } = taken;
  const split = splitCode(found.numeric, validation);
  const census = await known("census", () => countRows(engine, scan, taken.where, taken.taking, split, signal));
  if (census.read === 0) throw new SluiceError("no_rows", `${spec.sources.join(", ")} has no rows`, {});
  if (census.train === 0)
    throw new SluiceError("no_rows", noTrainingRows(spec, census), { rows: rowCounts(census, data.setAside) });

  const among = validation.training ?? call("not", validation.expr);
  const isTraining = call("and", call("isNotNull", found.numeric), among);
  const trainingOf = (from: Relation): Relation => ({ kind: "filter", from, where: isTraining });
  const training = trainingOf(base);
  const learnedFrom = weight
    ? await known("weights", () => checkWeights(weight, schema, engine, training, sourceName(data)))
    : census.train;
  const classWeights = spec.classWeights && balancedWeights(found, spec.label);
  const weighing: Weight | undefined = classWeights
    ? {
        name: weight?.name ?? "--class-weights",
        expr: weightByClass(classWeights, label, found, validation.expr, weight?.expr),
      }
    : weight;
  return { validation, split, census, trainingOf, training, learnedFrom, weighing, classWeights };
}

/** Rows that weigh nothing say nothing, so they are in nothing. */
async function rowsTaken({ run, all, where: given, sampled, roles, schema, known }: Sheet): Promise<Taken> {
  const { engine, signal } = run.workspace;
  const weight = roles.weight === undefined ? undefined : weightOf(roles.weight, schema);
  const asGiven = rowsOf(all, both(given, sampled));
  const some = weight && (await known("rows that weigh", () => weighingSome(weight, schema, engine, asGiven, signal)));
  if (some)
    run.assumed.push(
      `${formatCount(some.without)} rows of weight 0, or without one, are left out: they count as filtered`,
    );
  const where = both(given, some?.weighs);
  const taking = both(where, sampled);
  return { where, taking, base: rowsOf(all, taking), asGiven, weight };
}

/** Every row that was read, by what became of it. */
export const rowCounts = ({ rowsPerFile: _, ...counted }: Census, setAside: number) => ({
  ...counted,
  setAside,
  test: 0,
  read: counted.read + setAside,
});

function refuseForTwoClasses(spec: TrainSpec, { task }: LabelFound): void {
  for (const flag of ["calibrate", "threshold"] as const)
    if (spec[flag] !== undefined && task !== "binary")
      throw new SluiceError(
        "usage",
        `--${flag} is for two classes, and the label "${spec.label}" makes this ${task}; leave it out`,
        { task },
      );
}

/** Validation rows that are copies of training rows are told: on all rows where they are few, else on a sample. */
export async function tellCopies(
  { sheet, taking, found, census, labelled, validation }: Frame,
  whole: string[],
): Promise<void> {
  const { run, scan, known } = sheet;
  const { engine, signal } = run.workspace;
  const all = census.read * whole.length <= mostCells;
  const runs = (): ReturnType<typeof runsOfRows> =>
    runsOfRows(census.rowsPerFile, sampleRuns, Math.ceil(sampleRows(whole.length) / sampleRuns), run.seed);
  const where = both(taking, call("isNotNull", found.numeric))!;
  const sample = (): Relation[] => scansOf(engine, scan, runs()).map((from) => ({ kind: "filter", from, where }));
  const copies = await known("copies", () =>
    countCopies({
      engine,
      rows: all ? labelled : sample(),
      columns: whole,
      isValidation: validation.expr,
      ...(signal ? { signal } : {}),
    }),
  );
  const told = copiesWarning(copies, whole.length, all);
  if (told) run.warnings.push(told);
}

/** Validation rows, among all of the source. */
export const validationRowsOf = ({ taking, found, validation }: Frame): Expr =>
  both(taking, call("and", call("isNotNull", found.numeric), validation.expr))!;
