import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { generator } from "../../src/base/seeds.js";
import { csv, linear, logistic, train } from "../../src/index.js";
import { needs } from "../support/needs.js";

/** scikit-learn on the same rows, raw columns, the same objective: C = 1 / (n * penalty), alpha = n * penalty. */
const peer = `
import json, sys
import numpy as np, pandas as pd
from sklearn.linear_model import LogisticRegression, Ridge
rows = pd.read_csv(sys.argv[1])
x = np.column_stack([rows[["a", "b"]].to_numpy()] + [(rows["c"] == level).to_numpy(float) for level in "wxyz"])
penalty, n = 0.01, len(rows)
fit = LogisticRegression(C=1 / (n * penalty), tol=1e-10, max_iter=10000).fit(x, rows["label"])
ridge = Ridge(alpha=n * penalty).fit(x, rows["target"])
print(json.dumps({"logistic": [*fit.coef_[0], fit.intercept_[0]], "ridge": [*ridge.coef_, ridge.intercept_]}))
`;

needs.python()("scikit-learn on the same rows", (python) => {
  const dir = mkdtempSync(join(tmpdir(), "sluice-peers-"));
  const file = join(dir, "rows.csv");
  const next = generator(5);
  const lines = Array.from({ length: 5000 }, () => {
    const [a, b, c] = [next() * 10 - 5, next() * 2, Math.floor(next() * 4)];
    const margin = 0.6 * a - 1.5 * b + (c === 1 ? 1 : 0);
    return `${a.toFixed(5)},${b.toFixed(5)},${"wxyz"[c]},${next() < 1 / (1 + Math.exp(-margin)) ? 1 : 0},${(margin + next()).toFixed(5)}`;
  });
  writeFileSync(file, `a,b,c,label,target\n${lines.join("\n")}\n`);
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  test("finds the same coefficients", async () => {
    const done = spawnSync(python, ["-c", peer, file], { encoding: "utf8" });
    expect(done.stderr).toBe("");
    const theirs = JSON.parse(done.stdout) as Record<"logistic" | "ridge", number[]>;
    const common = {
      data: csv(file),
      features: ["a", "b", { call: "onehot(c)" }],
      validate: "none",
      home: join(dir, "home"),
      cache: join(dir, "cache"),
    } as const;
    const params = { penalty: 0.01, standardise: false };
    const classed = await train({ ...common, label: "label", learner: logistic(params) });
    const measured = await train({ ...common, label: "target", learner: linear(params) });
    for (const [model, name] of [
      [classed, "logistic"],
      [measured, "ridge"],
    ] as const) {
      const { weights, intercepts } = model.model.state as { weights: number[][]; intercepts: number[] };
      const ours = [...weights[0]!, intercepts[0]!];
      expect(ours).toHaveLength(theirs[name].length);
      // 1e-4 of the largest coefficient: pages hold float32, and both stop at a tolerance.
      const scale = Math.max(...theirs[name].map(Math.abs));
      ours.forEach((value, i) => void expect(Math.abs(value - theirs[name][i]!) / scale).toBeLessThan(1e-4));
    }
  });
});
