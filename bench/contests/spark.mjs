// One Spark server, asked in turn by our client and by PySpark's: the same query, the same fit, the same rows to the client.
import { join } from "node:path";
import { startSpark } from "../../scripts/spark.mjs";
import { limitLine, line, takeTurns } from "../contest.mjs";
import { binaryTable } from "../data.mjs";
import { measureJson } from "../measure.mjs";
import { peer } from "../peers.mjs";
import { rowsText } from "../sluice.mjs";

const client = join(import.meta.dirname, "../spark-client.mjs");
/** Seconds inside the process, once it is connected: what a session of many queries pays. */
const inner = async (run) => {
  const done = await run;
  return { ...done, seconds: done.result.inner };
};

export async function spark({ rows = 10e6, rounds = 3 }) {
  const path = await binaryTable(rows);
  const server = await startSpark({ port: 15_702, driverMemory: "6g", withToken: false, say: console.log });
  try {
    const at = [server.remote];
    const ours = (work, repeats) => () => inner(measureJson(process.execPath, [client, work, ...at, repeats, path]));
    const theirs = (work, repeats) => () =>
      inner(measureJson(...peer("spark_client", [work, ...at, repeats, path], "spark")));
    // A server is slow at first, and that is not the first client's doing.
    for (const warming of [ours, theirs])
      for (const work of ["sql", "rows"]) await warming(work, "1")().catch(() => {});
    const runs = {};
    for (const [work, repeats] of [
      ["sql", "5"],
      ["fit", "2"],
      ["rows", "1"],
    ]) {
      console.log(`${work} ...`);
      runs[work] = await takeTurns({ ours: ours(work, repeats), pyspark: theirs(work, repeats) }, rounds, console.log);
    }
    const what = rowsText(rows);
    return [
      line(`a query over ${what} x 20`, runs.sql.ours, "PySpark toArrow", runs.sql.pyspark, 1.05),
      line(`MLlib's LogisticRegression, 10 iterations, ${what} x 20`, runs.fit.ours, "PySpark", runs.fit.pyspark, 1.05),
      line(`${what} x 5 doubles to the client`, runs.rows.ours, "PySpark toArrow", runs.rows.pyspark, 1.2),
      limitLine(
        "the client's memory while they come",
        runs.rows.ours && runs.rows.ours.peakRssBytes / 1e6,
        300,
        "MB",
        0,
      ),
    ];
  } finally {
    server.stop();
  }
}
