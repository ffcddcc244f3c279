import type { Row } from "../../../base/schema.js";
import type { Executing } from "../connection/execute.js";
import type { SparkSession } from "../connection/session.js";
import { BatchReader, rowsOf } from "../frames/arrow.js";
import type { Frame } from "../frames/plan.js";

/** All rows of a frame, which have room in memory here: facts about a model, a summary, the first rows. */
export async function collect(session: SparkSession, frame: Frame, options: Executing = {}): Promise<readonly Row[]> {
  const reader = new BatchReader();
  const rows: Row[] = [];
  for await (const { responseType } of session.run(frame, options)) {
    if (responseType.case !== "arrowBatch") continue;
    const batch = reader.take(responseType.value);
    if (batch) rows.push(...rowsOf(batch));
  }
  return rows;
}
