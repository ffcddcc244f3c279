"""PySpark reads a pipeline that another client wrote, and writes one for it, over Spark Connect."""

import json
import sys
import warnings

warnings.filterwarnings("ignore")

from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.classification import DecisionTreeClassifier
from pyspark.ml.feature import StringIndexer, VectorAssembler
from pyspark.sql import SparkSession


def main():
    plan = json.load(sys.stdin)
    # PySpark sends a token without TLS to "localhost" alone, and not where use_ssl is said
    remote = plan["remote"].replace("127.0.0.1", "localhost").replace(";use_ssl=false", "")
    spark = SparkSession.builder.remote(remote).getOrCreate()
    rows = spark.sql(plan["sql"])

    def probabilities(model):
        return [row.probability.toArray().tolist() for row in model.transform(rows).orderBy("id").collect()]

    stages = [
        StringIndexer(inputCol="colour", outputCol="x"),
        VectorAssembler(inputCols=["x", "a"], outputCol="features"),
        DecisionTreeClassifier(maxDepth=3),
    ]
    own = Pipeline(stages=stages).fit(rows)
    own.write().save(plan["write"])
    print(json.dumps({"read": probabilities(PipelineModel.load(plan["read"])), "written": probabilities(own)}))
    spark.stop()


main()
