import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseRemote } from "../../src/engines/spark/connection/remote.js";
import { SparkSession } from "../../src/engines/spark/connection/session.js";
import { sql } from "../../src/engines/spark/frames/plan.js";
import { needs } from "../support/needs.js";
import { proxy } from "../support/proxy.js";
import { rowsFrom, sparkRemote } from "../support/spark.js";

needs.spark()("streams that are cut", () => {
  let remote: string;
  let session: SparkSession;
  beforeAll(async () => {
    remote = await sparkRemote("cut");
    session = await SparkSession.open(parseRemote(remote), { patienceMs: 6000 });
  });
  afterAll(() => session?.close());
  const whole = (rows: readonly { readonly id?: unknown }[], count: number): void => {
    expect(rows).toHaveLength(count);
    expect(rows.every(({ id }, i) => id === i)).toBe(true);
  };
  const many = "SELECT id FROM range(0, 400000, 1, 8)";

  test("by the server on purpose: the result is whole and in order", async () =>
    whole(await rowsFrom(session, sql(many)), 400_000));
  test("while a query computes for longer than a stream lives", async () =>
    expect(await rowsFrom(session, sql("SELECT count(*) AS n FROM range(600000000) WHERE sqrt(id) > 2"))).toEqual([
      { n: 599_999_995 },
    ]));
  test("while the reader is slow", async () => {
    let rows = 0;
    for await (const { responseType } of session.run(sql(many))) {
      if (responseType.case !== "arrowBatch") continue;
      rows += Number(responseType.value.rowCount);
      await sleep(300);
    }
    expect(rows).toBe(400_000);
  });
  test("by the network, again and again", async () => {
    let [passed, cuts] = [0, 0];
    using between = await proxy(parseRemote(remote).port, (bytes, { cut }) => {
      passed += bytes;
      if (passed < 900_000) return;
      [passed, cuts] = [0, cuts + 1];
      cut();
    });
    await using through = await SparkSession.open(parseRemote(remote.replace(/:\d+\//, `:${between.port}/`)));
    whole(await rowsFrom(through, sql(many)), 400_000);
    expect(cuts).toBeGreaterThanOrEqual(2);
  });

  test("a session that another client has released is told to be lost, not taken for empty", async () => {
    const gone = await SparkSession.open(parseRemote(remote));
    await gone.client.releaseSession({ ...gone.envelope });
    await expect(rowsFrom(gone, sql("SELECT 1"))).rejects.toMatchObject({ code: "cluster_lost" });
  });
});
