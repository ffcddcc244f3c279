"""One piece of work on a Spark server through PySpark's client: python spark_client.py WORK REMOTE REPEATS PATH [LEARNER]"""

import sys
import tempfile
import time

from common import say
from pyspark.ml.classification import GBTClassifier, LogisticRegression
from pyspark.ml.feature import VectorAssembler
from pyspark.sql import SparkSession

work, address, repeats, path = sys.argv[1:5]
spark = SparkSession.builder.remote(address).getOrCreate()
spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "65536")
columns = [f"x{i}" for i in range(20)]


def sql():
    spark.read.parquet(path).createOrReplaceTempView("t")
    query = "SELECT CAST(x0 * 10 AS INT) AS bin, count(*) AS n, avg(x1) AS a, max(x2) AS m FROM t GROUP BY 1 ORDER BY 1"
    return spark.sql(query).toArrow().num_rows


def fit():
    return len(LogisticRegression(labelCol="y", maxIter=10).fit(assembled()).coefficients)


def rows():
    names = ["a", "b", "c", "d", "e"]
    table = spark.read.parquet(path).selectExpr(*[f"CAST(x{i} AS DOUBLE) AS {name}" for i, name in enumerate(names)])
    return table.toArrow().num_rows


def assembled():
    return VectorAssembler(inputCols=columns, outputCol="features").transform(spark.read.parquet(path))


model = None


def predict():
    global model
    if model is None:
        learner = {"GBTClassifier": GBTClassifier(maxIter=20, seed=1), "LogisticRegression": LogisticRegression(maxIter=10)}
        model = learner[sys.argv[5]].setLabelCol("y").fit(assembled().sample(0.02, 1))
    began = time.perf_counter()
    scored = model.transform(assembled()).select("prediction", "probability")
    scored.write.mode("overwrite").parquet(tempfile.gettempdir() + "/pyspark-bench-scored")
    return time.perf_counter() - began


seconds = []
for _ in range(int(repeats)):
    began = time.perf_counter()
    result = {"sql": sql, "fit": fit, "rows": rows, "predict": predict}[work]()
    seconds.append(result if work == "predict" else time.perf_counter() - began)
seconds.sort()
say(inner=seconds[(len(seconds) - 1) // 2], result=result)
spark.stop()
