import { existsSync, mkdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseRemote } from "../../src/engines/spark/connection/remote.js";
import { SparkSession } from "../../src/engines/spark/connection/session.js";
import { sql } from "../../src/engines/spark/frames/plan.js";
import { cachedModels, fit, mllib, transform } from "../../src/engines/spark/mllib.js";
import { place, type Running } from "../support/cli.js";
import { duck } from "../support/duck.js";
import { needs } from "../support/needs.js";
import { proxy } from "../support/proxy.js";
import { ownSpark } from "../support/spark.js";

const patienceMs = 15_000;
/** The patience, tries and pauses, on a machine that does other things too; a hang would be as long as the test may take. */
const deadlineMs = 90_000;
/** Four pieces of work on one small server, and then all of it again. */
const timeout = 400_000;
const lost = { code: expect.stringMatching(/^cluster_(unreachable|lost)$/) };

/** 300,000 rows: their columns are 5 MB on the wire, in parts of at most 65,536 rows. */
const rows = `SELECT i % 97 AS a, (i * 7919) % 1013 / 7.0 AS b, i % 13 AS c, (i * 31 % 101 + i % 13 * 4 > 70)::INT AS label
  FROM range(300000) t(i)`;

needs.spark()("a server that is killed", () => {
  const at = place();
  let spark: Awaited<ReturnType<typeof ownSpark>>;
  beforeAll(async () => {
    mkdirSync(at.path("rows"));
    await duck(`COPY (${rows}) TO '${at.path("rows/part-0.parquet")}' (FORMAT parquet)`);
    spark = await ownSpark({ driverMemory: "1500m", cores: 4 });
  });
  afterAll(() => {
    spark?.[Symbol.dispose]();
    at[Symbol.dispose]();
  });

  const source = [`sc:${at.path("rows")}/*.parquet`, "--label", "label", "--validate", "random:0.2"];
  const logistic = ["train", ...source, "--learner", "logistic", "--name", "ours"];
  const trees = ["train", ...source, "--learner", "mllib.GBTClassifier", "--param", "maxIter=100", "--name", "theirs"];
  const on = (address: string): string[] => ["--on", `${address};patience_seconds=${patienceMs / 1000}`, "--json"];
  /** Until a command says that it trains: then its rows are asked for. */
  const training = ({ child, ended }: Running): Promise<unknown> =>
    Promise.race([
      ended.then(({ stdout, stderr }) => {
        throw new Error(`ended before it trained: ${stdout} ${stderr}`);
      }),
      new Promise<void>((resolve) =>
        child.stderr!.on("data", (text: string) => {
          if (text.includes('"stage":"training"')) resolve();
        }),
      ),
    ]);
  const runs: string[] = [];

  test("is an error in the middle of a result, of a fit and of two trainings, never half of one", {
    timeout,
  }, async () => {
    const session = await SparkSession.open(parseRemote(spark.remote), { patienceMs });
    let isTraining = false;
    let came = 0;
    using between = await proxy(spark.port, (bytes, { hold }) => {
      if (isTraining) came += bytes;
      if (came > 1_500_000) hold();
    });
    const ours = at.start(...logistic, ...on(spark.remote.replace(/:\d+\//, `:${between.port}/`)));
    await training(ours);
    isTraining = true;
    for (let i = 0; i < 600 && came <= 1_500_000; i++) await sleep(50);
    expect(came).toBeGreaterThan(1_500_000);

    const theirs = at.start(...trees, ...on(spark.remote));
    await training(theirs);
    const frame = transform(
      mllib.vectorAssembler({ inputCols: ["a"], outputCol: "features" }),
      sql("SELECT CAST(id % 97 AS DOUBLE) AS a, CAST(id * 31 % 101 > 50 AS DOUBLE) AS label FROM range(200000)"),
    );
    const fitting = fit(session, mllib.gbtClassifier({ maxIter: 100 }), frame);
    let read = 0;
    const reading = (async () => {
      for await (const { responseType } of session.run(
        sql("SELECT id, repeat('x', 100) AS pad FROM range(0, 4000000, 1, 100)"),
      )) {
        if (responseType.case !== "arrowBatch") continue;
        read += Number(responseType.value.rowCount);
        await sleep(20);
      }
      return read;
    })();
    reading.catch(() => {});
    fitting.catch(() => {});
    for (let i = 0; i < 600 && read === 0; i++) await sleep(50);

    const began = Date.now();
    spark.stop("SIGKILL");
    await expect(reading).rejects.toMatchObject(lost);
    await expect(fitting).rejects.toMatchObject(lost);
    for (const { ended } of [ours, theirs]) {
      const { code, json } = await ended;
      runs.push(json.error?.facts?.run);
      expect(json.error).toMatchObject(lost);
      expect(code).toBe(1);
      expect(json.error.message).toContain(`sluice resume ${json.error.facts.run}`);
    }
    expect(Date.now() - began).toBeLessThan(deadlineMs);
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThan(4_000_000);
    const models = await at.sluice("models", "--json");
    expect(models.stdout).not.toMatch(/ours|theirs/);
  });

  test("is gone on with where it is back: the trainings finish as if nothing had been", { timeout }, async () => {
    const [ours, theirs] = runs;
    spark[Symbol.dispose]();
    spark = await ownSpark({ driverMemory: "1500m" });
    await using session = await SparkSession.open(parseRemote(spark.remote), { patienceMs });
    expect(await cachedModels(session)).toEqual([]);

    const resumed = await at.sluice("resume", ours!, ...on(spark.remote));
    expect(resumed.stderr).not.toContain('"error"');
    expect(resumed.json.units.reused).toBeGreaterThan(0);
    const here = await at.sluice("train", "rows/*.parquet", ...logistic.slice(2, -2), "--json");
    expect(resumed.json.stateHash).toBe(here.json.stateHash);
    expect(resumed.json.rows).toEqual(here.json.rows);

    // A fit is one unit; it is not gone on with by other params.
    const other = await at.sluice(
      "train",
      ...trees.slice(1).with(-3, "maxIter=3"),
      "--resume",
      theirs!,
      ...on(spark.remote),
    );
    expect(other.json.error.code).toBe("run_mismatch");
    expect(existsSync(at.path("home/models/theirs"))).toBe(false);
  });
});
