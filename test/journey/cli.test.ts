import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadModel, scorer } from "../../src/index.js";
import { accounted, place, type Told } from "../support/cli.js";
import { asCsv, deliveries, labelled } from "../support/deliveries.js";
import { duck } from "../support/duck.js";

const at = place();
const all = deliveries(800);
const judged = deliveries(300, 2);
/** Not minutes, size: they tell the label. */
const late = ["rows.parquet", "--label", "late", "--drop", "minutes,size", "--id", "id", "--weight", "weight"];
let first: Told;

beforeAll(async () => {
  at.write("rows.csv", asCsv(all));
  at.write("judged.csv", asCsv(judged));
  await duck(
    `COPY (FROM read_csv('${at.path("rows.csv")}', types = {'late': 'VARCHAR'})) TO '${at.path("rows.parquet")}' (FORMAT parquet)`,
  );
  const ran = await at.sluice("train", ...late, "--name", "late", "--json");
  expect(ran.stderr).not.toContain('"error"');
  first = ran.json;
});
afterAll(() => at[Symbol.dispose]());

describe("train", () => {
  test("prints one JSON object with the fields that outside checks rely on, and events as JSON lines beside it", async () => {
    const ran = await at.sluice("train", "rows.csv", "--label", "minutes > 34", "--drop", "late,size", "--json");
    expect(ran.code).toBe(0);
    expect(ran.stdout.trim().split("\n")).toHaveLength(1);
    expect(Object.keys(ran.json).sort()).toEqual(
      [
        ...[
          "run",
          "model",
          "task",
          "learner",
          "choice",
          "rows",
          "features",
          "dropped",
          "metrics",
          "seconds",
          "passes",
          "bytesRead",
        ],
        ...["spillBytes", "peakRssBytes", "budgetBytes", "stateHash", "units", "warnings"],
      ].sort(),
    );
    expect(Object.keys(ran.json.rows).sort()).toEqual(
      ["read", "train", "validation", "test", "setAside", "unlabelled", "filtered", "sampledOut"].sort(),
    );
    for (const name of ["auc", "prAuc", "logLoss", "brier", "accuracy", "f1"]) {
      expect(ran.json.metrics.validation).toHaveProperty(name);
      expect(ran.json.metrics.baseline.validation).toHaveProperty(name);
    }
    expect(ran.json).toMatchObject({ task: "binary", learner: "logistic", units: { reused: 0 } });
    expect(ran.json.units.done).toBeGreaterThan(0);
    for (const name of ["seconds", "passes", "bytesRead", "peakRssBytes", "budgetBytes"])
      expect(ran.json[name]).toBeGreaterThan(0);
    const events = ran.stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { event: string });
    expect(events.map(({ event }) => event)).toContain("stage");
  });

  test("tells a person what it assumed, what came out and what to type next, and is silent beside it with --quiet", async () => {
    const ran = await at.sluice("train", ...late, "--name", "told", "--quiet");
    expect(ran.stderr).toBe("");
    expect(ran.stdout).toMatch(/label +late: binary .*positive class yes/);
    expect(ran.stdout).toMatch(/rows +800 read = \d+ train \+ \d+ validation \+ \d+ without a label/);
    expect(ran.stdout).toMatch(/distance +real +number/);
    expect(ran.stdout).toMatch(/memory +\S+ \S+ \(half of the/);
    expect(ran.stdout).toMatch(/chosen +logistic: \d+ rows are too few to try boosting on a sample/);
    expect(ran.stdout).toContain("told/1");
    expect(ran.stdout).toContain("sluice predict");
    expect(ran.stdout).toContain("--validate random:0.2, seed 7");
  });

  test("counts each row once, missing labels apart", () => {
    expect(first.rows).toMatchObject({
      read: 800,
      unlabelled: 800 - labelled(all),
      filtered: 0,
      sampledOut: 0,
      setAside: 0,
    });
    expect(first.rows.validation).toBeGreaterThan(100);
    expect(accounted(first.rows)).toBe(true);
  });

  test.each([
    {
      what: "three classes",
      flags: ["--label", "size", "--drop", "minutes,late"],
      task: "multiclass",
      metric: "accuracy",
    },
    { what: "a quantity", flags: ["--label", "minutes", "--drop", "size,late"], task: "regression", metric: "rmse" },
    {
      what: "a quantity by sgd",
      flags: ["--label", "minutes", "--drop", "size,late", "--learner", "sgd", "--param", "epochs=8"],
      task: "regression",
      metric: "rmse",
    },
    {
      what: "a formula",
      flags: ["--label", "minutes / 60 > 0.5", "--drop", "size,late"],
      task: "binary",
      metric: "logLoss",
    },
    {
      what: "a penalised model",
      flags: ["--label", "late", "--drop", "minutes,size", "--param", "penalty=0.01", "--param", "l1Ratio=0.5"],
      task: "binary",
      metric: "logLoss",
    },
  ])("learns $what", async ({ flags, task, metric }) => {
    const { json } = await at.sluice("train", "rows.parquet", ...flags, "--name", "kinds", "--json");
    expect(json.task).toBe(task);
    expect(accounted(json.rows)).toBe(true);
    const [own, base] = [json.metrics.validation[metric], json.metrics.baseline.validation[metric]];
    if (metric === "accuracy") expect(own).toBeGreaterThan(base + 0.1);
    else expect(own).toBeLessThan(0.8 * base);
    if (task === "regression")
      for (const name of ["rmse", "mae", "r2"]) expect(json.metrics.validation).toHaveProperty(name);
  });

  test("keeps back the latest rows with time:, ties together", async () => {
    const { json } = await at.sluice("train", ...late, "--time", "day", "--validate", "time:0.2", "--json");
    expect(accounted(json.rows)).toBe(true);
    const { json: shown } = await at.sluice("show", json.model, "--json");
    const cut: string = shown.about.cut;
    expect(json.rows.validation).toBe(all.filter((row) => row.late !== null && row.day >= cut).length);
    expect(json.rows.validation).toBeLessThanOrEqual(0.2 * labelled(all));
  });

  test("keeps a group's rows on one side with group:", async () => {
    const { json } = await at.sluice("train", ...late, "--group", "shop", "--validate", "group:0.3", "--json");
    expect(accounted(json.rows)).toBe(true);
    // 12 shops of equal size: whatever side a shop is on, its labelled rows are there whole.
    const sizes = Array.from(
      { length: 12 },
      (_, k) => all.filter((row) => row.late !== null && row.shop === `shop ${k}`).length,
    );
    const sums = new Set([0]);
    for (const size of sizes) for (const sum of [...sums]) sums.add(sum + size);
    expect(sums).toContain(json.rows.validation);
  });

  test("filters, samples and judges on a test source, and says how many rows went where", async () => {
    const { json } = await at.sluice(
      ...["train", ...late, "--where", "vehicle <> 'van'", "--sample", "50%", "--test", "judged.csv", "--json"],
    );
    const kept = (rows: typeof all) => rows.filter(({ vehicle }) => vehicle !== "van");
    expect(json.rows.read).toBe(1100);
    expect(json.rows.filtered).toBe(1100 - kept(all).length - kept(judged).length);
    expect(json.rows.test).toBe(labelled(kept(judged)));
    expect(json.rows.sampledOut).toBeGreaterThan(0.3 * kept(all).length);
    expect(json.rows.sampledOut).toBeLessThan(0.7 * kept(all).length);
    expect(accounted(json.rows)).toBe(true);
    expect(json.metrics.test.auc).toBeGreaterThan(json.metrics.baseline.test.auc);
  });

  test("takes the features it is given, and the class that is positive", async () => {
    const { json } = await at.sluice(
      ...["train", ...late, "--features", "standardise(distance), onehot(vehicle), log(distance) as far"],
      ...["--positive", "no", "--json"],
    );
    expect(json.features.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining([expect.stringContaining("vehicle"), "far"]),
    );
    const { json: shown } = await at.sluice("show", json.model, "--json");
    expect(shown.positive).toBe("no");
    expect(shown.inputs.columns.map(({ name }: { name: string }) => name).sort()).toEqual(["distance", "vehicle"]);
  });

  test("prefers a column whose name equals the text to the formula", async () => {
    at.write(
      "odd.csv",
      `a,a > 1\n${Array.from({ length: 60 }, (_, i) => `${i % 7},${i % 2 ? "odd" : "even"}`).join("\n")}\n`,
    );
    const { json } = await at.sluice("train", "odd.csv", "--label", "a > 1", "--json");
    const { json: shown } = await at.sluice("show", json.model, "--json");
    expect(shown.classes).toEqual(["even", "odd"]);
  });

  test("gives one state for any threads and memory, and for a second run", async () => {
    const hashes = [first.stateHash];
    for (const flags of [
      ["--threads", "1"],
      ["--threads", "2", "--memory", "300MB"],
      ["--memory", "1GB"],
      ["--cache", "another"],
    ]) {
      const { json } = await at.sluice("train", ...late, "--name", "same", ...flags, "--json");
      hashes.push(json.stateHash);
    }
    const other = await at.sluice("train", ...late, "--seed", "8", "--json");
    expect(new Set(hashes).size).toBe(1);
    expect(other.json.stateHash).not.toBe(first.stateHash);
  });
});

