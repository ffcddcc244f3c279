"""scikit-learn's Ridge with all rows in memory: python ridge_memory.py TRAIN [TEST]"""

import sys

from common import clock, rmse, say, table
from sklearn.linear_model import Ridge

lap = clock()
rows, label = table(sys.argv[1])
read = lap()
model = Ridge(alpha=1.0).fit(rows, label)
fit = lap()
quality = {}
if len(sys.argv) > 2:
    test_rows, test_label = table(sys.argv[2])
    quality = rmse(model.predict(test_rows), test_label)
say(readSeconds=read, fitSeconds=fit, testSeconds=lap(), **quality)
