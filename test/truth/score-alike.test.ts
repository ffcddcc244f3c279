import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { columnFromArray, float64, int64, tableFromColumns, tableToIPC, utf8 } from "@uwdata/flechette";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generator, permutation } from "../../src/base/seeds.js";
import type { DataOptions } from "../../src/data/source.js";
import type { Model } from "../../src/model/model.js";
import { evaluateModel } from "../../src/predict/evaluate.js";
import { scored } from "../../src/predict/formulas.js";
import { scoreRow } from "../../src/predict/one.js";
import { openForModel, predictFile } from "../../src/predict/predict.js";
import { homeAt } from "../../src/runs/home.js";
import type { TrainSpec } from "../../src/train/spec.js";
import { trainModel } from "../../src/train/train.js";
import { Workspace } from "../../src/workspace/workspace.js";

// One row, one answer: alone or among others, in any order, file and form, in SQL, one by one, and where it is judged.

interface Thing {
  readonly when: string; // ISO
  readonly size: number | null;
  readonly count: number | null;
  readonly flag: boolean;
  readonly colour: string | null;
  readonly price: number;
  readonly late: boolean;
  readonly cost: number;
}

let dir: string;
let workspace: Workspace;
let things: Thing[];
const models = new Map<string, Model>();

const trainings: Readonly<Record<string, Omit<TrainSpec, "sources">>> = {
  logistic: { label: "late", learner: "logistic", drop: ["cost"] },
  tree: { label: "late", learner: "tree", params: { depth: 3 }, drop: ["cost"] },
  boosting: { label: "late", learner: "boosting", params: { trees: 8 }, drop: ["cost"] },
  sparse: { label: "late", learner: "sparseLogistic", drop: ["cost"] },
  linear: { label: "cost", learner: "linear", drop: ["late"] },
  colours: { label: "colour", learner: "forest", params: { trees: 5 }, drop: ["cost", "late"] },
};

/** How a European office writes them: dates day first, decimal commas, groups of three, words, ? and -200 for missing. */
const office = {
  date: (iso: string) => iso.split("-").reverse().join("/"),
  number: (x: number | null) => (x === null ? "-200" : String(x).replace(".", ",")),
  price: (x: number) =>
    x
      .toFixed(2)
      .replace(/\B(?=(\d{3})+(?!\d))/g, ".")
      .replace(/\.(\d\d)$/, ",$1"),
};
const header = "when;size;count;flag;colour;price;late;cost";
const officeLine = (t: Thing): string =>
  [
    office.date(t.when),
    office.number(t.size),
    t.count ?? "?",
    t.flag ? "True" : "False",
    t.colour ?? "?",
    office.number(t.price),
    t.late ? "yes" : "no",
    office.number(t.cost),
  ].join(";");
