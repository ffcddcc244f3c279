import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { int64, type Row } from "../../src/base/schema.js";
import type { SparkSession } from "../../src/engines/spark/connection/session.js";
import { type Frame, sql } from "../../src/engines/spark/frames/plan.js";
import { collect } from "../../src/engines/spark/mllib/collect.js";
import {
  columnsNamed,
  type HomeFactors,
  home,
  homeColumns,
  marginsOf,
  raterOf,
} from "../../src/engines/spark/mllib/home.js";
import {
  cachedModels,
  type Estimator,
  fit,
  type MllibModel,
  mllib,
  type Stage,
  transform,
} from "../../src/engines/spark/mllib.js";
import { evaluate } from "../../src/expr/evaluate.js";
import { col, type Expr } from "../../src/expr/expr.js";
import { duckdbDialect } from "../../src/sql/duckdb.js";
import { exprSql } from "../../src/sql/expr.js";
import { sparkDialect } from "../../src/sql/spark.js";
import { duck } from "../support/duck.js";
import { compared } from "../support/equality.js";
import { needs } from "../support/needs.js";
import { openSpark } from "../support/spark.js";
import { binary, classes, clouds, flags, letters, measured, ratings } from "./mllib-cases.js";
import { expectClose, type Plain, plain } from "./plain.js";

const assembled = (of: { readonly sql: string }, ...inputCols: string[]): Frame =>
  transform(mllib.vectorAssembler({ inputCols, outputCol: "features" }), sql(of.sql));
const abc = (of: { readonly sql: string }): Frame => assembled(of, "a", "b", "c");
const scaled = { inputCol: "features", outputCol: "out" } as const;
/** Codes up to 11, some of which only few rows have, beside a number. */
const coded = `SELECT id, CAST(pmod(id * id, 12) AS DOUBLE) AS code, CAST(id % 5 AS DOUBLE) AS other, a,
  IF(pmod(id * id, 12) IN (1, 4) OR a > 0.8D, 1D, 0D) AS label, 2D * (id % 5 = 3)::int + a + IF(pmod(id * id, 12) = 9, 3D, 0D) AS amount
  FROM (${binary.sql})`;

/** Fewer shuffles than Spark's ten blocks make. */
const blocks = { numUserBlocks: 2, numItemBlocks: 2 } as const;

