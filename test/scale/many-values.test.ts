import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { trainCapped } from "../../bench/promises/budget.mjs";
import { duck } from "../support/duck.js";
import { needs } from "../support/needs.js";

const MB = 1e6;
const rows = 4_000_000;
const texts = 60_000;

/** A number from 0 to 1 that hangs on the row alone. */
const chance = (key: string): string => `(hash(${key}) % 1000003 / 1000003.0)`;

needs.root()("a budget under a kernel limit", () => {
  let dir: string;
  let users: string;
  let words: string;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "sluice-values-"));
    users = join(dir, "users.parquet");
    words = join(dir, "words.parquet");
    // Half of the rows are of 400 users, the others of 1.1 million that come once or twice; what a user does hangs on who it is.
    await duck(
      `COPY (SELECT 'user ' || u AS user, ${chance("i * 8 + 3")}::FLOAT AS noise,
          (${chance("i * 8 + 2")} < CASE WHEN hash(u * 31) % 2 = 0 THEN 0.85 ELSE 0.15 END)::INTEGER AS y
        FROM (SELECT i, CASE WHEN i % 2 = 0 THEN hash(i * 8) % 400 ELSE 400 + hash(i * 8 + 1) % 1600000 END AS u FROM range(${rows}) t(i)))
        TO '${users}' (FORMAT parquet)`,
      `COPY (SELECT string_agg('w' || floor(40000 * ${chance("i * 512 + k")} ^ 3)::INTEGER || CASE WHEN k % 16 = 0 THEN ' topic' || topic || k ELSE '' END, ' ' ORDER BY k) AS body,
          'class ' || any_value(topic) AS topic
        FROM (SELECT i, k, hash(i * 8 + 5) % 20 AS topic FROM range(${texts}) t(i), range(120) w(k)) GROUP BY i ORDER BY i)
        TO '${words}' (FORMAT parquet, ROW_GROUP_SIZE 10240)`,
    );
  }, 300_000);
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const trained = async (budget: number, ...args: readonly string[]) => {
    const run = await trainCapped(args, budget, dir);
    expect(run.error).toBeUndefined();
    expect(run).toMatchObject({ killed: 0, status: 0 });
    expect(run.peakRssBytes).toBeLessThanOrEqual(budget * MB);
    return run.told.metrics.validation;
  };

  // Who knows the 400 users has an AUC of 0.85 on their half and 0.5 on the other.
  test.each([
    ["sparseLogistic, each value by its hash", ["--learner", "sparseLogistic"], 0.66],
    [
      "boosting, which shares 1,024 codes among them",
      ["--learner", "boosting", "--param", "trees=20", "--features", "hash(user, 1024), noise"],
      0.55,
    ],
    [
      "boosting, rare ones folded into one",
      [
        "--learner",
        "boosting",
        "--param",
        "trees=20",
        "--features",
        "onehot(user, limit=2000, rare=100, other=level), noise",
      ],
      0.66,
    ],
  ] as const)("of 300 MB holds a column of over a million values: %s", { timeout: 300_000 }, async (_, args, least) => {
    const { auc } = await trained(300, users, "--label", "y", ...args);
    expect(auc!).toBeGreaterThan(least);
  });

  test("of 512 MB holds texts of 20 classes", { timeout: 300_000 }, async () => {
    const { accuracy } = await trained(
      512,
      words,
      "--label",
      "topic",
      "--learner",
      "sparseLogistic",
      "--param",
      "passes=2",
    );
    expect(accuracy!).toBeGreaterThan(0.95);
  });
});
