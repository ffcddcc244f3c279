"""Peers with their defaults on a table of classes: python classes.py PEERS TRAIN TEST

PEERS are some of logistic, lightgbm, xgboost, by commas; the last column is the label. For the logistic regression numbers are
standardised and text is one-hot; for trees text columns are categories. Rows of a class that training never saw are not judged."""

import os
import sys
import warnings

os.environ["OMP_WAIT_POLICY"] = "passive"
os.environ["OMP_NUM_THREADS"] = "2"

import lightgbm as lgb  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import xgboost as xgb  # noqa: E402
from common import say  # noqa: E402
from sklearn.compose import make_column_transformer  # noqa: E402
from sklearn.impute import SimpleImputer  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import OneHotEncoder, StandardScaler  # noqa: E402
from trees_common import auc, threads  # noqa: E402


def table(path):
    rows = pd.read_parquet(path)
    return rows.iloc[:, :-1], rows.iloc[:, -1].astype(str)


train, label = table(sys.argv[2])
test, test_label = table(sys.argv[3])
texts = [name for name in train.columns if not pd.api.types.is_numeric_dtype(train[name])]
numbers = [name for name in train.columns if name not in texts]
classes, codes = np.unique(label, return_inverse=True)
known = np.isin(test_label, classes)
test, own = test[known], np.searchsorted(classes, test_label[known])
for name in texts:
    levels = pd.CategoricalDtype(train[name].dropna().unique())
    train[name], test[name] = train[name].astype(levels), test[name].astype(levels)


def logistic():
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers), (OneHotEncoder(handle_unknown="ignore"), texts)
    )
    model = make_pipeline(columns, LogisticRegression()).fit(train, codes)
    return model.predict_proba(test)


def lightgbm():
    return lgb.LGBMClassifier(n_jobs=threads, verbose=-1).fit(train, codes).predict_proba(test)


def xgboost():
    return xgb.XGBClassifier(n_jobs=threads, enable_categorical=True, tree_method="hist").fit(train, codes).predict_proba(test)


def judged(shares):
    chance = np.clip(shares[np.arange(len(own)), own].astype(np.float64), 1e-15, 1)
    seen = [k for k in range(len(classes)) if 0 < np.sum(own == k) < len(own)]
    if len(classes) == 2:
        seen = [1]
    return {
        "logLoss": float(-np.mean(np.log(chance))),
        "accuracy": float(np.mean(shares.argmax(axis=1) == own)),
        "auc": float(np.mean([auc(shares[:, k], (own == k).astype(int)) for k in seen])),
    }


with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    say(**{name: judged(globals()[name]()) for name in sys.argv[1].split(",")})
