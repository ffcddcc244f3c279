"""scikit-learn's HistGradientBoostingClassifier: python trees_hist_gradient_boosting.py TRAIN TEST

It takes at most 255 levels of a category: rarer ones share the last code."""

import os
import sys

from trees_common import Table, bins, leaves, peak, quality, rate, threads, trees

os.environ["OMP_NUM_THREADS"] = str(threads)

import numpy as np  # noqa: E402
from common import clock, say  # noqa: E402
from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: E402


def by_frequency(codes, levels):
    order = np.argsort(-np.bincount(codes.astype(np.int64), minlength=levels), kind="stable")
    rank = np.empty(levels, dtype=np.float32)
    rank[order] = np.arange(levels)
    return np.minimum(rank, bins - 1)


lap = clock()
train = Table(sys.argv[1])
rows, label = train.all()
ranks = {j: by_frequency(rows[:, j], len(train.levels[train.names[j]])) for j in train.categories}
for j, rank in ranks.items():
    rows[:, j] = rank[rows[:, j].astype(np.int64)]
read = lap()
model = HistGradientBoostingClassifier(
    max_iter=trees,
    max_leaf_nodes=leaves,
    max_bins=bins,
    learning_rate=rate,
    categorical_features=train.categories or None,
    early_stopping=False,
).fit(rows, label)
fit = lap()
memory = peak()
test_rows, test_label = Table(sys.argv[2], train.levels).all()
for j, rank in ranks.items():
    test_rows[:, j] = rank[test_rows[:, j].astype(np.int64)]
judged = quality(model.predict_proba(test_rows)[:, 1], test_label)
say(readSeconds=read, fitSeconds=fit, testSeconds=lap(), peakRssBytes=memory, **judged)
