import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { inject } from "vitest";
import { wantedSpark } from "../../scripts/optional.mjs";
import { type SparkServer, startSpark } from "../../scripts/spark.mjs";
import type { Row } from "../../src/base/schema.js";
import { parseRemote } from "../../src/engines/spark/connection/remote.js";
import { SparkSession } from "../../src/engines/spark/connection/session.js";
import { BatchReader, rowsOf } from "../../src/engines/spark/frames/arrow.js";
import { type Frame, sql } from "../../src/engines/spark/frames/plan.js";

/**
 * The servers that all tests of a run share: one, and one that ends every stream after a second or 200 KB, so that each result of some
 * size is put together from many streams. Where the tests are given a server, that is the only one.
 */
export const sparkKinds = wantedSpark().remote ? (["whole"] as const) : (["whole", "cut"] as const);
export type SparkKind = "whole" | "cut";

/** The address, with its token, of such a server. */
export async function sparkRemote(kind: SparkKind = "whole"): Promise<string> {
  const answer = await fetch(`${inject("sparkBroker")}/${kind}`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`Spark did not start: ${text}`);
  return text;
}

/** A server for one file's tests, which they may starve and end. */
export async function ownSpark(options: Parameters<typeof startSpark>[0] = {}): Promise<SparkServer & Disposable> {
  const { version } = wantedSpark();
  const server = await startSpark({ port: await freePort(), ...(version ? { version } : {}), ...options });
  return {
    ...server,
    [Symbol.dispose]: () => {
      server.stop("SIGKILL");
      rmSync(server.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** A session of its own on it. */
export const openSpark = async (kind: SparkKind = "whole"): Promise<SparkSession> =>
  SparkSession.open(parseRemote(await sparkRemote(kind)));

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
