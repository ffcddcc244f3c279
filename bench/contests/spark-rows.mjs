// Many rows on a Spark server: scored there beside PySpark's `model.transform`, and brought here by a reader that is slow.
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSpark } from "../../scripts/spark.mjs";
import { limitLine, line, takeTurns } from "../contest.mjs";
import { binaryTable } from "../data.mjs";
import { measureJson } from "../measure.mjs";
import { peer } from "../peers.mjs";
import { rowsText } from "../sluice.mjs";
import { client, inner } from "./spark.mjs";

const slowRows = 26e6;
/** Milliseconds of rest after each batch of up to 65,536 rows: about 60 MB/s. */
const restMs = "200";

export async function sparkRows({ rows = 10e6, rounds = 3 }) {
  const path = await binaryTable(rows);
  return [...(await scoring(path, rows, rounds)), ...(await slowReader())];
}

async function scoring(path, rows, rounds) {
  const server = await startSpark({ port: 15_702, driverMemory: "6g", withToken: false, say: console.log });
  const lines = [];
  try {
    for (const learner of ["LogisticRegression", "GBTClassifier"]) {
      console.log(`predict, ${learner} ...`);
      const args = ["predict", server.remote, "3", path, learner];
      const runs = await takeTurns(
        {
          ours: () => inner(measureJson(process.execPath, [client, ...args])),
          pyspark: () => inner(measureJson(...peer("spark_client", args, "spark"))),
        },
        rounds,
        console.log,
      );
      lines.push(
        line(`scores of MLlib's ${learner} for ${rowsText(rows)}`, runs.ours, "model.transform", runs.pyspark, 1),
      );
    }
  } finally {
    server.stop();
    for (const name of ["sluice", "pyspark"])
      rmSync(join(tmpdir(), `${name}-bench-scored`), { recursive: true, force: true });
  }
  return lines;
}

/** Driver and executor share 2 GB, and Spark ends a query that gives more than 1 GB. */
async function slowReader() {
  const path = await binaryTable(slowRows);
  const server = await startSpark({ port: 15_703, driverMemory: "2g", withToken: false, say: console.log });
  try {
    const run = (rest) => inner(measureJson(process.execPath, [client, "slow", server.remote, "1", path, rest]));
    const runs = await takeTurns({ fast: () => run("0"), slow: () => run(restMs) }, 1, console.log);
    const { bytes } = runs.slow?.result.result ?? {};
    const what = `${((bytes ?? 0) / 1e9).toFixed(1)} GB from one file and a server of 2 GB`;
    return [
      line(`${what}, to a reader that rests`, runs.slow, "one that does not", runs.fast),
      limitLine("the slow client's memory", runs.slow && runs.slow.peakRssBytes / 1e6, 300, "MB", 0),
    ];
  } finally {
    server.stop();
  }
}
