"""Spark's LogisticRegression on local[2]: python logistic_spark.py TRAIN [TEST]"""

import sys

import numpy as np
from common import clock, judged, say
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.feature import VectorAssembler
from pyspark.ml.functions import vector_to_array
from pyspark.sql import SparkSession

lap = clock()
spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.driver.memory", "4g")
    .config("spark.ui.enabled", "false")
    .config("spark.log.level", "ERROR")
    .getOrCreate()
)
table = spark.read.parquet(sys.argv[1])
names = [name for name in table.columns if name != "y"]
assembler = VectorAssembler(inputCols=names, outputCol="features")
model = LogisticRegression(labelCol="y", maxIter=100).fit(assembler.transform(table).select("features", "y"))
fit = lap()
quality = {}
if len(sys.argv) > 2:
    scored = model.transform(assembler.transform(spark.read.parquet(sys.argv[2])))
    pairs = np.array(scored.select(vector_to_array("probability")[1], "y").collect())
    quality = judged(pairs[:, 0], pairs[:, 1])
say(fitSeconds=fit, testSeconds=lap(), iterations=model.summary.totalIterations, **quality)
spark.stop()
