"""XᵀX with numpy over streamed batches, then the normal equations: python ridge_stream.py TRAIN [TEST]"""

import sys

import numpy as np
from common import batches, clock, rmse, say, table

lap = clock()
sums = None
for rows, label in batches(sys.argv[1]):
    extended = np.column_stack([np.ones(len(label), dtype=np.float32), rows, label.astype(np.float32)])
    part = (extended.T @ extended).astype(np.float64)
    sums = part if sums is None else sums + part
width = len(sums) - 1
penalty = np.diag([0.0] + [1.0] * (width - 1))
weights = np.linalg.solve(sums[:width, :width] + penalty, sums[:width, width])
fit = lap()
quality = {}
if len(sys.argv) > 2:
    test_rows, test_label = table(sys.argv[2])
    quality = rmse(weights[0] + test_rows @ weights[1:], test_label)
say(fitSeconds=fit, testSeconds=lap(), **quality)
