import { afterAll, beforeAll, expect, test } from "vitest";
import type { SparkSession } from "../../src/engines/spark/connection/session.js";
import { sql } from "../../src/engines/spark/frames/plan.js";
import { collect } from "../../src/engines/spark/mllib/collect.js";
import { home, homeColumns } from "../../src/engines/spark/mllib/home.js";
import { cachedModels, mllibNamed, mllibNames } from "../../src/engines/spark/mllib.js";
import { evaluate } from "../../src/expr/evaluate.js";
import { col, type Expr } from "../../src/expr/expr.js";
import { needs } from "../support/needs.js";
import { openSpark } from "../support/spark.js";
import { binary, classes } from "./mllib-cases.js";

/** A label for every task: classes, numbers above 0. */
const rows = sql(`SELECT *, label + 1D AS amount, IF(d > 0.1D, 1D, 0D) AS seen FROM (${binary.sql})`);
const features = ["a", "b", "c"];
const own: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "mllib.MultilayerPerceptronClassifier": { layers: "3, 4, 2" },
  "mllib.AFTSurvivalRegression": { censorCol: "seen" },
  "mllib.GeneralizedLinearRegression": { family: "gamma", link: "", linkPower: "" },
  "mllib.IsotonicRegression": { featureIndex: "1" },
  "mllib.RandomForestClassifier": { thresholds: "0.4,0.6", numTrees: "3" },
};

needs.spark()("a learner of MLlib's by name", () => {
  let session: SparkSession;
  beforeAll(async () => {
    session = await openSpark();
  });
  afterAll(() => session?.close());

  test.each(mllibNames)("learns from named columns: %s", async (name) => {
    const learner = mllibNamed(name);
    const label = learner.task === "regression" ? "amount" : "label";
    const params = { ...("maxIter" in learner.params ? { maxIter: 2 } : {}), ...own[name] };
    await using model = await learner.fit(session, rows, { features, label, seed: 5 }, params);
    const scored = model.transform(rows);
    const output = name === "mllib.LDA" ? "topicDistribution" : "prediction";
    const [row] = await collect(session, sql(`SELECT count(DISTINCT ${output}) AS n FROM scored`, {}, { scored }));
    expect(row?.["n"]).toBeGreaterThan(0);
  });

  test("takes params as the command line gives them, and refuses what is wrong before anything is sent", async () => {
    const fit = (name: string, params: Readonly<Record<string, unknown>>, weight?: string): Promise<unknown> =>
      mllibNamed(name).fit(session, rows, { features, label: "label", ...(weight ? { weight } : {}) }, params);
    await expect(fit("mllib.GBTClassifier", { maxIters: 2 })).rejects.toThrow('did you mean "maxIter"?');
    await expect(fit("mllib.GBTClassifier", { maxDepth: "40" })).rejects.toThrow(
      'maxDepth is "40"; it must be a whole number from 0 to 30',
    );
    await expect(fit("mllib.NaiveBayes", { thresholds: "0.4;0.6" })).rejects.toThrow("numbers with commas between");
    await expect(fit("mllib.AFTSurvivalRegression", {}, "weight")).rejects.toThrow("takes no weights");
    expect(await cachedModels(session)).toEqual([]);
  });

  test("comes home as formulas over the columns", async () => {
    const learner = mllibNamed("mllib.RandomForestClassifier");
    const labelled = sql(classes.sql);
    await using model = await learner.fit(
      session,
      labelled,
      { features, label: "label", weight: "weight", seed: 3 },
      { numTrees: 4 },
    );
    const formulas = homeColumns(await home(model), Object.fromEntries(features.map((name) => [name, col(name)])));
    const scored = await collect(
      session,
      sql("SELECT a, b, c, prediction FROM scored", {}, { scored: model.transform(labelled) }),
    );
    for (const row of scored) expect(evaluate(formulas["prediction"] as Expr, row)).toBe(row["prediction"]);
  });
});
