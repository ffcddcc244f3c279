"""XGBoost hist, categories native: python trees_xgboost.py TRAIN TEST [--external FOLDER]

With --external the rows stay in FOLDER as pages that XGBoost writes, a million rows at a time; trees then grow level by level, as
its documentation asks for: best-first would read all pages for every single split."""

import sys
from os import path

import xgboost as xgb
from common import clock, say
from trees_common import Table, bins, leaves, peak, quality, rate, threads, trees


class RowGroups(xgb.DataIter):
    at_once = 8

    def __init__(self, table, types, folder):
        self.table, self.types, self.at = table, types, 0
        super().__init__(cache_prefix=path.join(folder, "xgboost"), on_host=False)

    def next(self, input_data):
        if self.at >= self.table.groups:
            return False
        rows, label = self.table.groups_from(self.at, self.at_once)
        input_data(data=rows, label=label, feature_types=self.types)
        self.at += self.at_once
        return True

    def reset(self):
        self.at = 0


lap = clock()
train = Table(sys.argv[1])
types = ["c" if j in train.categories else "q" for j in range(len(train.names))]
external = "--external" in sys.argv
if external:
    batches = RowGroups(train, types, sys.argv[4])
    read = 0.0
    data = xgb.ExtMemQuantileDMatrix(batches, max_bin=bins, nthread=threads, enable_categorical=True)
else:
    rows, label = train.all()
    read = lap()
    data = xgb.QuantileDMatrix(
        rows, label, max_bin=bins, nthread=threads, feature_types=types, enable_categorical=True
    )
    del rows
binned = lap()
params = {
    "objective": "binary:logistic",
    "tree_method": "hist",
    "grow_policy": "depthwise" if external else "lossguide",
    "max_depth": 0,
    "max_leaves": leaves,
    "max_bin": bins,
    "learning_rate": rate,
    "nthread": threads,
}
model = xgb.train(params, data, trees)
fit = lap()
memory = peak()
test_rows, test_label = Table(sys.argv[2], train.levels).all()
test = xgb.DMatrix(test_rows, feature_types=types, enable_categorical=True, nthread=threads)
judged = quality(model.predict(test), test_label)
say(readSeconds=read, binSeconds=binned, fitSeconds=fit, testSeconds=lap(), peakRssBytes=memory, **judged)
