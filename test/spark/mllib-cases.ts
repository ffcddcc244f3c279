import type { OperatorName, ParamsOf } from "../../src/engines/spark/mllib.js";

/** One operator on some rows. Both clients make the rows from the same SQL, so the server cuts them into the same partitions. */
export interface Case {
  readonly operator: OperatorName;
  readonly sql: string;
  /** What makes the rows ready: applied, or fitted and applied, one after the other. */
  readonly before: readonly Stage[];
  readonly params: Readonly<Record<string, unknown>>;
  /** What is compared of the transformed rows, in the order of `id`. */
  readonly columns: readonly string[];
  /** Tables that the model gives, with arguments, and the columns that they are sorted by. */
  readonly frames: readonly {
    readonly name: string;
    readonly args: readonly (number | string)[];
    readonly by: string;
  }[];
  /** Attributes that are not asked, each with its reason. */
  readonly except: Readonly<Record<string, string>>;
  /** How far numbers of the transformed rows may lie apart, relative to the larger; 1e-9 where nothing is said, and for all else. */
  readonly within: number;
  /** Why that is wider. */
  readonly because?: string;
  /** The first version of Spark whose Connect server has it; older ones refuse it. */
  readonly since?: number;
}
export interface Stage {
  readonly operator: OperatorName;
  readonly params: Readonly<Record<string, unknown>>;
}

type Given<N extends OperatorName> = Partial<Omit<Case, "operator" | "params">> & { readonly params?: ParamsOf<N> };

const of = <N extends OperatorName>(operator: N, given: Given<N>): Case => ({
  sql: "",
  before: [],
  columns: [],
  frames: [],
  except: {},
  within: 1e-9,
  ...given,
  operator,
  params: given.params ?? {},
});

const stage = <N extends OperatorName>(operator: N, params: ParamsOf<N>): Stage => ({ operator, params });
const assemble = (...inputCols: string[]): Stage => stage("VectorAssembler", { inputCols, outputCol: "features" });

/** 120 rows in two partitions, five numbers in [0, 1) from a hash. */
const uniform = `(SELECT id, ${["a", "b", "c", "d", "e"].map((name, i) => `pmod(xxhash64(id, ${i + 1}), 10007) / 10007D AS ${name}`).join(", ")} FROM range(0, 120, 1, 2))`;

export const binary = {
  sql: `SELECT *, IF(a + b / 2D - c + (d - 0.5D) / 5D > 0.25D, 1D, 0D) AS label, 0.5D + e AS weight FROM ${uniform}`,
  before: [assemble("a", "b", "c")],
};
export const classes = {
  sql: `SELECT *, CAST(floor(3D * least((a + b) / 2D + (d - 0.5D) / 10D, 0.999D)) AS DOUBLE) AS raw,
    greatest(0D, CAST(floor(3D * least((a + b) / 2D + (d - 0.5D) / 10D, 0.999D)) AS DOUBLE)) AS label, 0.5D + e AS weight FROM ${uniform}`,
  before: [assemble("a", "b", "c")],
};
export const measured = {
  sql: `SELECT *, 3D * a - 2D * b + c / 2D + 7D + (d - 0.5D) / 10D AS label, 0.5D + e AS weight FROM ${uniform}`,
  before: [assemble("a", "b", "c")],
};
const positive = {
  sql: `SELECT *, exp(a - b + d / 5D) AS label, IF(e > 0.2D, 1D, 0D) AS censor, CAST(floor(exp(1D + a)) AS DOUBLE) AS n FROM ${uniform}`,
  before: [assemble("a", "b")],
};
export const clouds = {
  sql: `SELECT id, a + 3D * (id % 3) AS a, b - 2D * (id % 3) AS b FROM ${uniform}`,
  before: [assemble("a", "b")],
};
export const ratings = {
  sql: `SELECT id, CAST(id % 8 AS INT) AS user, CAST(id DIV 8 AS INT) AS item, 1D + 4D * a AS rating FROM ${uniform} WHERE b > 0.3D`,
};
const words = {
  sql: `SELECT id, text, split(text, ' ') AS words FROM VALUES (0L, 'the quick brown fox jumps over the lazy dog'),
    (1L, 'spark learns from rows and rows'), (2L, 'a fox and a dog learn'), (3L, 'rows of the brown fox'),
    (4L, 'Quick rows, lazy learning'), (5L, 'the dog sleeps') AS t(id, text)`,
};
const counted = {
  ...words,
  before: [stage("CountVectorizer", { inputCol: "words", outputCol: "features", vocabSize: 12 })],
};
export const letters = {
  sql: `SELECT id, a, b, element_at(array('red', 'red', 'red', 'green', 'green', 'blue'), CAST(1 + id % 6 AS INT)) AS colour,
    element_at(array('x', 'y', 'x', 'x'), CAST(1 + id % 4 AS INT)) AS letter, IF(id % 6 < 3 AND a > 0.2D, 1D, 0D) AS label,
    CAST(id % 3 AS DOUBLE) AS code, CAST(id % 4 AS DOUBLE) AS other FROM ${uniform}`,
};
export const flags = {
  sql: `SELECT id, IF(a > 0.5D, 1D, 0D) AS a, IF(b > 0.5D, 1D, 0D) AS b, IF(c > 0.5D, 1D, 0D) AS c, 1D AS d FROM ${uniform} WHERE id < 30`,
  before: [assemble("a", "b", "c", "d")],
};

