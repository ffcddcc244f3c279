import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SparkSession } from "../../src/engines/spark/connection/session.js";
import { type Frame, sql } from "../../src/engines/spark/frames/plan.js";
import { ask } from "../../src/engines/spark/mllib/ask.js";
import { collect } from "../../src/engines/spark/mllib/collect.js";
import { factsOf, typeNumbers } from "../../src/engines/spark/mllib/operator.js";
import { cachedModels, fit, type MllibModel, mllib, transform } from "../../src/engines/spark/mllib.js";
import { needs } from "../support/needs.js";
import { openSpark } from "../support/spark.js";

/** Two numbers, and a label that they nearly decide. */
const rows = transform(
  mllib.vectorAssembler({ inputCols: ["a", "b"], outputCol: "features" }),
  sql(`SELECT id, CAST(id % 7 AS DOUBLE) AS a, CAST(id % 5 AS DOUBLE) AS b,
    CAST(id % 7 + id % 3 > 4 AS DOUBLE) AS label FROM range(0, 200, 1, 2)`),
);
const count = (frame: Frame): Frame => sql("SELECT count(*) AS n FROM frame", {}, { frame });

needs.spark()("a model on the server", () => {
  let session: SparkSession;
  let model: MllibModel;
  beforeAll(async () => {
    session = await openSpark();
    model = await fit(session, mllib.logisticRegression({ maxIter: 20, regParam: 0.01 }), rows);
  });
  afterAll(() => session?.close());

  test("predicts as its coefficients say", async () => {
    const { values } = (await model.attribute("coefficients")) as { values: number[] };
    const intercept = (await model.attribute("intercept")) as number;
    const scored = sql(
      "SELECT a, b, prediction FROM scored ORDER BY id LIMIT 20",
      {},
      { scored: model.transform(rows) },
    );
    const predicted = await collect(session, scored);
    expect(predicted).toHaveLength(20);
    for (const { a, b, prediction } of predicted)
      expect(prediction).toBe(values[0]! * (a as number) + values[1]! * (b as number) + intercept > 0 ? 1 : 0);
  });

  test("is one object of the cache, with its class and size", async () => {
    const [cached, ...more] = await cachedModels(session);
    expect(more).toEqual([]);
    expect(cached).toMatchObject({ id: model.id, class: model.facts.jvm });
    expect(await model.size()).toBe(cached!.bytes);
    expect(cached!.bytes).toBeGreaterThan(1000);
  });

  test("has a training summary, and has it again after the server let it go", async () => {
    const before = [await model.summary("accuracy"), await model.summary("areaUnderROC")];
    await model.evict();
    expect([await model.summary("accuracy"), await model.summary("areaUnderROC")]).toEqual(before);
    await model.evict();
    const [{ n } = { n: 0 }] = await collect(session, count(model.summaryFrame("roc")));
    expect(n).toBeGreaterThan(10);
  });

  test("judges other rows", async () => {
    await using summary = await model.evaluate(rows);
    expect(await summary.attribute("accuracy")).toBe(await model.summary("accuracy"));
    expect(await summary.attribute("weightedFMeasure", 2)).toBeTypeOf("number");
  });

  test("takes other output columns for one use", async () => {
    const renamed = model.transform(rows, { predictionCol: "guess", probabilityCol: "" });
    const [row] = await collect(session, sql("SELECT * FROM renamed LIMIT 1", {}, { renamed }));
    expect(Object.keys(row!)).toEqual(["id", "a", "b", "label", "features", "rawPrediction", "guess"]);
    expect(() => model.transform(rows, { predictCol: "guess" })).toThrow('did you mean "predictionCol"?');
  });

  test("says what it cannot be asked", async () => {
    await expect(model.attribute("coefficient")).rejects.toThrow('did you mean "coefficients"?');
    await expect(model.summary("roc")).rejects.toThrow('summaryFrame("roc")');
    expect(() => model.frame("coefficients")).toThrow('attribute("coefficients")');
    await expect(model.attribute("predict", "a")).rejects.toThrow("predict takes (vector)");
  });

  test("is gone once it is disposed of, and says so in our words", async () => {
    const short = await fit(session, mllib.linearSVC({ maxIter: 2 }), rows);
    await short.dispose();
    await short.dispose();
    expect((await cachedModels(session)).map(({ id }) => id)).toEqual([model.id]);
    await expect(short.attribute("coefficients")).rejects.toMatchObject({
      code: "cluster_lost",
      message: expect.stringContaining("the model is no longer on the server"),
    });
  });

  describe("whose fit is cancelled", () => {
    test("goes even where the server kept it, as it may in the last moment of a fit", async () => {
      const estimator = { name: factsOf("NaiveBayes").jvm, uid: "kept", type: typeNumbers.estimator };
      await ask(session, { case: "fit", value: { estimator, dataset: rows } });
      expect(await cachedModels(session)).toHaveLength(2);
      const long = fit(session, mllib.gbtClassifier({ maxIter: 100 }), rows, { signal: AbortSignal.timeout(300) });
      await expect(long).rejects.toThrow("timeout");
      expect((await cachedModels(session)).map(({ id }) => id)).toEqual([model.id]);
    });

    test.each([0, 100, 400, 900, 1500])("leaves nothing behind, %d ms into the fit", async (ms) => {
      const stop = new AbortController();
      const reason = new Error("enough");
      setTimeout(() => stop.abort(reason), ms);
      const long = mllib.gbtClassifier({ maxIter: 100, maxDepth: 3 });
      await expect(fit(session, long, rows, { signal: stop.signal })).rejects.toBe(reason);
      expect((await cachedModels(session)).map(({ id }) => id)).toEqual([model.id]);
    });
  });
});
