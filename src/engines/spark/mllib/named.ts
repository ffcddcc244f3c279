import { nearest, SluiceError, UnknownNameError } from "../../../base/errors.js";
import {
  choice,
  flag,
  integer,
  type Param,
  type Params,
  type ParamValue,
  real,
  resolveParams,
  textParam,
} from "../../../base/params.js";
import type { SparkSession } from "../connection/session.js";
import type { Frame } from "../frames/plan.js";
import type { ParamFact, Task } from "./facts.js";
import { fit } from "./fit.js";
import type { Fitting } from "./fit-operator.js";
import { type EstimatorName, factsOf, operatorOf } from "./operator.js";
import { type PipelineModel, pipeline } from "./pipeline.js";
import { operators } from "./table.js";

/** Which columns a learner of MLlib's learns from. */
export interface MllibData {
  /** Columns of numbers, in the order that the model will know them by. */
  readonly features: readonly string[];
  /** Numbers; classes are 0, 1, ... Not read by clustering. */
  readonly label?: string;
  readonly weight?: string;
  readonly seed?: number;
}

/** One of MLlib's learners in the terms of ours: params as declarations that the command line can read. */
export interface MllibLearner {
  /** As the command line names it: `mllib.GBTClassifier`. */
  readonly name: string;
  readonly operator: EstimatorName;
  readonly task: Task;
  readonly params: Params;
  /** Refuses params as `resolveParams` does. Text is "" where Spark chooses by itself; lists are numbers with commas between. */
  fit(
    session: SparkSession,
    rows: Frame,
    data: MllibData,
    params?: Readonly<Record<string, unknown>>,
    options?: Fitting,
  ): Promise<PipelineModel>;
}

const prefix = "mllib.";
const learns: readonly Task[] = ["binary classification", "classification", "regression", "clustering"];

export const mllibNames: readonly string[] = (Object.keys(operators) as EstimatorName[])
  .filter((name) => factsOf(name).kind === "estimator" && learns.includes(factsOf(name).task))
  .map((name) => `${prefix}${name}`);

/** The learner of that name, in Spark's spelling (`mllib.GBTClassifier`) or as a function of ours (`mllib.gbtClassifier`). */
export function mllibNamed(name: string): MllibLearner {
  const found = mllibNames.find((one) => one.toLowerCase() === name.toLowerCase());
  if (found === undefined) throw new UnknownNameError("learner of MLlib", name, mllibNames);
  const operator = found.slice(prefix.length) as EstimatorName;
  const { task, params: facts } = factsOf(operator);
  const declared = Object.entries(facts).filter(([param, fact]) => !ownColumns.has(param) && declarable(fact));
  const params = Object.fromEntries(declared.map(([param, fact]) => [param, declarationOf(fact)]));
  return {
    name: found,
    operator,
    task,
    params,
    async fit(session, rows, { features, label, weight, seed }, given = {}, options = {}) {
      const set = settings(found, facts, resolveParams(found, params, given), given);
      const columns = {
        featuresCol: vectorColumn,
        ...(label !== undefined && "labelCol" in facts ? { labelCol: label } : {}),
        ...(weight === undefined ? {} : { weightCol: weightable(found, facts, weight) }),
        ...(seed !== undefined && "seed" in facts ? { seed } : {}),
      };
      const assembler = operatorOf("VectorAssembler", { inputCols: features, outputCol: vectorColumn });
      return fit(session, pipeline([assembler, operatorOf(operator, { ...set, ...columns })]), rows, options);
    },
  };
}

const vectorColumn = "__sluice_features";

/** Columns that the training names, or that only its transformed rows would have. */
const ownColumns: ReadonlySet<string> = new Set(
  ["features", "label", "weight", "prediction", "probability", "rawPrediction", "leaf", "variance", "quantiles"]
    .concat(["linkPrediction", "topicDistribution"])
    .map((name) => `${name}Col`)
    .concat("seed"),
);

const declarable = ({ type }: ParamFact): boolean => type !== "matrix" && type !== "doubles2" && type !== "strings2";

function declarationOf(fact: ParamFact): Param {
  const { type, default: fallback, doc } = fact;
  if (fact.of !== undefined)
    return fallback === undefined
      ? choice(["", ...fact.of], "", `${doc}; "" lets Spark choose`)
      : choice(fact.of, fallback as string, doc);
  if (type === "boolean") return flag(fallback === true, doc);
  if (fallback === undefined || Array.isArray(fallback)) return textParam(shown(fallback), `${doc}${hintOf(type)}`);
  if (type === "string") return textParam(fallback as string, doc);
  if (type === "int") return integer(fact.min ?? -int, fact.max ?? int, fallback as number, doc);
  return real(lowest(fact), highest(fact), fallback as number, doc);
}

const int = 2 ** 31 - 1;
const shown = (fallback: ParamFact["default"]): string => (Array.isArray(fallback) ? fallback.join(",") : "");
const hintOf = (type: ParamFact["type"]): string =>
  ["ints", "doubles", "vector"].includes(type) ? " (numbers with commas between)" : "";

/** The bounds themselves are inside of a declaration's range. */
const lowest = ({ min, above }: ParamFact): number =>
  above === undefined
    ? (min ?? -Number.MAX_VALUE)
    : above === 0
      ? Number.MIN_VALUE
      : above + Number.EPSILON * Math.abs(above);
const highest = ({ max, below }: ParamFact): number =>
  below === undefined ? (max ?? Number.MAX_VALUE) : below - Number.EPSILON * Math.abs(below);

/** What was given, in Spark's types; what was not is left to Spark. */
function settings(
  name: string,
  facts: Readonly<Record<string, ParamFact>>,
  resolved: Readonly<Record<string, ParamValue>>,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.keys(given)
      .filter((param) => resolved[param] !== "")
      .map((param) => [param, settingOf(name, param, facts[param]!, resolved[param]!)]),
  );
}

function settingOf(name: string, param: string, { type, of }: ParamFact, value: ParamValue): unknown {
  if (typeof value !== "string" || type === "string" || of !== undefined) return value;
  if (type === "strings") return value.split(",").map((one) => one.trim());
  const numbers = value.split(",").map((one) => (one.trim() === "" ? Number.NaN : Number(one)));
  const list = type === "ints" || type === "doubles" || type === "vector";
  if (numbers.some(Number.isNaN) || (!list && numbers.length !== 1))
    throw new SluiceError(
      "bad_parameter",
      `${name}: ${param} is ${JSON.stringify(value)}; it must be ${list ? "numbers with commas between, like 0.5,0.3" : "a number"}`,
      {
        parameter: param,
        value,
      },
    );
  return list ? numbers : numbers[0];
}

function weightable(name: string, facts: Readonly<Record<string, ParamFact>>, weight: string): string {
  if ("weightCol" in facts) return weight;
  const near = nearest(
    name,
    mllibNames.filter((one) => "weightCol" in factsOf(one.slice(prefix.length) as EstimatorName).params),
  );
  throw new SluiceError(
    "usage",
    `${name} takes no weights${near ? `; ${near} does` : ""}: leave --weight out, or take another learner`,
    { weight },
  );
}
