/** Metrics in the words of a reader, in the order of reading; `better` says which way is good. */
export const metricNames: Readonly<
  Record<string, { readonly title: string; readonly what: string; readonly better?: "up" | "down" }>
> = {
  auc: { title: "AUC", what: "how often a positive row scores above a negative one", better: "up" },
  prAuc: { title: "PR-AUC", what: "precision averaged over all recalls", better: "up" },
  logLoss: { title: "Log loss", what: "surprise at the labels, in nats a row", better: "down" },
  brier: { title: "Brier score", what: "mean squared error of the probability", better: "down" },
  accuracy: { title: "Accuracy", what: "share of rows with the right class", better: "up" },
  balancedAccuracy: { title: "Balanced accuracy", what: "recall averaged over classes", better: "up" },
  f1: { title: "F1", what: "precision and recall in one, at probability one half", better: "up" },
  precision: { title: "Precision", what: "of the rows called positive, those that are", better: "up" },
  recall: { title: "Recall", what: "of the positive rows, those that were found", better: "up" },
  ks: { title: "KS", what: "largest gap between the score distributions of the classes", better: "up" },
  ece: { title: "Calibration error", what: "mean distance of probability and frequency", better: "down" },
  positiveRate: { title: "Positive rate", what: "share of rows that are positive" },
  f1Best: { title: "Best F1", what: "at the threshold below", better: "up" },
  f1BestThreshold: { title: "its threshold", what: "probability above which to call a row positive" },
  precisionTop1: {
    title: "Precision, top 1 %",
    what: "positives among the hundredth of rows with the highest scores",
    better: "up",
  },
  liftTop1: { title: "Lift, top 1 %", what: "that precision over the positive rate", better: "up" },
  precisionTop5: { title: "Precision, top 5 %", what: "the same of the highest twentieth", better: "up" },
  liftTop5: { title: "Lift, top 5 %", what: "that precision over the positive rate", better: "up" },
  precisionTop10: { title: "Precision, top 10 %", what: "the same of the highest tenth", better: "up" },
  liftTop10: { title: "Lift, top 10 %", what: "that precision over the positive rate", better: "up" },
  rmse: { title: "RMSE", what: "root of the mean squared error", better: "down" },
  mae: { title: "MAE", what: "mean size of the error", better: "down" },
  r2: { title: "R²", what: "share of the label's variance explained", better: "up" },
  mape: { title: "MAPE", what: "mean error as a share of the label, labels of 0 left out", better: "down" },
  medianError: { title: "Median error", what: "half of the rows are closer", better: "down" },
  maxError: { title: "Largest error", what: "of all rows", better: "down" },
  bias: { title: "Bias", what: "mean of prediction minus label" },
  unscored: { title: "Unscored rows", what: "rows for which no score could be computed" },
};

/** With several classes, figures of one class are averages over all of them. */
const overClasses: Readonly<Record<string, string>> = {
  auc: "one class against the rest, averaged over classes",
  f1: "precision and recall in one, averaged over classes",
  brier: "squared distance of the probabilities, summed over classes",
};

export const explained = (name: string, task: string): string | undefined =>
  (task === "multiclass" ? overClasses[name] : undefined) ?? metricNames[name]?.what;

export const titleOf = (name: string): string => metricNames[name]?.title ?? name;

/** The figures that a reader looks at first. */
export const headlines: Readonly<Record<string, readonly string[]>> = {
  binary: ["auc", "prAuc", "logLoss", "accuracy"],
  multiclass: ["accuracy", "f1", "logLoss", "auc"],
  regression: ["rmse", "mae", "r2", "medianError"],
};

export const inOrder = (names: readonly string[]): string[] => {
  const order = Object.keys(metricNames);
  const place = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
  return [...names].sort((a, b) => place(a) - place(b));
};
