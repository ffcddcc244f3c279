import { join } from "node:path";
import { toJson } from "../base/json.js";
import { ioBytes, peakRssBytes } from "../base/ledger.js";
import type { Resolved } from "../base/params.js";
import { type Roles, type Schema, typeName } from "../base/schema.js";
import type { Class } from "../data/label.js";
import { weightOf } from "../data/roles.js";
import { validateOf } from "../data/split.js";
import { columnsOf, type Expr } from "../expr/expr.js";
import type { Decision } from "../features/automatic.js";
import { widthOf } from "../features/contract.js";
import type { Metrics } from "../metrics/contract.js";
import { probabilityOf } from "../metrics/ranking.js";
import { contentHashOf, type Model, modelFormat, stateHashOf, writeModel } from "../model/model.js";
import type { Quality } from "../rows/passes/quality.js";
import { keepModel, writeWhole } from "../runs/home.js";
import { fewPositives, unscored, worseThanBaseline } from "./cautions.js";
import type { Encoded } from "./encode.js";
import type { Fitted } from "./fit-all.js";
import { type Frame, validationRowsOf } from "./frame.js";
import type { JudgedModel } from "./judge-model.js";
import { inputsOf } from "./prepare.js";
import type { Choice, Folds, TrainDetails, TrainResult } from "./spec.js";

export interface Learned {
  readonly own: Fitted;
  readonly baseline: Fitted;
  readonly params: Resolved;
  readonly choice: Choice | undefined;
  readonly folds: Folds | undefined;
}

/** The model as plain data under a new name, and what there is to say of its training. */
export async function keep(encoded: Encoded, learned: Learned, judged: JudgedModel): Promise<TrainDetails> {
  const { frame, dataset } = encoded;
  const { sheet, census, validation } = frame;
  const { run, data, journal, plan } = sheet;
  const { spec, workspace } = run;
  await data.unchanged();
  caution(frame, learned, judged.qualities);
  const model = modelOf(encoded, learned, judged);
  await dataset.settle();
  const ref = await journal.unit("kept", async () => keepModel(workspace.home, model.name, writeModel(model), run.id));
  const decisions = decisionsOf(encoded);
  const result = resultOf({ encoded, learned, judged, model, ref, decisions });
  const details: TrainDetails = {
    ...{ result, model, decisions, plan },
    assumed: run.assumed,
    steps: encoded.rows.steps,
    quality: judged.qualities,
    slices: judged.slices,
    data: data.source.files.map(({ path, bytes, fingerprint }) => ({ path, bytes, fingerprint })),
    seed: run.seed,
    validate: validation.cut === undefined ? validateOf(spec) : `${spec.validate}, from ${validation.cut} on`,
    ...(census.validation > 0
      ? { validation: { rows: validationRowsOf(frame), rowsPerFile: census.rowsPerFile } }
      : {}),
    pages: {
      read: dataset.counters.pagesRead,
      encoded: dataset.counters.pagesEncoded,
      encodedBytes: Math.round(dataset.encodedBytesPerRow * (census.read - census.filtered - census.sampledOut)),
    },
    threads: workspace.plan.threads,
  };
  writeWhole(join(run.dir, "result.json"), toJson(details, 1));
  return details;
}

/** What should give a reader pause: a model that is not worth its baseline comes first. */
function caution(
  { found, census, sheet }: Frame,
  { own, params, folds }: Learned,
  qualities: Readonly<Record<string, Quality>>,
): void {
  const { warnings } = sheet.run;
  const share = folds ? 1 / folds.k : census.validation / (census.train + census.validation);
  const rare = fewPositives(found.task, found.classes, found.counts, share);
  if (rare) warnings.push(rare);
  const poor =
    own.learner.name === "baseline" ? undefined : worseThanBaseline(found.task, qualities, params["objective"], folds);
  if (poor) warnings.unshift(poor);
  for (const [on, { model }] of Object.entries(qualities)) {
    const without = unscored(model, `${on} rows`);
    if (without) warnings.unshift(without);
  }
}

