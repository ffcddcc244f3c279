import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sql } from "../../src/engines/spark/plan.js";
import { parseRemote } from "../../src/engines/spark/remote.js";
import { SparkSession } from "../../src/engines/spark/session.js";
import { needs } from "../support/needs.js";
import { ownSpark } from "../support/spark.js";

const patienceMs = 6000;
/** A failed try and its pause beside the patience, on a machine that does other things too; a hang would be as long as the test may take. */
const deadlineMs = 40_000;

needs.spark()("a server that is killed", () => {
  let spark: Awaited<ReturnType<typeof ownSpark>>;
  let session: SparkSession;
  beforeAll(async () => {
    spark = await ownSpark({ driverMemory: "1g" });
    session = await SparkSession.open(parseRemote(spark.remote), { patienceMs });
  });
  afterAll(async () => {
    await session?.close();
    spark?.[Symbol.dispose]();
  });

  test("in the middle of a result is an error within the patience, never a shorter result", async () => {
    const began = Date.now();
    const reading = (async () => {
      let rows = 0;
      for await (const { responseType } of session.run(
        sql("SELECT id, repeat('x', 100) AS pad FROM range(0, 4000000, 1, 100)"),
      )) {
        if (responseType.case !== "arrowBatch") continue;
        if (rows === 0) spark.stop("SIGKILL");
        rows += Number(responseType.value.rowCount);
        await sleep(20);
      }
      return rows;
    })();
    await expect(reading).rejects.toMatchObject({ code: expect.stringMatching(/^cluster_(unreachable|lost)$/) });
    expect(Date.now() - began).toBeLessThan(deadlineMs);
  });
});
