import { inject } from "vitest";
import type { Row } from "../../src/base/schema.js";
import { BatchReader, rowsOf } from "../../src/engines/spark/arrow.js";
import { type Frame, sql } from "../../src/engines/spark/plan.js";
import { parseRemote } from "../../src/engines/spark/remote.js";
import { SparkSession } from "../../src/engines/spark/session.js";

/** The address, with its token, of the server that all tests of a run share. */
export async function sparkRemote(): Promise<string> {
  const answer = await fetch(inject("sparkBroker"));
  const text = await answer.text();
  if (!answer.ok) throw new Error(`Spark did not start: ${text}`);
  return text;
}

/** A session of its own on that server. */
export const openSpark = async (): Promise<SparkSession> => SparkSession.open(parseRemote(await sparkRemote()));

/** All rows of a query. */
export const sparkRows = (
  session: SparkSession,
  query: string,
  tables: Readonly<Record<string, Frame>> = {},
): Promise<Row[]> => rowsFrom(session, sql(query, {}, tables));

/** All rows of a frame. */
export async function rowsFrom(session: SparkSession, frame: Frame, signal?: AbortSignal): Promise<Row[]> {
  const rows: Row[] = [];
  const reader = new BatchReader();
  for await (const { responseType } of session.run(frame, signal ? { signal } : {})) {
    const batch = responseType.case === "arrowBatch" ? reader.take(responseType.value) : undefined;
    if (batch) rows.push(...rowsOf(batch));
  }
  return rows;
}
