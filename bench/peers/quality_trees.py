"""LightGBM and scikit-learn's HistGradientBoosting with the settings of ours: python quality_trees.py SETTINGS TRAIN TEST [TRAIN TEST ...]

SETTINGS is {"task", "objective", "trees", "leaves", "rate", "bins", "minRows"} as JSON; the last column is the label, text columns are
categories, missing values stay missing. The metrics are means over the pairs of files. scikit-learn takes at most 255 levels of a
category: rarer ones share the last code."""

import json
import os
import sys

os.environ["OMP_WAIT_POLICY"] = "passive"
os.environ["OMP_NUM_THREADS"] = "2"

import lightgbm as lgb  # noqa: E402
import numpy as np  # noqa: E402
from common import judged as losses  # noqa: E402
from common import say  # noqa: E402
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor  # noqa: E402
from trees_common import Table, auc, threads  # noqa: E402

given = json.loads(sys.argv[1])
regression = given["task"] == "regression"


def lightgbm(rows, label, test_rows, categories):
    params = {
        "objective": {"binary": "binary", "multiclass": "multiclass", "squared": "l2", "absolute": "l1"}[given["objective"]],
        "num_leaves": given["leaves"],
        "learning_rate": given["rate"],
        "max_bin": given["bins"],
        "min_data_in_leaf": given["minRows"],
        "num_threads": threads,
        "verbose": -1,
    }
    if given["task"] == "multiclass":
        params["num_class"] = int(label.max()) + 1
    data = lgb.Dataset(rows, label, categorical_feature=categories)
    return lgb.train(params, data, given["trees"]).predict(test_rows, num_threads=threads)


def scikit(rows, label, test_rows, categories):
    own, own_test = rows.copy(), test_rows.copy()
    for j in categories:
        ranks = by_frequency(rows[:, j])
        own[:, j], own_test[:, j] = ranks(rows[:, j]), ranks(test_rows[:, j])
    kind = HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
    loss = {"loss": f"{given['objective']}_error"} if regression else {}
    model = kind(
        max_iter=given["trees"],
        max_leaf_nodes=given["leaves"],
        learning_rate=given["rate"],
        max_bins=given["bins"],
        min_samples_leaf=given["minRows"],
        categorical_features=categories or None,
        early_stopping=False,
        **loss,
    ).fit(own, label)
    if regression:
        return model.predict(own_test)
    shares = model.predict_proba(own_test)
    return shares[:, 1] if given["task"] == "binary" else shares


def by_frequency(codes):
    levels, counts = np.unique(codes[~np.isnan(codes)], return_counts=True)
    ranks = {level: min(rank, 254) for rank, level in enumerate(levels[np.argsort(-counts, kind="stable")])}
    return np.vectorize(lambda code: ranks.get(code, np.nan), otypes=[np.float32])


def judged(scores, label):
    if regression:
        errors = scores - label
        return {"rmse": float(np.sqrt(np.mean(errors**2))), "mae": float(np.mean(np.abs(errors)))}
    if given["task"] == "multiclass":
        own = scores[np.arange(len(label)), label.astype(np.int64)]
        loss = float(-np.mean(np.log(np.maximum(own, 1e-15))))
        return {"accuracy": float(np.mean(scores.argmax(axis=1) == label)), "logLoss": loss}
    return {"auc": auc(scores, label), "accuracy": float(np.mean((scores > 0.5) == label)), **losses(scores, label)}


def mean(each):
    return {name: float(np.mean([one[name] for one in each])) for name in each[0]}


found = {"lightgbm": [], "scikit": []}
for train_file, test_file in zip(sys.argv[2::2], sys.argv[3::2]):
    train = Table(train_file)
    test = Table(test_file, train.levels)
    (rows, label), (test_rows, test_label) = train.all(), test.all()
    for name, learner in (("lightgbm", lightgbm), ("scikit", scikit)):
        found[name].append(judged(learner(rows, label, test_rows, train.categories), test_label))
say(**{name: mean(each) for name, each in found.items()})
