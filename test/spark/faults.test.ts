import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startSpark } from "../../scripts/spark.mjs";
import { sql } from "../../src/engines/spark/plan.js";
import { parseRemote } from "../../src/engines/spark/remote.js";
import { SparkSession } from "../../src/engines/spark/session.js";
import { needs } from "../support/needs.js";
import { rowsFrom } from "../support/spark.js";

/** A server that ends every stream after a second or 200 KB, so that each result of some size is put together from many streams. */
needs.spark()("streams that are cut", () => {
  let spark: Awaited<ReturnType<typeof startSpark>>;
  let session: SparkSession;
  beforeAll(async () => {
    spark = await startSpark({
      port: 15_602,
      driverMemory: "1g",
      conf: {
        "spark.connect.execute.reattachable.senderMaxStreamDuration": "1s",
        "spark.connect.execute.reattachable.senderMaxStreamSize": "200k",
      },
    });
    session = await SparkSession.open(parseRemote(spark.remote), { patienceMs: 6000 });
  });
  afterAll(async () => {
    await session?.close();
    spark?.stop();
  });
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
    using proxy = await cuttingProxy(parseRemote(spark.remote).port, 900_000);
    await using through = await SparkSession.open(parseRemote(spark.remote.replace(/:\d+\//, `:${proxy.port}/`)));
    whole(await rowsFrom(through, sql(many)), 400_000);
    expect(proxy.cuts()).toBeGreaterThanOrEqual(2);
  });

  test("a session that another client has released is told to be lost, not taken for empty", async () => {
    const gone = await SparkSession.open(parseRemote(spark.remote));
    await gone.client.releaseSession({ ...gone.envelope });
    await expect(rowsFrom(gone, sql("SELECT 1"))).rejects.toMatchObject({ code: "cluster_lost" });
  });
  test("a server that speaks no TLS is told by that", async () =>
    expect(
      SparkSession.open(parseRemote(spark.remote.replace("use_ssl=false", "use_ssl=true")), { patienceMs: 2000 }),
    ).rejects.toMatchObject({
      code: "cluster_unreachable",
      message: expect.stringContaining("use_ssl"),
    }));
  // The last test: it ends the server.
  test("a server that is killed in the middle of a result is an error within the patience, never a shorter result", async () => {
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
    expect(Date.now() - began).toBeLessThan(40_000);
  });
});

/** Passes bytes on, and cuts every connection after so many from the server. */
async function cuttingProxy(target: number, bytes: number): Promise<{ port: number; cuts: () => number } & Disposable> {
  let cuts = 0;
  const open = new Set<Socket>();
  const server: Server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    let passed = 0;
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on("error", () => {}).on("close", () => open.delete(socket));
    }
    client.pipe(upstream);
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
    upstream.on("data", (chunk) => {
      passed += chunk.length;
      client.write(chunk);
      if (passed < bytes) return;
      cuts++;
      client.resetAndDestroy();
      upstream.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as { port: number }).port,
    cuts: () => cuts,
    [Symbol.dispose]: () => {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}
