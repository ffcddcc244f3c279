import { afterAll, beforeAll, expect, test } from "vitest";
import { collect, sql, write } from "../../src/engines/spark/mllib.js";
import { place } from "../support/cli.js";
import { asCsv, deliveries } from "../support/deliveries.js";
import { duck } from "../support/duck.js";
import { needs } from "../support/needs.js";
import { openSpark, sparkRemote } from "../support/spark.js";

needs.spark()("asked of a cluster", () => {
  const at = place();
  const name = `asked_${process.pid}`;
  let on: string[];
  beforeAll(async () => {
    on = ["--on", await sparkRemote(), "--json"];
    at.write("rows.csv", asCsv(deliveries(1000)));
    await duck(
      `COPY (FROM read_csv('${at.path("rows.csv")}', types = {'late': 'VARCHAR'})) TO '${at.path("rows.parquet")}' (FORMAT parquet)`,
    );
  });
  afterAll(() => at[Symbol.dispose]());

  test("a frame is written to a path and a table, and its rows collected", async () => {
    await using session = await openSpark();
    const frame = sql("SELECT id, CAST(id / 2 AS DOUBLE) AS half FROM range(5)");
    const expected = [0, 1, 2, 3, 4].map((id) => ({ id, half: id / 2 }));
    expect(await collect(session, frame)).toEqual(expected);
    expect(await write(session, frame, at.path("frame"), { overwrite: true })).toBe(5);
    expect(await collect(session, sql(`SELECT * FROM parquet.\`${at.path("frame")}\` ORDER BY id`))).toEqual(expected);
    await expect(write(session, frame, at.path("frame"))).rejects.toMatchObject({ code: "exists" });
    expect(await write(session, frame, name, { overwrite: true })).toBe(5);
  });

  test("SHOW and DESCRIBE tell of its tables", async () => {
    try {
      const shown = await at.sluice("sql", "SHOW TABLES;", ...on);
      expect(shown.json.rows.map((row: { tableName: string }) => row.tableName)).toContain(name);
      const described = await at.sluice("sql", `describe ${name}`, ...on);
      expect(described.json.rows).toMatchObject([
        { col_name: "id", data_type: "bigint" },
        { col_name: "half", data_type: "double" },
      ]);
      const some = await at.sluice("sql", "SHOW FUNCTIONS", "--limit", "3", ...on);
      expect(some.json).toMatchObject({ rows: { length: 3 }, more: true });
    } finally {
      await using session = await openSpark();
      await collect(session, sql(`DROP TABLE ${name}`));
    }
  });

  test("a plan tells its queries, its time and what travels, and the training keeps to it", async () => {
    const work = [
      `sc:${at.path("rows.parquet")}`,
      "--label",
      "late",
      "--drop",
      "minutes,size",
      "--learner",
      "logistic",
    ];
    const { cluster, stages, rows } = (await at.sluice("plan", ...work, ...on)).json;
    expect(rows).toBe(1000);
    expect(cluster.travelBytes).toBeGreaterThan(1000 * 9);
    expect(cluster.travelBytes).toBeLessThan(1000 * 100);
    expect(cluster.seconds).toBeGreaterThan(0);
    expect(stages.map(({ what }: { what: string }) => what).join()).not.toContain("statistics"); // done here by DuckDB
    const trained = await at.sluice("train", ...work, ...on);
    const { operations } = trained.json.cluster;
    expect(operations).toBeGreaterThan(cluster.queries / 2);
    expect(operations).toBeLessThan(cluster.queries * 2);
  }, 300_000);
});
