import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { canonical } from "../base/canonical.js";
import { CodedError, type ErrorCode, exitCodes, isError, SluiceError } from "../base/errors.js";
import { resolveParams } from "../base/params.js";
import { parseBytes } from "../base/units.js";
import { call } from "../expr/expr.js";
import type { Learner, Task } from "../learners/contract.js";
import { learnerNamed } from "../learners/index.js";
import { isMllib, mllibLearner } from "../learners/mllib.js";
import { HiddenNan } from "../rows/footers.js";
import { defaultCacheLimit, trimCache } from "../runs/cache.js";
import { newRunId, runDir, storageError } from "../runs/home.js";
import type { Workspace } from "../workspace/workspace.js";
import { checkSpec } from "./check.js";
import { candidatesFor, chooseLearner } from "./choice.js";
import { withClassWeights } from "./class-weights.js";
import { encode } from "./encode.js";
import { fitAll } from "./fit-all.js";
import { judgeFolds } from "./folds.js";
import { type Frame, frameOf } from "./frame.js";
import { judgeModel } from "./judge-model.js";
import { keep } from "./keep.js";
import { leaksIn, prepare } from "./prepare.js";
import { beginRun, type Run } from "./run.js";
import { claimRun } from "./run-file.js";
import { both, openSheet, type Sheet } from "./sheet.js";
import type { Choice, TrainDetails, TrainEvents, TrainSpec } from "./spec.js";

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
  const { home } = workspace;
  const id = resumeRun ?? newRunId(home);
  using _claim = claimRun(runDir(home, id), id, home.cache);
  const attempt = (trustFooters: boolean): Promise<TrainDetails> =>
    stages(beginRun(id, spec, workspace, events), trustFooters);
  try {
    const details = await attempt(true).catch((error: unknown) => {
      if (!(error instanceof HiddenNan)) throw error;
      return attempt(false);
    });
    trimCache(home.cache, parseBytes(process.env["SLUICE_CACHE_LIMIT"] ?? defaultCacheLimit));
    return details;
  } catch (error) {
    throw leaving(error, id, runDir(home, id), resumeRun !== undefined);
  }
}

async function stages(run: Run, trustFooters: boolean): Promise<TrainDetails> {
  using sheet = await openSheet(run, trustFooters);
  const { spec, workspace } = run;
  try {
    const named = await namedIn(spec);
    const frame = await frameOf(sheet, ({ task }) => {
      if (named) refuseTask(named, spec, task);
      else candidatesFor(task, spec.params);
    });
    const choice = named ? undefined : await chosenFor(frame);
    const learner = named ?? learnerNamed(choice!.learner);
    const params = resolveParams(learner.name, learner.params, spec.params);
    const codes = spec.codes ?? choice?.codes ?? [];
    const folds = spec.folds === undefined ? undefined : await judgeFolds(frame, learner, params, codes);
    const prepared = await prepare(frame, learner, params, codes, trustFooters);
    run.warnings.push(...(await leaksIn(frame, learner, prepared, codes)));
    await using encoded = await encode(frame, prepared, learner, params);
    const [own, baseline] = await fitAll(encoded, learner, params);
    const judged = await judgeModel(encoded, own, baseline);
    return await keep(encoded, { own, baseline, params, choice, folds }, judged);
  } catch (error) {
    throw await why(error, sheet, workspace);
  }
}

/** Whatever went wrong while the source changed went wrong because of that. */
async function why(error: unknown, { run, data }: Sheet, { signal }: Workspace): Promise<unknown> {
  if (!signal?.aborted) await data.unchanged();
  return storageError(error, run.dir);
}

const namedIn = async ({ learner }: TrainSpec): Promise<Learner | undefined> => {
  if (learner === undefined) return undefined;
  return isMllib(learner) ? await mllibLearner(learner) : learnerNamed(learner);
};

function refuseTask(learner: Learner, spec: TrainSpec, task: Task): void {
  if (!learner.tasks.includes(task))
    throw new SluiceError(
      "usage",
      `${learner.name} learns ${learner.tasks.join(" and ")}, but the label "${spec.label}" makes this ${task}`,
      { learner: learner.name, task },
    );
}

/** With no learner named, a sample tells which one. */
function chosenFor({ sheet, where, found, census, usable }: Frame): Promise<Choice> {
  const { run, data, label, known } = sheet;
  const { spec, seed, workspace, dir, events } = run;
  events.stage?.("choosing the learner");
  return known(`choice and codes${spec.params ? ` with ${canonical(spec.params)}` : ""}`, () =>
    chooseLearner({
      ...{ spec, data, label, usable, census, seed, workspace, dir },
      task: found.task,
      classes: found.classes.length,
      counts: found.counts,
      labelled: both(where, call("isNotNull", found.numeric))!,
      numeric: found.numeric,
      train: trainModel,
    }),
  );
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
