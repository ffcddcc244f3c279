"""Makes test/fixtures/trees.json: a small table, and what scikit-learn's trees and forests make of it (pip install scikit-learn).

Columns have few values, all of them whole, so that thresholds half way between neighbours are the same in float32.
"""

import json
import pathlib

import numpy as np
import sklearn
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

random = np.random.default_rng(5)
n = 400
x = np.stack([random.integers(0, k, size=n) for k in (200, 50, 12, 100, 7)], axis=1)
score = np.sin(x[:, 0] / 20) * 3 + (x[:, 1] > 20) * 2 - x[:, 2] / 4 + (x[:, 3] > 60) * (x[:, 4] > 3) * 3
noisy = score + random.normal(size=n)
labels = {
    "regression": np.round(noisy * 64) / 64,
    "binary": (noisy > np.median(noisy)).astype(int),
    "multiclass": np.digitize(noisy, np.quantile(noisy, [0.3, 0.7])),
}


def tree(task, leaves, rows):
    kind = DecisionTreeRegressor if task == "regression" else DecisionTreeClassifier
    models = [kind(max_leaf_nodes=leaves, min_samples_leaf=rows, random_state=s).fit(x, labels[task]) for s in range(30)]
    outputs = [[m.predict(x)] if task == "regression" else m.predict_proba(x).T for m in models]
    impurities = [impurity(m.tree_) for m in models]
    found = dict(task=task, leaves=leaves, minLeafRows=rows, impurity=impurities[0])
    # Of equally good splits scikit-learn takes any, by its seed: then the rows' outputs are a matter of chance.
    if len({np.round(o, 9).tobytes() for o in outputs}) == 1:
        found["outputs"] = [np.round(o, 12).tolist() for o in outputs[0]]
    elif max(impurities) - min(impurities) > 1e-9:
        raise SystemExit(f"{task} with {leaves} leaves: its seeds give trees of different quality")
    return found


def impurity(tree):
    """Squared error, or Gini impurity, summed over the rows."""
    return float((tree.impurity * tree.weighted_n_node_samples)[tree.children_left < 0].sum())


def forest(task):
    kind, share = (RandomForestRegressor, 1 / 3) if task == "regression" else (RandomForestClassifier, "sqrt")
    models = [kind(100, max_features=share, oob_score=True, random_state=s).fit(x, labels[task]) for s in range(10)]
    if task != "regression":
        right = [model.oob_score_ for model in models]
        shares = [np.maximum(model.oob_decision_function_[np.arange(n), labels[task]], 1e-15) for model in models]
        losses = [-np.mean(np.log(own)) for own in shares]
        print(task, "accuracy", min(right), max(right), "log loss", min(losses), max(losses))
        return dict(task=task, accuracy=float(np.mean(right)), logLoss=float(np.mean(losses)))
    found = [np.sqrt(np.mean((model.oob_prediction_ - labels[task]) ** 2)) for model in models]
    print(task, "rmse", min(found), max(found))
    return dict(task=task, rmse=float(np.mean(found)))


fixture = dict(
    made_by=f"test/peers/make-tree-fixtures.py with scikit-learn {sklearn.__version__}",
    numbers=x.T.tolist(),
    labels={task: values.tolist() for task, values in labels.items()},
    trees=[tree(task, *given) for task in labels for given in ((4, 5), (16, 5), (40, 3))],
    forests=[forest(task) for task in labels],
)
path = pathlib.Path(__file__).parent.parent / "fixtures" / "trees.json"
path.write_text(json.dumps(fixture) + "\n")
