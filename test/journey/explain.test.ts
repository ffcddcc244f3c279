import { copyFileSync, readFileSync, rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { explainer, loadModel, rules } from "../../src/index.js";
import { place, type Told } from "../support/cli.js";
import { duck } from "../support/duck.js";

const at = place();
const rows = 4000;

/** y = 3 a + (c is one of two: 5) and a column that says nothing; d is missing now and then. */
beforeAll(async () => {
  const hashed = (n: number): string => `((i * ${n}) % 9973) / 9973.0`;
  await duck(
    `COPY (SELECT ${hashed(7919)} AS a, ['x', 'y', 'z', 'w'][1 + (i * 31) % 4] AS c,
      CASE WHEN i % 11 = 0 THEN NULL ELSE ${hashed(6007)} END AS noise,
      3 * a + CASE WHEN c IN ('x', 'y') THEN 5 ELSE 0 END AS y,
      CASE WHEN 3 * a + CASE WHEN c IN ('x', 'y') THEN 1 ELSE 0 END + 2 * ${hashed(4001)} > 3 THEN 'much' ELSE 'little' END AS big
      FROM range(${rows}) r(i)) TO '${at.path("rows.parquet")}' (FORMAT parquet)`,
  );
  const train = async (name: string, label: string, drop: string, ...more: string[]): Promise<void> => {
    const ran = await at.sluice("train", "rows.parquet", "--label", label, "--drop", drop, "--name", name, ...more);
    expect(ran.code, ran.stderr).toBe(0);
  };
  await train("trees", "big", "y", "--learner", "boosting", "--param", "trees=20", "--param", "leaves=8");
  await train("tree", "y", "big", "--learner", "boosting", "--param", "trees=1", "--param", "leaves=4");
  await train("line", "y", "big", "--learner", "linear", "--param", "penalty=0");
});
afterAll(() => at[Symbol.dispose]());

describe("explain --rows", () => {
  test.each(["trees", "tree", "line"])("takes the output of %s apart", async (name) => {
    const { json, code } = await at.sluice("explain", name, "rows.parquet", "--rows", "40", "--json");
    expect(code).toBe(0);
    expect(json.rows).toHaveLength(40);
    await at.sluice("predict", name, "rows.parquet", "--to", `${name}.jsonl`, "--overwrite");
    const predicted = readFileSync(at.path(`${name}.jsonl`), "utf8").split("\n");
    json.rows.forEach(({ row, base, contributions, output }: Told, i: number) => {
      expect(row).toBe(i);
      const { prediction, probability } = JSON.parse(predicted[i]!);
      const expected = probability === undefined ? prediction : Math.log(probability / (1 - probability));
      const sum = (Object.values(contributions) as number[]).reduce((a, b) => a + b, base);
      expect(sum).toBeCloseTo(expected, 6); // promised
      expect(output).toBeCloseTo(expected, 6);
    });
  });

  test("writes a row for each row, and over no file that is there", async () => {
    const to = "apart.parquet";
    const { json } = await at.sluice("explain", "trees", "rows.parquet", "--rows", "--to", to, "--json");
    expect(json).toMatchObject({ rows, to, output: "log odds" });
    const again = await at.sluice("explain", "trees", "rows.parquet", "--rows", "--to", to);
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("--overwrite")]);
    const [found] = await duck(
      `SELECT count(*)::INT AS n, max(row)::INT AS last, max(abs(base + a + c + noise - output)) < 1e-9 AS whole
       FROM '${at.path("apart.parquet")}'`,
    );
    expect(found).toEqual({ n: rows, last: rows - 1, whole: true });
  });

  test("tells the error of a row that the model cannot read, as predict does", async () => {
    const lines = ["0.5,x,1", "many,x,1", "0.25,y,2"];
    at.write("odd.csv", `a,c,noise\n${lines.join("\n")}\n`);
    await at.sluice("predict", "line", "odd.csv", "--to", "odd.jsonl", "--overwrite");
    const predicted = readFileSync(at.path("odd.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(predicted[1]).toMatchObject({ prediction: null, error: expect.stringContaining("many") });
    const { json, code } = await at.sluice("explain", "line", "odd.csv", "--rows", "--json");
    expect(code).toBe(0);
    expect(json.rows).toMatchObject([
      { row: 0, contributions: { a: expect.any(Number) } },
      { row: 1, error: predicted[1].error },
      { row: 2 },
    ]);
    expect(json.rows[1]).not.toHaveProperty("output");
    expect(json.rows[2].output).toBeCloseTo(predicted[2].prediction, 6);
    const { stdout } = await at.sluice("explain", "line", "odd.csv", "--rows");
    expect(stdout).toContain(`row 1: ${predicted[1].error}`);
    const to = at.path("odd-apart.parquet");
    const { json: done } = await at.sluice("explain", "line", "odd.csv", "--to", to, "--json");
    expect(done).toMatchObject({ rows: 3, errors: 1 });
    const apart = await duck(`SELECT row, output IS NULL AS none, error FROM '${to}' ORDER BY row`);
    expect(apart.map(({ none, error }) => [none, error])).toEqual([
      [false, null],
      [true, predicted[1].error],
      [false, null],
    ]);
  });

  test("without a source says what is missing", async () => {
    const { code, stderr } = await at.sluice("explain", "trees", "--rows", "3");
    expect([code, stderr]).toEqual([2, expect.stringContaining("sluice explain trees SOURCE")]);
  });

  test("is a function in the library", () => {
    const model = loadModel("trees", { home: at.path("home") });
    const [{ base, contributions, output }] = explainer(model)({ a: 0.5, c: "x", noise: null }) as [Told];
    expect(Object.values(contributions as Record<string, number>).reduce((a, b) => a + b, base)).toBeCloseTo(output, 9);
  });
});

describe("explain on rows", () => {
  test("shuffles each column against the label", async () => {
    const { json } = await at.sluice("explain", "line", "rows.parquet", "--json");
    expect((await at.sluice("explain", "line", "rows.parquet", "--json")).json).toEqual(json);
    expect(json).toMatchObject({ metric: "rmse", repeats: 5 });
    const by = Object.fromEntries(json.importance.map((one: Told) => [one.column, one]));
    expect(json.importance.map(({ column }: Told) => column)).toEqual(["c", "a", "noise"]);
    // The model is exact, so shuffling a leaves 3 (a - a'): its deviation is 3 sqrt(2 / 12), over 4,000 rows within a few percent.
    expect(by["a"].loss).toBeCloseTo(3 * Math.sqrt(1 / 6), 1);
    expect(by["a"].spread).toBeLessThan(0.1);
    expect(Math.abs(by["noise"].loss)).toBeLessThan(1e-6);
  });

  test("walks a column through its values", async () => {
    const { json } = await at.sluice(
      ...["explain", "line", "rows.parquet", "--partial", "a", "--partial", "c", "--json"],
    );
    const [a, c] = json.partial as [Told, Told];
    expect(a).toMatchObject({ column: "a", names: ["prediction"] });
    const [first, last] = [a.points[0], a.points.at(-1)];
    expect((last.answers[0] - first.answers[0]) / (last.value - first.value)).toBeCloseTo(3, 4);
    expect(c.points.map(({ value }: Told) => value).sort()).toEqual(["w", "x", "y", "z"]);
    const wrong = await at.sluice("explain", "line", "rows.parquet", "--partial", "aa");
    expect(wrong.stderr).toContain('no column "aa" here');
  });
});

describe("the report", () => {
  const sections = ["What matters on validation rows", "How the prediction moves"];
  const said = (file: string): string[] => {
    const html = readFileSync(file, "utf8");
    return sections.filter((title) => html.includes(`>${title}</h2>`));
  };

  test("says what matters on validation rows, and does without where the rows are gone", async () => {
    copyFileSync(at.path("rows.parquet"), at.path("passing.parquet"));
    const { json } = await at.sluice(
      ...["train", "passing.parquet", "--label", "big", "--drop", "y", "--learner", "tree", "--name", "kept", "--json"],
    );
    const folder = at.path(`home/runs/${json.run}`);
    expect(said(`${folder}/report.html`)).toEqual(sections);
    const { insight } = JSON.parse(readFileSync(`${folder}/insight.json`, "utf8"));
    expect(insight.importance.columns.map(({ column }: Told) => column).at(-1)).toBe("noise");
    expect(insight.partial[0].points.length).toBeGreaterThan(3);

    rmSync(`${folder}/insight.json`); // as of a model that the library trained
    await at.sluice("report", "kept", "--to", "again.html");
    expect(said(at.path("again.html"))).toEqual(sections);
    expect(JSON.parse(readFileSync(`${folder}/insight.json`, "utf8"))).toMatchObject({ insight });

    rmSync(`${folder}/insight.json`);
    rmSync(at.path("passing.parquet"));
    const { code, stdout } = await at.sluice("report", "kept", "--to", "without.html");
    expect(code).toBe(0);
    expect(stdout).toContain("does not say what matters on validation rows");
    expect(said(at.path("without.html"))).toEqual([]);
  });
});

describe("a model of one small tree", () => {
  test("is read as rules", async () => {
    const text = rules(loadModel("tree", { home: at.path("home") }))!;
    expect(text.split("\n")[0]).toMatch(/^c is /);
    expect(text.split("\n").filter((line) => / rows +\d/.test(line))).toHaveLength(4);
    expect((await at.sluice("show", "tree")).stdout).toContain(text);
    expect((await at.sluice("explain", "tree", "--json")).json.rules).toBe(text);
    await at.sluice("report", "tree", "--to", "report.html");
    expect(readFileSync(at.path("report.html"), "utf8")).toContain("The tree as rules");
  });

  test("gains most by the columns that count", async () => {
    const { json } = await at.sluice("explain", "trees", "--json");
    expect(json.gains.map(({ feature }: Told) => feature).at(-1)).toBe("noise");
    expect((await at.sluice("explain", "trees")).stdout).toContain("what the splits gained");
  });
});
