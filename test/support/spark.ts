import type { Row } from "../../src/base/schema.js";
import { BatchReader, rowsOf } from "../../src/engines/spark/arrow.js";
import type { Frame } from "../../src/engines/spark/plan.js";
import type { SparkSession } from "../../src/engines/spark/session.js";

/** All rows of a frame. */
export async function rowsFrom(session: SparkSession, frame: Frame, signal?: AbortSignal): Promise<Row[]> {
  const reader = new BatchReader();
  const rows: Row[] = [];
  for await (const { responseType } of session.run(frame, signal ? { signal } : {})) {
    const batch = responseType.case === "arrowBatch" ? reader.take(responseType.value) : undefined;
    if (batch) rows.push(...rowsOf(batch));
  }
  return rows;
}