const officeFile = (name: string, rows: readonly Thing[]): string => {
  writeFileSync(join(dir, name), `${header}\n${rows.map(officeLine).join("\n")}\n`);
  return join(dir, name);
};

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "sluice-alike-"));
  const next = generator(3);
  things = Array.from({ length: 600 }, () => {
    const when = new Date(Date.UTC(2023, 0, 1 + Math.floor(next() * 700))).toISOString().slice(0, 10);
    const size = next() < 0.1 ? null : Math.round(1000 * next()) / 8;
    const count = next() < 0.1 ? null : Math.floor(next() * 40);
    const [flag, colour] = [next() < 0.4, next() < 0.1 ? null : ["red", "green", "blue"][Math.floor(next() * 3)]!];
    const price = Math.round(100 * next() * 5000) / 100;
    const cost = (size ?? 60) / 10 + (count ?? 20) + (flag ? 5 : 0) + price / 500 + next();
    const late = cost > 30 + (colour === "red" ? -6 : 0) + 4 * next();
    return { when, size, count, flag, colour, price, late, cost: Math.round(cost * 1000) / 1000 };
  });
  workspace = await Workspace.open({
    memoryBytes: 1e9,
    threads: 1,
    home: homeAt({ home: join(dir, "home"), cache: join(dir, "cache") }),
  });
  const file = officeFile("train.csv", things.slice(0, 400));
  for (const [name, spec] of Object.entries(trainings)) {
    const spelled = { csv: { missing: ["?", "-200"] } } as DataOptions;
    models.set(name, (await trainModel({ sources: [file], ...spelled, ...spec }, workspace)).model);
  }
}, 120_000);
afterAll(async () => {
  await workspace?.[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

type Answer = Readonly<Record<string, unknown>>;
let files = 0;
async function predicted(model: Model, source: string, options: DataOptions = {}): Promise<Answer[]> {
  const to = join(dir, `out-${files++}.jsonl`);
  const done = await predictFile(model, [source], { ...options, to, keep: [] }, workspace);
  expect(done.errors).toBe(0);
  return readFileSync(to, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Answer);
}

/** Sums of many terms may be added in another order; nothing else may differ. */
function alike(found: readonly Answer[], right: readonly Answer[]): void {
  expect(found.length).toBe(right.length);
  found.forEach((row, i) => {
    for (const [name, value] of Object.entries(right[i]!))
      if (typeof value === "number" && name !== "count") expect(row[name]).toBeCloseTo(value, 9);
      else expect([i, name, row[name]]).toEqual([i, name, value]);
  });
}

const rowsToScore = (): Thing[] => things.slice(400, 440);
const right = (model: Model): Promise<Answer[]> => predicted(model, officeFile("right.csv", rowsToScore()));

/** The same rows in other forms. */
const forms: Readonly<Record<string, (rows: readonly Thing[]) => { path: string; options?: DataOptions }>> = {
  "a CSV in the office's dialect and another order of columns": (rows) => {
    const names = header.split(";").reverse();
    const lines = rows.map((t) => officeLine(t).split(";").reverse().join(";"));
    writeFileSync(join(dir, "reversed.csv"), `${names.join(";")}\n${lines.join("\n")}\n`);
    return { path: join(dir, "reversed.csv") };
  },
  "a gzipped CSV with tabs": (rows) => {
    writeFileSync(
      join(dir, "tabs.tsv"),
      `${header.replaceAll(";", "\t")}\n${rows.map(officeLine).join("\n").replaceAll(";", "\t")}\n`,
    );
    return { path: join(dir, "tabs.tsv") };
  },
  "JSON lines of texts as the office writes them": (rows) => {
    const names = header.split(";");
    const lines = rows.map((t) =>
      JSON.stringify(
        Object.fromEntries(
          officeLine(t)
            .split(";")
            .map((cell, i) => [names[i], cell]),
        ),
      ),
    );
    writeFileSync(join(dir, "texts.jsonl"), `${lines.join("\n")}\n`);
    return { path: join(dir, "texts.jsonl") };
  },
  "JSON lines of values": (rows) => {
    writeFileSync(join(dir, "values.jsonl"), `${rows.map((t) => JSON.stringify(t)).join("\n")}\n`);
    return { path: join(dir, "values.jsonl") };
  },
  "Arrow with NaN and -200 for missing, as pandas has it": (rows) => {
    const table = tableFromColumns({
      when: columnFromArray(
        rows.map(({ when }) => office.date(when)),
        utf8(),
      ),
      size: columnFromArray(
        rows.map(({ size }) => size ?? -200),
        float64(),
      ),
      count: columnFromArray(
        rows.map(({ count }) => count ?? Number.NaN),
        float64(),
      ),
      flag: columnFromArray(
        rows.map(({ flag }) => BigInt(flag)),
        int64(),
      ),
      colour: columnFromArray(
        rows.map(({ colour }) => colour ?? "?"),
        utf8(),
      ),
      price: columnFromArray(
        rows.map(({ price }) => price),
        float64(),
      ),
      late: columnFromArray(
        rows.map(({ late }) => (late ? "yes" : "no")),
        utf8(),
      ),
      cost: columnFromArray(
        rows.map(({ cost }) => cost),
        float64(),
      ),
    });
    writeFileSync(join(dir, "pandas.arrow"), tableToIPC(table, { format: "stream" })!);
    return { path: join(dir, "pandas.arrow") };
  },
};

describe.each(Object.keys(trainings))("a row of %s", (name) => {
  test("scores alike alone, among others, and in another order", async () => {
    const model = models.get(name)!;
    const rows = rowsToScore();
    const all = await right(model);
    for (const i of [0, 7, 23]) alike(await predicted(model, officeFile("alone.csv", [rows[i]!])), [all[i]!]);
    const order = permutation(rows.length, 5);
    const shuffled = await predicted(
      model,
      officeFile(
        "shuffled.csv",
        Array.from(order, (i) => rows[i]!),
      ),
    );
    alike(
      shuffled,
      Array.from(order, (i) => all[i]!),
    );
  });

  test.each(Object.keys(forms))("scores alike in %s", async (form) => {
    const model = models.get(name)!;
    const { path, options } = forms[form]!(rowsToScore());
    alike(await predicted(model, path, options), await right(model));
  });

  test("scores alike in Parquet, typed and as text", async () => {
    const model = models.get(name)!;
    const all = await right(model);
    const names = header.split(";");
    const lines = rowsToScore().map(officeLine);
    const values = lines
      .map(
        (line) =>
          `(${line
            .split(";")
            .map((cell) => `'${cell}'`)
            .join(", ")})`,
      )
      .join(", ");
    const text = {
      kind: "sql",
      text: `SELECT * FROM (VALUES ${values}) AS t(${names.map((one) => `"${one}"`).join(", ")})`,
    } as const;
    await workspace.local.write(text, { format: "parquet", path: join(dir, "text.parquet"), overwrite: true });
    alike(await predicted(model, join(dir, "text.parquet")), all);
    const typed = {
      kind: "sql",
      text: `SELECT strptime("when", '%d/%m/%Y')::DATE AS "when", nullif(replace(size, ',', '.')::FLOAT, -200) AS size, TRY_CAST("count" AS DOUBLE) AS "count", flag = 'True' AS flag, nullif(colour, '?') AS colour, replace(price, ',', '.')::DECIMAL(18, 2) AS price FROM '${join(dir, "text.parquet")}'`,
    } as const;
    await workspace.local.write(typed, { format: "parquet", path: join(dir, "typed.parquet"), overwrite: true });
    const noLabel = model.label.text === "colour" ? [] : all;
    if (noLabel.length > 0) alike(await predicted(model, join(dir, "typed.parquet")), noLabel);
  });

  test("scores alike in SQL and one by one, from values or texts", async () => {
    const model = models.get(name)!;
    const all = await right(model);
    const data = await openForModel(model, [join(dir, "right.csv")], {}, workspace);
    alike(
      (await workspace.engine.rows(scored(model, { kind: "scan", scan: data.scan }, data.schema, []), 100)) as Answer[],
      all,
    );
    const score = scoreRow(model);
    const names = header.split(";");
    rowsToScore().forEach((thing, i) => {
      const cells = Object.fromEntries(
        officeLine(thing)
          .split(";")
          .map((cell, k) => [names[k]!, cell]),
      );
      for (const row of [thing as unknown as Answer, cells]) {
        const { prediction, probability } = score(row);
        alike(
          [{ prediction, ...(probability === undefined ? {} : { probability }) }],
          [
            {
              prediction: all[i]!["prediction"],
              ...(probability === undefined ? {} : { probability: all[i]!["probability"] }),
            },
          ],
        );
      }
    });
  });

  test("is judged by the answer that it gets", async () => {
    const model = models.get(name)!;
    const rows = things.slice(400);
    const answers = await predicted(model, officeFile("judge.csv", rows));
    const { rows: counts, model: quality } = await evaluateModel(model, [join(dir, "judge.csv")], {}, workspace);
    const texts = forms["JSON lines of texts as the office writes them"]!(rows);
    const again = await evaluateModel(model, [texts.path], {}, workspace);
    expect([again.rows, again.model.values]).toEqual([counts, quality.values]);
    if (model.task === "regression") {
      const squares = rows.map(({ cost }, i) => (cost - Number(answers[i]!["prediction"])) ** 2);
      expect(quality.values["rmse"]).toBeCloseTo(Math.sqrt(squares.reduce((a, b) => a + b, 0) / rows.length), 4); // pages are float32
      return;
    }
    const truth = rows.map((t) => (model.label.text === "colour" ? t.colour : t.late ? "yes" : "no"));
    const judged = truth
      .map((label, i) => ({ label, is: answers[i]!["prediction"] }))
      .filter(({ label }) => label !== null);
    const share = judged.filter(({ label, is }) => shown(is) === label).length / judged.length;
    expect(counts.labelled).toBe(judged.length);
    expect(quality.values["accuracy"]).toBeCloseTo(share, 12);
  });
});

/** Words for true and false may be a boolean's in the model. */
const shown = (value: unknown): string => (value === true ? "yes" : value === false ? "no" : String(value));
