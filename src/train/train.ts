import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { canonical } from "../base/canonical.js";
import {
  BudgetTooSmallError,
  CodedError,
  type ErrorCode,
  exitCodes,
  isError,
  SluiceError,
  UnknownColumnError,
} from "../base/errors.js";
import { toJson } from "../base/json.js";
import { ioBytes, type Lease, peakRssBytes } from "../base/ledger.js";
import { type Resolved, resolveParams } from "../base/params.js";
import { type Roles, type Schema, typeName } from "../base/schema.js";
import { subSeed } from "../base/seeds.js";
import { formatCount, parseBytes } from "../base/units.js";
import type { Engine } from "../engines/contract.js";
import { call, columnsOf, type Expr } from "../expr/expr.js";
import { nanAsMissing } from "../expr/nan.js";
import { parseExpr } from "../expr/parse.js";
import type { Relation } from "../expr/relation.js";
import type { Decision } from "../features/automatic.js";
import type { Answer, Block, FittedFeature } from "../features/contract.js";
import { blocksOf, fitFeatures } from "../features/fit.js";
import { leakWarnings } from "../features/leak.js";
import { answer } from "../features/statistics.js";
import type { BaselineState } from "../learners/baseline.js";
import type { Learner, Task } from "../learners/contract.js";
import { learnerNamed } from "../learners/index.js";
import { featuresOf, isMllib, mllibLearner } from "../learners/mllib.js";
import { type Goal, parseGoal, thresholdOf } from "../metrics/threshold.js";
import type { Calibration } from "../model/calibration.js";
import { contentHashOf, type Model, modelFormat, stateHashOf, writeModel } from "../model/model.js";
import { defaultCacheLimit, trimCache } from "../runs/cache.js";
import { remembered } from "../runs/facts.js";
import { keepModel, newRunId, runDir, storageError, writeWhole } from "../runs/home.js";
import { fitCalibration, marginCounts } from "./calibrate.js";
import { fewPositives, unscored, worseThanBaseline } from "./cautions.js";
import { countRows, noLabels, noTrainingRows } from "./census.js";
import { checkSpec } from "./check.js";
import { candidatesFor, chooseLearner } from "./choice.js";
import { balancedWeights, sharesAsTheyCome, weightByClass, withClassWeights } from "./class-weights.js";
import { ClusterRows } from "./cluster-rows.js";
import { codingsOf, refuseNotFinite } from "./coding.js";
import { comparedColumns, contentOf, copiesWarning, countCopies, mostCells, sampleRows, sampleRuns } from "./copies.js";
import { countDocuments, needsDocuments } from "./count-documents.js";
import { Dataset, type DatasetOptions, type NumberCoding, runsOfRows, scansOf } from "./dataset.js";
import { refuseStateNotFinite } from "./finite.js";
import { HiddenNan, markComplete, noFooters, readFooters, refuseHiddenNan } from "./footers.js";
import { columnsToJudge, type Judged, type Judging, judge, sourceName, summedOf } from "./judge.js";
import { judgingOnOutputs, judgingOnPages } from "./judging.js";
import { type Class, inspectLabel } from "./label.js";
import { SharedRows } from "./learn.js";
import { formulasOf } from "./overflow.js";
import { planFor } from "./plan.js";
import { contendersOf, type Quality, type QualityParams, quality, qualityOf, readQuality } from "./quality.js";
import { checkWeights, rolesOf, takenColumns, type Weight, weighingSome, weightOf, withoutRoles } from "./roles.js";
import { claimRun, openJournal, openRun } from "./run-file.js";
import { readSlices, type Slice, sliceColumns, slices } from "./slices.js";
import { openData } from "./source.js";
import type { TrainDetails, TrainEvents, TrainResult, TrainSpec, Warning } from "./spec.js";
import { inShare, parseSplit, splitCode, validateOf, validationOf } from "./split.js";
import { whereSummed } from "./where-summed.js";
import type { Workspace } from "./workspace.js";

interface Prepared {
  readonly decisions: readonly Decision[];
  readonly fitted: readonly FittedFeature[];
  readonly codings: readonly NumberCoding[];
}

