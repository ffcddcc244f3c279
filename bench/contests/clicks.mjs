// A day of clicks after seven: sparse logistic regression beside Vowpal Wabbit, from the same Parquet file.
import { clicksTable, clicksTest } from "../clicks.mjs";
import { limitLine, line, takeTurns } from "../contest.mjs";
import { emptied, fixed, published, sluice } from "../sluice.mjs";

export async function clicks({ rows = 10e6, rounds = 3 }) {
  const train = await clicksTable(rows);
  const test = await clicksTest(rows);
  const learn = ["train", train, "--label", "click", "--learner", "sparseLogistic", "--validate", "none", ...fixed];
  const runs = await takeTurns(
    { ours: () => sluice(learn, emptied("clicks")), vw: () => published("clicks_vw", [train, test], "sparse") },
    rounds,
    console.log,
  );
  const judged = runs.ours && (await sluice(["evaluate", "bench", test], "clicks"));
  const loss = judged?.result.metrics.logLoss;
  const { vw } = runs;
  const learning = vw && { ...vw, seconds: vw.seconds - vw.result.writeSeconds };
  const what = `clicks, ${rows / 1e6} M x 39`;
  const note = vw && loss !== undefined ? `log loss ${loss.toFixed(5)} / ${vw.result.logLoss.toFixed(5)}` : "";
  return [
    line(what, runs.ours, "Vowpal Wabbit 9.11, its text written by DuckDB", vw, 0.5, note),
    line(what, runs.ours, "Vowpal Wabbit 9.11, without the writing", learning, 1, note),
    limitLine(
      "log loss above Vowpal Wabbit's, the day after",
      vw && loss !== undefined ? loss - vw.result.logLoss : undefined,
      5e-4,
      "nats",
      5,
    ),
    limitLine("peak memory", runs.ours && runs.ours.peakRssBytes / 1e6, 1000, "MB", 0),
  ];
}
