import { afterAll, beforeAll, expect, test } from "vitest";
import { place } from "../support/cli.js";
import { duck } from "../support/duck.js";
import { needs } from "../support/needs.js";
import { sparkRemote } from "../support/spark.js";
import { sparkEngine } from "../support/spark-engine.js";

/** Files as Spark writes them unless it is told otherwise: timestamps as INT96, structs, decimals of 38 digits. */
needs.spark()("files of Spark", () => {
  const at = place();
  const rows = 3000;
  beforeAll(async () => {
    await using engine = await sparkEngine(await sparkRemote(), at.path("cache"));
    await engine.session.configure({ "spark.sql.parquet.outputTimestampType": "INT96" });
    const text = `SELECT /*+ REPARTITION_BY_RANGE(2, id) */ id,
      CASE WHEN id % 50 = 0 THEN NULL ELSE named_struct('zip', concat('z', id % 7), 'geo', named_struct('lat', (id * 37 % 180) / 2D, 'lng', CAST(id % 11 AS FLOAT))) END AS addr,
      timestamp_seconds(1700000000 + id * 7919) AS placed,
      CAST(timestamp_seconds(1700000000 + id * 3600) AS TIMESTAMP_NTZ) AS wall,
      CAST(concat('12345678901234567890', id, '.', lpad(CAST(id % 1000 AS STRING), 6, '0')) AS DECIMAL(38, 6)) AS price,
      transform(sequence(0, id % 4), i -> IF(i = 2, NULL, CAST(i * id AS INT))) AS counts,
      array(concat('a"\\\\', id), 'NULL', '', 'x, y') AS words,
      array(named_struct('k', 'it''s', 'v', id), NULL) AS pairs,
      CASE WHEN id % 3 = 0 THEN NULL ELSE unhex(concat('00ff', lpad(hex(id), 6, '0'))) END AS raw,
      date_add(DATE'2024-02-27', CAST(id % 9 AS INT)) AS day,
      CAST(id % 100 AS SMALLINT) AS small,
      (id * 37 % 180) + 20 * (id % 7) + hour(timestamp_seconds(1700000000 + id * 7919)) > 150 AS late
      FROM range(${rows})`;
    await engine.write({ kind: "sql", text }, { format: "parquet", path: `sc:${at.path("orders")}` });
  });
  afterAll(() => at[Symbol.dispose]());

  const both = async (...flags: readonly string[]) => {
    const here = await at.sluice("train", "orders/*.parquet", "--label", "late", ...flags, "--json");
    expect(here.stderr).not.toContain('"error"');
    const on = ["--on", await sparkRemote()];
    const there = await at.sluice(
      "train",
      `sc:${at.path("orders")}/*.parquet`,
      ...["--label", "late"],
      ...flags,
      ...on,
      "--json",
    );
    expect(there.stderr).not.toContain('"error"');
    return [here.json, there.json];
  };
  const described = (file: string): Promise<readonly Record<string, unknown>[]> =>
    duck(`SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM '${at.path(file)}')`);

  test("with structs and INT96 come to one state on DuckDB and Spark", async () => {
    const [here, there] = await both("--drop", "id", "--learner", "logistic", "--name", "all");
    expect(there.features).toEqual(here.features);
    expect(there.stateHash).toBe(here.stateHash);
  }, 300_000);

  test("have the fields of their structs under the same names", async () => {
    const [here, there] = await both(
      "--features",
      "addr.zip, addr.geo.lat",
      "--learner",
      "linear",
      "--task",
      "regression",
    );
    expect(there.stateHash).toBe(here.stateHash);
  }, 300_000);

  test("keep their types and values where they are scored to a file here", async () => {
    const score = async (source: string, to: string, ...on: readonly string[]): Promise<void> => {
      const ran = await at.sluice("predict", "all", source, "--to", to, ...on, "--json");
      expect(ran.stderr).not.toContain('"error"');
      expect(ran.json).toMatchObject({ rows, errors: 0 });
    };
    await score("orders/*.parquet", "here.parquet");
    await score(`sc:${at.path("orders")}/*.parquet`, "there.parquet", "--on", await sparkRemote());
    const types = await described("there.parquet");
    expect(types).toEqual(await described("here.parquet"));
    const typeOf = Object.fromEntries(types.map((row) => [row["column_name"], row["column_type"]]));
    expect(typeOf).toMatchObject({
      price: "DECIMAL(38,6)",
      counts: "INTEGER[]",
      words: "VARCHAR[]",
      pairs: "STRUCT(k VARCHAR, v BIGINT)[]",
      raw: "BLOB",
      day: "DATE",
      placed: "TIMESTAMP WITH TIME ZONE",
      wall: "TIMESTAMP",
      small: "SMALLINT",
      "addr.geo.lng": "FLOAT",
    });
    const columns = types
      .map((row) => String(row["column_name"]))
      .filter((name) => name !== "probability")
      .map((name) => `"${name}"`)
      .join(", ");
    const apart = await duck(
      `(SELECT ${columns} FROM '${at.path("here.parquet")}' EXCEPT SELECT ${columns} FROM '${at.path("there.parquet")}') LIMIT 3`,
    );
    expect(apart).toEqual([]);
  }, 300_000);
});
