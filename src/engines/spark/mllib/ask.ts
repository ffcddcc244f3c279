import type { MessageInitShape } from "@bufbuild/protobuf";
import { SluiceError } from "../../../base/errors.js";
import type { Executing } from "../connection/execute.js";
import type { SparkSession } from "../connection/session.js";
import { mlCommand } from "../frames/plan.js";
import type { MlCommand_WriteSchema, MlCommandResult, MlCommandSchema } from "../wire/spark-connect_pb.js";

export type MlCommandInit = NonNullable<MessageInitShape<typeof MlCommandSchema>["command"]>;
type MlWriteInit = MessageInitShape<typeof MlCommand_WriteSchema> & { readonly path: string };
export type MlAnswer = MlCommandResult["resultType"];

/** One ML command and its answer; some commands have none. */
export async function ask(session: SparkSession, command: MlCommandInit, options: Executing = {}): Promise<MlAnswer> {
  let answer: MlAnswer = { case: undefined };
  for await (const { responseType } of session.run(mlCommand(command), options))
    if (responseType.case === "mlCommandResult") answer = responseType.value.resultType;
  return answer;
}

/** Spark's own class of an error (`CONNECT_ML.CACHE_INVALID`), where it has one. */
export const errorClassOf = (error: unknown): string | undefined =>
  error instanceof SluiceError ? (error.facts["errorClass"] as string | undefined) : undefined;

/** Writes where nothing may be in the way; Spark has no class of its own for that error. */
export async function write(session: SparkSession, value: MlWriteInit): Promise<void> {
  try {
    await ask(session, { case: "write", value });
  } catch (error) {
    if (!(error instanceof SluiceError) || !/already exists/.test(error.message)) throw error;
    throw new SluiceError(
      "exists",
      `there is something at ${value.path} on the cluster; say overwrite: true, or give another path`,
      { path: value.path },
      { cause: error },
    );
  }
}
