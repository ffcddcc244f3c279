// One piece of work on a Spark server through our client, as bench/peers/spark_client.py does it through PySpark's:
// `node bench/spark-client.mjs WORK REMOTE REPEATS ARGS...`; prints the median seconds as one JSON object.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseRemote } from "../dist/engines/spark/connection/remote.js";
import { BatchReader, chunkOf } from "../dist/engines/spark/frames/arrow.js";
import { files, sql } from "../dist/engines/spark/frames/plan.js";
import { fit, mllib, transform } from "../dist/engines/spark/mllib.js";
import { SparkEngine } from "../dist/engines/spark.js";
import { call, col } from "../dist/expr/expr.js";
import { predict, spark, sparkFiles, train } from "../dist/index.js";

const [work, address, repeats, path, learner] = process.argv.slice(2);
const engine = await SparkEngine.open({ remote: parseRemote(address) });
const { session } = engine;

async function drained(frame, each = () => {}) {
  const reader = new BatchReader();
  let rows = 0;
  for await (const { responseType } of session.run(frame)) {
    if (responseType.case !== "arrowBatch") continue;
    const batch = reader.take(responseType.value);
    if (!batch) continue;
    rows += batch.rows;
    if (batch.rows > 0) each(chunkOf(batch));
  }
  return rows;
}

const source = () => files("parquet", [path]);
const columns = Array.from({ length: 20 }, (_, i) => `x${i}`);
const assembled = () => transform(mllib.vectorAssembler({ inputCols: columns, outputCol: "features" }), source());
const scratch = mkdtempSync(join(tmpdir(), "sluice-bench-spark-"));
let model;
const works = {
  /** A model of Spark's that came home scores all rows there and writes what it says. */
  predict: async () => {
    const data = sparkFiles(path);
    const place = { on: spark({ remote: address }), home: scratch };
    const params = learner === "GBTClassifier" ? { maxIter: 20 } : { maxIter: 10 };
    model ??= await train({
      ...place,
      data,
      label: "y",
      features: columns,
      learner: { learner: `mllib.${learner}`, params },
      sample: 0.02,
      validate: "none",
    });
    const began = performance.now();
    await predict(model, data, { ...place, to: `sc:${tmpdir()}/sluice-bench-scored`, keep: [], overwrite: true });
    return (performance.now() - began) / 1000;
  },
  /** All rows as doubles, some more columns made on the way, to a reader that rests after each batch. */
  slow: async () => {
    const scan = await engine.cluster.open({ kind: "files", form: "parquet", paths: [path] }, path);
    const doubles = [...columns, ...columns.slice(0, 4)].map((name, i) => [`c${i}`, call("toReal", col(name))]);
    let rows = 0;
    let bytes = 0;
    for await (const chunk of engine.batches({
      kind: "project",
      from: { kind: "scan", scan },
      columns: Object.fromEntries(doubles),
    })) {
      rows += chunk.rows;
      bytes += chunk.columns.reduce((sum, { data }) => sum + data.byteLength, 0);
      await sleep(Number(learner));
    }
    return { rows, bytes };
  },
  sql: () =>
    drained(
      sql(
        "SELECT CAST(x0 * 10 AS INT) AS bin, count(*) AS n, avg(x1) AS a, max(x2) AS m FROM t GROUP BY 1 ORDER BY 1",
        {},
        { t: source() },
      ),
    ),
  fit: async () => {
    const model = await fit(session, mllib.logisticRegression({ labelCol: "y", maxIter: 10 }), assembled());
    const { values } = await model.attribute("coefficients");
    await model.dispose();
    return values.length;
  },
  /** To the same objective as `sluice train --learner logistic --param penalty=0.001`, and as near to its minimum. */
  settled: async () => {
    const about = { labelCol: "y", regParam: 1e-3, tol: 1e-10, maxIter: 200, standardization: true };
    const model = await fit(session, mllib.logisticRegression(about), assembled());
    const { values } = await model.attribute("coefficients");
    const intercept = await model.attribute("intercept");
    const iterations = await model.summary("totalIterations");
    await model.dispose();
    return { coefficients: [intercept, ...values], iterations };
  },
  rows: async () => {
    let sum = 0;
    const rows = await drained(
      sql(
        "SELECT CAST(x0 AS DOUBLE) AS a, CAST(x1 AS DOUBLE) AS b, CAST(x2 AS DOUBLE) AS c, CAST(x3 AS DOUBLE) AS d, CAST(x4 AS DOUBLE) AS e FROM t",
        {},
        { t: source() },
      ),
      ({ columns: [first] }) => {
        sum += first.data[0];
      },
    );
    return [rows, sum].length && rows;
  },
};

const seconds = [];
let result;
for (let i = 0; i < Number(repeats); i++) {
  const began = performance.now();
  result = await works[work]();
  seconds.push(work === "predict" ? result : (performance.now() - began) / 1000);
}
seconds.sort((a, b) => a - b);
console.log(JSON.stringify({ inner: seconds[Math.floor((seconds.length - 1) / 2)], result }));
await session.close();
rmSync(scratch, { recursive: true, force: true });
