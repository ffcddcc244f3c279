"""Spark's GBTClassifier on local[2], 20 trees of depth 5, its default size: python trees_spark.py TRAIN TEST"""

import sys

import numpy as np
from common import clock, say
from pyspark.ml import Pipeline
from pyspark.ml.classification import GBTClassifier
from pyspark.ml.feature import StringIndexer, VectorAssembler
from pyspark.ml.functions import vector_to_array
from pyspark.sql import SparkSession
from trees_common import quality

lap = clock()
spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.driver.memory", "8g")
    .config("spark.ui.enabled", "false")
    .config("spark.log.level", "ERROR")
    .getOrCreate()
)
table = spark.read.parquet(sys.argv[1])
*names, label = table.columns
text = [name for name, kind in table.dtypes if kind == "string"]
codes = [f"{name}_code" for name in text]
stages = [StringIndexer(inputCols=text, outputCols=codes, handleInvalid="keep")] if text else []
stages.append(VectorAssembler(inputCols=[n for n in names if n not in text] + codes, outputCol="features"))
stages.append(GBTClassifier(labelCol=label, maxIter=20, maxDepth=5, maxBins=512, stepSize=0.1))
model = Pipeline(stages=stages).fit(table)
fit = lap()
scored = model.transform(spark.read.parquet(sys.argv[2]))
pairs = np.array(scored.select(vector_to_array("probability")[1], label).collect())
say(fitSeconds=fit, testSeconds=lap(), trees=20, **quality(pairs[:, 0], pairs[:, 1]))
spark.stop()
