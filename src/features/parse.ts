import { SluiceError, UnknownColumnError } from "../base/errors.js";
import type { ParamValue } from "../base/params.js";
import { type Schema, typeName } from "../base/schema.js";
import { columnsOf, type Expr } from "../expr/expr.js";
import { parseExpr } from "../expr/parse.js";
import { typeOf } from "../expr/types.js";
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
  for (const item of splitTop(text)) {
    const [, body = item, quoted, word] = /^(.*?)\s+as\s+(?:"([^"]+)"|([A-Za-z_]\w*))$/is.exec(item) ?? [];
    const name = quoted ?? word;
    const called = featureCall(body);
    if (called) out.push(...stagesOf(called, schema, name));
    else {
      const formula = parseFormula(body, schema);
      out.push({ formula, name: name ?? labelOf(formula), type: typeOf(formula, schema) });
    }
  }
  if (out.length === 0) throw new SluiceError("usage", `--features "${text}" names no feature; write it like 'log(distance), onehot(origin)'`, { value: text });
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
  const chosen = feature.name === "interactions" && inputs.some((input) => isText(input, schema)) ? findFeature("cross")! : feature;
  const { min, max, types } = chosen.inputs;
  for (const input of inputs) {
    if (isStage(input)) continue;
    const type = typeOf(input, schema);
    if (!types.includes(type.kind))
      throw new SluiceError("wrong_type", `${chosen.name}(${labelOf(input)}): ${labelOf(input)} is ${typeName(type)}; ${chosen.name} takes ${types.join(", ")}`, {
        feature: chosen.name,
        type: typeName(type),
      });
  }
  if (inputs.length < min || (max > 1 && inputs.length > max))
    throw new SluiceError("usage", `${chosen.name} takes ${max === 1 ? "a column" : `${min} to ${max} columns`}, and was given ${inputs.length}`, { feature: chosen.name });
  const groups = max === 1 ? inputs.map((input) => [input]) : [inputs];
  return groups.map((group) => ({ feature: chosen.name, name: name ?? group.map(nameOf).join(" & "), inputs: group, params: given }));
}

const nameOf = (input: Expr | Stage): string => (isStage(input) ? `${input.feature}(${input.name})` : labelOf(input));
const isText = (input: Expr | Stage, schema: Schema): boolean => !isStage(input) && typeOf(input, schema).kind === "text";

interface FeatureCall {
  readonly feature: AnyFeature;
  readonly args: readonly string[];
}

/** The call that the whole text is, if its name is a feature's. */
function featureCall(text: string): FeatureCall | undefined {
  const [, name, inside] = /^([A-Za-z_]\w*)\s*\((.*)\)$/s.exec(text.trim()) ?? [];
  const feature = name === undefined ? undefined : findFeature(name);
  if (!feature || !balanced(inside!)) return undefined;
  return { feature, args: splitTop(inside!) };
}

function stagesOf({ feature, args }: FeatureCall, schema: Schema, name?: string): Stage[] {
  const inputs: (Expr | Stage)[] = [];
  const params: Record<string, ParamValue> = {};
  for (const arg of args) {
    const [, key, value] = /^([A-Za-z_]\w*)\s*=\s*([^=].*)$/s.exec(arg) ?? [];
    const param = Object.keys(feature.params).find((one) => one.toLowerCase() === key?.toLowerCase());
    const first = Object.keys(feature.params)[0];
    const inner = featureCall(arg);
    if (param) params[param] = unquoted(value!);
    else if (inner) inputs.push(...stagesOf(inner, schema));
    else if (/^[\d.]+$/.test(arg) && inputs.length > 0 && first && !(first in params)) params[first] = arg;
    else if (key !== undefined && !schema.columns.some((column) => column.name === key)) params[key] = unquoted(value!);
    else inputs.push(parseFormula(arg, schema));
  }
  return stagesFor(feature, inputs, params, schema, name);
}

function parseFormula(text: string, schema: Schema): Expr {
  const names = schema.columns.map(({ name }) => name);
  const formula = parseExpr(text, names);
  for (const column of columnsOf(formula)) if (!names.includes(column)) throw new UnknownColumnError(column, names);
  return formula;
}

const unquoted = (text: string): string => text.trim().replace(/^(['"])(.*)\1$/s, "$2");

/** Parts between commas that stand in no parentheses and no quotes. */
function splitTop(text: string): string[] {
  const parts: string[] = [];
  let [depth, start] = [0, 0];
  let quote = "";
  for (let i = 0; i < text.length; i++) {
    const sign = text[i]!;
    if (quote) quote = sign === quote ? "" : quote;
    else if (sign === "'" || sign === '"') quote = sign;
    else if (sign === "(") depth++;
    else if (sign === ")") depth--;
    else if (sign === "," && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts.map((part) => part.trim()).filter(Boolean);
}

/** Whether the parentheses in it close each other: "a) + f(b" does not. */
function balanced(text: string): boolean {
  let depth = 0;
  let quote = "";
  for (const sign of text) {
    if (quote) quote = sign === quote ? "" : quote;
    else if (sign === "'" || sign === '"') quote = sign;
    else if (sign === "(") depth++;
    else if (sign === ")" && --depth < 0) return false;
  }
  return depth === 0;
}
