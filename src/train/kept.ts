import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CodedError } from "../base/errors.js";
import { fromJson } from "../base/json.js";
import type { Task } from "../learners/contract.js";
import { type Model, readModel } from "../model/model.js";
import {
  findModel,
  type Home,
  type KeptModel,
  modelsAndStrays,
  runDir,
  type Stray,
  straysOfRuns,
} from "../runs/home.js";
import type { TrainDetails } from "./spec.js";

/** A model by its name, name/version, run, file or `last`, with the run that made it. */
export function loadKept(home: Home, ref: string): { model: Model; ref: string; run: string } {
  const kept = findModel(home, ref);
  return { model: readModel(readFileSync(kept.file, "utf8"), kept.file), ref: kept.ref, run: kept.run };
}

/** What a finished run knows; nothing where it is not in this home. */
export function detailsOf(home: Home, run: string): TrainDetails | undefined {
  const file = join(runDir(home, run), "result.json");
  return run !== "" && existsSync(file) ? fromJson<TrainDetails>(readFileSync(file, "utf8")) : undefined;
}

/** All models that can be read, newest first, and what lies among models and runs and is none. */
export function keptModels(home: Home): {
  readonly models: readonly { readonly kept: KeptModel; readonly model: Model }[];
  readonly damaged: readonly Stray[];
} {
  const { models: kept, strays } = modelsAndStrays(home);
  const damaged: Stray[] = [...strays, ...straysOfRuns(home)];
  const models = kept.flatMap((one) => {
    try {
      return [{ kept: one, model: loadKept(home, one.ref).model }];
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      damaged.push({ ref: one.ref, problem: error.message });
      return [];
    }
  });
  return { models, damaged };
}

/** A kept model in a line; rows and metrics are as its training told them. */
export interface ListedModel {
  /** late/2 */
  readonly model: string;
  readonly run: string;
  readonly task: Task;
  readonly label: string;
  readonly learner: string;
  readonly rows: unknown;
  readonly metrics: unknown;
  readonly stateHash: string;
  /** ISO time. */
  readonly created: unknown;
}

export const listed = ({ kept, model }: { readonly kept: KeptModel; readonly model: Model }): ListedModel => ({
  model: kept.ref,
  run: kept.run,
  task: model.task,
  label: model.label.text,
  learner: model.learner,
  rows: model.about["rows"],
  metrics: model.about["metrics"],
  stateHash: model.stateHash,
  created: model.about["created"],
});

/** A model as it stands beside others; what it took is told where its run is here. */
export interface ComparedModel {
  /** late/2 */
  readonly model: string;
  readonly label: string;
  readonly learner: string;
  readonly stateHash: string;
  readonly rows: unknown;
  readonly metrics: unknown;
  readonly seconds?: number;
  readonly bytesRead?: number;
  readonly peakRssBytes?: number;
  readonly passes?: number;
}

export interface BesideOthers {
  readonly ref: string;
  readonly model: Model;
  readonly details: TrainDetails | undefined;
}

export const besideOthers = (home: Home, refs: readonly string[]): BesideOthers[] =>
  refs.map((name) => {
    const { ref, model, run } = loadKept(home, name);
    return { ref, model, details: detailsOf(home, run) };
  });

export const compared = ({ ref, model, details }: BesideOthers): ComparedModel => ({
  model: ref,
  label: model.label.text,
  learner: model.learner,
  stateHash: model.stateHash,
  rows: model.about["rows"],
  metrics: model.about["metrics"],
  ...(details
    ? {
        seconds: details.result.seconds,
        bytesRead: details.result.bytesRead,
        peakRssBytes: details.result.peakRssBytes,
        passes: details.result.passes,
      }
    : {}),
});

/** Whether the figures of models may stand beside each other: the same label, split in the same way, and as many validation rows. */
export const judgedAlike = (all: readonly BesideOthers[]): boolean =>
  new Set(
    all.map(({ model }) =>
      JSON.stringify([
        model.label.text,
        model.about["cut"],
        (model.about["rows"] as { validation: number }).validation,
      ]),
    ),
  ).size <= 1;