describe("names", () => {
  test("are never overwritten: a second use makes name/2", async () => {
    const before = at.text(join("home/models/late/1/model.json"));
    const { json } = await at.sluice("train", ...late, "--name", "late", "--json");
    expect([first.model, json.model]).toEqual(["late/1", "late/2"]);
    expect(at.text("home/models/late/1/model.json")).toBe(before);
    for (const [ref, found] of [
      ["late", "late/2"],
      ["late/1", "late/1"],
      ["last", "late/2"],
      [first.run, "late/1"],
      ["home/models/late/1/model.json", undefined],
    ] as const) {
      const ran = await at.sluice("show", ref, "--json");
      expect(ran.code).toBe(0);
      if (found) expect(ran.json.model).toBe(found);
      else expect(ran.json.stateHash).toBe(first.stateHash);
    }
  });
});

describe("predict", () => {
  const lines = (text: string): string[] => text.trimEnd().split("\n");

  test.each(["csv", "jsonl", "parquet"])(
    "writes one %s row for each row, in order, as the scorer in this process has it",
    async (ending) => {
      const to = `scored.${ending}`;
      const { json } = await at.sluice("predict", "late/1", "judged.csv", "--to", to, "--keep", "id,late", "--json");
      expect(json).toMatchObject({ rows: 300, errors: 0 });
      const found = await duck(
        ending === "csv" ? `FROM read_csv('${at.path(to)}', all_varchar = true)` : `FROM '${at.path(to)}'`,
      );
      expect(Object.keys(found[0]!)).toEqual(["id", "late", "prediction", "probability", "error"]);
      expect(found.map(({ id }) => Number(id))).toEqual(judged.map(({ id }) => id));
      const score = scorer(loadModel("late/1", { home: at.path("home") }));
      judged.forEach((row, i) => {
        const own = score({ ...row });
        expect(found[i]!["prediction"]).toBe(own.prediction);
        // the engine's exp and ours may differ in the last bits
        expect(Number(found[i]!["probability"])).toBeCloseTo(own.probability!, 12);
      });
    },
  );

  test("writes CSV on standard output with -, and its JSON beside it", async () => {
    const ran = await at.sluice("predict", "late", "judged.csv", "--to", "-", "--keep", "id", "--json");
    expect(lines(ran.stdout)).toHaveLength(301);
    expect(lines(ran.stdout)[0]).toBe("id,prediction,probability,error");
    const told = lines(ran.stderr).map((line) => JSON.parse(line) as Told);
    expect(told.at(-1)).toMatchObject({ model: "late/2", rows: 300 });
  });

  test("names a probability for each of several classes, and they sum to one", async () => {
    const { json } = await at.sluice(
      "train",
      "rows.parquet",
      "--label",
      "size",
      "--drop",
      "minutes,late",
      "--name",
      "size",
      "--json",
    );
    await at.sluice("predict", json.model, "judged.csv", "--to", "sizes.csv", "--keep", "id");
    const found = await duck(`FROM '${at.path("sizes.csv")}'`);
    const names = ["probability_long", "probability_middling", "probability_short"];
    expect(Object.keys(found[0]!)).toEqual(["id", "prediction", ...names, "error"]);
    const score = scorer(loadModel("size", { home: at.path("home") }));
    found.forEach((row, i) => {
      expect(names.reduce((sum, name) => sum + Number(row[name]), 0)).toBeCloseTo(1, 12);
      const own = score({ ...judged[i]! });
      expect(row["prediction"]).toBe(own.prediction);
      for (const name of names) expect(Number(row[name])).toBeCloseTo(own.probabilities![name.slice(12)]!, 12);
    });
  });

  test("gives an error to a row that can't be scored, and scores the others", async () => {
    at.write("torn.csv", asCsv(judged).replace(/^3,([^,]*),([^,]*),([^,]*),[^,]*/m, "3,$1,$2,$3,far away"));
    const { json, code } = await at.sluice(
      "predict",
      "late",
      "torn.csv",
      "--to",
      "torn-out.csv",
      "--keep",
      "id",
      "--json",
    );
    expect(code).toBe(0);
    expect(json).toMatchObject({ rows: 300, errors: 1 });
    const found = await duck(`FROM '${at.path("torn-out.csv")}'`);
    expect(found[2]).toMatchObject({ id: "3", prediction: null, probability: null });
    expect(found[2]!["error"]).toMatch(/distance.*far away/);
    expect(found.filter(({ error }) => error !== null)).toHaveLength(1);
  });

  test("keeps an existing file unless told to replace it", async () => {
    at.write("mine.csv", "precious\n");
    const ran = await at.sluice("predict", "late", "judged.csv", "--to", "mine.csv", "--json");
    expect([ran.code, ran.json.error.code]).toEqual([2, "exists"]);
    expect(at.text("mine.csv")).toBe("precious\n");
    expect((await at.sluice("predict", "late", "judged.csv", "--to", "mine.csv", "--overwrite")).code).toBe(0);
    expect(at.text("mine.csv")).not.toContain("precious");
  });
});