/** What is added up in another order differs in the last digits; 1e-9 leaves room for sums of larger terms that cancel. */
const exact = 1e-9;
const models: readonly (readonly [name: string, estimator: Estimator, rows: Frame])[] = [
  ["linear regression", mllib.linearRegression({ maxIter: 10, regParam: 0.1, elasticNetParam: 0.5 }), abc(measured)],
  ["logistic regression", mllib.logisticRegression({ maxIter: 10, threshold: 0.3 }), abc(binary)],
  [
    "logistic regression with thresholds",
    mllib.logisticRegression({ maxIter: 10, thresholds: [0.3, 0.9] }),
    abc(binary),
  ],
  ["logistic regression of several classes", mllib.logisticRegression({ maxIter: 10, regParam: 0.01 }), abc(classes)],
  [
    "multinomial regression of two",
    mllib.logisticRegression({ family: "multinomial", maxIter: 10, thresholds: [0.4, 0.5] }),
    abc(binary),
  ],
  ["a tree for numbers", mllib.decisionTreeRegressor({ maxDepth: 4 }), abc(measured)],
  ["a tree for classes", mllib.decisionTreeClassifier({ maxDepth: 4, weightCol: "weight" }), abc(classes)],
  ["a tree of one leaf", mllib.decisionTreeClassifier({ maxDepth: 0 }), abc(classes)],
  ["a forest for numbers", mllib.randomForestRegressor({ numTrees: 5, seed: 3 }), abc(measured)],
  [
    "a forest for classes",
    mllib.randomForestClassifier({ numTrees: 5, seed: 3, thresholds: [0.3, 0.5, 0.2] }),
    abc(classes),
  ],
  ["boosted trees for numbers", mllib.gbtRegressor({ maxIter: 6, maxDepth: 3, stepSize: 0.3 }), abc(measured)],
  ["boosted trees for classes", mllib.gbtClassifier({ maxIter: 6, maxDepth: 3, seed: 3 }), abc(binary)],
  ["k-means", mllib.kMeans({ k: 4, seed: 3 }), assembled(clouds, "a", "b")],
  ["k-means by angle", mllib.kMeans({ k: 3, seed: 3, distanceMeasure: "cosine" }), assembled(clouds, "a", "b")],
  ...(["multinomial", "complement", "gaussian"] as const).map(
    (modelType) =>
      [`${modelType} naive Bayes`, mllib.naiveBayes({ modelType, weightCol: "weight" }), abc(classes)] as const,
  ),
  [
    "bernoulli naive Bayes",
    mllib.naiveBayes({ modelType: "bernoulli", thresholds: [0.6, 0.4] }),
    assembled({ sql: `SELECT *, IF(a + b > 1D, 1D, 0D) AS label FROM (${flags.sql})` }, "a", "b", "c"),
  ],
  ["principal components", mllib.pca({ k: 2, ...scaled }), abc(binary)],
  ["a scaler", mllib.standardScaler({ ...scaled, withMean: true }), assembled(flags, "a", "d", "b")],
  ["a scaler without the mean", mllib.standardScaler(scaled), assembled(flags, "a", "d", "b")],
  ["a scaler without the deviation", mllib.standardScaler({ ...scaled, withMean: true, withStd: false }), abc(binary)],
  ["a scaler to a range", mllib.minMaxScaler({ ...scaled, min: -1, max: 3 }), assembled(flags, "a", "d", "b")],
  ["an indexer", mllib.stringIndexer({ inputCols: ["colour", "letter"], outputCols: ["x", "y"] }), sql(letters.sql)],
  ["factors of users and items", mllib.als({ rank: 3, maxIter: 4, seed: 7, ...blocks }), sql(ratings.sql)],
  [
    "factors of what was done",
    mllib.als({ rank: 12, maxIter: 2, seed: 7, implicitPrefs: true, nonnegative: true, ...blocks }),
    sql(ratings.sql),
  ],
  [
    "a pipeline",
    mllib.pipeline([
      mllib.stringIndexer({ inputCol: "colour", outputCol: "x", handleInvalid: "keep" }),
      mllib.vectorAssembler({ inputCols: ["a", "x", "b"], outputCol: "raw" }),
      mllib.standardScaler({ inputCol: "raw", outputCol: "features", withMean: true }),
      mllib.gbtClassifier({ maxIter: 4, maxDepth: 3 }),
    ]),
    sql(letters.sql),
  ],
];

