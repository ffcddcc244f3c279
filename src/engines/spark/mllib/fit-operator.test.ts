import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import type { SparkSession } from "../connection/session.js";
import { sql } from "../frames/plan.js";
import { mllib } from "../mllib.js";
import { ExecutePlanResponseSchema, type MlCommandResultSchema } from "../wire/spark-connect_pb.js";
import { fitOperator } from "./fit-operator.js";

type Answer = MessageInitShape<typeof MlCommandResultSchema>;

/** A session whose server gives one answer to everything. */
const answering = (value: Answer): SparkSession =>
  ({
    remote: {},
    async *run() {
      yield create(ExecutePlanResponseSchema, { responseType: { case: "mlCommandResult", value } });
    },
  }) as unknown as SparkSession;

const rows = sql("SELECT 1");
const fitted = (warningMessage?: string): Answer => ({
  resultType: {
    case: "operatorInfo",
    value: { type: { case: "objRef", value: { id: "m1" } }, ...(warningMessage ? { warningMessage } : {}) },
  },
});

test("what Spark warns of while it fits is said, and stays with the model", async () => {
  const told: string[] = [];
  const onWarning = (message: string): unknown => told.push(message);
  const stopped = "training stops early because the model size exceeds threshold";
  const model = await fitOperator(answering(fitted(stopped)), mllib.gbtClassifier(), rows, { onWarning });
  expect(model.warning).toBe(stopped);
  expect(told).toEqual([stopped]);
  expect((await fitOperator(answering(fitted()), mllib.gbtClassifier(), rows, { onWarning })).warning).toBeUndefined();
  expect(told).toHaveLength(1);
});

test("an answer without a model is an error", async () => {
  const empty = answering({ resultType: { case: undefined } });
  await expect(fitOperator(empty, mllib.kMeans(), rows)).rejects.toThrow("Spark fitted KMeans and gave no model");
});

test("what learns nothing is not fitted", async () => {
  const assembler = mllib.vectorAssembler() as never;
  await expect(fitOperator(answering(fitted()), assembler, rows)).rejects.toThrow(
    "mllib.vectorAssembler is a transformer: ask transform(...); it learns nothing",
  );
});

test("LDA's model is of another class for each optimizer", async () => {
  expect((await fitOperator(answering(fitted()), mllib.lda(), rows)).name).toBe("LocalLDAModel");
  expect((await fitOperator(answering(fitted()), mllib.lda({ optimizer: "em" }), rows)).name).toBe(
    "DistributedLDAModel",
  );
});