describe("the other commands", () => {
  test("plan tells what a training would read and take", async () => {
    const { json } = await at.sluice("plan", ...late, "--memory", "512MB", "--json");
    expect(Object.keys(json)).toEqual(
      expect.arrayContaining(["rows", "rowsExact", "bytes", "passes", "peakBytes", "seconds", "advice", "warnings"]),
    );
    expect(json).toMatchObject({ rows: 800, rowsExact: true });
    expect(json.peakBytes).toBeLessThanOrEqual(512e6);
    expect(json.seconds[0]).toBeLessThan(json.seconds[1]);
  });

  test("evaluate judges on other rows as train --test does", async () => {
    const { json } = await at.sluice("evaluate", "late", "judged.csv", "--json");
    expect(json.rows).toMatchObject({ read: 300, evaluated: labelled(judged), unlabelled: 300 - labelled(judged) });
    const { json: trained } = await at.sluice("train", ...late, "--name", "tested", "--test", "judged.csv", "--json");
    expect(json.metrics).toEqual(trained.metrics.test);
    const { json: resumed } = await at.sluice("resume", trained.run, "--json");
    expect(resumed.metrics).toEqual(trained.metrics);
    expect(resumed.rows).toEqual(trained.rows);
  });

  test("explain names what matters, from the model alone and on rows", async () => {
    const alone = await at.sluice("explain", "late", "--json");
    expect(alone.json.effects[0].feature).toContain("distance");
    const onRows = await at.sluice("explain", "late", "judged.csv", "--json");
    expect(onRows.code).toBe(0);
    expect(JSON.stringify(onRows.json)).toContain("distance");
  });

  test("models, show, compare and report tell what was kept", async () => {
    const listed = await at.sluice("models", "--json");
    expect(listed.json.models.map(({ model }: Told) => model)).toEqual(expect.arrayContaining(["late/1", "late/2"]));
    expect((await at.sluice("models")).stdout).toContain("late/1");
    const shown = await at.sluice("show", "late/1");
    expect(shown.stdout).toContain(first.stateHash);
    const compared = await at.sluice("compare", "late/1", "late/2", "--json");
    expect(compared.json.models.map(({ stateHash }: Told) => stateHash)).toEqual([first.stateHash, first.stateHash]);
    for (const one of compared.json.models)
      for (const name of ["metrics", "rows", "seconds", "bytesRead", "peakRssBytes"]) expect(one).toHaveProperty(name);
    const { json } = await at.sluice("report", "late/1", "--to", "report.html", "--json");
    expect(json.model).toBe("late/1");
    expect(readFileSync(at.path("report.html"), "utf8")).toMatch(/^<!doctype html>/i);
  });

  test.each(["csv", "csv.gz", "jsonl"])(
    "plan knows the rows of a small %s, and about those of a large one",
    async (form) => {
      const lines = (rows: number): string =>
        Array.from({ length: rows }, (_, i) =>
          form === "jsonl"
            ? JSON.stringify({ a: i, b: "x".repeat(i % 50), y: i % 2 })
            : `${i},${"x".repeat(i % 50)},${i % 2}`,
        ).join("\n");
      const text = (rows: number) => `${form === "jsonl" ? "" : "a,b,y\n"}${lines(rows)}\n`;
      for (const [rows, off] of [
        [900, 0],
        [200_000, form === "csv" ? 0.05 : form === "jsonl" ? 0 : 1],
      ] as const) {
        at.write(`planned-${rows}.${form}`, form === "csv.gz" ? gzipSync(text(rows)) : text(rows));
        const { json } = await at.sluice("plan", `planned-${rows}.${form}`, "--label", "y", "--json");
        expect(json).toMatchObject({ rowsExact: false });
        expect(Math.abs(json.rows / rows - 1)).toBeLessThanOrEqual(off);
      }
    },
  );

  test("profile counts rows and missing cells", async () => {
    const { json } = await at.sluice("profile", "rows.csv", "--json");
    expect(json).toMatchObject({ rows: 800, setAside: 0 });
    expect(json).toHaveProperty("assumed");
    const distance = json.columns.find(({ name }: Told) => name === "distance");
    expect(distance).toMatchObject({ type: "real", missing: all.filter((row) => row.distance === null).length });
    const exact = await at.sluice("profile", "rows.parquet", "--exact", "--json");
    expect(exact.json.columns).toHaveLength(9);
  });

  test("profile shows all digits of whole numbers", async () => {
    at.write("days.csv", `day,at,x\n20240101,1711843260000,1234567.891\n20241230,1713279999999,0.12345678\n`);
    const { stdout } = await at.sluice("profile", "days.csv");
    const cells = stdout.split("\n").map((line) => line.trim().split(/ +/).slice(3, 6));
    expect(cells).toContainEqual(["20240101", "20240665.5", "20241230"]);
    expect(cells).toContainEqual(["1711843260000", "1712561629999.5", "1713279999999"]);
    expect(cells).toContainEqual(["0.123457", "617284", "1234567.9"]);
  });

  test("profile says where the rows are that it could not read, and why", async () => {
    at.write("moments.csv", "at,x\n1711843260000,1\n1711843320000,2\n");
    const { stdout } = await at.sluice("profile", "moments.csv", "--type", "at=timestamp");
    expect(stdout).toContain("0 rows, 2 columns; 2 rows don't fit and are set aside\n");
    const [, file] = /^set aside: (.+) has each such row, and why$/m.exec(stdout)!;
    expect(readFileSync(file!, "utf8")).toContain('"at: is not a time"');
  });

  test("sql asks files as tables", async () => {
    const { json } = await at.sluice(
      "sql",
      "SELECT vehicle, count(*) AS n FROM 'rows.parquet' GROUP BY 1 ORDER BY 1",
      "--json",
    );
    expect(json.rows).toEqual(
      ["bike", "car", "van"].map((vehicle) => ({ vehicle, n: all.filter((row) => row.vehicle === vehicle).length })),
    );
  });

  test("sql asks tables of DuckDB files, by the names that they have as sources", async () => {
    await duck(
      `ATTACH '${at.path("shop.duckdb")}' AS shop`,
      "CREATE TABLE shop.a AS SELECT k, k * 2 AS twice FROM range(10) r(k)",
      "CREATE SCHEMA shop.old",
      "CREATE TABLE shop.old.b AS SELECT k FROM range(5, 20) r(k)",
      "DETACH shop",
    );
    const { json } = await at.sluice(
      "sql",
      "SELECT sum(twice) AS s FROM 'shop.duckdb:a' JOIN 'shop.duckdb:old.b' USING (k)",
      "--json",
    );
    expect(json.rows).toEqual([{ s: 70 }]);
    const missing = await at.sluice("sql", "FROM 'shop.duckdb:b'", "--json");
    expect([missing.code, missing.json.error.message]).toEqual([3, expect.stringContaining("there are a, old.b")]);
  });

  test("resume of a finished run says so and gives the same result", async () => {
    const { json } = await at.sluice("resume", first.run, "--json");
    expect(json).toMatchObject({ run: first.run, model: "late/1", stateHash: first.stateHash, units: { done: 0 } });
    expect(json.units.reused).toBeGreaterThan(0);
    expect((await at.sluice("resume", first.run)).stdout).toMatch(/\d+ finished units reused, 0 done now/);
  });

  test("cache says what it holds, keeps to a limit, and empties", async () => {
    const { json: before } = await at.sluice("cache", "--json");
    expect(before.bytes).toBeGreaterThan(0);
    const { json: limited } = await at.sluice("cache", "--limit", `${Math.floor(before.bytes / 2)}B`, "--json");
    expect(limited.bytes).toBeLessThanOrEqual(before.bytes / 2);
    const { json: cleared } = await at.sluice("cache", "--clear", "--json");
    expect(cleared.bytes).toBe(0);
    const files = existsSync(at.path("cache"))
      ? readdirSync(at.path("cache"), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
      : [];
    expect(files.map(({ name }) => name)).toEqual([]);
  });

  test("learners tells what can learn, and of one its parameters", async () => {
    const { json } = await at.sluice("learners", "--json");
    const named = new Map(json.learners.map((one: { name: string }) => [one.name, one]));
    expect(named.get("linear")).toMatchObject({ tasks: ["regression"] });
    expect(named.get("boosting")).toMatchObject({
      params: expect.arrayContaining([
        expect.objectContaining({ name: "trees", kind: "integer", min: 1, default: 100 }),
      ]),
    });
    const one = await at.sluice("learners", "boosting");
    expect(one.stdout).toContain("learningRate=0.1  (a number from 0.000001 to 1)");
    const misspelt = await at.sluice("learners", "booting");
    expect(misspelt.code).toBe(2);
    expect(misspelt.stderr).toContain('did you mean "boosting"?');
  });

  test("help stands for the program and each command", async () => {
    const help = await at.sluice("train", "--help");
    expect(help.code).toBe(0);
    for (const flag of ["--label", "--features", "--memory", "--param", "--json"]) expect(help.stdout).toContain(flag);
  });
});
