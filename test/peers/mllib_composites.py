"""PySpark's own pipeline, folds, split and one-against-rest, over Spark Connect, on rows that it is given as SQL on standard input."""

import json
import sys
import warnings

warnings.filterwarnings("ignore")

from pyspark.ml import Pipeline
from pyspark.ml.classification import LinearSVC, LogisticRegression, OneVsRest
from pyspark.ml.evaluation import BinaryClassificationEvaluator, RegressionEvaluator
from pyspark.ml.feature import StringIndexer, VectorAssembler
from pyspark.ml.regression import LinearRegression
from pyspark.ml.tuning import CrossValidator, ParamGridBuilder, TrainValidationSplit
from pyspark.sql import SparkSession


def assembled(frame):
    return VectorAssembler(inputCols=["a", "b", "c"], outputCol="features").transform(frame)


def column(frame, name):
    return [row[name].toArray().tolist() if hasattr(row[name], "toArray") else row[name] for row in frame.orderBy("id").collect()]


def pipeline(frame):
    stages = [
        StringIndexer(inputCol="colour", outputCol="code_of"),
        VectorAssembler(inputCols=["code_of", "a", "b"], outputCol="features"),
        LogisticRegression(maxIter=20, regParam=0.01),
    ]
    return column(Pipeline(stages=stages).fit(frame).transform(frame), "probability")


def folds(frame, fold_column=""):
    learner = LogisticRegression(maxIter=10)
    grid = ParamGridBuilder().addGrid(learner.regParam, [0.3, 0.01]).addGrid(learner.elasticNetParam, [0.0, 1.0]).build()
    judge = BinaryClassificationEvaluator()
    tuned = CrossValidator(
        estimator=learner, estimatorParamMaps=grid, evaluator=judge, numFolds=3, seed=11, foldCol=fold_column
    ).fit(assembled(frame))
    return {
        "metrics": [float(one) for one in tuned.avgMetrics],
        "deviations": [float(one) for one in tuned.stdMetrics],
        "coefficients": tuned.bestModel.coefficients.toArray().tolist(),
    }


def split(frame):
    learner = LinearRegression(maxIter=10)
    grid = ParamGridBuilder().addGrid(learner.regParam, [1.0, 0.001]).build()
    tuned = TrainValidationSplit(
        estimator=learner, estimatorParamMaps=grid, evaluator=RegressionEvaluator(), trainRatio=0.6, seed=11
    ).fit(assembled(frame))
    return {
        "metrics": [float(one) for one in tuned.validationMetrics],
        "coefficients": tuned.bestModel.coefficients.toArray().tolist(),
    }


def one_vs_rest(frame):
    ready = assembled(frame)
    scored = OneVsRest(classifier=LinearSVC(maxIter=10, regParam=0.01)).fit(ready).transform(ready)
    return {"prediction": column(scored, "prediction"), "rawPrediction": column(scored, "rawPrediction")}


def main():
    plan = json.load(sys.stdin)
    # PySpark sends a token without TLS to "localhost" alone, and not where use_ssl is said
    remote = plan["remote"].replace("127.0.0.1", "localhost").replace(";use_ssl=false", "")
    spark = SparkSession.builder.remote(remote).getOrCreate()
    print(
        json.dumps(
            {
                "pipeline": pipeline(spark.sql(plan["letters"])),
                "folds": folds(spark.sql(plan["binary"])),
                "foldColumn": folds(spark.sql(plan["folded"]), "fold"),
                "split": split(spark.sql(plan["measured"])),
                "oneVsRest": one_vs_rest(spark.sql(plan["classes"])),
            }
        )
    )
    spark.stop()


main()
