import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SparkSession } from "../../src/engines/spark/connection/session.js";
import { type Frame, sql } from "../../src/engines/spark/frames/plan.js";
import { collect } from "../../src/engines/spark/mllib/collect.js";
import * as helper from "../../src/engines/spark/mllib/helper.js";
import { home } from "../../src/engines/spark/mllib/home.js";
import {
  fit,
  mllib,
  readModel,
  readOperator,
  readPipeline,
  transform,
  writeOperator,
  writePipeline,
} from "../../src/engines/spark/mllib.js";
import { needs } from "../support/needs.js";
import { openSpark, sparkRemote } from "../support/spark.js";
import { binary, letters } from "./mllib-cases.js";
import { pyspark } from "./peer.js";
import { type Plain, plain } from "./plain.js";

const rows = transform(mllib.vectorAssembler({ inputCols: ["a", "b", "c"], outputCol: "features" }), sql(binary.sql));
const scores = (frame: Frame): Frame => sql("SELECT probability FROM frame ORDER BY id", {}, { frame });

needs.spark()("what MLlib writes", () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-mllib-"));
  let session: SparkSession;
  beforeAll(async () => {
    session = await openSpark();
  });
  afterAll(async () => {
    await session?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("a model reads back in another session, and predicts and comes home the same", async () => {
    const path = join(folder, "model");
    const learner = mllib.gbtClassifier({
      maxIter: 5,
      maxDepth: 2,
      probabilityCol: "probability",
      thresholds: [0.3, 0.7],
    });
    await using model = await fit(session, learner, rows);
    const [before, state] = [await collect(session, scores(model.transform(rows))), await home(model)];
    await model.write(path);
    await using other = await openSpark();
    const back = await readModel(other, "GBTClassificationModel", path);
    expect(back.params).toMatchObject(learner.params);
    expect(await collect(other, scores(back.transform(rows)))).toEqual(before);
    expect(await home(back)).toEqual(state);
    await expect(back.summary("accuracy")).rejects.toThrow();
  });

  test("a second write is refused unless it may overwrite", async () => {
    const path = join(folder, "twice");
    await using model = await fit(session, mllib.naiveBayes(), rows);
    await model.write(path);
    await expect(model.write(path)).rejects.toMatchObject({
      code: "exists",
      message: expect.stringContaining("overwrite"),
    });
    await model.write(path, { overwrite: true });
  });

  test("an operator keeps the params that were set", async () => {
    const path = join(folder, "operator");
    const learner = mllib.linearRegression({ regParam: 0.25, solver: "l-bfgs", featuresCol: "x" });
    await writeOperator(session, learner, path);
    expect(await readOperator(session, "LinearRegression", path)).toEqual(learner);
    const scaling = mllib.elementwiseProduct({ inputCol: "x", scalingVec: [1, 0, -2.5] });
    await writeOperator(session, scaling, join(folder, "scaling"));
    expect(await readOperator(session, "ElementwiseProduct", join(folder, "scaling"))).toEqual(scaling);
  });

  test("a file of another model is an error with its name", async () => {
    const path = join(folder, "other");
    await using model = await fit(session, mllib.naiveBayes(), rows);
    await model.write(path);
    await expect(readModel(session, "KMeansModel", path)).rejects.toThrow("NaiveBayesModel");
    await expect(readModel(session, "KMeansModel", join(folder, "nowhere"))).rejects.toThrow("nowhere");
  });

  test("a pipeline reads back, and is PySpark's too, and PySpark's is ours", async () => {
    const [ours, theirs] = [join(folder, "ours"), join(folder, "theirs")];
    const coloured = sql(letters.sql);
    const stages = [
      mllib.stringIndexer({ inputCol: "colour", outputCol: "x", handleInvalid: "keep" }),
      mllib.vectorAssembler({ inputCols: ["x", "a", "b"], outputCol: "features" }),
      mllib.logisticRegression({ maxIter: 5 }),
    ];
    await using model = await fit(session, mllib.pipeline(stages), coloured);
    const before = plain(await collect(session, scores(model.transform(coloured))));
    await writePipeline(model, ours);
    await expect(writePipeline(model, ours)).rejects.toMatchObject({ code: "exists" });
    await writePipeline(model, ours, { overwrite: true });
    await using back = await readPipeline(session, ours);
    expect(plain(await collect(session, scores(back.transform(coloured))))).toEqual(before);
    expect(await home(back)).toEqual(await home(model));

    const plan = { remote: await sparkRemote(), sql: letters.sql, read: ours, write: theirs };
    const python = await pyspark<{ read: Plain; written: Plain }>("mllib_files", plan);
    expect(python.read).toEqual((before as { probability: Plain }[]).map(({ probability }) => probability));
    await using other = await readPipeline(session, theirs);
    const scored = (await collect(session, scores(other.transform(coloured)))).map(({ probability }) =>
      plain(probability),
    );
    expect(scored).toEqual(python.written);
    await expect(readPipeline(session, join(folder, "nowhere"))).rejects.toThrow("nowhere");
  });

  test("goes when it is removed", async () => {
    const path = join(folder, "gone");
    await using model = await fit(session, mllib.naiveBayes(), rows);
    await model.write(path);
    await helper.removeFiles(session, path);
    await helper.removeFiles(session, path);
    await expect(readModel(session, "NaiveBayesModel", path)).rejects.toThrow("gone");
  });
});

needs.spark()("what MLlib counts without a model", () => {
  let session: SparkSession;
  beforeAll(async () => {
    session = await openSpark();
  });
  afterAll(() => session?.close());
  const first = async (frame: Frame): Promise<unknown> => Object.values((await collect(session, frame))[0]!);

  test("correlations", async () => {
    const [matrix] = (await first(helper.correlation(rows, "features"))) as [unknown[]];
    const [[ab] = []] = [await first(sql("SELECT corr(a, b) AS v FROM rows", {}, { rows }))] as number[][];
    // MatrixUDT: kind, rows, columns, pointers, indices, values, transposed
    expect((matrix[5] as number[])[3]).toBeCloseTo(ab!, 12);
  });

  test("tests of independence and of normality", async () => {
    const independent = await collect(
      session,
      helper.chiSquareTest(
        transform(mllib.bucketizer({ inputCol: "a", outputCol: "x", splits: [0, 0.5, 1] }), rows),
        "features",
        "label",
      ),
    );
    expect(independent).toHaveLength(3);
    expect(independent[0]).toMatchObject({ featureIndex: 0 });
    const [pValue] = (await first(helper.normalityTest(rows, "a", 0.5, 0.3))) as number[];
    expect(pValue).toBeGreaterThan(0);
    expect(pValue).toBeLessThan(1);
  });

  test("frequent sequences", async () => {
    const sequences = sql(
      "SELECT s FROM VALUES (array(array(1, 2), array(3))), (array(array(1), array(3, 2), array(1, 2))) AS t(s)",
    );
    const found = await collect(session, helper.frequentSequences(sequences, "s", { minSupport: 1 }));
    expect(plain(found)).toContainEqual({ sequence: [[1], [3]], freq: 2 });
  });

  test("clusters of a graph", async () => {
    const edges = sql(`SELECT to AS src, from AS dst, 0.5D + from / 5D AS w
      FROM (SELECT explode(sequence(1L, 5L)) AS to) LATERAL VIEW explode(sequence(0L, to - 1L)) AS from`);
    const found = await collect(session, helper.graphClusters(edges, { k: 2, weight: "w", maxIter: 40 }));
    expect(found.map(({ id }) => id).sort()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(new Set(found.map(({ cluster }) => cluster))).toEqual(new Set([0, 1]));
  });

  test("stop words", async () => {
    expect(await helper.stopWords(session, "german")).toContain("nicht");
  });
});
