import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BatchReader, rowsOf } from "../../src/engines/spark/arrow.js";
import { sql } from "../../src/engines/spark/plan.js";
import { parseRemote } from "../../src/engines/spark/remote.js";
import { SparkSession } from "../../src/engines/spark/session.js";
import { needs } from "../support/needs.js";
import { ownSpark } from "../support/spark.js";

/** A master, a worker and two executors, each a process of its own, as `npm run spark:up -- --cluster` starts them. */
needs.spark()("a cluster of several processes", () => {
  let spark: Awaited<ReturnType<typeof ownSpark>>;
  beforeAll(async () => {
    spark = await ownSpark({ cluster: true, driverMemory: "1g", conf: { "spark.executor.memory": "1g" } });
  });
  afterAll(() => spark?.[Symbol.dispose]());

  test("whose executor is killed in the middle gives the whole result, each row once", async () => {
    await using session = await SparkSession.open(parseRemote(spark.remote));
    // Shuffled first, so that what the executor had written for the next stage is lost with it and made again.
    const query = sql(
      "SELECT id, repeat('x', 50) AS pad FROM (SELECT /*+ REPARTITION(40, id) */ id FROM range(0, 400000, 1, 8))",
    );
    const reader = new BatchReader();
    const seen = new Set<number>();
    let killed: number | undefined;
    let count = 0;
    for await (const { responseType } of session.run(query)) {
      const batch = responseType.case === "arrowBatch" ? reader.take(responseType.value) : undefined;
      if (!batch) continue;
      killed ??= killExecutor(spark.folder);
      count += batch.rows;
      for (const { id } of rowsOf(batch)) seen.add(id as number);
      await sleep(20);
    }
    expect(killed).toBeTypeOf("number");
    expect(seen.size).toBe(400_000);
    expect(count).toBe(400_000);
  });
});

/** Ends one of the executors, which run in the server's folder. */
function killExecutor(folder: string): number {
  const pid = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((id) => {
      try {
        return (
          readlinkSync(`/proc/${id}/cwd`).startsWith(join(folder, "work")) &&
          readFileSync(`/proc/${id}/cmdline`, "utf8").includes("CoarseGrainedExecutorBackend")
        );
      } catch {
        return false; // it has ended, or is another user's
      }
    });
  if (pid === undefined) throw new Error("no executor runs");
  process.kill(pid, "SIGKILL");
  return pid;
}
