import { existsSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { optional } from "../../scripts/optional.mjs";
import { sql } from "../../src/engines/spark/frames/plan.js";
import { cachedModels, fit, mllib, transform } from "../../src/engines/spark/mllib.js";
import type { SparkEngine } from "../../src/engines/spark.js";
import { place } from "../support/cli.js";
import { smallDisk } from "../support/disk.js";
import { needs } from "../support/needs.js";
import { ownSpark, rowsFrom } from "../support/spark.js";
import { sparkEngine } from "../support/spark-engine.js";

/** Words that no compression makes smaller: 20,000 of them are 2 MB. */
const hashes = (rows: number): string =>
  `SELECT id, sha2(CAST(id AS STRING), 512) AS hash FROM range(0, ${rows}, 1, 4)`;
const few = "SELECT id FROM range(100)";

/** A server with little memory, little room for results and models, and small disks. */
needs.spark()("a cluster that runs out", () => {
  const at = place();
  const disks = optional.disks().where === undefined ? undefined : { shuffle: smallDisk(24), target: smallDisk(8) };
  let server: Awaited<ReturnType<typeof ownSpark>>;
  let engine: SparkEngine;
  beforeAll(async () => {
    server = await ownSpark({
      driverMemory: "600m",
      conf: {
        "spark.driver.maxResultSize": "1m",
        "spark.connect.session.connectML.mlCache.memoryControl.maxModelSize": "3000",
        "spark.sql.shuffle.partitions": "4",
        ...(disks ? { "spark.local.dir": disks.shuffle.dir, "spark.sql.warehouse.dir": disks.target.dir } : {}),
      },
    });
    engine = await sparkEngine(server.remote, at.dir, 6000);
  });
  afterAll(async () => {
    await engine?.[Symbol.asyncDispose]();
    server?.[Symbol.dispose]();
    disks?.shuffle[Symbol.dispose]();
    disks?.target[Symbol.dispose]();
    at[Symbol.dispose]();
  });
  const answers = async (): Promise<void> =>
    expect(await engine.rows({ kind: "sql", text: "SELECT 1 AS a" }, 1)).toEqual([{ a: 1 }]);

  describe("of room for results", () => {
    const refusal = { code: "cluster_error", message: expect.stringContaining("larger spark.driver.maxResultSize") };
    test("refuses a result that is too large, which is no shorter result", async () => {
      await expect(rowsFrom(engine.session, sql(hashes(400_000)))).rejects.toMatchObject(refusal);
      await answers();
    });
    test("ends a training that streams too much, and no model is left", async () => {
      const rows = "SELECT id, rand(1) AS a, rand(2) AS b, rand(3) AS c, id % 2 AS label FROM range(0, 500000, 1, 4)";
      await engine.write({ kind: "sql", text: rows }, { format: "parquet", path: `sc:${at.path("rows")}` });
      const ran = await at.sluice(
        ...["train", `sc:${at.path("rows")}`, "--label", "label", "--drop", "id", "--learner", "logistic"],
        ...["--name", "never", "--on", server.remote, "--json"],
      );
      expect(ran.code).toBe(1);
      expect(ran.json.error).toMatchObject(refusal);
      expect((await at.sluice("models", "--json")).stdout).not.toContain("never");
    });
  });

  test("of room for models refuses the model, names the setting, and keeps nothing of it", async () => {
    const rows = transform(
      mllib.vectorAssembler({ inputCols: ["a"], outputCol: "features" }),
      sql("SELECT CAST(id % 97 AS DOUBLE) AS a, CAST(id * id % 7 AS DOUBLE) AS label FROM range(3000)"),
    );
    await expect(
      fit(engine.session, mllib.randomForestRegressor({ numTrees: 20, seed: 1 }), rows),
    ).rejects.toMatchObject({ code: "cluster_error", message: expect.stringContaining("maxModelSize") });
    expect(await cachedModels(engine.session)).toEqual([]);
  });

  needs.disks()("of disk", () => {
    const full = { code: "disk_full", message: expect.stringContaining("a disk of the cluster is full") };
    const write = (text: string, to: string, overwrite = false): Promise<{ rows: number }> =>
      engine.write({ kind: "sql", text }, { format: "parquet", path: `sc:${to}`, ...(overwrite ? { overwrite } : {}) });
    const standing = async (to: string): Promise<unknown> =>
      (await engine.rows({ kind: "sql", text: `SELECT count(*) AS n FROM ${to}` }, 1))[0]!["n"];
    const target = (): string => join(disks!.target.dir, "scored");
    /** Files of tasks that failed are removed at once, and their room comes back when the server's garbage collection closes them. */
    const room = async (): Promise<void> => {
      for (let tries = 0; tries < 60; tries++) {
        const { bavail, blocks } = statfsSync(disks!.target.dir);
        if (bavail > 0.8 * blocks) return;
        await rowsFrom(engine.session, sql("SELECT java_method('java.lang.System', 'gc')"));
        await sleep(500);
      }
      throw new Error("the disk is still full");
    };

    test("leaves nothing at a path, which can be written to as soon as there is room", async () => {
      await expect(write(hashes(200_000), target())).rejects.toMatchObject(full);
      await expect(write(hashes(200_000), target())).rejects.toThrow(`nothing is left at sc:${target()}`);
      expect(existsSync(target())).toBe(false);
      await room();
      expect(await write(few, target())).toMatchObject({ rows: 100 });
      await expect(write(few, target())).rejects.toMatchObject({ code: "exists" });
      expect(await standing(`parquet.\`${target()}\``)).toBe(100);
    });
    test("leaves no table, whose name can be written to as soon as there is room", async () => {
      await expect(write(hashes(200_000), "kept")).rejects.toMatchObject(full);
      await expect(standing("kept")).rejects.toMatchObject({ code: "missing_file" });
      await room();
      expect(await write(few, "kept")).toMatchObject({ rows: 100 });
      await expect(write(few, "kept")).rejects.toMatchObject({ code: "exists" });
    });
    test.each(["kept", "path"])("says that what it should replace is gone: %s", async (name) => {
      const to = name === "path" ? target() : name;
      await expect(write(hashes(200_000), to, true)).rejects.toThrow(
        `what was at sc:${to} before was removed to make room`,
      );
      await expect(standing(name === "path" ? `parquet.\`${to}\`` : to)).rejects.toThrow();
    });
    test("leaves what is there where the rows cannot even be begun", async () => {
      await room();
      expect(await write(few, target(), true)).toMatchObject({ rows: 100 });
      await expect(write("SELECT nope FROM range(3)", target(), true)).rejects.toThrow("is there as it was");
      expect(await standing(`parquet.\`${target()}\``)).toBe(100);
    });
    test("to shuffle on ends the query", async () => {
      const shuffled = sql(
        `SELECT max(hash) FROM (SELECT * FROM source DISTRIBUTE BY hash SORT BY hash) WHERE hash > '0'`,
        {},
        { source: sql(hashes(500_000)) },
      );
      await expect(rowsFrom(engine.session, shuffled)).rejects.toMatchObject(full);
      await answers();
    });
  });

  // The last tests: the server does not survive them.
  test.each([
    ["while it plans", "SELECT size(sequence(1L, 200000000L)) AS n"],
    ["while it computes", "SELECT size(sequence(1L, 200000000L + id)) AS n FROM range(2)"],
  ])("of memory %s tells so within the patience", async (_, query) => {
    const began = performance.now();
    await expect(rowsFrom(engine.session, sql(query))).rejects.toMatchObject({
      code: expect.stringMatching(/^cluster_(error|lost|unreachable)$/),
      message: expect.stringContaining("memory"),
    });
    // Planning and failing take seconds, the patience is 6 s; a hang would be as long as the test may take.
    expect(performance.now() - began).toBeLessThan(60_000);
  });
});
