"""Writes test/fixtures/metrics.json: seeded rows and what scikit-learn says about them.

Run with the peers' Python: python test/peers/make-metric-fixtures.py
"""
import json
import pathlib

import numpy as np
from sklearn import __version__, metrics as m

rng = np.random.default_rng(11)


def rounded(values, digits=6):
    return [float(v) for v in np.round(values, digits)]


def binary(n, decimals, weighted):
    margin = np.round(-1 + rng.normal(size=n), decimals)
    label = (rng.random(n) < 1 / (1 + np.exp(-margin))).astype(int)
    weight = np.round(rng.gamma(2.0, 0.5, size=n) + 0.01, 3) if weighted else np.ones(n)
    p = 1 / (1 + np.exp(-margin))
    pick = (margin > 0).astype(int)
    fpr, tpr, _ = m.roc_curve(label, margin, sample_weight=weight)
    return {
        "outputs": rounded(margin), "label": label.tolist(), "weight": rounded(weight),
        "values": {
            "auc": m.roc_auc_score(label, margin, sample_weight=weight),
            "prAuc": m.average_precision_score(label, margin, sample_weight=weight),
            "logLoss": m.log_loss(label, p, sample_weight=weight),
            "brier": m.brier_score_loss(label, p, sample_weight=weight),
            "accuracy": m.accuracy_score(label, pick, sample_weight=weight),
            "f1": m.f1_score(label, pick, sample_weight=weight),
            "precision": m.precision_score(label, pick, sample_weight=weight),
            "recall": m.recall_score(label, pick, sample_weight=weight),
            "ks": float(np.max(tpr - fpr)),
        },
        "confusion": m.confusion_matrix(label, pick, sample_weight=weight).ravel().tolist(),
    }


def multiclass(n, classes):
    margins = np.round(rng.normal(size=(n, classes)), 3)
    label = np.array([rng.choice(classes, p=np.exp(row) / np.exp(row).sum()) for row in margins])
    p = np.exp(margins) / np.exp(margins).sum(axis=1, keepdims=True)
    pick = margins.argmax(axis=1)
    return {
        "classes": classes, "outputs": rounded(margins.T.ravel()), "label": label.tolist(),
        "values": {
            "logLoss": m.log_loss(label, p),
            "accuracy": m.accuracy_score(label, pick),
            "f1": m.f1_score(label, pick, average="macro"),
            "balancedAccuracy": m.balanced_accuracy_score(label, pick),
            "auc": m.roc_auc_score(label, p, multi_class="ovr", average="macro"),
        },
        "confusion": m.confusion_matrix(label, pick).ravel().tolist(),
    }


def regression(n, offset, weighted):
    label = offset + 3 * rng.normal(size=n)
    prediction = np.round(label + rng.standard_t(4, size=n), 4)
    label = np.round(label, 4)
    weight = np.round(rng.gamma(2.0, 0.5, size=n) + 0.01, 3) if weighted else np.ones(n)
    return {
        "outputs": rounded(prediction), "label": rounded(label), "weight": rounded(weight),
        "values": {
            "rmse": m.root_mean_squared_error(label, prediction, sample_weight=weight),
            "mae": m.mean_absolute_error(label, prediction, sample_weight=weight),
            "r2": m.r2_score(label, prediction, sample_weight=weight),
            "mape": m.mean_absolute_percentage_error(label, prediction, sample_weight=weight),
            "maxError": m.max_error(label, prediction),
        },
        "medianError": m.median_absolute_error(label, prediction, sample_weight=weight),
    }


fixtures = {
    "from": f"scikit-learn {__version__}",
    "binary": {
        "continuous scores": binary(800, 6, False),
        "scores with many ties": binary(800, 1, False),
        "weighted rows": binary(600, 2, True),
    },
    "multiclass": {"four classes": multiclass(500, 4)},
    "regression": {
        "plain": regression(600, 20, False),
        "weighted rows": regression(400, 20, True),
        "a label far from zero": regression(400, 1e6, False),
    },
}
out = pathlib.Path(__file__).parent.parent / "fixtures" / "metrics.json"
out.write_text(json.dumps(fixtures) + "\n")
print(out, out.stat().st_size)