function modelOf(
  { frame, fitted, prepared }: Encoded,
  { own, baseline, params, choice }: Learned,
  { calibration, threshold, qualities, rows }: JudgedModel,
): Model {
  const { found, validation, sheet } = frame;
  const { run, schema, label, roles } = sheet;
  const { spec } = run;
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
    learner: own.learner.name,
    params: params as Model["params"],
    state: own.state,
    ...(calibration ? { calibration } : {}),
    ...(threshold ? { threshold } : {}),
  };
  const unsigned: Model = {
    ...body,
    stateHash: stateHashOf(body),
    codings: prepared.codings,
    baseline: baseline.state,
    about: {
      created: new Date().toISOString(),
      run: run.id,
      sources: spec.sources,
      rows,
      cut: validation.cut,
      why: found.why,
      ...(found.task === "regression" ? {} : { classRows: found.counts }),
      ...(choice ? { chosen: choice.why } : {}),
      metrics: byRows(qualities, ({ model, baseline: base, uncalibrated }) => ({
        model: model.values,
        baseline: base.values,
        ...(uncalibrated ? { uncalibrated: uncalibrated.values } : {}),
      })),
    },
  };
  return { ...unsigned, contentHash: contentHashOf(unsigned) };
}

/** Columns of the label and the roles that are no inputs, as training read them. */
function besideOf(schema: Schema, label: Expr, roles: Roles, inputs: Schema): Schema {
  const read = columnsOf(label, new Set(Object.values(roles)));
  if (roles.weight !== undefined) columnsOf(weightOf(roles.weight, schema).expr, read);
  for (const { name } of inputs.columns) read.delete(name);
  return { columns: schema.columns.filter(({ name }) => read.has(name)) };
}

const byRows = <T>(qualities: Readonly<Record<string, Quality>>, of: (quality: Quality) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(qualities).map(([on, quality]) => [on, of(quality)]));

const decisionsOf = ({ frame: { sheet, noFeatures }, prepared }: Encoded): Decision[] => [
  ...prepared.decisions,
  ...sheet.schema.columns.flatMap(({ name, type }): Decision[] => {
    const reason = noFeatures.get(name);
    return reason === undefined ? [] : [{ column: name, type: typeName(type), use: "no feature", reason }];
  }),
];

function resultOf(of: {
  readonly encoded: Encoded;
  readonly learned: Learned;
  readonly judged: JudgedModel;
  readonly model: Model;
  readonly ref: string;
  readonly decisions: readonly Decision[];
}): TrainResult {
  const { encoded, learned, judged, model } = of;
  const { frame, blocks, summing } = encoded;
  const { run, journal } = frame.sheet;
  const { engine, budgetBytes } = run.workspace;
  const { threshold } = judged;
  const moved = ioBytes();
  const outOfBag = learned.own.learner.outOfBag?.(learned.own.state as never);
  return {
    run: run.id,
    model: of.ref,
    task: frame.found.task,
    learner: learned.own.learner.name,
    ...(learned.choice ? { choice: learned.choice } : {}),
    rows: judged.rows,
    features: blocks.map((block) => ({ name: block.name, kind: block.kind, width: widthOf([block]) })),
    dropped: of.decisions
      .filter(({ use }) => use === "dropped" || use === "no feature")
      .map(({ column, reason }) => ({ column, reason })),
    metrics: metricsOf(frame, judged),
    ...(learned.folds ? { folds: learned.folds } : {}),
    ...(threshold ? { threshold: { goal: threshold.goal, probability: probabilityOf(threshold.margin) } } : {}),
    ...(outOfBag ? { outOfBag } : {}),
    seconds: (Date.now() - run.startedMs) / 1000,
    passes: judged.passes + (learned.folds?.passes ?? 0),
    ...(engine.hold ? { sums: summing } : {}),
    bytesRead: moved.read - run.io.read,
    spillBytes: engine.counters.spillBytes,
    peakRssBytes: peakRssBytes(),
    budgetBytes,
    stateHash: model.stateHash,
    units: { ...journal.units },
    warnings: run.warnings,
  };
}

function metricsOf({ weight }: Frame, { qualities, calibration }: JudgedModel): TrainResult["metrics"] {
  const values = (of: (quality: Quality) => Metrics) => byRows(qualities, (quality) => of(quality).values);
  return {
    ...(qualities["validation"] ? { validation: qualities["validation"].model.values } : {}),
    ...(qualities["test"] ? { test: qualities["test"].model.values } : {}),
    baseline: values(({ baseline }) => baseline),
    ...(weight ? { unweighted: values(({ unweighted }) => unweighted!) } : {}),
    ...(calibration ? { uncalibrated: values(({ uncalibrated }) => uncalibrated!) } : {}),
  };
}
