import { mkdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { learners } from "../../src/learners/index.js";
import { place, type Told } from "../support/cli.js";
import { asCsv, deliveries } from "../support/deliveries.js";
import { duck } from "../support/duck.js";
import { compared } from "../support/equality.js";
import { needs } from "../support/needs.js";
import { sparkRemote } from "../support/spark.js";

const at = place();
const rows = deliveries(3000);
afterAll(() => at[Symbol.dispose]());
beforeAll(async () => {
  mkdirSync(at.path("parts"));
  at.write("rows.csv", asCsv(rows));
  for (const [part, where] of ["id % 3 = 0", "id % 3 > 0"].entries())
    await duck(
      `COPY (FROM read_csv('${at.path("rows.csv")}', types = {'late': 'VARCHAR'}) WHERE ${where}) TO '${at.path(`parts/part-${part}.parquet`)}' (FORMAT parquet)`,
    );
});

/**
 * How far a model's scores of all rows are apart when DuckDB and Spark compute them: numbers over the larger of them and 1. Classes
 * have to be the same.
 */
async function scoresApart(model: string, label: string): Promise<number> {
  const score = async (source: string, to: string, ...on: readonly string[]): Promise<void> => {
    const ran = await at.sluice("predict", model, source, "--to", to, ...on, "--json");
    expect(ran.stderr).not.toContain('"error"');
    expect(ran.json).toMatchObject({ rows: rows.length, errors: 0 });
  };
  const folder = `${model}-there`;
  await score("parts/*.parquet", `${model}.parquet`);
  await score(`sc:${at.path("parts")}/*.parquet`, `sc:${at.path(folder)}`, "--on", await sparkRemote());
  const [value, classes] = label === "late" ? ["probability", "a.prediction <> b.prediction"] : ["prediction", "false"];
  const [found] = await duck(
    `SELECT count(*) AS n, max(abs(a.${value} - b.${value}) / greatest(1, abs(a.${value}), abs(b.${value}))) AS apart, count(*) FILTER (${classes}) AS others
     FROM '${at.path(`${model}.parquet`)}' a JOIN '${at.path(folder)}/*.parquet' b USING (id)`,
  );
  expect(Number(found!["n"])).toBe(rows.length);
  expect(Number(found!["others"])).toBe(0);
  return Number(found!["apart"]);
}

/** The same Parquet files are read by both engines, so rows have the same identity on both. */
needs.spark()("the same training on DuckDB and on Spark", () => {
  beforeAll(async () => void (await sparkRemote())); // starting a server takes long beside others
  const both = async (...flags: readonly string[]): Promise<{ here: Told; there: Told }> => {
    const here = await at.sluice("train", "parts/*.parquet", ...flags, "--json");
    expect(here.stderr).not.toContain('"error"');
    const there = await at.sluice(
      "train",
      `sc:${at.path("parts")}/*.parquet`,
      ...flags,
      "--on",
      await sparkRemote(),
      "--json",
    );
    expect(there.stderr).not.toContain('"error"');
    return { here: here.json, there: there.json };
  };
  const late = ["--label", "late", "--drop", "minutes,size"];

  const few: Readonly<Record<string, string>> = { boosting: "trees=10", forest: "trees=5" };
  test.each(learners.map(({ name, tasks }) => [name, tasks.includes("binary") ? "late" : "minutes"]))(
    "%s on %s comes to the same state, rows and metrics",
    async (learner, label) => {
      const drop = label === "late" ? "minutes,size" : "late,size";
      const params = few[learner] === undefined ? [] : ["--param", few[learner]];
      const flags = ["--label", label, "--drop", drop, "--learner", learner, "--name", learner, ...params];
      const { here, there } = await both(...flags);
      expect(there.rows).toEqual(here.rows);
      expect(there.stateHash).toBe(here.stateHash);
      expect(there.metrics).toEqual(here.metrics);
      compared("learner", learner, 0);
      const apart = await scoresApart(learner, label);
      expect(apart).toBeLessThan(1e-12); // exp of Java and of C may differ in the last digit
      compared("scores", learner, apart, 1e-12);
    },
    600_000, // four commands; beside other work on two cores the first of them takes minutes
  );
  test("a regression on a formula comes to the same state", async () => {
    const { here, there } = await both("--label", "ln(minutes + 1)", "--drop", "late", "--learner", "linear");
    expect(there.stateHash).toBe(here.stateHash);
  });

  test("words come to the same state", async () => {
    const features = "tfidf(shop, ngrams=2, bits=10), text(concat(vehicle, ' by ', shop), bits=9)";
    const { here, there } = await both(...late, "--learner", "sparseLogistic", "--features", features);
    expect(there.stateHash).toBe(here.stateHash);
    expect(there.metrics).toEqual(here.metrics);
  });

  describe("a model of DuckDB", () => {
    test("is judged on the cluster with the same metrics", async () => {
      await at.sluice("train", "parts/*.parquet", ...late, "--learner", "tree", "--name", "late");
      const here = await at.sluice("evaluate", "late", "parts/*.parquet", "--json");
      const there = await at.sluice(
        "evaluate",
        "late",
        `sc:${at.path("parts")}/*.parquet`,
        "--on",
        await sparkRemote(),
        "--json",
      );
      expect(there.json.model).toEqual(here.json.model);
    });
  });

  test("a local file is sent, and gives the same state as where it lies", async () => {
    const here = await at.sluice("train", "rows.csv", ...late, "--learner", "logistic", "--json");
    const there = await at.sluice(
      "train",
      "rows.csv",
      ...late,
      "--learner",
      "logistic",
      "--on",
      await sparkRemote(),
      "--json",
    );
    expect(there.stderr).not.toContain('"error"');
    expect(there.json.stateHash).toBe(here.json.stateHash);
  });
  test("a query has no files: its rows' values stand for them, which is said", async () => {
    const ran = await at.sluice(
      "train",
      `sc:SELECT * FROM parquet.\`${at.path("parts")}\``,
      ...late,
      "--learner",
      "logistic",
      "--on",
      await sparkRemote(),
    );
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain("a digest of its values stands for a row");
  });
  test("profile of a cluster's files counts what the profile here counts", async () => {
    const here = await at.sluice("profile", "parts/*.parquet", "--json");
    const there = await at.sluice("profile", `sc:${at.path("parts")}/*.parquet`, "--on", await sparkRemote(), "--json");
    expect(there.stderr).not.toContain('"error"');
    expect(there.json.rows).toBe(here.json.rows);
    // Both add the same reals, each in its own order: the last digits of a mean and of a deviation may differ.
    type Column = { readonly mean?: unknown; readonly deviation?: unknown };
    const exact = (columns: readonly Column[]) => columns.map(({ mean, deviation, ...rest }) => rest);
    expect(exact(there.json.columns)).toEqual(exact(here.json.columns));
    for (const [i, { mean, deviation }] of (here.json.columns as Column[]).entries()) {
      expectNear(there.json.columns[i].mean, mean);
      expectNear(there.json.columns[i].deviation, deviation);
    }
  });
});

/** Within 1e-13 of its size: what the order of some thousand additions can move. */
function expectNear(actual: unknown, expected: unknown): void {
  if (typeof expected === "number") {
    expect(Math.abs((actual as number) - expected)).toBeLessThanOrEqual(1e-13 * Math.abs(expected));
  } else {
    expect(actual).toEqual(expected);
  }
}

needs.spark()("what is wrong on a cluster", () => {
  const fails = async (...args: readonly string[]): Promise<{ code: number; stderr: string }> => {
    const { code, stderr } = await at.sluice(...(args as [string]));
    return { code, stderr };
  };
  test("a missing table, path and column are named", async () => {
    const on = ["--label", "late", "--on", await sparkRemote()];
    expect(await fails("train", "sc:no_such_table", ...on)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("no_such_table"),
    });
    expect(await fails("train", "sc:/no/such/*.parquet", ...on)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("/no/such"),
    });
  });
  test("no server, a wrong token and a bad address are told apart, and no token is shown", async () => {
    const [address = ""] = (await sparkRemote()).split("/;");
    expect(await fails("profile", "sc:t", "--on", "sc://127.0.0.1:1")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("does not answer"),
    });
    const refused = await fails("profile", "sc:t", "--on", `${address}/;token=wrong-secret;use_ssl=false`);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("token");
    expect(refused.stderr).not.toContain("wrong-secret");
    expect(await fails("profile", "sc:t", "--on", "sc://host:0/;token=wrong-secret")).toMatchObject({
      code: 2,
      stderr: expect.not.stringContaining("wrong-secret"),
    });
  });
  test("a source on a cluster without a cluster says how to name one", async () =>
    expect(await fails("profile", "sc:flights")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("SPARK_REMOTE"),
    }));
});