needs.spark()("a model that came home", () => {
  let session: SparkSession;
  beforeAll(async () => {
    session = await openSpark();
  });
  afterAll(() => session?.close());

  /** Rows as Spark scores them, and what the formulas make of the same rows. */
  async function compare(estimator: Estimator, training: Frame, scoring = training): Promise<void> {
    await using model = await fit(session, estimator, training);
    const stages = await home(model);
    const states = JSON.parse(JSON.stringify(stages)) as typeof stages; // plain data, so nothing is lost on the way to a file
    const before = Object.keys((await collect(session, sql("SELECT * FROM scoring LIMIT 1", {}, { scoring })))[0]!);
    const scored = await collect(
      session,
      sql("SELECT * FROM scored ORDER BY id", {}, { scored: model.transform(scoring) }),
    );
    expect(scored.length).toBeGreaterThan(20);
    const first = spread(scored[0]!, before);
    const formulas = homeColumns(states, first.columns);
    const made = Object.keys(formulas).filter((name) => !before.includes(name));
    expect(made.sort()).toEqual(
      Object.keys(scored[0]!)
        .filter((name) => !before.includes(name))
        .sort(),
    );
    // ALS is multiplied and added in float32 in Spark's order
    const within = estimator.operator === "ALS" ? 0 : exact;
    let apart = 0;
    for (const row of scored) {
      const { values } = spread(row, before);
      for (const name of made)
        apart = Math.max(apart, expectClose(resultOf(formulas[name]!, values), plain(row[name]), within, name));
    }
    for (const operator of operatorsIn(estimator)) compared("home", operator, apart, within);
  }

  test.each(models)("predicts as Spark does: %s", async (_, estimator, rows) => {
    await compare(estimator, rows);
    expect(await cachedModels(session)).toEqual([]);
  });

  describe("with categories", () => {
    const indexed = async (): Promise<Frame> => {
      const features = transform(
        mllib.vectorAssembler({ inputCols: ["code", "a", "other"], outputCol: "raw" }),
        sql(coded),
      );
      const indexer = mllib.vectorIndexer({ inputCol: "raw", outputCol: "features", maxCategories: 12 });
      return (await fit(session, indexer, features)).transform(features);
    };
    /** Codes that no training row had, among those that some had. */
    const unseen = assembled(
      { sql: `SELECT id, id % 17D AS code, a, id % 9D AS other FROM (${binary.sql})` },
      ...["code", "a", "other"],
    );
    test.each([
      ["a tree", mllib.decisionTreeClassifier({ maxDepth: 5 })],
      ["a forest", mllib.randomForestRegressor({ numTrees: 4, labelCol: "amount", seed: 3 })],
      ["boosted trees", mllib.gbtRegressor({ maxIter: 5, labelCol: "amount" })],
    ])("%s sends each code where Spark does, also one that it has never seen", async (_, estimator) => {
      const training = await indexed();
      await using model = await fit(session, estimator, training);
      const [state] = await home(model);
      const tests = state?.kind === "trees" ? state.trees.flatMap(({ test }) => test) : [];
      expect(tests.some((one) => typeof one !== "number")).toBe(true);
      await compare(estimator, training);
      await compare(estimator, training, sql("SELECT id, features FROM unseen", {}, { unseen }));
    });
  });

  test("says margins as learners of ours do, whose probabilities are Spark's", async () => {
    const rows = abc(binary);
    for (const estimator of [
      mllib.gbtClassifier({ maxIter: 4 }),
      mllib.randomForestClassifier({ numTrees: 4, seed: 1 }),
      mllib.naiveBayes(),
      mllib.logisticRegression(),
    ]) {
      await using model = await fit(session, estimator, rows);
      const [state] = (await home(model)) as readonly [Parameters<typeof marginsOf>[0]];
      const features = ["a", "b", "c"].map(col);
      const { margin } = marginsOf(state, features);
      const scored = await collect(
        session,
        sql("SELECT a, b, c, probability FROM scored ORDER BY id LIMIT 30", {}, { scored: model.transform(rows) }),
      );
      for (const row of scored) {
        const [, probability] = plain(row["probability"]) as number[];
        // shares of 0 and 1 are taken as 1e-15 off, so a sum of both is too
        expect(1 / (1 + Math.exp(-(evaluate(margin!, row) as number)))).toBeCloseTo(probability!, 9);
      }
    }
  });

  describe("of ratings", () => {
    /** Users 0 to 11 and items 0 to 17, of which training has seen 8 and 15. */
    const some = "SELECT id, CAST(id % 12 AS INT) AS user, CAST(id DIV 12 AS INT) AS item FROM range(0, 216, 1, 2)";
    const factors = async (cold: "nan" | "drop"): Promise<{ model: MllibModel; state: HomeFactors }> => {
      const estimator = mllib.als({ rank: 5, maxIter: 4, seed: 7, coldStartStrategy: cold, ...blocks });
      const model = (await fit(session, estimator, sql(ratings.sql))) as MllibModel;
      const [state] = (await home(model)) as readonly [HomeFactors];
      return { model, state: JSON.parse(JSON.stringify(state)) };
    };
    const scoredBy = async (model: MllibModel, columns: string): Promise<readonly Row[]> =>
      collect(session, sql(`SELECT ${columns} FROM scored ORDER BY id`, {}, { scored: model.transform(sql(some)) }));

    test.each(["nan", "drop"] as const)("leaves unknown users and items where Spark does: %s", async (cold) => {
      const { model, state } = await factors(cold);
      const scored = await scoredBy(model, "id, prediction");
      const { predict } = raterOf(state);
      const ours = Array.from({ length: 216 }, (_, id) => ({ id, prediction: predict(id % 12, Math.floor(id / 12)) }));
      expect(ours.filter(({ prediction }) => prediction !== undefined)).toEqual(scored);
      expect(scored.length).toBe(cold === "drop" ? 8 * 15 : 216);
      const formula = homeColumns([state], columnsNamed({ user: "user", item: "item" }))["prediction"] as Expr;
      for (const { id, prediction } of ours)
        expect(evaluate(formula, { user: id % 12, item: Math.floor(id / 12) })).toBe(prediction ?? null);
      expect(evaluate(formula, { user: null, item: 1 })).toBeNull();
      await model.dispose();
    });

    test("are the same numbers as SQL on both engines", async () => {
      const { model, state } = await factors("nan");
      const formula = homeColumns([state], columnsNamed({ user: "user", item: "item" }))["prediction"] as Expr;
      const schema = { columns: [...["id", "user", "item"].map((name) => ({ name, type: int64 }))] };
      const expected = await scoredBy(model, "prediction");
      const there = `SELECT ${exprSql(formula, sparkDialect, schema)} AS prediction FROM some ORDER BY id`;
      expect(await collect(session, sql(there, {}, { some: sql(some) }))).toEqual(expected);
      const rows = "(SELECT id, id % 12 AS user, id // 12 AS item FROM range(216) r(id))";
      const here = `SELECT ${exprSql(formula, duckdbDialect, schema)} AS prediction FROM ${rows} ORDER BY id`;
      expect((await duck(here)).map(({ prediction }) => Number(prediction))).toEqual(
        expected.map(({ prediction }) => prediction),
      );
      await model.dispose();
    });

    test("recommends the items that Spark recommends", async () => {
      const { model, state } = await factors("nan");
      const asked = model.frame("recommendForAllUsers", 4);
      const theirs = await collect(session, sql("SELECT * FROM asked ORDER BY user", {}, { asked }));
      expect(theirs.length).toBe(8);
      const { recommend } = raterOf(state);
      for (const { user, recommendations } of theirs) {
        const ours = recommend(user as number, 4);
        const spark = recommendations as unknown as readonly (readonly [number, number])[];
        expect(ours.map(({ item }) => item)).toEqual(spark.map(([item]) => item));
        // Spark multiplies whole blocks here, and adds float32 numbers in another order
        ours.forEach(({ rating }, i) => {
          expect(Math.abs(rating - spark[i]![1])).toBeLessThan(1e-6 * Math.abs(rating));
        });
      }
      expect(recommend(99, 4)).toEqual([]);
      await model.dispose();
    });

    test("is no formula where it has too many numbers, and predicts all the same", () => {
      const table = (size: number) => ({
        ids: Array.from({ length: size }, (_, i) => i),
        factors: new Array<number>(2 * size).fill(1.5),
      });
      const columns = { user: "user", item: "item", prediction: "prediction" };
      const state: HomeFactors = {
        kind: "factors",
        columns,
        rank: 2,
        cold: "nan",
        users: table(100_000),
        items: table(9),
      };
      expect(() => homeColumns([state], columnsNamed({ user: "user", item: "item" }))).toThrow(
        "100000 users and 9 items with 2 factors each are no formula",
      );
      expect(raterOf(state).predict(99_999, 8)).toBe(4.5);
    });
  });

  test("is refused where it has no form outside of Spark", async () => {
    await using model = await fit(
      session,
      mllib.quantileDiscretizer({ inputCol: "a", outputCol: "x" }),
      sql(binary.sql),
    );
    await expect(home(model)).rejects.toThrow("Bucketizer has no form outside of Spark");
  });

  test("leaves no files on the cluster", async () => {
    const warehouse = await session.setting("spark.sql.warehouse.dir");
    const left = sql("SELECT * FROM text.`:path`".replace(":path", `${warehouse}/sluice-*/metadata`));
    await expect(collect(session, left)).rejects.toMatchObject({ code: "missing_file" });
  });
});

/** The names of what is fitted or applied. */
const operatorsIn = (estimator: Stage): readonly string[] =>
  "stages" in estimator ? estimator.stages.flatMap(operatorsIn) : [estimator.operator];

/** A row's vectors as a column for each number. */
function spread(row: Row, names: readonly string[]): { columns: Record<string, Expr | Expr[]>; values: Row } {
  const columns: Record<string, Expr | Expr[]> = {};
  const values: Record<string, Row[string]> = {};
  for (const name of names) {
    const value = plain(row[name]);
    if (!Array.isArray(value)) {
      columns[name] = col(name);
      values[name] = row[name]!;
      continue;
    }
    columns[name] = value.map((_, j) => col(`${name}_${j}`));
    value.forEach((one, j) => {
      values[`${name}_${j}`] = one as number;
    });
  }
  return { columns, values };
}

const resultOf = (formula: Expr | readonly Expr[], row: Row): Plain =>
  Array.isArray(formula) ? formula.map((one) => plain(evaluate(one, row))) : plain(evaluate(formula as Expr, row));
