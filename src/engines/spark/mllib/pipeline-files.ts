import { SluiceError, UnknownNameError } from "../../../base/errors.js";
import { quote } from "../../../sql/spark/literals.js";
import type { SparkSession } from "../connection/session.js";
import { command, type Frame, sql } from "../frames/plan.js";
import { WriteOperation_SaveMode } from "../wire/spark-connect_pb.js";
import { collect } from "./collect.js";
import { readModel, readOperator, writeOperator } from "./files.js";
import { removeFiles } from "./helper.js";
import { type Fitted, MllibModel } from "./model.js";
import {
  factsOf,
  type ModelName,
  modelFacts,
  type Operator,
  type OperatorName,
  type TransformerName,
  uidFor,
} from "./operator.js";
import { isFitted, PipelineModel } from "./pipeline.js";
import { models, operators } from "./table.js";

const pipelineClass = "org.apache.spark.ml.PipelineModel";

/** Writes a fitted pipeline in the layout that Scala and Python read too: a line of metadata, and a folder for each stage. */
export async function writePipeline(
  { session, stages }: PipelineModel,
  path: string,
  { overwrite = false }: { readonly overwrite?: boolean } = {},
): Promise<void> {
  if (overwrite) await removeFiles(session, path);
  else if (await isThere(session, `${path}/metadata`))
    throw new SluiceError(
      "exists",
      `there is something at ${path} on the cluster; say overwrite: true, or give another path`,
      { path },
    );
  const uids = stages.map((stage) => (isFitted(stage) ? uidOf(stage) : uidFor(stage.operator)));
  await writeText(session, `${path}/metadata`, {
    class: pipelineClass,
    timestamp: Date.now(),
    sparkVersion: session.version,
    uid: uidFor("PipelineModel"),
    paramMap: { stageUids: uids, language: "Python" }, // PySpark reads it then, and Scala does not ask
    defaultParamMap: {},
  });
  for (const [i, stage] of stages.entries()) {
    const at = stagePath(path, uids, i);
    if (!isFitted(stage)) await writeOperator(session, stage, at, { uid: uids[i]! });
    else if (stage instanceof PipelineModel) await writePipeline(stage, at);
    else await (stage as MllibModel).write(at);
  }
}

/** A fitted pipeline that was written, here or by Scala or Python. */
export async function readPipeline(session: SparkSession, path: string): Promise<PipelineModel> {
  const { class: found, paramMap } = await metadataAt(session, path);
  if (shortName(found) !== "PipelineModel")
    throw new SluiceError("wrong_type", `at ${path} is a ${shortName(found)}, no fitted pipeline`, { path });
  const uids = paramMap["stageUids"] as readonly string[];
  const stages: (Operator<TransformerName> | Fitted)[] = [];
  try {
    for (const i of uids.keys()) stages.push(await readStage(session, stagePath(path, uids, i)));
  } catch (error) {
    await new PipelineModel(session, stages).dispose().catch(() => {});
    throw error;
  }
  return new PipelineModel(session, stages);
}

async function readStage(session: SparkSession, path: string): Promise<Operator<TransformerName> | Fitted> {
  const { class: found } = await metadataAt(session, path);
  const name = shortName(found);
  if (name === "PipelineModel") return readPipeline(session, path);
  if (Object.hasOwn(operators, name) && factsOf(name as OperatorName).kind === "transformer")
    return readOperator(session, name as TransformerName, path);
  if (Object.hasOwn(models, name) && modelFacts(name as ModelName).jvm === found)
    return readModel(session, name as ModelName, path);
  throw new UnknownNameError("model of MLlib", found, Object.keys(models));
}

const shortName = (jvmClass: string): string => jvmClass.split(".").at(-1)!;

function uidOf(stage: Fitted): string {
  if (stage instanceof MllibModel) return stage.uid;
  if (stage instanceof PipelineModel) return uidFor("PipelineModel");
  throw new SluiceError(
    "usage",
    `a pipeline with a ${stage.constructor.name} cannot be written; put its best model in its place`,
  );
}

/** Numbers are as wide as the number of stages. */
const stagePath = (path: string, uids: readonly string[], i: number): string =>
  `${path}/stages/${String(i).padStart(String(uids.length).length, "0")}_${uids[i]}`;

interface Metadata {
  readonly class: string;
  readonly paramMap: Readonly<Record<string, unknown>>;
}

async function metadataAt(session: SparkSession, path: string): Promise<Metadata> {
  const [line] = await collect(session, textAt(`${path}/metadata`));
  return JSON.parse(line?.["value"] as string) as Metadata;
}

const textAt = (path: string): Frame => sql(`SELECT value FROM text.${quote(path)}`);

const isThere = (session: SparkSession, path: string): Promise<boolean> =>
  collect(session, textAt(path)).then(
    () => true,
    () => false,
  );

async function writeText(session: SparkSession, path: string, content: unknown): Promise<void> {
  const written = command({
    case: "writeOperation",
    value: {
      input: sql("SELECT :line AS value", { line: JSON.stringify(content) }),
      source: "text",
      saveType: { case: "path", value: path },
      mode: WriteOperation_SaveMode.ERROR_IF_EXISTS,
    },
  });
  for await (const _ of session.run(written)) {
    // nothing comes of it
  }
}
