import { CodedError } from "../base/errors.js";
import { type Params, resolveParams } from "../base/params.js";
import { knownType } from "../expr/type-of.js";
import type { Block, FittedFeature } from "../features/contract.js";
import { blocksOf } from "../features/fit.js";
import { features as allFeatures } from "../features/index.js";
import { learners } from "../learners/index.js";
import { isMllib } from "../learners/mllib.js";
import { checkExpr, checkTerms } from "./check/expr.js";
import { checkSchema } from "./check/schema.js";
import { type Fields, fields, finite, levels, list, Misshapen, oneOf, own, whole, word, wrong } from "./check/shape.js";
import { checkCalibration, checkState } from "./check/states.js";

/**
 * Whether data is a model: everything that predicting, judging and explaining take for granted, so that a file from elsewhere can be
 * wrong, but can't make us do anything else. What features and learners make of their states is checked by making it.
 */
export function checkModel(value: unknown): void {
  const model = fields(value, "the file");
  word(own(model, "name"), "name");
  word(own(model, "stateHash"), "stateHash");
  const task = oneOf(own(model, "task"), "task", ["binary", "multiclass", "regression"]);
  const classes = levels(own(model, "classes"), "classes").length;
  const right = { binary: classes === 2, multiclass: classes >= 2, regression: classes === 0 }[task];
  if (!right) throw new Misshapen("classes", `are ${classes} of them, which is none of ${task}`);
  if (task === "binary" && own(model, "positive") !== (own(model, "classes") as readonly unknown[])[1])
    wrong("positive", own(model, "positive"), "the second of the classes");
  const inputs = checkSchema(own(model, "inputs"), "inputs");
  const beside = own(model, "beside");
  const columns = new Set(inputs.columns.map(({ name }) => name));
  const known =
    beside === undefined
      ? undefined
      : new Set([...columns, ...checkSchema(beside, "beside").columns.map(({ name }) => name)]);

  const label = fields(own(model, "label"), "label");
  word(own(label, "text"), "label.text");
  checkExpr(own(label, "expr"), "label.expr", known);
  for (const [role, column] of Object.entries(fields(own(model, "roles"), "roles"))) {
    oneOf(role, `roles.${role}`, ["id", "time", "group", "weight"]);
    word(column, `roles.${role}`);
  }

  const blocks = list(own(model, "features"), "features").flatMap((one, i) =>
    blocksOfFeature(fields(one, `features[${i}]`), `features[${i}]`, inputs, columns),
  );
  const learner = word(own(model, "learner"), "learner");
  checkLearner(learner, fields(own(model, "params"), "params"), task);
  const about = { task, classes: Math.max(1, classes), outputs: task === "multiclass" ? classes : 1, blocks };
  checkState(learner, own(model, "state"), "state", about);
  checkState("baseline", own(model, "baseline"), "baseline", about);
  const calibration = own(model, "calibration");
  if (calibration !== undefined) {
    if (task !== "binary") throw new Misshapen("calibration", `is there, and the task is ${task}`);
    checkCalibration(calibration, "calibration");
  }
  const coded = blocks.filter(({ kind }) => kind === "number").length;
  const codings = list(own(model, "codings"), "codings");
  if (codings.length < coded) wrong("codings", codings, `a list of ${coded}, one for each number`);
  codings.forEach((one, i) => {
    const coding = fields(one, `codings[${i}]`);
    finite(own(coding, "shift"), `codings[${i}].shift`);
    whole(own(coding, "exponent"), `codings[${i}].exponent`, -1100, 1100);
  });
  fields(own(model, "about"), "about");
}

function checkLearner(name: string, params: Fields, task: string): void {
  const learner = learners.find((one) => one.name === name);
  if (isMllib(name) && /^mllib\.\w{1,100}$/.test(name)) {
    for (const [param, value] of Object.entries(params))
      if (typeof value !== "string" && typeof value !== "boolean") finite(value, `params.${param}`);
    return;
  }
  if (!learner) wrong("learner", name, `one of ${learners.map((one) => one.name).join(", ")}`);
  if (!(learner.tasks as readonly string[]).includes(task))
    throw new Misshapen("learner", `is ${name}, which learns ${learner.tasks.join(" and ")}, and the task is ${task}`);
  refused("params", () => resolveParams(name, learner.params as Params, params));
}

/** A stage's inputs and params, and its state by what becomes of it: blocks of sound formulas over the model's columns. */
function blocksOfFeature(
  given: Fields,
  at: string,
  inputs: Parameters<typeof knownType>[1],
  columns: ReadonlySet<string>,
): readonly Block[] {
  const name = word(own(given, "feature"), `${at}.feature`);
  const feature = allFeatures.find((one) => one.name === name);
  if (!feature) wrong(`${at}.feature`, name, `one of ${allFeatures.map((one) => one.name).join(", ")}`);
  word(own(given, "name"), `${at}.name`);
  const exprs = list(own(given, "inputs"), `${at}.inputs`);
  const { min, max, types } = feature.inputs;
  if (exprs.length < min || exprs.length > max) wrong(`${at}.inputs`, exprs, `a list of ${min} to ${max}`);
  exprs.forEach((expr, i) => {
    checkExpr(expr, `${at}.inputs[${i}]`, columns);
    const type = refused(`${at}.inputs[${i}]`, () => knownType(expr as never, inputs));
    if (type && !types.includes(type.kind))
      throw new Misshapen(`${at}.inputs[${i}]`, `is ${type.kind}; ${name} takes ${types.join(", ")}`);
  });
  refused(`${at}.params`, () =>
    resolveParams(name, feature.params as Params, fields(own(given, "params"), `${at}.params`)),
  );
  const state = `${at}.state`;
  fields(own(given, "state"), state);
  const blocks = refused(state, () => blocksOf([given as unknown as FittedFeature]));
  for (const block of blocks) {
    checkExpr(block.expr, state, columns);
    refused(state, () => knownType(block.expr, inputs));
    if (block.kind === "number") finite(block.fill, state);
    if (block.kind === "category") levels(block.levels, state);
    if (block.kind === "text") {
      checkExpr(block.codes, state, columns);
      checkTerms(block.terms, state);
    }
  }
  return blocks;
}

/** What code that takes sound data for granted does not get on with is not sound. */
function refused<T>(at: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Misshapen) throw error;
    throw new Misshapen(
      at,
      error instanceof CodedError ? `does not fit: ${error.message}` : "does not fit what reads it",
    );
  }
}
