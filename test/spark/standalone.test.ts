import { mkdirSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { parseRemote } from "../../src/engines/spark/connection/remote.js";
import { SparkSession } from "../../src/engines/spark/connection/session.js";
import { BatchReader, rowsOf } from "../../src/engines/spark/frames/arrow.js";
import { sql } from "../../src/engines/spark/frames/plan.js";
import { call, col, lit } from "../../src/expr/expr.js";
import type { Relation } from "../../src/expr/relation.js";
import { place } from "../support/cli.js";
import { asCsv, deliveries } from "../support/deliveries.js";
import { duck } from "../support/duck.js";
import { needs } from "../support/needs.js";
import { ownSpark, rowsFrom } from "../support/spark.js";
import { sparkEngine } from "../support/spark-engine.js";

const files = 40;

/** A master and two workers with an executor each, all processes of their own, as `npm run spark:up -- --workers 2` starts them. */
needs.spark()("a cluster of several processes", () => {
  const at = place();
  let spark: Awaited<ReturnType<typeof ownSpark>>;
  beforeAll(async () => {
    at.write("rows.csv", asCsv(deliveries(4000)));
    mkdirSync(at.path("parts"));
    for (let part = 0; part < files; part++)
      await duck(
        `COPY (FROM read_csv('${at.path("rows.csv")}', types = {'late': 'VARCHAR'}) WHERE id % ${files} = ${part}) TO '${at.path(`parts/part-${part}.parquet`)}' (FORMAT parquet)`,
      );
    spark = await ownSpark({
      ...{ cluster: true, workers: 2, cores: 1, driverMemory: "1g" },
      conf: { "spark.executor.memory": "1g" },
    });
  });
  afterAll(() => {
    spark?.[Symbol.dispose]();
    at[Symbol.dispose]();
  });

  test("trains to the state that DuckDB comes to, each time, in one query for all files", async () => {
    const late = ["--label", "late", "--drop", "minutes,size,id", "--learner", "logistic", "--json"];
    const here = await at.sluice("train", "parts/*.parquet", ...late, "--name", "here");
    expect(here.stderr).not.toContain('"error"');
    const states: string[] = [];
    for (const cache of ["first", "second"]) {
      const there = ["--on", spark.remote, "--cache", cache, "--name", cache];
      const ran = await at.sluice("train", `sc:${at.path("parts")}/*.parquet`, ...late, ...there);
      expect(ran.stderr).not.toContain('"error"');
      states.push(ran.json.stateHash);
      // A query for each file would be 40 more to count them, and 40 to read them.
      expect(ran.json.cluster.operations).toBeLessThan(40);
    }
    expect(states).toEqual([here.json.stateHash, here.json.stateHash]);
  }, 600_000);

  test("predicts what DuckDB predicts of a local file, which is sent, and the command ends", async () => {
    const scored = async (to: string, ...on: readonly string[]): Promise<void> => {
      const ran = await at.sluice("predict", "here", "rows.csv", "--to", to, ...on, "--json");
      expect(ran.stderr).not.toContain('"error"');
      expect(ran.json).toMatchObject({ rows: 4000, errors: 0 });
    };
    await scored("here.parquet");
    await scored("there.parquet", "--on", spark.remote);
    const [found] = await duck(
      `SELECT count(*) AS n, max(abs(a.probability - b.probability)) AS apart FROM '${at.path("here.parquet")}' a POSITIONAL JOIN '${at.path("there.parquet")}' b WHERE a.id = b.id`,
    );
    expect(Number(found!["n"])).toBe(4000);
    expect(Number(found!["apart"])).toBeLessThan(1e-12);
  }, 300_000);

  test("gives the first rows of the files, whatever is computed from them", async () => {
    await using engine = await sparkEngine(spark.remote, at.path("cache"));
    const scan = await engine.cluster.open(
      { kind: "files", form: "parquet", paths: [`${at.path("parts")}/*.parquet`] },
      "parts",
    );
    const distance = col("distance");
    const relation: Relation = {
      kind: "project",
      from: { kind: "limit", from: { kind: "scan", scan }, rows: 250 },
      columns: { id: col("id"), x: call("when", call("isNan", distance), lit(null), distance) },
    };
    const rows = await engine.rows(relation, Number.POSITIVE_INFINITY);
    const all = deliveries(4000);
    const expected = scan.files
      .flatMap(({ path }) => all.filter(({ id }) => path.endsWith(`/part-${id % files}.parquet`)))
      .slice(0, 250);
    expect(rows.map(({ id, x }) => [id, x])).toEqual(expected.map(({ id, distance }) => [id, distance]));
    const plan = sql("EXPLAIN SELECT * FROM rows", {}, { rows: engine.frame(relation) });
    const [{ plan: text } = {}] = await rowsFrom(engine.session, plan);
    expect(text).toContain("TakeOrderedAndProject");
    expect(text).not.toContain("CollectLimit");
  });

  test("holds no process when its session is closed, whatever is still open on it", async () => {
    const session = await SparkSession.open(parseRemote(spark.remote));
    const plan = { opType: { case: "root", value: sql("SELECT id FROM range(0, 3000000, 1, 8)") } } as const;
    const stream = session.client.executePlan({ ...session.envelope, plan })[Symbol.asyncIterator]();
    await stream.next(); // and nobody reads on
    const open = (): readonly string[] => process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap");
    expect(open()).not.toEqual([]);
    await session.close();
    await vi.waitFor(() => expect(open()).toEqual([]), { timeout: 5000 });
    await expect(session.schema(sql("SELECT 1"))).rejects.toMatchObject({ code: "cluster_error" });
  });

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
