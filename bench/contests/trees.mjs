// Boosted trees of one size for everybody: 100 trees, 63 leaves, 255 bins, rate 0.1, two threads, from Parquet to model.
import { airlineTable, airlineTest } from "../airline.mjs";
import { limitLine, line, takeTurns } from "../contest.mjs";
import { higgsTable, higgsTest } from "../higgs.mjs";
import { emptied, published, rowsText, sluice, withSpark } from "../sluice.mjs";

const size = { trees: 100, leaves: 63, bins: 255, learningRate: 0.1 };

/** Trains with an empty cache, then judges apart, so that the time is that of learning as it is for the peers. */
export async function boosted(train, test, label, { memory = "512MB", ...params }) {
  const settings = Object.entries({ ...size, ...params }).flatMap(([name, value]) => ["--param", `${name}=${value}`]);
  const fixed = ["--validate", "none", "--memory", memory, "--threads", "2", "--name", "bench"];
  const where = emptied("trees");
  const run = await sluice(["train", train, "--label", label, "--learner", "boosting", ...fixed, ...settings], where);
  const judged = await sluice(["evaluate", "bench", test, "--memory", memory, "--threads", "2"], where);
  const { auc, logLoss } = judged.result.metrics;
  return { ...run, result: { ...run.result, auc, logLoss } };
}

export const trees = ({ rows = 1e6, rounds = 3 }) =>
  compared(rows, rounds, {
    what: "airline, 8 columns",
    label: "late",
    table: airlineTable,
    test: airlineTest,
    sampledGoal: rows >= 10e6 ? 0.4 : undefined,
  });

export const higgs = ({ rows = 10e6, rounds = 3 }) =>
  compared(rows, rounds, { what: "higgs-like, 28 columns", label: "signal", table: higgsTable, test: higgsTest });

async function compared(rows, rounds, { what, label, table, test, sampledGoal }) {
  const files = [await table(rows), await test(500_000)];
  const runs = await takeTurns(
    {
      all: () => boosted(...files, label, { rowSample: 1 }),
      sampled: () => boosted(...files, label, {}),
      lightgbm: () => published("trees_lightgbm", files, "trees"),
      xgboost: () => published("trees_xgboost", files, "trees"),
      scikit: () => published("trees_hist_gradient_boosting", files, "trees"),
      ...(withSpark && { spark: () => published("trees_spark", files, "spark") }),
    },
    rounds,
    console.log,
  );
  const { all, sampled, lightgbm, xgboost, scikit, spark } = runs;
  const name = `${what}, ${rowsText(rows)}`;
  return [
    aucLine(`${name}, every row`, all, "LightGBM", lightgbm, 0.8),
    aucLine(`${name}, default sample`, sampled, "LightGBM", lightgbm, sampledGoal),
    aucLine(`${name}, every row`, all, "XGBoost hist", xgboost),
    aucLine(`${name}, default sample`, sampled, "XGBoost hist", xgboost),
    aucLine(`${name}, every row`, all, "scikit-learn HistGradientBoosting", scikit),
    ...(withSpark ? [aucLine(`${name}, every row`, all, "Spark GBT, 20 trees of depth 5", spark)] : []),
    behindLine("every row: AUC behind LightGBM", all, lightgbm, 0.001),
    behindLine("default sample: AUC behind LightGBM", sampled, lightgbm, 0.001),
    limitLine("every row: peak memory", all && all.peakRssBytes / 1e6, 512, "MB", 0),
    limitLine("default sample: peak memory", sampled && sampled.peakRssBytes / 1e6, 512, "MB", 0),
  ];
}

export const aucLine = (what, ours, peer, theirs, goal) =>
  line(what, ours, peer, theirs, goal, ours && theirs && `AUC ${auc(ours)} / ${auc(theirs)}`);
const auc = (run) => run.result.auc.toFixed(4);

export const behindLine = (what, ours, theirs, limit) =>
  limitLine(what, ours && theirs && theirs.result.auc - ours.result.auc, limit, "AUC", 5);
