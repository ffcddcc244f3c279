import { afterAll, beforeAll, expect, test } from "vitest";
import type { SparkSession } from "../../src/engines/spark/connection/session.js";
import { type Frame, sql } from "../../src/engines/spark/frames/plan.js";
import { collect } from "../../src/engines/spark/mllib/collect.js";
import { cachedModels, fit, type MllibModel, mllib, transform } from "../../src/engines/spark/mllib.js";
import { needs } from "../support/needs.js";
import { openSpark, sparkRemote } from "../support/spark.js";
import { binary, classes, letters, measured } from "./mllib-cases.js";
import { pyspark } from "./peer.js";
import { expectClose, type Plain, plain } from "./plain.js";

interface Tuned {
  readonly metrics: readonly number[];
  readonly deviations: readonly number[];
  readonly coefficients: readonly number[];
}
interface Theirs {
  readonly pipeline: Plain;
  readonly folds: Tuned;
  readonly foldColumn: Tuned;
  readonly split: Tuned;
  readonly oneVsRest: { readonly prediction: Plain; readonly rawPrediction: Plain };
}

const folded = `SELECT *, CAST(id % 3 AS INT) AS fold FROM (${binary.sql})`;
const assembled = (text: string): Frame =>
  transform(mllib.vectorAssembler({ inputCols: ["a", "b", "c"], outputCol: "features" }), sql(text));

needs.spark()("what is put together from learners", () => {
  let session: SparkSession;
  let theirs: Theirs;
  beforeAll(async () => {
    session = await openSpark();
    const plan = {
      remote: await sparkRemote(),
      letters: letters.sql,
      binary: binary.sql,
      folded,
      measured: measured.sql,
      classes: classes.sql,
    };
    theirs = await pyspark<Theirs>("mllib_composites", plan);
  });
  afterAll(() => session?.close());

  const column = async (frame: Frame, name: string): Promise<Plain> =>
    plain(
      (await collect(session, sql(`SELECT ${name} FROM frame ORDER BY id`, {}, { frame }))).map((row) => row[name]),
    );
  const coefficients = async (model: unknown): Promise<Plain> =>
    plain(await (model as MllibModel).attribute("coefficients"));

  test("a pipeline predicts as PySpark's", async () => {
    const rows = sql(letters.sql);
    await using model = await fit(
      session,
      mllib.pipeline([
        mllib.stringIndexer({ inputCol: "colour", outputCol: "code_of" }),
        mllib.vectorAssembler({ inputCols: ["code_of", "a", "b"], outputCol: "features" }),
        mllib.logisticRegression({ maxIter: 20, regParam: 0.01 }),
      ]),
      rows,
    );
    expectClose(await column(model.transform(rows), "probability"), theirs.pipeline, 1e-9, "probability");
    expect(await cachedModels(session)).toHaveLength(2);
  });

  test("a pipeline that fails leaves no model", async () => {
    const stages = [
      mllib.stringIndexer({ inputCol: "colour", outputCol: "code_of" }),
      mllib.logisticRegression({ featuresCol: "nowhere" }),
    ];
    await expect(fit(session, mllib.pipeline(stages), sql(letters.sql))).rejects.toThrow("nowhere");
    expect(await cachedModels(session)).toEqual([]);
  });

  const candidates = mllib
    .combinations({ regParam: [0.3, 0.01], elasticNetParam: [0, 1] })
    .map((params) => mllib.logisticRegression({ maxIter: 10, ...params }));
  const evaluator = mllib.binaryClassificationEvaluator();

  test("folds by chance judge as PySpark's, and the best is fitted on all rows", async () => {
    const folds = mllib.crossValidator({ candidates, evaluator, folds: 3, seed: 11, parallel: 2 });
    await using model = await fit(session, folds, assembled(binary.sql));
    expectClose(plain(model.metrics), plain(theirs.folds.metrics), 1e-9, "metrics");
    expectClose(plain(model.deviations), plain(theirs.folds.deviations), 1e-9, "deviations");
    expectClose(await coefficients(model.best), plain(theirs.folds.coefficients), 1e-9, "coefficients");
    expect(await cachedModels(session)).toHaveLength(1);
  });

  test("folds by a column too; trials may be kept", async () => {
    const folds = mllib.crossValidator({ candidates, evaluator, folds: 3, foldColumn: "fold", keepAll: true });
    const model = await fit(session, folds, assembled(folded));
    expectClose(plain(model.metrics), plain(theirs.foldColumn.metrics), 1e-9, "metrics");
    expect(model.trials.flat()).toHaveLength(12);
    expect(await cachedModels(session)).toHaveLength(13);
    await model.dispose();
    expect(await cachedModels(session)).toEqual([]);
  });

  test("a column of folds is checked before anything is fitted", async () => {
    const by = (folds: number): Promise<unknown> =>
      fit(session, mllib.crossValidator({ candidates, evaluator, folds, foldColumn: "fold" }), assembled(folded));
    await expect(by(2)).rejects.toThrow('column "fold" has a row of fold 2; folds are the numbers 0 to 1');
    await expect(by(4)).rejects.toThrow('fold 3 of column "fold" has no rows; say folds: 3');
  });

  test("one split judges as PySpark's", async () => {
    const learners = [1, 0.001].map((regParam) => mllib.linearRegression({ maxIter: 10, regParam }));
    const split = { candidates: learners, evaluator: mllib.regressionEvaluator(), trainRatio: 0.6, seed: 11 };
    await using model = await fit(session, mllib.trainValidationSplit(split), assembled(measured.sql));
    expectClose(plain(model.metrics), plain(theirs.split.metrics), 1e-9, "metrics");
    expect(model.bestIndex).toBe(1);
    expectClose(await coefficients(model.best), plain(theirs.split.coefficients), 1e-9, "coefficients");
  });

  test("one against the rest predicts as PySpark's", async () => {
    const rows = assembled(classes.sql);
    const several = mllib.oneVsRest(mllib.linearSVC({ maxIter: 10, regParam: 0.01 }), { parallel: 2 });
    await using model = await fit(session, several, rows);
    const scored = model.transform(rows);
    expectClose(await column(scored, "prediction"), theirs.oneVsRest.prediction, 1e-9, "prediction");
    expectClose(await column(scored, "rawPrediction"), theirs.oneVsRest.rawPrediction, 1e-9, "rawPrediction");
    const [row] = await collect(session, sql("SELECT * FROM scored LIMIT 1", {}, { scored }));
    expect(Object.keys(row!).slice(-3)).toEqual(["features", "rawPrediction", "prediction"]);
  });

  test("one against the rest is for classifiers", () => {
    expect(() => mllib.oneVsRest(mllib.linearRegression())).toThrow(
      "oneVsRest needs a classifier; LinearRegression is for regression",
    );
  });
});