/** Data + features + learner -> model: the path of a row, left to right once. */
export async function trainModel(
  asked: TrainSpec,
  workspace: Workspace,
  events: TrainEvents = {},
  resumeRun?: string,
): Promise<TrainDetails> {
  const spec = withClassWeights(asked);
  const learner = isMllib(spec.learner) ? await mllibLearner(spec.learner) : undefined;
  checkSpec(spec, learner);
  if (learner && !workspace.engine.fitBy)
    throw new SluiceError(
      "usage",
      `${learner.name} is fitted by Spark: say --on spark, with the cluster in SPARK_REMOTE`,
      { learner: learner.name },
    );
  const run = resumeRun ?? newRunId(workspace.home);
  using _claim = claimRun(runDir(workspace.home, run), run, workspace.home.cache);
  try {
    return await trainIn(run, spec, workspace, events, true).catch((error: unknown) => {
      if (!(error instanceof HiddenNan)) throw error;
      return trainIn(run, spec, workspace, events, false);
    });
  } catch (error) {
    throw leaving(error, run, runDir(workspace.home, run), resumeRun !== undefined);
  }
}

/** A run that can go on is named in the error; one that was refused leaves no folder behind. */
function leaving(error: unknown, run: string, dir: string, resumed: boolean): unknown {
  const begun = existsSync(join(dir, "run.json"));
  for (const code of ["interrupted", "disk_full", "cluster_unreachable", "cluster_lost"] as const)
    if (begun && isError(error, code))
      return new SluiceError(
        code,
        `${error.message}; finished work is kept: sluice resume ${run}`,
        { ...(error instanceof SluiceError ? error.facts : {}), run },
        { cause: error },
      );
  const refused = error instanceof CodedError && [2, 3, 4].includes(exitCodes[error.code as ErrorCode]);
  if (!resumed && (!begun || refused)) rmSync(dir, { recursive: true, force: true });
  return error;
}

