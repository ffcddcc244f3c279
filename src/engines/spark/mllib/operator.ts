import { randomBytes } from "node:crypto";
import { UnknownNameError } from "../../../base/errors.js";
import { MlOperator_OperatorType } from "../wire/spark-connect_pb.js";
import { checkParams, type ParamValues } from "./check.js";
import type { ModelFact, OperatorFact, ParamFact, ParamType } from "./facts.js";
import { models, operators } from "./table.js";

type Table = typeof operators;
export type OperatorName = keyof Table;
type OfKind<K extends OperatorFact["kind"]> = {
  [N in OperatorName]: Table[N]["kind"] extends K ? N : never;
}[OperatorName];
export type EstimatorName = OfKind<"estimator">;
export type TransformerName = OfKind<"transformer">;
export type EvaluatorName = OfKind<"evaluator">;
export type ModelName = keyof typeof models;

interface Values {
  boolean: boolean;
  int: number;
  long: number;
  float: number;
  double: number;
  string: string;
  strings: readonly string[];
  strings2: readonly (readonly string[])[];
  ints: readonly number[];
  doubles: readonly number[];
  doubles2: readonly (readonly number[])[];
  vector: readonly number[];
  matrix: {
    readonly kind: "matrix";
    readonly rows: number;
    readonly columns: number;
    readonly values: readonly number[];
  };
}
type ValueOf<P> = P extends { of: readonly (infer W)[] }
  ? W
  : P extends { type: infer T extends ParamType }
    ? Values[T]
    : never;
/** What an operator may be given; what is left out takes Spark's default. */
export type ParamsOf<N extends OperatorName> = {
  readonly [K in keyof Table[N]["params"]]?: ValueOf<Table[N]["params"][K]> | undefined;
};

/** An estimator, transformer or evaluator of MLlib with its params: plain data, nothing of it is on a server. */
export interface Operator<N extends OperatorName = OperatorName> {
  readonly operator: N;
  readonly params: ParamValues;
}

/** The operator with checked params. Throws `bad_parameter` for an unknown name, another type, a value out of range. */
export const operatorOf = <N extends OperatorName>(
  name: N,
  params: Readonly<Record<string, unknown>> = {},
): Operator<N> => ({
  operator: name,
  params: checkParams(operators[name].call, factsOf(name).params, params),
});

/** The same operator with some params set anew. */
export const withParams = <N extends OperatorName>(
  of: Operator<N>,
  params: Readonly<Record<string, unknown>>,
): Operator<N> => operatorOf(of.operator, { ...of.params, ...params });

export const isOperatorName = (name: string): name is OperatorName => Object.hasOwn(operators, name);
export const factsOf = (name: OperatorName): OperatorFact => operators[name];
export const modelFacts = (name: ModelName): ModelFact => models[name];

export function operatorNamed(name: string): OperatorName {
  if (isOperatorName(name)) return name;
  throw new UnknownNameError("operator of MLlib", name, Object.keys(operators));
}

/** The value that a param has: the given one, or Spark's default. */
export const paramOf = ({ operator, params }: Operator, name: string): ParamFact["default"] | ParamValues[string] =>
  params[name] ?? factsOf(operator).params[name]?.default;

/** What fitting gives; LDA gives one or another class by its optimizer. */
export function modelNameOf(of: Operator<EstimatorName>): ModelName {
  if (of.operator === "LDA") return paramOf(of, "optimizer") === "em" ? "DistributedLDAModel" : "LocalLDAModel";
  return factsOf(of.operator).model as ModelName;
}

export const uidFor = (name: string): string => `${name}_${randomBytes(6).toString("hex")}`;

export const typeNumbers = {
  estimator: MlOperator_OperatorType.ESTIMATOR,
  transformer: MlOperator_OperatorType.TRANSFORMER,
  evaluator: MlOperator_OperatorType.EVALUATOR,
  model: MlOperator_OperatorType.MODEL,
} as const;
