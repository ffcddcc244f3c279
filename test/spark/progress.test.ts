import { afterAll, expect, test } from "vitest";
import type { Underway } from "../../src/engines/contract.js";
import { fit, mllib, sql, transform } from "../../src/engines/spark/mllib.js";
import { place } from "../support/cli.js";
import { needs } from "../support/needs.js";
import { openSpark, sparkRemote } from "../support/spark.js";

const at = place();
afterAll(() => at[Symbol.dispose]());

/** Each of 24 tasks sleeps, so that on no machine it ends before it was told of. */
const slow =
  "SELECT count(*) AS n FROM range(0, 24, 1, 24) WHERE java_method('java.lang.Thread', 'sleep', 700L) IS NOT NULL";
const line = /^asking · stage \d+ of \d+, \d+ of \d+ tasks(, [\d.]+ [kMG]?B read)? · /m;

needs.spark()("what a cluster is at", () => {
  test("is told while a query runs, on standard error alone", async () => {
    const ran = await at.sluice("sql", slow, "--on", await sparkRemote());
    expect(ran.code).toBe(0);
    expect(ran.stderr).toMatch(line);
    expect(ran.stdout).toMatch(/^\s*n\s+24\s*$/);
    const done = [...ran.stderr.matchAll(/(\d+) of \d+ tasks/g)].map(([, tasks]) => Number(tasks));
    expect(done).toEqual([...done].sort((a, b) => a - b));
  });
  test("is told to programs as lines of JSON, and keeps out of the answer", async () => {
    const ran = await at.sluice("sql", slow, "--json", "--on", await sparkRemote());
    expect(ran.json.rows).toEqual([{ n: 24 }]);
    const events = ran.stderr
      .trimEnd()
      .split("\n")
      .map((text) => JSON.parse(text));
    const told = events.filter(({ event, cluster }) => event === "progress" && cluster !== undefined);
    expect(told.length).toBeGreaterThan(0);
    for (const { stage, cluster } of told) {
      expect(stage).toBe("asking");
      expect(cluster.stage).toBeLessThanOrEqual(cluster.stages);
      expect(cluster.tasksDone).toBeLessThanOrEqual(cluster.tasks);
    }
    expect(Math.max(...told.map(({ cluster }) => cluster.tasksDone))).toBeGreaterThan(0);
  });
  test("is not told when quiet", async () =>
    expect(await at.sluice("sql", slow, "--quiet", "--on", await sparkRemote())).toMatchObject({
      code: 0,
      stderr: "",
    }));

  test("is told of a fit of MLlib's as it finds more stages, which are counted at its end", async () => {
    await using session = await openSpark();
    const told: (Underway | undefined)[] = [];
    session.work.listener = (underway) => told.push(underway);
    const numbers = sql("SELECT id AS a, id % 7 AS b, CAST(id % 3 = 1 AS DOUBLE) AS label FROM range(400)");
    const rows = transform(mllib.vectorAssembler({ inputCols: ["a", "b"], outputCol: "features" }), numbers);
    const model = await fit(session, mllib.gbtClassifier({ maxIter: 12, seed: 1 }), rows);
    const stages = told.flatMap((underway) => (underway ? [underway.stages] : []));
    expect(stages.length).toBeGreaterThan(0);
    expect(Math.max(...stages)).toBeGreaterThan(5);
    expect(stages).toEqual([...stages].sort((a, b) => a - b));
    expect(told.at(-1)).toBeUndefined();
    expect(session.work.totals.stages).toBeGreaterThanOrEqual(stages.at(-1)!);
    await model.dispose();
  });
});