async function trainIn(
  run: string,
  spec: TrainSpec,
  workspace: Workspace,
  events: TrainEvents,
  trustFooters: boolean,
): Promise<TrainDetails> {
  const started = Date.now();
  const io = ioBytes();
  const { engine, home, signal } = workspace;
  const seed = spec.seed ?? 7;
  const warnings: Warning[] = [];
  const assumed: string[] = [];

  // The source, and what every formula means in it.
  events.stage?.("reading the source");
  const dir = runDir(home, run);
  openRun(dir, spec);
  const data = await openData(
    spec.sources,
    spec,
    workspace,
    join(dir, "aside"),
    (progress) => events.rows?.({ stage: "landing", rows: progress.rows, of: 0, pass: 0 }),
    "when read",
  );
  assumed.push(...data.assumed);
  warnings.push(...data.warnings);
  const { scan, schema } = data;
  const names = schema.columns.map(({ name }) => name);
  const { label, where: given, requested, wide } = await formulasOf(spec, schema, scan, engine, signal);
  for (const formula of wide)
    warnings.push({
      code: "overflow",
      message: `${formula} goes beyond 64-bit whole numbers in some rows, so it is computed with real numbers`,
    });
  const roles = rolesOf(spec, schema);
  for (const name of [...(spec.drop ?? []), ...(spec.allowLeak ?? [])])
    if (!names.includes(name)) throw new UnknownColumnError(name, names);
  const learner = isMllib(spec.learner)
    ? await mllibLearner(spec.learner)
    : spec.learner === undefined
      ? undefined
      : learnerNamed(spec.learner);
  const all: Relation = { kind: "scan", scan };
  const sampled =
    spec.sample === undefined || spec.sample >= 1
      ? undefined
      : inShare(spec.sample, subSeed(seed, "sample"), idOf(roles));
  const planned = await planFor(spec, data.source, workspace);
  const journal = openJournal(dir, spec, data, events.unit, trustFooters ? undefined : "journal-counted");
  if (journal.damagedLines > 0)
    warnings.push({
      code: "damaged",
      message: `the run's journal was damaged; what its last ${journal.damagedLines} lines said is done again`,
    });
  let settle = (): Promise<void> => Promise.resolve();
  let weights: Lease | undefined;
  // What is found out about a source depends on its bytes and on what was asked, not on the learner, the run or the budget.
  const {
    name: _name,
    learner: _learner,
    params: _params,
    sources: _sources,
    sums: _sums,
    calibrate: _calibrate,
    test: _test,
    pageRows: _pageRows,
    ...asked
  } = spec;
  const known = <T>(unit: string, find: () => Promise<T>): Promise<T> =>
    journal.unit(unit, () =>
      remembered(
        home.cache,
        { unit, asked, source: data.fingerprint, schema, partitions: data.source.files.length },
        () => data.intact().then(find),
      ),
    );
  try {
    // Rows that say nothing are in nothing.
    const asGiven = rowsOf(all, both(given, sampled));
    const weight = roles.weight === undefined ? undefined : weightOf(roles.weight, schema);
    const some =
      weight && (await known("rows that weigh", () => weighingSome(weight, schema, engine, asGiven, signal)));
    if (some)
      assumed.push(
        `${formatCount(some.without)} rows of weight 0, or without one, are left out: they count as filtered`,
      );
    const where = both(given, some?.weighs);
    const taking = both(where, sampled);
    const base = rowsOf(all, taking);

    // The label, and which rows are for what.
    events.stage?.("looking at the label");
    const found = await known("label", () =>
      inspectLabel(label, spec.label, {
        engine,
        relation: base,
        schema,
        ...(spec.task ? { task: spec.task } : {}),
        ...(spec.positive === undefined ? {} : { positive: spec.positive }),
        ...(signal ? { signal } : {}),
      }).catch((error: unknown) => noLabels(error, engine, all, base, spec)),
    );
    if (spec.calibrate !== undefined && found.task !== "binary")
      throw new SluiceError(
        "usage",
        `--calibrate is for two classes, and the label "${spec.label}" makes this ${found.task}; leave it out`,
        { task: found.task },
      );
    if (spec.threshold !== undefined && found.task !== "binary")
      throw new SluiceError(
        "usage",
        `--threshold is for two classes, and the label "${spec.label}" makes this ${found.task}; leave it out`,
        { task: found.task },
      );
    if (learner) refuseTask(learner, spec, found.task);
    else candidatesFor(found.task, spec.params);
    const labelled: Relation = { kind: "filter", from: base, where: call("isNotNull", found.numeric) };
    const splitSpec = parseSplit(validateOf(spec));
    if (spec.group !== undefined && spec.validate === undefined)
      assumed.push(`rows of one ${spec.group} stay together: --validate group:0.2, since --group is named`);
    const whole = comparedColumns(schema, [spec.id]);
    const validation = await known("split", () =>
      validationOf(splitSpec, {
        engine,
        labelled,
        schema,
        seed,
        ...roles,
        ...(spec.together ? { together: contentOf(whole) } : {}),
        ...(signal ? { signal } : {}),
      }),
    );
    const split = splitCode(found.numeric, validation.expr);
    const census = await known("census", () => countRows(engine, scan, where, taking, split, signal));
    const { rowsPerFile, ...counted } = census;
    const counts = { ...counted, setAside: data.setAside, test: 0, read: counted.read + data.setAside };
    if (census.read === 0) throw new SluiceError("no_rows", `${spec.sources.join(", ")} has no rows`, {});
    if (census.train === 0) throw new SluiceError("no_rows", noTrainingRows(spec, counts), { rows: counts });

    const trainingOf = (from: Relation): Relation => ({
      kind: "filter",
      from,
      where: call("and", call("isNotNull", found.numeric), call("not", validation.expr)),
    });
    const training = trainingOf(base);
    const learnedFrom = weight
      ? await known("weights", () => checkWeights(weight, schema, engine, training, sourceName(data)))
      : census.train;
    warnings.push(
      ...(await known("roles", () =>
        withoutRoles(roles, schema, rowsOf(asGiven, call("isNotNull", found.numeric)), engine, signal),
      )),
    );
    const classWeights = spec.classWeights && balancedWeights(found, spec.label);
    // What rows weigh while they are learned from; those that judge have the weight that was asked for.
    const weighing: Weight | undefined = classWeights
      ? {
          name: weight?.name ?? "--class-weights",
          expr: weightByClass(classWeights, label, found, validation.expr, weight?.expr),
        }
      : weight;
    const taken = takenColumns(label, roles, { requested: spec.features !== undefined, allowed: spec.allowLeak });
    const usable = names.filter((name) => !taken.has(name));
    if (splitSpec.by === "random" && !spec.together && whole.length > 0) {
      const all = census.read * whole.length <= mostCells;
      const sample = (): Relation[] =>
        scansOf(
          engine,
          scan,
          runsOfRows(rowsPerFile, sampleRuns, Math.ceil(sampleRows(whole.length) / sampleRuns), seed),
        ).map((from) => ({
          kind: "filter",
          from,
          where: both(taking, call("isNotNull", found.numeric))!,
        }));
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
      if (told) warnings.push(told);
    }

    // With no learner named, a sample tells which one.
    if (!learner) events.stage?.("choosing the learner");
    const choice = learner
      ? undefined
      : await known(`choice and codes${spec.params ? ` with ${canonical(spec.params)}` : ""}`, () =>
          chooseLearner({
            spec,
            task: found.task,
            classes: found.classes.length,
            counts: found.counts,
            data,
            label,
            labelled: both(where, call("isNotNull", found.numeric))!,
            numeric: found.numeric,
            usable,
            census,
            seed,
            workspace,
            dir,
            train: trainModel,
          }),
        );
    const chosen = learner ?? learnerNamed(choice!.learner);
    const params = resolveParams(chosen.name, chosen.params, spec.params);
    const codes = spec.codes ?? choice?.codes ?? [];
    const withCodes = codes.length > 0 ? `, codes ${canonical(codes)}` : "";

    // Features: one round of fused questions to the training rows.
    events.stage?.("preparing features");
    const statistics = {
      engine,
      relation: training,
      seed: subSeed(seed, "statistics"),
      rowsTotal: census.train,
      ...(signal ? { signal } : {}),
    };
    // One pass over the rows is all that such a learner needs: nothing else shall cost one.
    const once = chosen.needs.pages === "dense" && chosen.needs.passes === "one";
    const footers =
      trustFooters && once && spec.features === undefined && census.train === census.read
        ? await readFooters(engine, scan, census.read)
        : noFooters;
    const hashed = chosen.needs.pages === "hashed";
    const prepared: Prepared = await known(
      `features${footers.columns.length > 0 ? " by footers" : ""}, missing ${missingIn(chosen)}${hashed ? ", hashed" : ""}${withCodes}`,
      async () => {
        const known = new Map<string, Answer>(footers.answers);
        const fit = await fitFeatures({
          missing: missingIn(chosen),
          hashed,
          ...statistics,
          known,
          schema,
          usable,
          sourceRows: census.read,
          drop: spec.drop ?? [],
          codes,
          ...(requested ? { requested } : {}),
        }).catch(async (error: unknown) => {
          // A statistic knows the column; the value and its row count for more.
          const reals = schema.columns.filter(({ name, type }) => type.kind === "real" && usable.includes(name));
          if (isError(error, "not_finite"))
            await refuseNotFinite(
              reals.map(({ name }) => ({ name, expr: { kind: "col", name } })),
              sourceName(data),
              engine,
              base,
            );
          throw error;
        });
        const codings = await codingsOf(
          hashed ? [] : fit.blocks,
          (questions) => answer(questions, { ...statistics, known }),
          sourceName(data),
          engine,
          base,
        );
        const uncoded = hashed ? fit.blocks.filter(({ kind }) => kind === "number") : [];
        return {
          decisions: fit.decisions,
          fitted: fit.fitted,
          codings: [...codings, ...uncoded.map(() => ({ shift: 0, exponent: 0 }))],
        };
      },
    );
    const uncounted = blocksOf(prepared.fitted);
    refuseHashed(uncounted, chosen);
    refuseSmallBudget(workspace, chosen, uncounted, params);
    await data.unchanged();
    // A time that is a number stands on no scale that dates could be compared on.
    const isClock = ["date", "timestamp"].includes(
      schema.columns.find(({ name }) => name === roles.time)?.type.kind ?? "",
    );
    const clock = isClock ? roles.time : undefined;
    const leaks = await known(`leaks${chosen.needs.pages === "dense" ? " and codes" : ""}${withCodes}`, () =>
      leakWarnings({
        ...statistics,
        label: found.numeric,
        task: found.task,
        schema,
        columns: inputsOf(schema, prepared.fitted).columns.map(({ name }) => name),
        allowed: spec.allowLeak ?? [],
        ...(chosen.needs.pages === "dense"
          ? { numbers: prepared.decisions.filter(({ use }) => use === "number").map(({ column }) => column) }
          : {}),
        ...(census.train > 500_000 && !taking
          ? {
              sample: scansOf(engine, scan, runsOfRows(rowsPerFile, 12, 2048, seed)).map(trainingOf),
            }
          : {}),
        ...(clock === undefined ? {} : { time: clock }),
      }),
    );
    warnings.push(...leaks);

    // Learning: the first pass runs while the rows are encoded.
    const classes = found.task === "regression" ? 1 : found.classes.length;
    const outputs = found.task === "multiclass" ? classes : 1;
    const summing = whereSummed(spec, engine, chosen, {
      rows: census.train + census.validation,
      columns: uncounted.length,
      width: outputs * widthOf(uncounted),
    });
    events.stage?.(summing.where === "cluster" ? "training on the cluster" : "training");
    const onCluster = summing.where === "cluster";
    const datasetOptions: DatasetOptions = {
      engine,
      pool: workspace.pool,
      cacheDir: home.cache,
      presence: workspace.presence,
      // A wide least squares takes many passes too: its sums would not fit.
      keep:
        onCluster ||
        (chosen.passes?.(params, learnedFrom) ?? chosen.needs.passes) === "many" ||
        census.validation > 0 ||
        needsDocuments(prepared.fitted) ||
        (chosen.needs.pages === "dense" && widthOf(uncounted) > 400),
      ...(signal ? { signal } : {}),
      onDamaged: ({ facts }) =>
        warnings.push({ code: "damaged", message: `${facts["file"]} was damaged; its pages were made again` }),
      onProgress: ({ stage, rows, pass }) => events.rows?.({ stage, rows, of: counted.read, pass }),
      beforeRows: () => data.intact(),
      checkSource: () => data.unchanged(),
      checkValues: async () => {
        await refuseHiddenNan(engine, base, footers);
        await refuseNotFinite(
          summedOf(uncounted, found, { label: spec.label, weight: weighing }),
          sourceName(data),
          engine,
          base,
          prepared.codings,
        );
      },
    };
    const dataset = new (onCluster ? ClusterRows : Dataset)(
      {
        scan,
        ...(taking ? { where: taking } : {}),
        blocks: uncounted,
        codings: prepared.codings,
        label: found.numeric,
        ...(weighing ? { weight: weighing.expr } : {}),
        split,
        rowsPerFile,
        ...(spec.pageRows === undefined ? {} : { pageRows: spec.pageRows }),
      },
      datasetOptions,
    );
    settle = async () => {
      await dataset.settle();
      if (dataset instanceof ClusterRows) await dataset.release();
    };
    const fitted = needsDocuments(prepared.fitted)
      ? await countDocuments(prepared.fitted, dataset, workspace, journal)
      : prepared.fitted;
    const blocks = blocksOf(fitted);
    const keeping = { bytes: workspace.keeperBytes, scratch: join(workspace.scratch, "kept") };
    const rows = new SharedRows(dataset, workspace.pool, journal, keeping);
    const about = {
      task: found.task,
      classes,
      rows: learnedFrom,
      weighted: weighing !== undefined,
      validationRows: census.validation,
      blocks,
      seed,
    };
    const held = chosen.memory?.(params, outputs, blocks, workspace.plan.threads) ?? 0;
    const further = held - workspace.learnerBytes;
    if (further > 0) weights = workspace.ledger.lease(`${chosen.name}'s weights`, further);
    const baseline = learnerNamed("baseline");
    const fitBy = engine.fitBy && fittingBy(engine, blocks, training, found.numeric, weighing?.expr);
    const [state, baselineFit] = await rows.learn([
      () =>
        chosen.fit(
          rows.view({ ...about, blocks: markComplete(blocks, footers), main: true, ...(fitBy ? { fitBy } : {}) }),
          params,
          subSeed(seed, "learner"),
        ),
      () => baseline.fit(rows.view({ ...about, main: false }), {}, seed),
    ]);
    const baselineState = classWeights ? sharesAsTheyCome(baselineFit as BaselineState, classWeights) : baselineFit;
    refuseStateNotFinite(chosen.name, state, params);
    warnings.push(...rows.warnings);

    // What the model is judged on: the pages it learned from, or its outputs where the rows stayed away.
    if (dataset instanceof ClusterRows) await dataset.release();
    const fits = [
      { learner: chosen, state },
      { learner: baseline, state: baselineState },
    ] as const;
    const validationRows = both(taking, call("and", call("isNotNull", found.numeric), validation.expr))!;
    const judging = onCluster
      ? judgingOnOutputs(
          dataset.spec,
          validationRows,
          { ...datasetOptions, keep: spec.calibrate !== undefined },
          ...fits,
          found.task,
          classes,
        )
      : judgingOnPages(dataset, blocks, ...fits, found.task, classes);

    // Calibrating: on the validation rows, by one more pass over them.
    const scorer = judging.model;
    const kind = spec.calibrate as Calibration["kind"] | undefined;
    let calibration: Calibration | undefined;
    if (kind !== undefined) {
      events.stage?.("calibrating on validation rows");
      const counting = { name: marginCounts.name, params: { scorer }, rows: "validation" } as const;
      const [counted] = await judging.dataset.run([counting], journal, "calibration");
      calibration = fitCalibration(kind, counted!);
      warnings.push({
        code: "calibrated_on_validation",
        message: `the validation rows were also used to calibrate (${kind}), so their figures flatter the probabilities; judge by ${spec.test?.length ? "the test rows" : "rows of a --test source"}`,
      });
    }

    // Judging: the model and its baseline on the same rows in one scan.
    const goal = spec.threshold === undefined ? undefined : parseGoal(spec.threshold);
    const judgedWith = (cut?: number, wanted?: Goal): QualityParams => ({
      task: found.task,
      classes,
      scorers: contendersOf(scorer, judging.baseline, { calibration, cut, weighted: roles.weight !== undefined }),
      ...(wanted ? { goal: wanted } : {}),
    });
    let judged = judgedWith(undefined, goal);
    let threshold: Model["threshold"];
    const sliceTable: Slice[] = [];
    const qualities: Record<string, Quality> = {};
    if (census.validation > 0) {
      events.stage?.("judging on validation rows");
      const sliced = sliceColumns(judging.blocks);
      const [sum, parts] = await judging.dataset.run(
        [
          { name: quality.name, params: judged, rows: "validation" },
          {
            name: slices.name,
            params: { ...judged, scorers: judged.scorers.slice(0, 2), columns: sliced.params },
            rows: "validation",
          },
        ],
        journal,
        "quality validation",
      );
      qualities["validation"] = qualityOf(judged, readQuality(judged, sum!));
      if (goal) {
        const { cut } = qualities["validation"].model;
        if (cut === undefined)
          throw new SluiceError(
            "no_rows",
            `no threshold reaches ${spec.threshold} on ${qualities["validation"].model.rows} validation rows; ask for less with --threshold`,
            { threshold: spec.threshold },
          );
        threshold = { goal: spec.threshold!, margin: cut };
        judged = judgedWith(cut);
        const call = { name: quality.name, params: judged, rows: "validation" } as const;
        const [again] = await judging.dataset.run([call], journal, "quality at the threshold");
        qualities["validation"] = qualityOf(judged, readQuality(judged, again!));
      }
      sliceTable.push(...readSlices(found.task, sliced.blocks, parts!));
    }
    if (spec.test && spec.test.length > 0) {
      events.stage?.("judging on the test source");
      const judgedTest = await journal.unit("quality test", () =>
        judgeTest(spec, workspace, dir, schema, {
          task: found.task,
          label,
          numeric: found.numeric,
          ...(weight ? { weight } : {}),
          blocks: judging.blocks,
          codings: judging.codings,
          quality: judged,
        }),
      );
      if (judgedTest.labelled > 0 && judgedTest.unknownClass > 0)
        warnings.push({
          code: "unknown_class",
          message: `${judgedTest.unknownClass} rows of the test source have a class that training did not see (${judgedTest.unknownClasses.join(", ")}); they count as wrong in its accuracy and in no other figure`,
        });
      if (judgedTest.labelled > 0) qualities["test"] = qualityOf(judged, judgedTest.metrics);
      else
        warnings.push({
          code: "no_test_rows",
          message: `no row of the test source could be judged: ${judgedTest.read} read, ${judgedTest.unlabelled} without a label, ${judgedTest.unknownClass} of classes that training did not see${judgedTest.unknownClass > 0 ? ` (${judgedTest.unknownClasses.join(", ")})` : ""}, ${judgedTest.filtered} filtered`,
        });
      counts.test = judgedTest.labelled;
      (counts as { unlabelled: number }).unlabelled += judgedTest.unlabelled + judgedTest.unknownClass;
      (counts as { filtered: number }).filtered += judgedTest.filtered;
      counts.read += judgedTest.read;
      counts.setAside += judgedTest.setAside;
    }

    await data.unchanged();
    const rare = fewPositives(
      found.task,
      found.classes,
      found.counts,
      census.validation / (census.train + census.validation),
    );
    const poor = chosen.name === "baseline" ? undefined : worseThanBaseline(found.task, qualities, params["objective"]);
    if (rare) warnings.push(rare);
    if (poor) warnings.unshift(poor);
    for (const [on, { model }] of Object.entries(qualities)) {
      const without = unscored(model, `${on} rows`);
      if (without) warnings.unshift(without);
    }

    // Keeping: plain data under a new name.
    const inputs = inputsOf(schema, fitted);
    const body = {
      format: modelFormat,
      name: spec.name ?? "model",
      task: found.task,
      classes: found.classes,
      ...(found.task === "binary" ? { positive: found.classes[1] as Class } : {}),
      label: { text: spec.label, expr: label },
      inputs,
      beside: besideOf(schema, label, roles, inputs),
      roles,
      features: fitted,
      learner: chosen.name,
      params: params as Model["params"],
      state,
      ...(calibration ? { calibration } : {}),
      ...(threshold ? { threshold } : {}),
    };
    const stateHash = stateHashOf(body);
    const unsigned: Model = {
      ...body,
      stateHash,
      codings: prepared.codings,
      baseline: baselineState,
      about: {
        created: new Date().toISOString(),
        run,
        sources: spec.sources,
        rows: counts,
        cut: validation.cut,
        why: found.why,
        ...(found.task === "regression" ? {} : { classRows: found.counts }),
        ...(choice ? { chosen: choice.why } : {}),
        metrics: Object.fromEntries(
          Object.entries(qualities).map(([on, { model: own, baseline: base, uncalibrated }]) => [
            on,
            {
              model: own.values,
              baseline: base.values,
              ...(uncalibrated ? { uncalibrated: uncalibrated.values } : {}),
            },
          ]),
        ),
      },
    };
    const model: Model = { ...unsigned, contentHash: contentHashOf(unsigned) };
    await dataset.settle();
    const ref = await journal.unit("kept", async () => keepModel(home, body.name, writeModel(model), run));
    const moved = ioBytes();
    const outOfBag = chosen.outOfBag?.(state as never);
    const decisions = [
      ...prepared.decisions,
      ...schema.columns.flatMap(({ name, type }): Decision[] => {
        const reason = taken.get(name);
        return reason === undefined ? [] : [{ column: name, type: typeName(type), use: "no feature", reason }];
      }),
    ];
    const result: TrainResult = {
      run,
      model: ref,
      task: found.task,
      learner: chosen.name,
      ...(choice ? { choice } : {}),
      rows: counts,
      features: blocks.map((block) => ({
        name: block.name,
        kind: block.kind,
        width: widthOf([block]),
      })),
      dropped: decisions
        .filter(({ use }) => use === "dropped" || use === "no feature")
        .map(({ column, reason }) => ({ column, reason })),
      metrics: {
        ...(qualities["validation"] ? { validation: qualities["validation"].model.values } : {}),
        ...(qualities["test"] ? { test: qualities["test"].model.values } : {}),
        baseline: Object.fromEntries(Object.entries(qualities).map(([on, { baseline: base }]) => [on, base.values])),
        ...(roles.weight === undefined
          ? {}
          : {
              unweighted: Object.fromEntries(
                Object.entries(qualities).map(([on, { unweighted }]) => [on, unweighted!.values]),
              ),
            }),
        ...(calibration
          ? {
              uncalibrated: Object.fromEntries(
                Object.entries(qualities).map(([on, { uncalibrated }]) => [on, uncalibrated!.values]),
              ),
            }
          : {}),
      },
      ...(threshold ? { threshold: { goal: threshold.goal, probability: thresholdOf(threshold.margin) } } : {}),
      ...(outOfBag ? { outOfBag } : {}),
      seconds: (Date.now() - started) / 1000,
      passes: dataset.counters.passes + (onCluster ? judging.dataset.counters.passes : 0),
      ...(engine.hold ? { sums: summing } : {}),
      bytesRead: moved.read - io.read,
      spillBytes: engine.counters.spillBytes,
      peakRssBytes: peakRssBytes(),
      budgetBytes: workspace.budgetBytes,
      stateHash,
      units: { ...journal.units },
      warnings,
    };
    const details: TrainDetails = {
      result,
      model,
      decisions,
      assumed,
      steps: rows.steps,
      quality: qualities,
      slices: sliceTable,
      plan: planned,
      data: data.source.files.map(({ path, bytes, fingerprint }) => ({ path, bytes, fingerprint })),
      seed,
      validate: validation.cut === undefined ? validateOf(spec) : `${spec.validate}, from ${validation.cut} on`,
      ...(census.validation > 0
        ? {
            validation: {
              rows: validationRows,
              rowsPerFile,
            },
          }
        : {}),
      pages: {
        read: dataset.counters.pagesRead,
        encoded: dataset.counters.pagesEncoded,
        encodedBytes: Math.round(dataset.encodedBytesPerRow * (counted.read - counted.filtered - counted.sampledOut)),
      },
      threads: workspace.plan.threads,
    };
    writeWhole(join(dir, "result.json"), toJson(details, 1));
    trimCache(home.cache, parseBytes(process.env["SLUICE_CACHE_LIMIT"] ?? defaultCacheLimit));
    return details;
  } catch (error) {
    // Whatever went wrong while the source changed went wrong because of that.
    if (!signal?.aborted) await data.unchanged();
    throw storageError(error, dir);
  } finally {
    await settle().catch(() => {});
    weights?.release();
    journal.close();
  }
}

