import { mkdirSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { factorise } from "../../src/learners/solvers/cholesky.js";
import { place, type Told } from "../support/cli.js";
import { asCsv, deliveries } from "../support/deliveries.js";
import { duck } from "../support/duck.js";
import { needs } from "../support/needs.js";
import { sparkRemote } from "../support/spark.js";

const at = place();
afterAll(() => at[Symbol.dispose]());
beforeAll(async () => {
  mkdirSync(at.path("parts"));
  at.write("rows.csv", asCsv(deliveries(3000)));
  const read = `read_csv('${at.path("rows.csv")}', types = {'late': 'VARCHAR'})`;
  for (const [part, where] of ["id % 3 = 0", "id % 3 > 0"].entries())
    await duck(
      `COPY (SELECT * FROM ${read} WHERE ${where}) TO '${at.path(`parts/part-${part}.parquet`)}' (FORMAT parquet)`,
    );
  const columns = Array.from({ length: 104 }, (_, j) => `(hash(i * 128 + ${j}) % 10007 / 10007.0)::FLOAT AS x${j}`);
  const wide = `SELECT (hash(i * 128 + 127) % 1000 / 1000.0)::FLOAT AS noise, ${columns.join(", ")} FROM range(3000) t(i)`;
  await duck(
    `COPY (SELECT * EXCLUDE (noise), x0 - 2 * x1 + 0.5 * x103 + 0.3 * x50 + noise AS y FROM (${wide})) TO '${at.path("wide.parquet")}' (FORMAT parquet)`,
  );
});

interface Fitted {
  readonly told: Told;
  readonly state: {
    readonly intercepts: number[];
    readonly weights: number[][];
    readonly means: number[];
    readonly deviations: number[];
  };
}

let names = 0;
async function trained(...flags: readonly string[]): Promise<Fitted> {
  const name = `m${++names}`;
  const ran = await at.sluice("train", ...flags, "--name", name, "--json");
  expect(ran.stderr).not.toContain('"error"');
  return { told: ran.json, state: JSON.parse(at.text(`home/models/${name}/1/model.json`)).state };
}

/**
 * Equal to a share of each list's largest value. Kernels over pages round to float32 what sums on the cluster do not: of least squares
 * also the label, so that pages are 6e-6 off the exact solution (which the cluster meets, see below).
 */
function expectEqual(found: readonly number[], expected: readonly number[], share: number): void {
  expect(found).toHaveLength(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  for (const [i, value] of expected.entries())
    expect(Math.abs(found[i]! - value), `place ${i}: ${found[i]} for ${value}`).toBeLessThan(share * largest);
}

/** A penalty that leaves no direction open (all levels beside an intercept), and a stop where nothing is left to gain. */
const settled = ["--param", "penalty=0.01", "--param", "tolerance=1e-12"];

needs.spark()("sums on the cluster", () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    [
      "logistic on numbers, categories, missing values and weights",
      "parts/*.parquet",
      ["--label", "late", "--drop", "minutes,size,shop,day", "--weight", "weight", "--learner", "logistic"],
    ],
    [
      "logistic of three classes",
      "parts/*.parquet",
      ["--label", "size", "--drop", "id,minutes,late,shop,day,vehicle", "--learner", "logistic"],
    ],
    [
      "linear with an L1 and L2 penalty on three category columns",
      "parts/*.parquet",
      ["--label", "minutes", "--drop", "id,size,day", "--learner", "linear", "--param", "l1Ratio=0.3"],
    ],
    ["linear over 104 columns", "wide.parquet", ["--label", "y", "--learner", "linear"]],
  ];
  test.each(cases)(
    "%s: the coefficients, rows and metrics of pages here",
    { timeout: 600_000 },
    async (_, source, flags) => {
      const here = await trained(source, ...flags, ...settled);
      const there = await trained(
        `sc:${at.path(source)}`,
        ...flags,
        ...settled,
        "--on",
        await sparkRemote(),
        "--sums",
        "cluster",
      );
      expect(there.told.sums).toEqual({ where: "cluster", why: "--sums cluster" });
      expect(there.told.rows).toEqual(here.told.rows);
      const share = here.told.task === "regression" ? 1e-5 : 1e-6;
      for (const list of ["intercepts", "means", "deviations"] as const)
        expectEqual(there.state[list], here.state[list], share);
      for (const [k, weights] of there.state.weights.entries()) expectEqual(weights, here.state.weights[k]!, share);
      const metric = here.told.task === "regression" ? "rmse" : "logLoss";
      for (const of of ["validation", "baseline"] as const) {
        const [a, b] = [there, here].map(
          ({ told }) => (of === "baseline" ? told.metrics.baseline.validation : told.metrics[of])[metric],
        );
        expect(Math.abs(a / b - 1)).toBeLessThan(share);
      }
    },
  );

  test("the same training again comes to the same state, whatever the order in which tasks end", async () => {
    const source = `sc:${at.path("parts")}/*.parquet`;
    const about = ["--label", "late", "--features", "distance, onehot(vehicle)", "--learner", "logistic"];
    const flags = [source, ...about, "--sums", "cluster", "--on", await sparkRemote()];
    const [one, other] = [await trained(...flags), await trained(...flags)];
    expect(other.told.stateHash).toBe(one.told.stateHash);
  });

  test("least squares on the cluster are those of doubles", async () => {
    const names = ["x0", "x1", "x2"];
    const about = ["--label", "y", "--features", names.join(", "), "--validate", "none", "--learner", "linear"];
    const there = await trained(
      `sc:${at.path("wide.parquet")}`,
      ...about,
      "--param",
      "penalty=0",
      "--sums",
      "cluster",
      "--on",
      await sparkRemote(),
    );
    const rows = await duck(`SELECT y, ${names.join(", ")} FROM '${at.path("wide.parquet")}'`);
    const z = rows.map((row) => [1, ...names.map((name) => Number(row[name]))]);
    const products = new Float64Array(16);
    const withLabel = new Float64Array(4);
    for (const [i, row] of z.entries())
      for (let a = 0; a < 4; a++) {
        withLabel[a]! += row[a]! * Number(rows[i]!["y"]);
        for (let b = 0; b < 4; b++) products[4 * a + b]! += row[a]! * row[b]!;
      }
    const [intercept, ...weights] = factorise(products, 4).solve(withLabel);
    // Doubles of a matrix whose condition is about 1e2, and a JSON of seventeen digits.
    expect(Math.abs(there.state.intercepts[0]! - intercept!)).toBeLessThan(1e-9);
    for (const [j, weight] of weights.entries())
      expect(Math.abs(there.state.weights[0]![j]! - weight)).toBeLessThan(1e-9);
  });

  test("is refused for learners that work on rows, without a cluster, and for a place that is not known", async () => {
    const refusal = async (...flags: string[]): Promise<string> => {
      const { code, stderr } = await at.sluice("train", "parts/*.parquet", "--label", "late", ...flags);
      expect(code).toBe(2);
      return stderr;
    };
    expect(await refusal("--sums", "cluster", "--learner", "boosting")).toContain("--learner linear or logistic");
    expect(await refusal("--sums", "cluster")).toContain("--learner linear or logistic");
    expect(await refusal("--sums", "cluster", "--learner", "logistic")).toContain("--on spark");
    expect(await refusal("--sums", "there")).toContain("pages or cluster");
  });
});
