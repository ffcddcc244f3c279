import { SluiceError } from "../base/errors.js";
import type { ParamValue } from "../base/params.js";
import { type Schema, typeName } from "../base/schema.js";
import type { Expr } from "../expr/expr.js";
import { type ParsedCall, parseCall, parseList } from "../expr/lists.js";
import { parseExpr } from "../expr/parse.js";
import { typeOf } from "../expr/type-of.js";
import { labelOf } from "./formulas.js";
import { type AnyFeature, findFeature } from "./index.js";
import { isStage, type Requested, type Stage } from "./stage.js";

/**
 * What people type after --features: calls of features ("onehot(origin), bucketise(x, bins=5) as size") and formulas
 * ("distance * 2"), which become what automatic features make of such a value. A call of a one-column feature with several
 * columns is a stage for each; a feature inside a feature is fitted first.
 */
export function parseFeatures(text: string, schema: Schema): Requested[] {
  const out: Requested[] = [];
  for (const item of parseList(text)) {
    const [, body = item, quoted, word] = /^(.*?)\s+as\s+(?:"([^"]+)"|([A-Za-z_]\w*))$/is.exec(item) ?? [];
    const name = quoted ?? word;
    const called = featureCall(body);
    if (called) out.push(...stagesOf(called, schema, name));
    else {
      const formula = parseFormula(body, schema);
      out.push({ formula, name: name ?? labelOf(formula), type: typeOf(formula, schema) });
    }
  }
  if (out.length === 0)
    throw new SluiceError(
      "usage",
      `--features "${text}" names no feature; write it like 'log(distance), onehot(origin)'`,
      { value: text },
    );
  return out;
}

/** A stage by name, as the parser and TypeScript callers make it: its inputs are checked against the schema. */
export function stagesFor(
  feature: AnyFeature,
  inputs: readonly (Expr | Stage)[],
  given: Readonly<Record<string, ParamValue>>,
  schema: Schema,
  name?: string,
): Stage[] {
  const chosen =
    feature.name === "interactions" && inputs.some((input) => isText(input, schema)) ? findFeature("cross")! : feature;
  const { min, max, types } = chosen.inputs;
  for (const input of inputs) {
    if (isStage(input)) continue;
    const type = typeOf(input, schema);
    if (!types.includes(type.kind))
      throw new SluiceError(
        "wrong_type",
        `${chosen.name}(${labelOf(input)}): ${labelOf(input)} is ${typeName(type)}; ${chosen.name} takes ${types.join(", ")}`,
        {
          feature: chosen.name,
          type: typeName(type),
        },
      );
  }
  if (inputs.length < min || (max > 1 && inputs.length > max))
    throw new SluiceError(
      "usage",
      `${chosen.name} takes ${max === 1 ? "a column" : `${min} to ${max} columns`}, and was given ${inputs.length}`,
      { feature: chosen.name },
    );
  const groups = max === 1 ? inputs.map((input) => [input]) : [inputs];
  return groups.map((group) => ({
    feature: chosen.name,
    name:
      name ??
      (bends.has(chosen.name) ? `${chosen.name}(${group.map(nameOf).join(", ")})` : group.map(nameOf).join(" & ")),
    inputs: group,
    params: given,
  }));
}

/** Features whose values are no longer those of the column say so in their name. */
const bends: ReadonlySet<string> = new Set(["log", "power"]);

const nameOf = (input: Expr | Stage): string => {
  if (!isStage(input)) return labelOf(input);
  return bends.has(input.feature) ? input.name : `${input.feature}(${input.name})`;
};
const isText = (input: Expr | Stage, schema: Schema): boolean =>
  !isStage(input) && typeOf(input, schema).kind === "text";

/** The call that the whole text is, if its name is a feature's. */
function featureCall(text: string): (ParsedCall & { readonly feature: AnyFeature }) | undefined {
  const parsed = parseCall(text);
  const feature = parsed && findFeature(parsed.name);
  return feature && { ...parsed, feature };
}

function stagesOf(
  { feature, args, named }: ParsedCall & { readonly feature: AnyFeature },
  schema: Schema,
  name?: string,
): Stage[] {
  const inputs: (Expr | Stage)[] = [];
  const params: Record<string, ParamValue> = {};
  const names = Object.keys(feature.params);
  for (const [key, value] of Object.entries(named))
    params[names.find((one) => one.toLowerCase() === key.toLowerCase()) ?? key] = unquoted(value);
  for (const arg of args) {
    const inner = featureCall(arg);
    // bucketise(x, 5): a number behind a column is the first parameter
    if (/^[\d.]+$/.test(arg) && inputs.length > 0 && names[0] !== undefined && !(names[0] in params))
      params[names[0]] = arg;
    else if (inner) inputs.push(...stagesOf(inner, schema));
    else inputs.push(parseFormula(arg, schema));
  }
  return stagesFor(feature, inputs, params, schema, name);
}

function parseFormula(text: string, schema: Schema): Expr {
  return parseExpr(
    text,
    schema.columns.map((column) => column.name),
  );
}

const unquoted = (text: string): string => text.trim().replace(/^(['"])(.*)\1$/s, "$2");