const widthOf = (blocks: readonly Block[]): number =>
  blocks.reduce(
    (sum, block) =>
      sum + (block.kind === "category" ? block.levels.length : block.kind === "text" ? 2 ** block.terms.bits : 1),
    0,
  );
/** What a learner must hold whatever the rows, on each worker and here. */
function refuseSmallBudget(
  { plan, budgetBytes, keeperBytes }: Workspace,
  learner: Learner,
  blocks: readonly Block[],
  params: Resolved,
): void {
  const least = (learner.holds?.(blocks, params as never) ?? 0) * (plan.threads + 1);
  if (least > keeperBytes)
    throw new BudgetTooSmallError(
      budgetBytes,
      budgetBytes - keeperBytes + least,
      `${learner.name} on ${blocks.length} features`,
    );
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
const missingIn = ({ needs }: Learner) => (needs.pages === "dense" ? "filled" : "kept");
const both = (a: Expr | undefined, b: Expr | undefined): Expr | undefined => (a && b ? call("and", a, b) : (a ?? b));
const rowsOf = (from: Relation, where: Expr | undefined): Relation => (where ? { kind: "filter", from, where } : from);
const idOf = (roles: Roles): Expr | undefined => (roles.id === undefined ? undefined : { kind: "col", name: roles.id });

function refuseHashed(blocks: readonly Block[], { name, needs }: Learner): void {
  const text = blocks.find(({ kind }) => kind === "text");
  if (text && needs.pages !== "hashed")
    throw new SluiceError(
      "usage",
      `${name} gives no weights to the words of "${text.name}"; choose --learner sparseLogistic (classes) or sparseLinear (numbers), which are linear models over words`,
      { learner: name, feature: text.name },
    );
  const hashed = blocks.find(({ kind }) => kind === "hashed");
  if (hashed && needs.pages !== "hashed")
    throw new SluiceError(
      "usage",
      `hashed(${hashed.name}) has no levels that ${name} could give weights to; choose --learner sparseLogistic or sparseLinear, or write hash(${hashed.name}, 1024)`,
      { learner: name, feature: hashed.name },
    );
}

function refuseTask(learner: Learner, spec: TrainSpec, task: Task): void {
  if (!learner.tasks.includes(task))
    throw new SluiceError(
      "usage",
      `${learner.name} learns ${learner.tasks.join(" and ")}, but the label "${spec.label}" makes this ${task}`,
      { learner: learner.name, task },
    );
}

export const inputsOf = (schema: Schema, fitted: readonly FittedFeature[]): Schema => {
  const read = new Set<string>();
  for (const { inputs } of fitted) for (const input of inputs) columnsOf(input, read);
  return { columns: schema.columns.filter(({ name }) => read.has(name)) };
};

/** Columns of the label and the roles that are no inputs, as training read them. */
const besideOf = (schema: Schema, label: Expr, roles: Roles, inputs: Schema): Schema => {
  const read = columnsOf(label, new Set(Object.values(roles)));
  if (roles.weight !== undefined) columnsOf(weightOf(roles.weight, schema).expr, read);
  for (const { name } of inputs.columns) read.delete(name);
  return { columns: schema.columns.filter(({ name }) => read.has(name)) };
};

/** The quality on another source. What the training alone needed (dropped columns, a group) may be missing there. */
async function judgeTest(
  spec: TrainSpec,
  workspace: Workspace,
  dir: string,
  schema: Schema,
  asked: Omit<Judging, "columns" | "words" | "where">,
): Promise<Judged> {
  const columns = columnsToJudge(schema, asked);
  const data = await openData(spec.test!, { ...spec, expect: { columns } }, workspace, join(dir, "aside"));
  const names = data.schema.columns.map(({ name }) => name);
  const where = spec.where === undefined ? undefined : nanAsMissing(parseExpr(spec.where, names), data.schema);
  return judge(data, workspace, { ...asked, columns, ...(where ? { where } : {}) });
}
