import { SluiceError } from "../../../base/errors.js";
import type { SparkSession } from "../connection/session.js";
import { type Fetched, fromLiteral } from "../frames/literals.js";
import type { MlCommandResult_MlOperatorInfo } from "../wire/spark-connect_pb.js";
import { ask, write } from "./ask.js";
import { holdingsOf } from "./cache.js";
import type { ParamValue } from "./check.js";
import { paramLiterals } from "./literal.js";
import { MllibModel } from "./model.js";
import {
  type EstimatorName,
  factsOf,
  type ModelName,
  modelFacts,
  type Operator,
  type OperatorName,
  typeNumbers,
  uidFor,
} from "./operator.js";
import { operators } from "./table.js";

/** Writes an unfitted operator as Spark does. Paths are the cluster's. */
export async function writeOperator(
  session: SparkSession,
  { operator, params }: Operator,
  path: string,
  { overwrite = false, uid = uidFor(operator) }: { readonly overwrite?: boolean; readonly uid?: string } = {},
): Promise<void> {
  const { jvm, kind, params: facts } = factsOf(operator);
  await write(session, {
    type: { case: "operator", value: { name: jvm, uid, type: typeNumbers[kind] } },
    params: paramLiterals(facts, params),
    path,
    shouldOverwrite: overwrite,
  });
}

/** An operator that was written, with the params that were set on it. */
export async function readOperator<N extends OperatorName>(
  session: SparkSession,
  name: N,
  path: string,
): Promise<Operator<N>> {
  const { jvm, kind } = factsOf(name);
  const info = await read(session, jvm, typeNumbers[kind], path);
  return { operator: name, params: paramsOf(info) };
}

/** A model that was written, by this session or another one, by Python or Scala. */
export async function readModel(session: SparkSession, name: ModelName, path: string): Promise<MllibModel> {
  const asTransformer = name === "Bucketizer"; // what QuantileDiscretizer gives is no model to Spark
  const { transformer, model } = typeNumbers;
  const info = await read(session, modelFacts(name).jvm, asTransformer ? transformer : model, path);
  if (info.type.case !== "objRef")
    throw new SluiceError("cluster_error", `Spark read ${name} from ${path} and gave no model`);
  const { id } = info.type.value;
  holdingsOf(session).ids.add(id);
  const operator = estimatorOf(name);
  return new MllibModel(session, {
    id,
    name,
    uid: info.uid ?? id,
    params: paramsOf(info),
    ...(operator === undefined ? {} : { operator }),
  });
}

export const estimatorOf = (name: ModelName): EstimatorName | undefined =>
  name === "DistributedLDAModel" || name === "LocalLDAModel"
    ? "LDA"
    : (Object.keys(operators) as EstimatorName[]).find((one) => factsOf(one).model === name);

async function read(
  session: SparkSession,
  name: string,
  type: number,
  path: string,
): Promise<MlCommandResult_MlOperatorInfo> {
  const answer = await ask(session, { case: "read", value: { operator: { name, type }, path } });
  if (answer.case !== "operatorInfo") throw new SluiceError("cluster_error", `Spark read nothing from ${path}`);
  return answer.value;
}

const paramsOf = ({ params }: MlCommandResult_MlOperatorInfo): Readonly<Record<string, ParamValue>> =>
  Object.fromEntries(Object.entries(params?.params ?? {}).map(([name, value]) => [name, plain(fromLiteral(value))]));

const plain = (value: Fetched): ParamValue =>
  typeof value === "object" && value !== null && "kind" in value && value.kind === "vector"
    ? (value as { values: readonly number[] }).values
    : (value as ParamValue);
