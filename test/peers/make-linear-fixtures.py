"""Makes test/fixtures/linear.json: small tables and what scikit-learn fits to them (pip install scikit-learn).

A case has coefficients of the raw columns, and per output the margin at the columns' means. Its objective is that of
docs/objective.md: mean loss + penalty * (l1Ratio * |w|_1 + (1 - l1Ratio) / 2 * |w|^2).
"""

import json
import pathlib
import warnings

import numpy as np
import sklearn
from sklearn.linear_model import ElasticNet, LinearRegression, LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore")
random = np.random.default_rng(7)
n = 150


def grid(values, step=1 / 64):
    """Exact in float32, and short as JSON."""
    return np.round(np.asarray(values) / step) * step


def labels(margin, scale=1.0):
    noise = random.logistic(size=len(margin)) * scale
    return {
        "regression": grid(margin + random.normal(size=len(margin)) * 0.5 * scale),
        "binary": (margin + noise > np.median(margin)).astype(int),
        "multiclass": np.digitize(margin + 0.5 * noise, np.quantile(margin, [0.3, 0.7])),
    }


a = grid(random.normal(size=n))
b = grid(0.6 * a + random.normal(size=n) * 3 + 10)
c = grid(random.exponential(size=n))
level = random.integers(0, 4, size=n)
weight = random.integers(1, 6, size=n) / 2
plain = a - 0.4 * (b - 10) + 0.3 * c
signs = np.array([-0.8, 0.0, 0.5, 1.0])

missing = b.copy()
missing[random.random(n) < 0.2] = np.nan

tiny, huge, far = a * 2.0**-27, (b - 10) * 2.0**27, c + 2.0**20

separable = labels(plain)
separable["binary"] = (plain > np.median(plain)).astype(int)

tables = {
    "plain": dict(numbers=[a, b, c], weight=weight, **labels(plain)),
    "categories": dict(numbers=[a, b], levels=level, width=4, **labels(a - 0.3 * (b - 10) + signs[level])),
    "missing": dict(numbers=[a, missing], fill=[0.0, 9.5], **labels(plain)),
    "scales": dict(numbers=[tiny, huge, far], coding=[[0.0, 27], [0.0, -27], [2.0**20, 0]], **labels(plain)),
    "constant": dict(numbers=[a, np.full(n, 3.25), c], **labels(plain)),
    "collinear": dict(numbers=[a, 2 * a, c], **labels(plain)),
    "separable": dict(numbers=[a, b, c], **separable),
}


def design(table):
    columns = [np.where(np.isnan(x), fill, x) for x, fill in zip(table["numbers"], table.get("fill", [0.0] * 9))]
    if "levels" in table:
        columns += [(table["levels"] == k).astype(float) for k in range(table["width"])]
    return np.stack(columns, axis=1)


def fitted(table, task, penalty, l1_ratio=0.0, standardise=True, weighted=False):
    x = design(table)
    w = table["weight"] if weighted else np.ones(n)
    scaler = StandardScaler(with_std=standardise).fit(x, sample_weight=w)
    z = scaler.transform(x)
    total = w.sum()
    if task == "regression":
        if penalty == 0:
            model = LinearRegression()
        elif l1_ratio == 0:
            model = Ridge(alpha=penalty * total, solver="cholesky")
        else:
            model = ElasticNet(alpha=penalty, l1_ratio=l1_ratio, tol=1e-14, max_iter=10**6)
    elif l1_ratio == 0:
        strength = np.inf if penalty == 0 else 1 / (penalty * total)
        model = LogisticRegression(C=strength, solver="newton-cholesky", tol=1e-12, max_iter=1000)
    else:
        model = LogisticRegression(
            C=1 / (penalty * total), l1_ratio=l1_ratio, solver="saga", tol=1e-14, max_iter=10**6, random_state=0
        )
    model.fit(z, table[task], sample_weight=w)
    scale = np.ones(x.shape[1]) if scaler.scale_ is None else scaler.scale_
    weights = np.atleast_2d(model.coef_) / scale
    weights[:, x.var(axis=0) == 0] = 0
    centres = np.atleast_1d(model.intercept_)
    if task == "multiclass":
        centres = centres - centres.mean()
    return weights, centres


cases = []


def case(name, table, task, penalty, **settings):
    weights, centres = fitted(tables[table], task, penalty, **settings)
    names = {"l1_ratio": "l1Ratio", "standardise": "standardise", "weighted": "weighted"}
    cases.append(
        {
            "name": name,
            "table": table,
            "task": task,
            "penalty": penalty,
            **{names[key]: value for key, value in settings.items()},
            "weights": [[float(f"{value:.9g}") for value in row] for row in weights],
            "centres": [float(f"{value:.9g}") for value in centres],
        }
    )


for task, word in [("regression", "least squares"), ("binary", "logistic"), ("multiclass", "multinomial")]:
    case(f"{word}, no penalty", "plain", task, 0)
    case(f"{word}, L2", "plain", task, 0.1)
    case(f"{word}, L1", "plain", task, 0.03, l1_ratio=1.0)
    case(f"{word}, L1 that leaves little", "plain", task, 0.15, l1_ratio=1.0)
    case(f"{word}, elastic net", "plain", task, 0.05, l1_ratio=0.4)
    case(f"{word}, weighted L2", "plain", task, 0.02, weighted=True)
    case(f"{word}, L2 on raw columns", "plain", task, 0.02, standardise=False)
    case(f"{word}, L2 with categories", "categories", task, 0.01)
    case(f"{word}, L1 with categories", "categories", task, 0.01, l1_ratio=1.0)
    case(f"{word}, missing values filled", "missing", task, 0.001)
    case(f"{word}, columns of 1e-8, 1e8 and far from zero", "scales", task, 0.001)
    case(f"{word}, a constant column", "constant", task, 0.001)
    case(f"{word}, collinear columns", "collinear", task, 0.001)
case("logistic, classes that separate", "separable", "binary", 0.001)


def plainly(value):
    if isinstance(value, np.ndarray):
        return [None if isinstance(x, float) and np.isnan(x) else plainly(x) for x in value.tolist()]
    if isinstance(value, list):
        return [plainly(x) for x in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


out = pathlib.Path(__file__).parent.parent / "fixtures" / "linear.json"
out.parent.mkdir(exist_ok=True)
lines = [f'  "{name}": {json.dumps({key: plainly(value) for key, value in table.items()})}' for name, table in tables.items()]
cases_text = ",\n".join("  " + json.dumps(item) for item in cases)
tables_text = ",\n".join(lines)
out.write_text(f'{{\n"by": "scikit-learn {sklearn.__version__}",\n"tables": {{\n{tables_text}\n}},\n"cases": [\n{cases_text}\n]\n}}\n')
print(out, out.stat().st_size, "bytes", len(cases), "cases")