needs.spark()("a learner of MLlib's", () => {
  test.each([
    ["mllib.LogisticRegression", "late", "maxIter=20"],
    ["mllib.GBTClassifier", "late", "maxIter=5"],
    ["mllib.DecisionTreeClassifier", "late", "minInstancesPerNode=100"],
    ["mllib.RandomForestClassifier", "late", "numTrees=5"],
    ["mllib.NaiveBayes", "late", "modelType=gaussian"],
    ["mllib.LinearRegression", "minutes", "maxIter=20"],
    ["mllib.GBTRegressor", "minutes", "maxIter=5"],
    ["mllib.DecisionTreeRegressor", "minutes", "maxDepth=4"],
    ["mllib.RandomForestRegressor", "minutes", "numTrees=5"],
  ])("%s is trained on the cluster, judged, and scores here as it does there", async (learner, label, param) => {
    const drop = label === "late" ? "minutes,size" : "late,size";
    const name = learner.split(".")[1]!;
    const ran = await at.sluice(
      "train",
      `sc:${at.path("parts")}/*.parquet`,
      "--label",
      label,
      "--drop",
      drop,
      "--learner",
      learner,
      "--param",
      param,
      "--name",
      name,
      "--on",
      await sparkRemote(),
      "--json",
    );
    expect(ran.stderr).not.toContain('"error"');
    const { validation, baseline } = ran.json.metrics;
    if (label === "late") expect(validation.logLoss).toBeLessThan(baseline.validation.logLoss * 0.9);
    else expect(validation.rmse).toBeLessThan(baseline.validation.rmse * 0.5);
    const apart = await scoresApart(name, label);
    expect(apart).toBeLessThan(1e-9); // the last digits of exp and of sums
    compared("mllib in train", name, apart, 1e-9);
  });
  test("a wrong param, a learner of Spark without Spark, and one that learns no label are refused before any work", async () => {
    const on = ["--on", await sparkRemote()];
    const late = ["--label", "late", "--drop", "minutes,size"];
    const refusal = async (...args: string[]): Promise<string> => {
      const { code, stderr } = await at.sluice("train", ...args);
      expect(code).toBe(2);
      return stderr;
    };
    expect(
      await refusal("parts/*.parquet", ...late, "--learner", "mllib.GBTClassifier", "--param", "maxIterr=3", ...on),
    ).toContain("maxIter");
    expect(await refusal("parts/*.parquet", ...late, "--learner", "mllib.GBTClassifier")).toContain("--on spark");
    expect(await refusal("parts/*.parquet", ...late, "--learner", "mllib.KMeans", ...on)).toContain("clustering");
  });
});
