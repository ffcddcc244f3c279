"""Makes test/fixtures/contributions.json: LightGBM's trees in our form, some rows, and what it says each feature adds to them
(pred_contrib, its TreeSHAP). Run with an environment that has it: python test/peers/make-contribution-fixtures.py
"""

import json
import pathlib

import lightgbm as lgb
import numpy as np

random = np.random.default_rng(5)
n = 1200
numbers = np.round(random.normal(size=(n, 3)), 3)
numbers[random.random(n) < 0.15, 1] = np.nan
level = random.integers(0, 6, size=n).astype(float)
level[random.random(n) < 0.05] = np.nan
x = np.column_stack([numbers, level])
score = np.sin(2 * x[:, 0]) + np.where(np.isnan(x[:, 1]), 1.5, x[:, 1] * x[:, 2]) + np.isin(level, [1, 4]) * (1 + x[:, 2])
noisy = score + 0.3 * random.normal(size=n)
labels = {
    "regression": noisy,
    "binary": (noisy > 0.5).astype(int),
    "multiclass": np.digitize(noisy, [-0.5, 1]),
}
shown = x[:60]


def tree(found, output):
    """Inner nodes and leaves keep the numbers that LightGBM gave them."""
    nodes, leaves = {}, {}

    def child(node):
        if "split_index" not in node:
            leaves[node["leaf_index"]] = node
            return -1 - node["leaf_index"]
        left, right = child(node["left_child"]), child(node["right_child"])
        nodes[node["split_index"]] = {**node, "left": left, "right": right}
        return node["split_index"]

    child(found["tree_structure"])
    inner, ends = ([of[i] for i in range(len(of))] for of in (nodes, leaves))
    return dict(
        output=output,
        feature=[node["split_feature"] for node in inner],
        test=[test(node) for node in inner],
        missingLeft=[missing_left(node) for node in inner],
        left=[node["left"] for node in inner],
        right=[node["right"] for node in inner],
        gain=[node["split_gain"] for node in inner],
        nodeRows=[node["internal_count"] for node in inner],
        leafRows=[leaf["leaf_count"] for leaf in ends],
        value=[leaf["leaf_value"] for leaf in ends],
    )


def test(node):
    return node["threshold"] if node["decision_type"] == "<=" else [int(code) for code in node["threshold"].split("||")]


def missing_left(node):
    if node["decision_type"] == "==":
        return False  # a level that is not named goes right
    # Where training saw none missing, LightGBM takes a missing number for 0.
    return node["default_left"] if node["missing_type"] == "NaN" else node["threshold"] >= 0


def case(task):
    objective = {"regression": "l2"}.get(task, task)
    params = dict(objective=objective, num_leaves=15, min_data_in_leaf=10, learning_rate=0.3, verbose=-1, seed=1)
    params.update(min_data_per_group=10, cat_smooth=1, num_threads=1, deterministic=True)
    outputs = 3 if task == "multiclass" else 1
    if outputs > 1:
        params["num_class"] = outputs
    model = lgb.train(params, lgb.Dataset(x, labels[task], categorical_feature=[3]), 6)
    found = model.dump_model()["tree_info"]
    return dict(
        task=task,
        trees=[tree(one, i % outputs) for i, one in enumerate(found)],
        # For each row and output: a value per feature, then what they are added to.
        contributions=model.predict(shown, pred_contrib=True).reshape(len(shown), outputs, -1).tolist(),
        raw=model.predict(shown, raw_score=True).reshape(len(shown), outputs).tolist(),
    )


fixture = dict(
    made_by=f"test/peers/make-contribution-fixtures.py with LightGBM {lgb.__version__}",
    rows=[[None if np.isnan(value) else value for value in row] for row in shown.tolist()],
    cases=[case(task) for task in labels],
)
path = pathlib.Path(__file__).parent.parent / "fixtures" / "contributions.json"
path.write_text(json.dumps(fixture) + "\n")
