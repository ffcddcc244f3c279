"""Vowpal Wabbit on clicks: DuckDB writes its text (told apart), then one pass; judged on the following day."""

import json
import os
import sys
import tempfile
import time

import duckdb
import numpy as np
import vowpalwabbit

from common import clock

counts = [f"I{j}" for j in range(1, 14)]
categories = [f"C{j}" for j in range(1, 27)]


def write(source, to):
    """The features that Sluice has: counts on a log scale or a flag where missing, categories with missing as a value."""
    numbers = " || ".join(
        f"CASE WHEN {c} IS NULL THEN ' m{c}' ELSE ' {c}:' || round(sign({c}) * ln(1 + abs({c})), 5) END" for c in counts
    )
    texts = " || ".join(f"' {j}_' || coalesce({c}, '')" for j, c in enumerate(categories))
    con = duckdb.connect()
    con.execute("SET threads = 2")
    con.execute(
        f"COPY (SELECT CASE WHEN click = 1 THEN '1' ELSE '-1' END || ' |n' || {numbers} || ' |c' || {texts} FROM '{source}')"
        f" TO '{to}' (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER E'\\x01')"
    )


def run(arguments):
    vowpalwabbit.Workspace(f"{arguments} --quiet --no_stdin").finish()


train, test = sys.argv[1:3]
lap = clock()
with tempfile.TemporaryDirectory(dir=os.environ.get("SLUICE_BENCH_DIR")) as folder:
    path = lambda name: os.path.join(folder, name)
    write(train, path("train.vw"))
    write_seconds = lap()
    run(f"-d {path('train.vw')} -b 22 --loss_function logistic -f {path('model')}")
    learn_seconds = lap()
    write(test, path("test.vw"))
    run(f"-d {path('test.vw')} -t -i {path('model')} -r {path('margins')}")
    y = duckdb.sql(f"SELECT click FROM '{test}'").fetchnumpy()["click"]
    margins = np.loadtxt(path("margins"))
    loss = float(np.mean(np.logaddexp(0, np.where(y == 1, -margins, margins))))
    test_seconds = lap()
print(json.dumps({"writeSeconds": write_seconds, "learnSeconds": learn_seconds, "testSeconds": test_seconds, "logLoss": loss}))
