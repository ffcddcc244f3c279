// Texts: 20 newsgroups by hashed words and by tf-idf beside scikit-learn, and nine copies of them in one walk.
import { join } from "node:path";
import { optional } from "../../scripts/optional.mjs";
import { line, takeTurns } from "../contest.mjs";
import { make, parquet } from "../make.mjs";
import { emptied, fixed, published, sluice } from "../sluice.mjs";

const label = [
  "--label",
  "newsgroup",
  "--learner",
  "sparseLogistic",
  "--validate",
  "none",
  "--drop",
  "doc_id",
  ...fixed,
];

export async function text({ rounds = 3 }) {
  const { where, missing } = optional.shared("newsgroups20");
  if (!where) throw new Error(missing);
  const [train, test] = ["train", "test"].map((part) => join(where, `${part}.parquet`));
  // In an order of their own: the file is sorted by its label, which a walk in the order of the rows would see.
  const copies = `SELECT newsgroup, doc_id, text FROM '${train}', range(9) t(i) ORDER BY md5(text || i)`;
  const many = await make("newsgroups20-9.parquet", copies, parquet);
  const ours =
    (file, features, ...more) =>
    () =>
      sluice(["train", file, ...label, "--features", features, "--test", test, ...more], emptied("text"));
  const theirs = (file, method) => () => published("text_sklearn", [file, test, "text", "newsgroup", method]);
  const runs = await takeTurns(
    {
      words: ours(train, "text(text)"),
      sgd: theirs(train, "hashing-sgd"),
      tfidf: ours(train, "tfidf(text)"),
      plain: theirs(train, "tfidf-logistic"),
      tuned: theirs(train, "tfidf-tuned"),
      once: ours(many, "text(text)", "--param", "passes=1"),
      sgdOnce: theirs(many, "hashing-sgd-once"),
    },
    rounds,
    console.log,
  );
  const of = (run) => run.result.accuracy ?? run.result.metrics.test.accuracy;
  const beside = (what, mine, peer, its) =>
    line(
      what,
      mine,
      peer,
      its,
      undefined,
      mine && its ? `accuracy ${of(mine).toFixed(4)} / ${of(its).toFixed(4)}` : "",
    );
  const [few, lots] = ["newsgroups20, 11,314 texts", "the same nine times, one walk"];
  return [
    beside(`${few}, hashed words`, runs.words, "HashingVectorizer, SGDClassifier", runs.sgd),
    beside(`${few}, tf-idf`, runs.tfidf, "TfidfVectorizer, LogisticRegression", runs.plain),
    beside(`${few}, tf-idf`, runs.tfidf, "the same, stop words, sublinear, C = 5", runs.tuned),
    beside(`${lots}, hashed words`, runs.once, "HashingVectorizer, SGDClassifier, one epoch", runs.sgdOnce),
  ];
}
