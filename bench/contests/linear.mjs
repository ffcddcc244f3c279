// Linear models on 20 numbers: beside the floor of reading and writing the same bytes, and beside scikit-learn and Spark.
import { limitLine, line, megabytes, takeTurns } from "../contest.mjs";
import { binaryTable, binaryTest, realTable, realTest } from "../data.mjs";
import { emptied, fixed, floor, published, sluice, withSpark } from "../sluice.mjs";

export async function logistic({ rows = 10e6, rounds = 3 }) {
  const train = await binaryTable(rows);
  const test = await binaryTest(1_000_000);
  const learn = ["train", train, "--label", "y", "--learner", "logistic", ...fixed];
  // like the peers: all rows, none held back to judge on
  const command = [...learn, "--validate", "none"];
  const runs = await takeTurns(
    {
      judged: () => sluice(learn, emptied("judged")),
      first: () => sluice(command, emptied("logistic")),
      second: () => sluice(command, "logistic"),
      floor: () => floor("write", train),
      lbfgs: () => published("logistic_lbfgs", [train, test]),
      sgd: () => published("logistic_sgd", [train, test]),
      ...(withSpark && { spark: () => published("logistic_spark", [train, test], "spark") }),
    },
    rounds,
    console.log,
  );
  const judged = runs.first && (await sluice(["evaluate", "bench", test], "logistic"));
  const loss = judged?.result.metrics.logLoss;
  const what = `logistic, ${rows / 1e6} M x 20`;
  const than = (run) =>
    run && loss !== undefined ? `log loss ${loss.toFixed(6)} / ${run.result.logLoss.toFixed(6)}` : "";
  const told = runs.first && `${runs.first.result.passes} passes, budget ${megabytes(runs.first.result.budgetBytes)}`;
  return [
    line(`${what}, first run`, runs.first, "DuckDB stream + write of the same bytes", runs.floor, 1.5, told),
    line(`${what}, cached pages`, runs.second, "DuckDB stream + write of the same bytes", runs.floor, 0.5),
    line(
      `${what}, first run, a fifth held back and judged`,
      runs.judged,
      "DuckDB stream + write of the same bytes",
      runs.floor,
    ),
    line(`${what}, first run`, runs.first, "scikit-learn lbfgs in memory", runs.lbfgs, 0.2, than(runs.lbfgs)),
    line(`${what}, first run`, runs.first, "SGDClassifier.partial_fit, one epoch", runs.sgd, 0.35, than(runs.sgd)),
    ...(withSpark ? [line(`${what}, first run`, runs.first, "Spark local[2]", runs.spark, 0.1, than(runs.spark))] : []),
    limitLine(
      "log loss above lbfgs, same held-out rows",
      runs.lbfgs && loss !== undefined ? loss - runs.lbfgs.result.logLoss : undefined,
      1e-4,
      "nats",
      6,
    ),
  ];
}

export async function ridge({ rows = 10e6, rounds = 3 }) {
  const train = await realTable(rows);
  const test = await realTest(1_000_000);
  const learn = ["train", train, "--label", "y", "--task", "regression", "--learner", "linear", ...fixed];
  const command = [...learn, "--validate", "none"];
  const runs = await takeTurns(
    {
      ours: () => sluice(command, emptied("ridge")),
      stream: () => floor("stream", train),
      sum: () => floor("sum", train),
      numpy: () => published("ridge_stream", [train, test]),
      ridge: () => published("ridge_memory", [train, test]),
    },
    rounds,
    console.log,
  );
  const judged = runs.ours && (await sluice(["evaluate", "bench", test], "ridge"));
  const error = judged?.result.metrics.rmse;
  const what = `ridge, ${rows / 1e6} M x 20`;
  const than = (run) => (run && error !== undefined ? `RMSE ${error.toFixed(6)} / ${run.result.rmse.toFixed(6)}` : "");
  return [
    line(what, runs.ours, "DuckDB's bare stream", runs.stream, 1.3, runs.ours && `${runs.ours.result.passes} passes`),
    line(what, runs.ours, "DuckDB's bare sum", runs.sum, undefined),
    line(what, runs.ours, "numpy XᵀX over streamed batches", runs.numpy, undefined, than(runs.numpy)),
    line(what, runs.ours, "scikit-learn Ridge in memory", runs.ridge, undefined, than(runs.ridge)),
  ];
}
