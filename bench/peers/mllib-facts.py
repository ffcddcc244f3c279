"""What Spark's JVM says of its own ML operators: params, defaults, ranges, model classes, attributes. One JSON object."""

import functools
import glob
import importlib
import json
import math
import os
import re
import sys
import zipfile

import pyspark
from pyspark import SparkConf, SparkContext

HOME = os.path.dirname(pyspark.__file__)
INT_MAX = 2**31 - 1
# words that Spark takes and its docs do not list one by one
MORE_WORDS = "random k-means||".split()


def listed(service):
    (jar,) = glob.glob(f"{HOME}/jars/spark-mllib_*.jar")
    text = zipfile.ZipFile(jar).read(f"META-INF/services/{service}").decode()
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


gateway = SparkContext("local[1]", "facts", conf=SparkConf().set("spark.ui.enabled", "false"))._gateway
jvm = gateway.jvm
for_name = jvm.java.lang.Class.forName
MODEL = for_name("org.apache.spark.ml.Model")


def plain(value):
    """A JVM value as JSON has it; NaN and the infinities as their names."""
    if value is None or isinstance(value, (bool, str, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value).replace("inf", "Infinity").replace("nan", "NaN")
    if value.getClass().isArray():
        return [plain(one) for one in value]
    return {"text": value.toString()}


def accepts(param, value):
    try:
        return bool(param.isValid().apply(value))
    except Exception:
        return False


def integer_range(param):
    valid = [n for n in (0, 1, 2, 3, 5, 10, 100) if accepts(param, n)]
    if not valid:
        return {}
    some = valid[0]

    def edge(inside, outside):
        if accepts(param, outside):
            return None
        while abs(inside - outside) > 1:
            middle = (inside + outside) // 2
            inside, outside = (middle, outside) if accepts(param, middle) else (inside, middle)
        return inside

    return {"min": edge(some, -INT_MAX), "max": edge(some, INT_MAX)}


def real_range(param):
    tiny, huge = 1e-9, 1e300
    found = {}
    if not accepts(param, 0.0) and not accepts(param, 0.25) and not accepts(param, 2.0):
        return {}
    for name, far, sign in (("min", -huge, -1.0), ("max", huge, 1.0)):
        if accepts(param, far):
            continue
        for edge in (-1.0, 0.0, 0.5, 1.0, 2.0):
            inside, outside = accepts(param, edge - sign * tiny), accepts(param, edge + sign * tiny)
            if inside and not outside:
                found[name] = edge
                found[f"{name}Open"] = not accepts(param, edge)
    return found


def choices(param, words, default):
    """The words that a param takes, where it takes no others. Numbers as words (0.33 of the features) are others."""
    if accepts(param, "no such word") or accepts(param, "0.33"):
        return None
    found = []
    for word in words:
        if accepts(param, word) and word.lower() not in [one.lower() for one in found]:
            found.append(word)
    return found if default is None or default in found else None


def words_of(*texts):
    return [word for text in texts for word in re.findall(r"[A-Za-z0-9]+(?:[-_@][A-Za-z0-9]+)*", text)]


def default_of(instance, param):
    option = instance.getDefault(param)
    return {"default": plain(option.get())} if option.isDefined() else {}


def param_of(instance, param, words):
    kind = param.dataClass()
    name = kind.getSimpleName() if kind is not None else "String"  # what Spark leaves open is text
    fact = {"name": param.name(), "type": name, "param": param.getClass().getSimpleName(), "doc": param.doc()}
    fact.update(default_of(instance, param))
    if param.name() == "seed" or str(fact.get("default")).endswith("__output"):
        fact.pop("default", None)  # a hash of the class's name, the name of this one instance
    if name == "int":
        fact.update({k: v for k, v in integer_range(param).items() if v is not None})
    elif name in ("double", "float"):
        fact.update(real_range(param))
    elif name == "String":
        of = choices(param, words_of(param.doc()) + words + MORE_WORDS, fact.get("default"))
        if of:
            fact["of"] = of
    return fact


PYTHON_TYPES = {
    "toBoolean": "boolean",
    "toInt": "int long",
    "toFloat": "double float",
    "toString": "String",
    "toListString": "String[]",
    "toListInt": "int[]",
    "toListFloat": "double[]",
    "toListListFloat": "double[][]",
    "toVector": "Vector",
    "toMatrix": "Matrix",
}


def check_python(name, params):
    """PySpark has the same params, of the same types; where it does not, that is said on standard error."""
    package, own = name.split(".")[-2:]
    theirs = {param.name: param for param in getattr(importlib.import_module(f"pyspark.ml.{package}"), own)().params}
    for one in sorted(set(theirs) ^ set(params)):
        print(f"{own}.{one}: {'Python' if one in theirs else 'the JVM'} alone has it", file=sys.stderr)
    for one in set(theirs) & set(params):
        kind = params[one].dataClass()
        ours, type_ = theirs[one].typeConverter.__name__, kind.getSimpleName() if kind is not None else "String"
        if type_ not in PYTHON_TYPES.get(ours, "").split():
            print(f"{own}.{one}: {type_} in the JVM, {ours} in Python", file=sys.stderr)


def operator(name):
    instance = functools.reduce(getattr, name.split("."), jvm)()
    params = list(instance.params())
    check_python(name, {param.name(): param for param in params})
    words = words_of(*[param.doc() for param in params])
    return {"jvm": name, "params": [param_of(instance, param, words) for param in params]}


def model_of(name):
    """The most particular class that `fit` or `train` gives; where that is abstract, the one of the same name."""
    if name.endswith("LSH"):
        return f"{name}Model"
    best = None
    for method in for_name(name).getMethods():
        of = method.getReturnType()
        if method.getName() in ("fit", "train") and MODEL.isAssignableFrom(of):
            if best is None or best.isAssignableFrom(of):
                best = of
    return best.getName()


utils = for_name("org.apache.spark.sql.connect.ml.MLUtils$")
no_classes = gateway.new_array(jvm.java.lang.Class, 0)
lazily = utils.getDeclaredMethod("ALLOWED_ATTRIBUTES", no_classes)
lazily.setAccessible(True)
entries = lazily.invoke(utils.getField("MODULE$").get(None), gateway.new_array(jvm.java.lang.Object, 0))
ALLOWED = []
for i in range(entries.size()):
    entry = entries.apply(i)
    names = entry._2().iterator()
    attributes = []
    while names.hasNext():
        attributes.append(names.next())
    ALLOWED.append((entry._1(), sorted(attributes)))


def signatures(of, attribute):
    found = []
    for method in of.getMethods():
        if method.getName() != attribute or method.isBridge():
            continue
        args = [arg.getSimpleName() for arg in method.getParameterTypes()]
        found.append({"args": args, "gives": method.getReturnType().getName()})
    return sorted(found, key=lambda one: len(one["args"]))


def attributes_of(of):
    names = sorted({name for owner, names in ALLOWED if owner.isAssignableFrom(of) for name in names})
    return {name: signatures(of, name) for name in names}


def model(name):
    of = for_name(name)
    summary = {}
    for way in ("summary", "binarySummary"):
        for method in of.getMethods():
            if method.getName() == way and not method.isBridge():
                summary.update(attributes_of(method.getReturnType()))
    return {"jvm": name, "attributes": attributes_of(of), "summary": summary}


transformers = listed("org.apache.spark.ml.Transformer")
estimators = [{**operator(name), "model": model_of(name)} for name in listed("org.apache.spark.ml.Estimator")]
# a model's class has no constructor without arguments, a transformer's has
models = [name for name in transformers if name.endswith(("Model", "Wrapper"))]
print(
    json.dumps(
        {
            "version": pyspark.__version__,
            "estimators": estimators,
            "transformers": [operator(name) for name in transformers if name not in models],
            "evaluators": [operator(name) for name in listed("org.apache.spark.ml.evaluation.Evaluator")],
            "models": [model(name) for name in [*models, "org.apache.spark.ml.feature.Bucketizer"]],
            "helper": attributes_of(for_name("org.apache.spark.ml.util.ConnectHelper")),
        }
    )
)
SparkContext._active_spark_context.stop()
