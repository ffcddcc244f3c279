// One Spark server, asked in turn by our client and by PySpark's: the same query, the same fit, the same rows to the client.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startSpark } from "../../scripts/spark.mjs";
import { limitLine, line, takeTurns } from "../contest.mjs";
import { binaryTable } from "../data.mjs";
import { measureJson } from "../measure.mjs";
import { peer } from "../peers.mjs";
import { emptied, fixed, rowsText, scratch, sluice } from "../sluice.mjs";

export const client = join(import.meta.dirname, "../spark-client.mjs");
/** Seconds inside the process, once it is connected: what a session of many queries pays. */
export const inner = async (run) => {
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

/** The coefficients that a run of the command kept, the intercept first. */
function kept(name) {
  const { state } = JSON.parse(readFileSync(join(scratch, `${name}-home/models/bench/1/model.json`), "utf8"));
  return [state.intercepts[0], ...state.weights[0]];
}

const apart = (one, other) =>
  Math.max(...one.map((value, i) => Math.abs(value - other[i]))) / Math.max(...other.map(Math.abs));

/**
 * Logistic regression whose rows stay on the cluster: our whole command by sums there, and by pages here, beside MLlib's fit alone.
 * One objective (`penalty` = `regParam`, standardised columns), all rows, none held back.
 */
export async function sparkSums({ rows = 10e6, rounds = 1 }) {
  const path = await binaryTable(rows);
  const server = await startSpark({ port: 15_703, driverMemory: "6g", say: console.log });
  const fits = {};
  try {
    const command = ["train", `sc:${path}`, "--label", "y", "--learner", "logistic", "--param", "penalty=0.001"];
    const ours = (sums) => async () => {
      const run = await sluice(
        [...command, ...fixed, "--validate", "none", "--on", server.remote, "--sums", sums],
        emptied(`sums-${sums}`),
      );
      fits[sums] = kept(`sums-${sums}`);
      return run;
    };
    const mllib = () => inner(measureJson(process.execPath, [client, "settled", server.remote, "1", path]));
    const runs = await takeTurns({ mllib, cluster: ours("cluster"), pages: ours("pages") }, rounds, console.log);
    const what = `logistic, ${rowsText(rows)} x 20 on Spark`;
    const peer = "MLlib's LogisticRegression, fit alone";
    const passes = (run) =>
      run && runs.mllib ? `${run.result.passes} passes / ${runs.mllib.result.result.iterations} iterations` : "";
    const of = runs.mllib?.result.result.coefficients;
    return [
      line(`${what}, by sums on the cluster`, runs.cluster, peer, runs.mllib, 1, passes(runs.cluster)),
      line(`${what}, by pages here`, runs.pages, peer, runs.mllib, undefined, passes(runs.pages)),
      limitLine(
        "coefficients by sums beside MLlib's, of the largest",
        of && fits.cluster && apart(fits.cluster, of) * 1e6,
        1,
        "millionths",
        3,
      ),
      limitLine(
        "coefficients by sums beside those by pages, of the largest",
        fits.cluster && fits.pages && apart(fits.cluster, fits.pages) * 1e6,
        1,
        "millionths",
        3,
      ),
    ];
  } finally {
    server.stop();
  }
}