const scored = ["rawPrediction", "probability", "prediction"];
const treeColumns = [...scored, "leaf"];
const _summed = "sums of doubles arrive from the shuffle in any order";

/** All 42 estimators, 18 transformers and 6 evaluators of Spark 4.2. */
export const cases: readonly Case[] = [
  of("NaiveBayes", { ...binary, params: { smoothing: 0.5, weightCol: "weight" }, columns: scored }),
  of("LinearSVC", {
    ...binary,
    params: { maxIter: 10, regParam: 0.01, threshold: 0.1 },
    columns: ["rawPrediction", "prediction"],
    frames: [],
  }),
  of("LogisticRegression", {
    ...binary,
    params: { maxIter: 30, regParam: 0.01, elasticNetParam: 0.5, weightCol: "weight", threshold: 0.4 },
    columns: scored,
  }),
  of("FMClassifier", { ...binary, params: { maxIter: 10, factorSize: 2, stepSize: 0.1, seed: 7 }, columns: scored }),
  of("MultilayerPerceptronClassifier", {
    ...classes,
    params: { layers: [3, 4, 3], maxIter: 20, seed: 7 },
    columns: scored,
  }),
  of("DecisionTreeClassifier", { ...classes, params: { maxDepth: 3, leafCol: "leaf", seed: 7 }, columns: treeColumns }),
  of("RandomForestClassifier", {
    ...classes,
    params: { numTrees: 5, maxDepth: 3, leafCol: "leaf", seed: 7, weightCol: "weight" },
    columns: treeColumns,
    except: { areaUnderROC: "of two classes", scoreCol: "of two classes" },
  }),
  of("GBTClassifier", {
    ...binary,
    params: { maxIter: 5, maxDepth: 3, leafCol: "leaf", seed: 7 },
    columns: treeColumns,
  }),

  of("AFTSurvivalRegression", {
    ...positive,
    params: { maxIter: 30, quantilesCol: "q", quantileProbabilities: [0.1, 0.5] },
    columns: ["prediction", "q"],
  }),
  of("IsotonicRegression", {
    ...measured,
    params: { isotonic: false, featureIndex: 1, weightCol: "weight" },
    columns: ["prediction"],
  }),
  of("LinearRegression", {
    ...measured,
    params: { solver: "normal", regParam: 0.01, weightCol: "weight" },
    columns: ["prediction"],
  }),
  of("GeneralizedLinearRegression", {
    ...positive,
    params: { family: "poisson", link: "log", labelCol: "n", linkPredictionCol: "eta" },
    columns: ["prediction", "eta"],
  }),
  of("FMRegressor", {
    ...measured,
    params: { maxIter: 10, factorSize: 2, stepSize: 0.1, seed: 7 },
    columns: ["prediction"],
  }),
  of("DecisionTreeRegressor", {
    ...measured,
    params: { maxDepth: 4, varianceCol: "v", leafCol: "leaf" },
    columns: ["prediction", "v", "leaf"],
  }),
  of("RandomForestRegressor", {
    ...measured,
    params: { numTrees: 5, maxDepth: 4, seed: 7, featureSubsetStrategy: "0.7" },
    columns: ["prediction"],
  }),
  of("GBTRegressor", {
    ...measured,
    params: { maxIter: 5, maxDepth: 3, lossType: "absolute", seed: 7 },
    columns: ["prediction"],
  }),

  of("KMeans", { ...clouds, params: { k: 3, seed: 7 }, columns: ["prediction"] }),
  of("BisectingKMeans", { ...clouds, params: { k: 3, seed: 7 }, columns: ["prediction"] }),
  of("GaussianMixture", { ...clouds, params: { k: 2, seed: 7, maxIter: 10 }, columns: ["prediction", "probability"] }),
  of("LDA", {
    ...counted,
    params: { k: 2, seed: 7, maxIter: 5, subsamplingRate: 1 },
    columns: ["topicDistribution"],
    frames: [{ name: "describeTopics", args: [3], by: "topic" }],
  }),
  of("LDA", {
    ...counted,
    params: { k: 2, seed: 7, maxIter: 5, optimizer: "em" },
    columns: ["topicDistribution"],
    frames: [{ name: "describeTopics", args: [3], by: "topic" }],
    except: { getCheckpointFiles: "paths" },
    within: 1e-3,
    because: "a document's topics are found from a random start, new in each fit, up to 1e-3",
    since: 4.2,
  }),
  of("ALS", {
    ...ratings,
    params: { rank: 3, maxIter: 4, seed: 7, numUserBlocks: 2, numItemBlocks: 2 },
    columns: ["prediction"],
    frames: [
      { name: "userFactors", args: [], by: "id" },
      { name: "itemFactors", args: [], by: "id" },
      { name: "recommendForAllUsers", args: [2], by: "user" },
    ],
  }),
  of("FPGrowth", {
    sql: `SELECT id, items FROM VALUES (0L, array('r', 'z', 'h', 'k', 'p')), (1L, array('z', 'y', 'x', 'w')), (2L, array('s', 'x', 'o', 'n', 'r')),
      (3L, array('x', 'z', 'y', 'r', 'q')), (4L, array('x', 'z', 'y', 'p')), (5L, array('z')) AS t(id, items)`,
    params: { minSupport: 0.4, minConfidence: 0.6, numPartitions: 2 },
    since: 4.2,
    frames: [
      { name: "freqItemsets", args: [], by: "array_join(array_sort(items), ' ')" },
      {
        name: "associationRules",
        args: [],
        by: "array_join(array_sort(antecedent), ' '), array_join(consequent, ' ')",
      },
    ],
  }),

  of("QuantileDiscretizer", {
    ...measured,
    params: { inputCol: "a", outputCol: "out", numBuckets: 4 },
    columns: ["out"],
    except: { getSplitsArray: "of several columns" },
  }),
  of("RFormula", { ...letters, params: { formula: "label ~ a + colour + a:b" }, columns: ["features", "label"] }),
  of("Imputer", {
    sql: `SELECT id, IF(a > 0.8D, NULL, a) AS a, IF(b > 0.7D, double('NaN'), b) AS b FROM ${uniform}`,
    params: { inputCols: ["a", "b"], outputCols: ["x", "y"], strategy: "median" },
    columns: ["x", "y"],
    frames: [{ name: "surrogateDF", args: [], by: "1" }],
  }),
  of("StandardScaler", {
    ...binary,
    params: { inputCol: "features", outputCol: "out", withMean: true },
    columns: ["out"],
  }),
  of("MaxAbsScaler", { ...binary, params: { inputCol: "features", outputCol: "out" }, columns: ["out"] }),
  of("MinMaxScaler", {
    ...binary,
    params: { inputCol: "features", outputCol: "out", min: -1, max: 2 },
    columns: ["out"],
  }),
  of("RobustScaler", {
    ...binary,
    params: { inputCol: "features", outputCol: "out", withCentering: true },
    columns: ["out"],
  }),
  of("ChiSqSelector", {
    ...flags,
    sql: flags.sql.replace("SELECT id", "SELECT id, IF(a + d > 1D, 1D, 0D) AS label"),
    params: { numTopFeatures: 2, outputCol: "out" },
    columns: ["out"],
  }),
  of("UnivariateFeatureSelector", {
    ...binary,
    params: {
      featureType: "continuous",
      labelType: "categorical",
      selectionMode: "numTopFeatures",
      selectionThreshold: 2,
      outputCol: "out",
    },
    columns: ["out"],
  }),
  of("VarianceThresholdSelector", {
    ...flags,
    params: { varianceThreshold: 0.01, outputCol: "out" },
    columns: ["out"],
  }),
  of("StringIndexer", {
    ...letters,
    params: { inputCols: ["colour", "letter"], outputCols: ["x", "y"], stringOrderType: "alphabetAsc" },
    columns: ["x", "y"],
    except: { labels: "of one column" },
  }),
  of("VectorIndexer", {
    ...letters,
    before: [assemble("code", "a", "other")],
    params: { inputCol: "features", outputCol: "out", maxCategories: 4 },
    columns: ["out"],
    frames: [{ name: "categoryMapsDF", args: [], by: "featureIndex, originalValue" }],
  }),
  of("PCA", { ...binary, params: { k: 2, inputCol: "features", outputCol: "out" }, columns: ["out"] }),
  of("IDF", { ...counted, params: { inputCol: "features", outputCol: "out", minDocFreq: 2 }, columns: ["out"] }),
  of("Word2Vec", {
    ...words,
    params: { inputCol: "words", outputCol: "out", vectorSize: 3, minCount: 1, seed: 7 },
    columns: ["out"],
    frames: [
      { name: "getVectors", args: [], by: "word" },
      { name: "findSynonyms", args: ["fox", 2], by: "word" },
    ],
  }),
  of("CountVectorizer", { ...words, params: { inputCol: "words", outputCol: "out", minDF: 2 }, columns: ["out"] }),
  of("OneHotEncoder", {
    ...letters,
    params: { inputCols: ["code", "other"], outputCols: ["x", "y"], handleInvalid: "keep" },
    columns: ["x", "y"],
  }),
  of("TargetEncoder", {
    ...letters,
    params: { inputCols: ["code"], outputCols: ["x"], smoothing: 1.5 },
    columns: ["x"],
  }),
  of("BucketedRandomProjectionLSH", {
    ...clouds,
    params: { inputCol: "features", outputCol: "out", bucketLength: 2, numHashTables: 2, seed: 7 },
    columns: ["out"],
  }),
  of("MinHashLSH", {
    ...flags,
    params: { inputCol: "features", outputCol: "out", numHashTables: 2, seed: 7 },
    columns: ["out"],
  }),

  of("DCT", { ...binary, params: { inputCol: "features", outputCol: "out", inverse: true }, columns: ["out"] }),
  of("NGram", { ...words, params: { inputCol: "words", outputCol: "out", n: 3 }, columns: ["out"] }),
  of("Normalizer", { ...binary, params: { inputCol: "features", outputCol: "out", p: 1 }, columns: ["out"] }),
  of("Interaction", { ...binary, params: { inputCols: ["a", "features"], outputCol: "out" }, columns: ["out"] }),
  of("Binarizer", {
    ...binary,
    params: { inputCols: ["a", "b"], outputCols: ["x", "y"], thresholds: [0.25, 0.75] },
    columns: ["x", "y"],
  }),
  of("Bucketizer", {
    ...binary,
    params: {
      inputCols: ["a", "b"],
      outputCols: ["x", "y"],
      splitsArray: [
        [0, 0.5, 1],
        [-1, 0, 0.25, 2],
      ],
    },
    columns: ["x", "y"],
  }),
  of("VectorAssembler", { sql: binary.sql, params: { inputCols: ["c", "a"], outputCol: "out" }, columns: ["out"] }),
  of("VectorSlicer", {
    ...binary,
    params: { inputCol: "features", outputCol: "out", indices: [2, 0] },
    columns: ["out"],
  }),
  of("VectorSizeHint", { ...binary, params: { inputCol: "features", size: 3 }, columns: ["features"] }),
  of("Tokenizer", { ...words, params: { inputCol: "text", outputCol: "out" }, columns: ["out"] }),
  of("RegexTokenizer", {
    ...words,
    params: {
      inputCol: "text",
      outputCol: "out",
      pattern: "[a-z]+",
      gaps: false,
      toLowercase: false,
      minTokenLength: 3,
    },
    columns: ["out"],
  }),
  of("SQLTransformer", {
    ...binary,
    params: { statement: "SELECT id, a * b AS out FROM __THIS__ WHERE c > 0.5D" },
    columns: ["out"],
  }),
  of("StopWordsRemover", {
    ...words,
    params: { inputCol: "words", outputCol: "out", stopWords: ["the", "Quick"], caseSensitive: true },
    columns: ["out"],
  }),
  of("FeatureHasher", {
    ...letters,
    params: { inputCols: ["a", "code", "colour"], categoricalCols: ["code"], outputCol: "out", numFeatures: 32 },
    columns: ["out"],
  }),
  of("ElementwiseProduct", {
    ...binary,
    params: { inputCol: "features", outputCol: "out", scalingVec: [2, 0, -1.5] },
    columns: ["out"],
  }),
  of("HashingTF", {
    ...words,
    params: { inputCol: "words", outputCol: "out", numFeatures: 16, binary: true },
    columns: ["out"],
  }),
  of("IndexToString", {
    ...letters,
    params: { inputCol: "code", outputCol: "out", labels: ["p", "q", "r"] },
    columns: ["out"],
  }),
  of("PolynomialExpansion", {
    ...binary,
    params: { inputCol: "features", outputCol: "out", degree: 3 },
    columns: ["out"],
  }),

  ...["mse", "rmse", "r2", "mae", "var"].map((metricName) =>
    of("RegressionEvaluator", {
      sql: `SELECT id, a AS label, a + (b - 0.5D) / 3D AS prediction, 0.5D + c AS weight FROM ${uniform}`,
      params: { metricName: metricName as "mse", weightCol: "weight" },
    }),
  ),
  ...(["areaUnderROC", "areaUnderPR"] as const).map((metricName) =>
    of("BinaryClassificationEvaluator", {
      sql: `SELECT *, 1D - p AS q FROM (SELECT id, IF(a > 0.6D, 1D, 0D) AS label, a / 2D + b / 2D AS p FROM ${uniform})`,
      before: [stage("VectorAssembler", { inputCols: ["q", "p"], outputCol: "rawPrediction" })],
      params: { metricName },
    }),
  ),
  ...(["f1", "accuracy", "logLoss", "hammingLoss", "fMeasureByLabel", "weightedFalsePositiveRate"] as const).map(
    (metricName) =>
      of("MulticlassClassificationEvaluator", {
        sql: `SELECT id, CAST(floor(3D * a) AS DOUBLE) AS label, CAST(floor(3D * least(0.99D, a + b / 4D)) AS DOUBLE) AS prediction,
        0.2D AS p0, 0.3D AS p1, 0.5D AS p2 FROM ${uniform}`,
        before: [stage("VectorAssembler", { inputCols: ["p0", "p1", "p2"], outputCol: "probability" })],
        params: { metricName, metricLabel: 1, beta: 2 },
      }),
  ),
  ...(["subsetAccuracy", "f1Measure", "hammingLoss", "microRecall"] as const).map((metricName) =>
    of("MultilabelClassificationEvaluator", {
      sql: `SELECT id, filter(array(0D, 1D, 2D), x -> (id + x) % 3 < 2) AS label, filter(array(0D, 1D, 2D), x -> (id + x) % 4 < 2) AS prediction
        FROM range(0, 40, 1, 2)`,
      params: { metricName },
    }),
  ),
  of("ClusteringEvaluator", {
    ...clouds,
    sql: clouds.sql.replace("SELECT id", "SELECT id, CAST(id % 3 AS INT) AS prediction"),
    params: { distanceMeasure: "cosine" },
  }),
  ...(["meanAveragePrecision", "ndcgAtK", "recallAtK"] as const).map((metricName) =>
    of("RankingEvaluator", {
      sql: `SELECT id, transform(sequence(1, 6), x -> CAST((x * 7 + id) % 11 AS DOUBLE)) AS prediction,
        transform(sequence(1, 4), x -> CAST((x * 5 + id) % 11 AS DOUBLE)) AS label FROM range(0, 30, 1, 2)`,
      params: { metricName, k: 3 },
    }),
  ),
];
