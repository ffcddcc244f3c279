import { existsSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type SparkServer, startSpark } from "../../scripts/spark.mjs";
import { parseRemote } from "../../src/engines/spark/connection/remote.js";
import { median } from "../../src/scale/scale.js";
import { place, type Told } from "../support/cli.js";
import { asCsv, deliveries } from "../support/deliveries.js";
import { duck } from "../support/duck.js";
import { needs } from "../support/needs.js";
import { freePort } from "../support/ports.js";
import { openSpark, sparkRemote, sparkRows } from "../support/spark.js";

const at = place();
afterAll(() => at[Symbol.dispose]());
beforeAll(async () => {
  at.write("rows.csv", asCsv(deliveries(7000)));
  await duck(
    `COPY (FROM read_csv('${at.path("rows.csv")}', types = {'late': 'VARCHAR'})) TO '${at.path("rows.parquet")}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
  );
});
const late = ["--label", "late", "--drop", "minutes,size", "--repeats", "2"];

/** What holds for every answer, however fast the machine is. */
function sound({ sizes, amdahl, scalability, repeats }: Told): void {
  for (const { runs, size, medianSeconds, speedUp, efficiency } of sizes) {
    expect(runs).toHaveLength(repeats);
    const seconds = runs.map((run: { seconds: number }) => run.seconds);
    expect(medianSeconds).toBe(median(seconds));
    expect(speedUp).toBeCloseTo(sizes[0].medianSeconds / medianSeconds, 12);
    expect(efficiency).toBeCloseTo((speedUp * sizes[0].size) / size, 12);
    for (const { pagesEncoded, seconds } of runs) {
      expect(pagesEncoded).toBeGreaterThan(0); // from no cache
      expect(seconds).toBeGreaterThan(0);
    }
  }
  if (amdahl.why === undefined) {
    const { value, low, high } = amdahl.serial;
    for (const [less, more] of [
      [0, low],
      [low, value],
      [value, high],
      [high, 1],
    ])
      expect(less).toBeLessThanOrEqual(more);
  } else expect(amdahl.why).toMatch(/slower|share|differ/);
  if (sizes.length < 3) expect(scalability.why).toContain("at least 3 sizes");
}

describe("sizes that are threads of this machine", () => {
  test("run the same work on each from an empty cache, and leave nothing behind", async () => {
    const ran = await at.sluice(
      "scale",
      "rows.parquet",
      ...late,
      "--learner",
      "logistic",
      "--threads",
      "2,1",
      "--json",
    );
    expect(ran.stderr).not.toContain('"error"');
    expect(ran.json).toMatchObject({ way: "threads", learner: "logistic", repeats: 2 });
    expect(ran.json.sizes.map(({ size }: Told) => size)).toEqual([1, 2]);
    sound(ran.json);
    const states = ran.json.sizes.flatMap(({ runs }: Told) => runs.map(({ stateHash }: Told) => stateHash));
    expect(new Set(states).size).toBe(1);
    expect(ran.json.notes.join(" ")).toContain("empty cache");
    expect(readdirSync(at.path("cache"))).toEqual(["spill"]);
    expect(readdirSync(at.path("cache/spill"))).toEqual([]);
    expect(existsSync(at.path("home/runs"))).toBe(false);
  });
  test("that the machine lacks are shown and not fitted", async () => {
    const many = availableParallelism() + 1;
    const work = [...late, "--learner", "logistic", "--threads", `1,${many}`, "--memory", `${many * 100 + 400}MB`];
    const ran = await at.sluice("scale", "rows.parquet", ...work);
    expect(ran.stderr).not.toContain("sluice:");
    expect(ran.stdout).toMatch(new RegExp(`^ +${many} `, "m"));
    expect(ran.stdout).toMatch(new RegExp(`note: size ${many} is not in the fit: only ${many - 1} cores? for them`));
    if (many === 2) expect(ran.stdout).toMatch(/Amdahl +not fitted: .*at least 2 sizes/);
  });
  test.each([
    [["--threads", "2"], "at least two sizes"],
    [["--threads", "1,zero"], "--threads 1,zero"],
    [["--threads", "1,2", "--repeats", "0"], "--repeats 0"],
    [["--partitions", "1,2"], "name it with --on"],
    [["--on", "duckdb", "--on", "sc://127.0.0.1:1"], "compared among themselves"],
    [["--on", "sc://127.0.0.1:1", "--on", "sc://127.0.0.1:2", "--threads", "1,2"], "vary one of them"],
    [["--threads", "1,2", "--memory", "200MB"], "--memory"],
  ])("%j are refused", async (flags, reason) => {
    const { code, stderr } = await at.sluice("scale", "rows.parquet", ...late, ...flags);
    expect([2, 4]).toContain(code);
    expect(stderr).toContain(reason);
  });
  test("of standard input are refused, for it can be read once", async () =>
    expect(await at.sluice("scale", "-", ...late, "--threads", "1,2")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("write it to a file"),
    }));
});

needs.spark()("sizes on Spark", () => {
  const source = (): string => `sc:${at.path("rows.parquet")}`;
  const few = [...late, "--features", "distance"]; // starting queries is what takes time here

  describe("two servers of one and two cores", () => {
    const servers: SparkServer[] = [];
    beforeAll(async () => {
      for (const cores of [2, 1]) servers.push(await startSpark({ port: await freePort(), cores, driverMemory: "1g" }));
    });
    afterAll(() => {
      for (const server of servers) server.stop();
    });

    test("are asked for their cores, and compared by a learner of MLlib's", async () => {
      const on = servers.flatMap(({ remote }) => ["--on", remote]);
      const learner = ["--learner", "mllib.LogisticRegression", "--param", "maxIter=5"];
      const ran = await at.sluice("scale", source(), ...few, ...learner, ...on, "--json");
      expect(ran.stderr).not.toContain('"error"');
      const { sizes, notes, way } = ran.json;
      expect(way).toBe("servers");
      const shown = servers.map(({ remote }) => parseRemote(remote).shown);
      expect(sizes.map(({ size, name }: Told) => [size, name])).toEqual([
        [1, shown[1]],
        [2, shown[0]],
      ]);
      sound(ran.json);
      expect(notes.join(" ")).toContain("share a machine");
      expect(JSON.stringify(ran.json)).not.toContain("token");
    }, 600_000);
  });

  test("partitions on one server are varied, and said to be weaker", async () => {
    const on = ["--on", await sparkRemote(), "--partitions", "1,2"];
    const ran = await at.sluice("scale", source(), ...few, "--learner", "logistic", ...on, "--repeats", "1");
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(/^partitions +cluster +median/m);
    expect(ran.stdout).toContain("weaker evidence than servers of several sizes");
    expect(ran.stdout).toContain("logistic is learned on this machine");
    expect(ran.stdout).toContain("all runs came to the same model");
  });
  test("one server twice is no comparison", async () => {
    const remote = await sparkRemote();
    const { code, stderr } = await at.sluice("scale", source(), ...late, "--on", remote, "--on", remote);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("all 2 sizes have 2 cores") });
    expect(stderr).not.toContain("token=");
  });

  test.each([1, 2, 3])("a session of %d partitions reads files and shuffles in as many", async (partitions) => {
    const { SparkEngine } = await import("../../src/engines/spark.js");
    const { DuckDBEngine } = await import("../../src/engines/duckdb.js");
    await using local = await DuckDBEngine.open({
      memoryBytes: 100e6,
      threads: 1,
      spillDir: at.path("spill"),
      cacheDir: at.path("cache"),
    } as never);
    await using engine = await SparkEngine.open({ remote: parseRemote(await sparkRemote()), local, partitions });
    const of = (from: string): string =>
      `SELECT count(DISTINCT part) AS n FROM (SELECT *, spark_partition_id() AS part FROM ${from})`;
    const files = `parquet.\`${at.path("rows.parquet")}\``;
    for (const from of [files, `(SELECT id FROM ${files} GROUP BY id)`, "range(1000)"]) {
      const [row] = await engine.rows({ kind: "sql", text: of(from) }, 1);
      expect([from, Number(row!["n"])]).toEqual([from, partitions]);
    }
  });
  test("cores are those that a cluster without a page would divide rows by", async () => {
    await using session = await openSpark();
    const [row] = await sparkRows(
      session,
      "SELECT count(DISTINCT part) AS n FROM (SELECT spark_partition_id() AS part FROM range(1000000))",
    );
    const { driverPage } = await import("../../src/engines/spark/connection/driver-page.js");
    expect(await (await driverPage(session)).cores()).toBe(Number(row!["n"]));
  });
});
