"""Writes test/fixtures/calibration.json: seeded margins and what scikit-learn's calibrations make of them.

Run with the peers' Python: python test/peers/make-calibration-fixtures.py
"""
import json
import pathlib

import numpy as np
from sklearn import __version__
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator


class Margin(ClassifierMixin, BaseEstimator):
    """Its one column is the margin."""

    def fit(self, x, y):
        self.classes_ = np.array([0, 1])
        return self

    def decision_function(self, x):
        return x[:, 0]

    def predict(self, x):
        return (x[:, 0] > 0).astype(int)


rng = np.random.default_rng(5)
# Middles of bins of 1/128, so that binning moves nothing.
margin = (np.floor(rng.normal(scale=2, size=300) * 128) + 0.5) / 128
label = (rng.random(300) < 1 / (1 + np.exp(-(0.5 * margin - 0.4)))).astype(int)
asked = (np.floor(np.linspace(-9, 9, 61) * 128) + 0.5) / 128
x = margin[:, None]
fitted = {
    method: CalibratedClassifierCV(FrozenEstimator(Margin().fit(x, label)), method=method).fit(x, label)
    for method in ("sigmoid", "isotonic")
}
[steps] = fitted["isotonic"].calibrated_classifiers_[0].calibrators
found = {
    "platt": fitted["sigmoid"].predict_proba(asked[:, None])[:, 1].tolist(),
    # Corners of the line between its steps.
    "isotonic": np.stack([steps.X_thresholds_, steps.y_thresholds_], axis=1).tolist(),
}
path = pathlib.Path(__file__).parent.parent / "fixtures" / "calibration.json"
path.write_text(json.dumps({
    "from": f"scikit-learn {__version__}", "margin": margin.tolist(), "label": label.tolist(),
    "asked": asked.tolist(), **found,
}))
