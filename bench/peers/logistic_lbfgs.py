"""scikit-learn's LogisticRegression (lbfgs) with all rows in memory: python logistic_lbfgs.py TRAIN [TEST]"""

import sys

from common import clock, judged, say, table
from sklearn.linear_model import LogisticRegression

lap = clock()
rows, label = table(sys.argv[1])
read = lap()
model = LogisticRegression(solver="lbfgs", max_iter=1000).fit(rows, label)
fit = lap()
quality = {}
if len(sys.argv) > 2:
    test_rows, test_label = table(sys.argv[2])
    quality = judged(model.predict_proba(test_rows)[:, 1], test_label)
say(readSeconds=read, fitSeconds=fit, testSeconds=lap(), iterations=int(model.n_iter_[0]), **quality)
