import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sql } from "../../src/engines/spark/plan.js";
import { parseRemote } from "../../src/engines/spark/remote.js";
import { SparkSession } from "../../src/engines/spark/session.js";
import { needs } from "../support/needs.js";
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
    using proxy = await cuttingProxy(parseRemote(remote).port, 900_000);
    await using through = await SparkSession.open(parseRemote(remote.replace(/:\d+\//, `:${proxy.port}/`)));
    whole(await rowsFrom(through, sql(many)), 400_000);
    expect(proxy.cuts()).toBeGreaterThanOrEqual(2);
  });

  test("a session that another client has released is told to be lost, not taken for empty", async () => {
    const gone = await SparkSession.open(parseRemote(remote));
    await gone.client.releaseSession({ ...gone.envelope });
    await expect(rowsFrom(gone, sql("SELECT 1"))).rejects.toMatchObject({ code: "cluster_lost" });
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
