import { canonical, hashOf } from "../base/canonical.js";
import { SluiceError } from "../base/errors.js";
import { fromJson, toJson } from "../base/json.js";
import type { Roles, Schema, Value } from "../base/schema.js";
import type { Expr } from "../expr/expr.js";
import type { FittedFeature } from "../features/contract.js";
import type { Task } from "../learners/contract.js";
import type { Calibration } from "./calibration.js";

/** Raised when a reader of today could not understand a file of tomorrow. Older formats keep loading. */
export const modelFormat = 1;

/** What was fitted, as plain data: no code, no times, paths, budget or engine in what `stateHash` covers. */
export interface Model {
  readonly format: number;
  readonly name: string;
  readonly task: Task;
  /** Class values in order of their codes; empty for regression. */
  readonly classes: readonly (string | number | boolean)[];
  readonly positive?: string | number | boolean;
  readonly label: { readonly text: string; readonly expr: Expr };
  /** The columns that the features read, with their types: what a new row needs. */
  readonly inputs: Schema;
  readonly roles: Roles;
  readonly features: readonly FittedFeature[];
  readonly learner: string;
  readonly params: Readonly<Record<string, number | string | boolean>>;
  readonly state: unknown;
  /** Of a binary model: what its margins go through before they are probabilities. */
  readonly calibration?: Calibration;
  readonly stateHash: string;
  /** How pages hold its numbers, and the baseline's fitted state: what judging it on other rows needs. Not covered by the hash. */
  readonly codings: readonly { readonly shift: number; readonly exponent: number }[];
  readonly baseline: unknown;
  /** How it came about; not covered by the hash. */
  readonly about: Readonly<Record<string, unknown>>;
}

/** SHA-256 over what decides a prediction: schema, feature states, learner, params and fitted state. */
export const stateHashOf = (
  model: Pick<Model, "task" | "classes" | "inputs" | "features" | "learner" | "params" | "state" | "calibration">,
): string =>
  hashOf({
    task: model.task,
    classes: model.classes,
    // How cells were spelled is no part of it: the same rows come in many forms.
    inputs: { columns: model.inputs.columns.map(({ name, type }) => ({ name, type })) },
    features: model.features,
    learner: model.learner,
    params: model.params,
    state: model.state,
    ...(model.calibration ? { calibration: model.calibration } : {}),
  });

export const writeModel = (model: Model): string => `${toJson(model, 1)}\n`;

/** A model file's text back into data: refuses newer formats by name, and files that were changed. */
export function readModel(text: string, where: string): Model {
  let model: Model;
  try {
    model = fromJson<Model>(text);
  } catch (error) {
    throw new SluiceError(
      "damaged",
      `${where} is not a model file: it does not parse as JSON`,
      { file: where },
      { cause: error },
    );
  }
  if (typeof model?.format !== "number")
    throw new SluiceError("damaged", `${where} is not a model file: it has no format number`, { file: where });
  if (model.format > modelFormat)
    throw new SluiceError(
      "newer_format",
      `${where} has model format ${model.format}; this Sluice reads up to ${modelFormat}, so it needs a newer one`,
      {
        format: model.format,
        readsUpTo: modelFormat,
      },
    );
  if (stateHashOf(model) !== model.stateHash)
    throw new SluiceError(
      "damaged",
      `${where} was changed since it was written: its contents don't give its state hash`,
      { file: where },
    );
  return model;
}

/** Classes as they are printed. */
export const className = (value: Value): string =>
  typeof value === "string" ? value : canonical(value).replaceAll('"', "");
