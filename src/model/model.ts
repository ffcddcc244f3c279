import { canonical, hashOf } from "../base/canonical.js";
import { SluiceError } from "../base/errors.js";
import { fromJson, toJson } from "../base/json.js";
import type { Roles, Schema, Value } from "../base/schema.js";
import type { Expr } from "../expr/expr.js";
import type { FittedFeature } from "../features/contract.js";
import type { Task } from "../learners/contract.js";
import type { Calibration } from "./calibration.js";
import { Misshapen } from "./check/shape.js";
import { checkModel } from "./check.js";

/** Raised when a reader of today could not understand a file of tomorrow. Older formats keep loading. */
export const modelFormat = 2;

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
  /** The columns that the label and the roles read, with their types: what a row to judge needs besides. Not in format 1. */
  readonly beside?: Schema;
  readonly roles: Roles;
  readonly features: readonly FittedFeature[];
  readonly learner: string;
  readonly params: Readonly<Record<string, number | string | boolean>>;
  readonly state: unknown;
  /** Of a binary model: what its margins go through before they are probabilities. */
  readonly calibration?: Calibration;
  readonly stateHash: string;
  /** Over all but the name and `about`. Not in format 1. */
  readonly contentHash?: string;
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

/** SHA-256 over all that decides an answer or a figure: what `stateHash` covers, label, roles, how columns are read, codings, baseline. */
export const contentHashOf = ({ name: _name, about: _about, contentHash: _hash, ...content }: Model): string =>
  hashOf(content);

export const writeModel = (model: Model): string => `${toJson(model, 1)}\n`;

/** A model file's text back into data: refuses newer formats by name, what is no model, and files that were changed. */
export function readModel(text: string, where: string): Model {
  const damaged = (problem: string, facts: object = {}, cause?: unknown): SluiceError =>
    new SluiceError("damaged", `${where} ${problem}`, { file: where, ...facts }, cause ? { cause } : {});
  let model: Model;
  try {
    model = fromJson<Model>(text);
  } catch (error) {
    throw damaged("is not a model file: it does not parse as JSON", {}, error);
  }
  if (typeof model?.format !== "number")
    throw damaged("is not a model file: it has no format number", { field: "format" });
  if (model.format > modelFormat)
    throw new SluiceError(
      "newer_format",
      `${where} has model format ${model.format}; this Sluice reads up to ${modelFormat}, so it needs a newer one`,
      {
        format: model.format,
        readsUpTo: modelFormat,
      },
    );
  try {
    if (model.format !== 1 && model.format !== 2)
      throw new Misshapen("format", `is ${model.format}; it must be 1 or 2`);
    checkModel(model);
  } catch (error) {
    if (!(error instanceof Misshapen)) throw error;
    throw damaged(`is no sound model: ${error.field} ${error.message}`, { field: error.field });
  }
  if (stateHashOf(model) !== model.stateHash)
    throw damaged("was changed since it was written: its contents don't give its state hash", { field: "stateHash" });
  if (model.format > 1 && contentHashOf(model) !== model.contentHash)
    throw damaged("was changed since it was written: its contents don't give its content hash", {
      field: "contentHash",
    });
  return model;
}

/** Classes as they are printed. */
export const className = (value: Value): string =>
  typeof value === "string" ? value : canonical(value).replaceAll('"', "");
