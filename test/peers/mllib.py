"""PySpark's own client, over Spark Connect, on the cases that it is given on standard input. Prints what it found, in their order."""

import importlib
import json
import math
import sys
import time
import warnings

warnings.filterwarnings("ignore")

from pyspark.ml.feature import QuantileDiscretizer
from pyspark.ml.linalg import DenseMatrix, DenseVector, SparseMatrix, SparseVector
from pyspark.ml.util import invoke_remote_attribute_relation
from pyspark.ml.wrapper import JavaModel
from pyspark.sql import SparkSession

PACKAGES = "classification regression clustering recommendation fpm feature evaluation".split()


def rows_of(frame):
    return [{name: plain(one) for name, one in zip(row.__fields__, row)} for row in frame.collect()]


def make(name, params):
    for package in PACKAGES:
        found = getattr(importlib.import_module(f"pyspark.ml.{package}"), name, None)
        if found is not None:
            instance = found()
            instance._set(**params)
            return instance
    raise ValueError(name)


def plain(value):
    if isinstance(value, (DenseVector, SparseVector)):
        return plain(value.toArray().tolist())
    if isinstance(value, (DenseMatrix, SparseMatrix)):
        return {"rows": value.numRows, "columns": value.numCols, "values": plain(value.toArray().flatten("F").tolist())}
    if isinstance(value, (list, tuple)):  # a row inside of a row too
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def run(spark, case):
    frame = spark.sql(case["sql"])
    for stage in case["before"]:
        instance = make(stage["operator"], stage["params"])
        frame = (instance.fit(frame) if hasattr(instance, "fit") else instance).transform(frame)
    instance = make(case["operator"], case["params"])
    if hasattr(instance, "evaluate") and not hasattr(instance, "fit"):
        return {"metric": plain(instance.evaluate(frame))}
    model = instance.fit(frame) if hasattr(instance, "fit") else instance
    found = {}
    if case["columns"]:
        found["rows"] = rows_of(model.transform(frame).orderBy("id").select(*case["columns"]))
    if isinstance(instance, QuantileDiscretizer):  # PySpark has asked it for its splits
        found["attributes"] = {"getSplits": plain(model.getSplits())}
    if not isinstance(model, JavaModel):
        return found
    found["attributes"] = {name: plain(model._call_java(name)) for name in case["attributes"]}
    if case["summary"] and model.hasSummary:
        summary = model.summary() if callable(model.summary) else model.summary
        found["summary"] = {name: plain(summary._call_java(name)) for name in case["summary"]}
    for ask in case["frames"]:
        table = invoke_remote_attribute_relation(model, ask["name"], *ask["args"])
        table.createOrReplaceTempView("asked")
        found.setdefault("frames", {})[ask["name"]] = rows_of(spark.sql(f"SELECT * FROM asked ORDER BY {ask['by']}"))
    return found


def main():
    plan = json.load(sys.stdin)
    # PySpark sends a token without TLS to "localhost" alone, and not where use_ssl is said
    remote = plan["remote"].replace("127.0.0.1", "localhost").replace(";use_ssl=false", "")
    spark = SparkSession.builder.remote(remote).getOrCreate()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    results = []
    for case in plan["cases"]:
        began = time.time()
        try:
            results.append(run(spark, case))
        except Exception as error:
            results.append({"failed": f"{case['operator']}: {str(error)[:500]}"})
        print(f"{case['operator']} {time.time() - began:.1f} s", file=sys.stderr)
    print(json.dumps(results))
    spark.stop()


main()
