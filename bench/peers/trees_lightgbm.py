"""LightGBM, all rows in memory, categories native: python trees_lightgbm.py TRAIN TEST [--integers]

With --integers the codes of the categories are taken for numbers: what native categories are worth."""

import sys

import lightgbm as lgb
from common import clock, say
from trees_common import Table, bins, leaves, peak, quality, rate, threads, trees

lap = clock()
train = Table(sys.argv[1])
rows, label = train.all()
read = lap()
categories = [] if "--integers" in sys.argv else train.categories
common = {"max_bin": bins, "num_threads": threads, "verbose": -1}
data = lgb.Dataset(rows, label, categorical_feature=categories, params=common, free_raw_data=True).construct()
del rows
binned = lap()
model = lgb.train({**common, "objective": "binary", "num_leaves": leaves, "learning_rate": rate}, data, trees)
fit = lap()
memory = peak()
test_rows, test_label = Table(sys.argv[2], train.levels).all()
judged = quality(model.predict(test_rows, num_threads=threads), test_label)
say(readSeconds=read, binSeconds=binned, fitSeconds=fit, testSeconds=lap(), peakRssBytes=memory, **judged)
