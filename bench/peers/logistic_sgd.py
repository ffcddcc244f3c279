"""scikit-learn's SGDClassifier.partial_fit over one streamed epoch: python logistic_sgd.py TRAIN [TEST]"""

import sys

from common import batches, clock, judged, say, table
from sklearn.linear_model import SGDClassifier

lap = clock()
model = SGDClassifier(loss="log_loss", random_state=7)
for rows, label in batches(sys.argv[1]):
    model.partial_fit(rows, label, classes=[0, 1])
fit = lap()
quality = {}
if len(sys.argv) > 2:
    test_rows, test_label = table(sys.argv[2])
    quality = judged(model.predict_proba(test_rows)[:, 1], test_label)
say(fitSeconds=fit, testSeconds=lap(), **quality)
