import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { tableFromArrays, tableToIPC } from "@uwdata/flechette";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { predict, rows as rowsOf, train } from "../../src/index.js";
import { accounted, place, type Told } from "../support/cli.js";
import { asCsv, asJsonLines, columns, deliveries, labelled } from "../support/deliveries.js";
import { duck } from "../support/duck.js";

const at = place();
const all = deliveries(600);
const half = 290;
const late = ["--label", "late", "--drop", "minutes,size,id,weight"];
const names = ["--columns", columns.join(",")];
let plain: Told;

beforeAll(async () => {
  at.write("rows.csv", asCsv(all));
  at.write("rows.tsv", asCsv(all, "\t"));
  at.write("rows.csv.gz", gzipSync(asCsv(all)));
  at.write("bare.csv", asCsv(all, ",", false));
  at.write("rows.jsonl", asJsonLines(all));
  mkdirSync(at.path("parts"));
  at.write("parts/1.csv", asCsv(all.slice(0, half)));
  at.write("parts/2.csv", asCsv(all.slice(half)));
  for (const vehicle of ["bike", "car", "van"]) {
    mkdirSync(at.path(`hive/vehicle=${vehicle}`), { recursive: true });
    at.write(
      `hive/vehicle=${vehicle}/part.csv`,
      asCsv(
        all.filter((row) => row.vehicle === vehicle),
        ",",
        true,
        columns.filter((name) => name !== "vehicle"),
      ),
    );
  }
  const types = "types = {'late': 'VARCHAR'}";
  const read = `FROM read_csv('${at.path("rows.csv")}', ${types})`;
  await duck(
    `COPY (${read}) TO '${at.path("rows.parquet")}' (FORMAT parquet)`,
    `COPY (SELECT * EXCLUDE (shop), shop ${read}) TO '${at.path("shops")}' (FORMAT parquet, PARTITION_BY (shop))`,
    `ATTACH '${at.path("shop.duckdb")}' AS kept`,
    `CREATE TABLE kept.deliveries AS ${read}`,
    "CREATE SCHEMA kept.old",
    `CREATE TABLE kept.old."2023" AS ${read}`,
    "DETACH kept",
  );
  const arrays = Object.fromEntries(columns.map((name) => [name, all.map((row) => row[name])]));
  at.write("rows.arrow", tableToIPC(tableFromArrays(arrays), { format: "file" })!);
  at.write(
    "rows.svm",
    all
      .map((row, i) =>
        `${row.minutes > 30 ? 1 : -1} 1:${row.distance ?? 0} ${i % 3 ? `3:${i % 3}` : ""} 4:0.5`.replace(/ +/g, " "),
      )
      .join("\n"),
  );
  plain = (await at.sluice("train", "rows.csv", ...late, "--name", "plain", "--json")).json;
});
afterAll(() => at[Symbol.dispose]());

const scoredRows = async (name: string): Promise<Record<string, unknown>[]> => duck(`FROM '${at.path(name)}'`);

describe("a source", () => {
  test.each([
    { form: "CSV", source: ["rows.csv"] },
    { form: "TSV", source: ["rows.tsv"] },
    { form: "gzipped CSV", source: ["rows.csv.gz"] },
    { form: "CSV without a header", source: ["bare.csv"], flags: ["--no-header", ...names] },
    { form: "JSON lines", source: ["rows.jsonl"] },
    { form: "Parquet", source: ["rows.parquet"] },
    { form: "table in a DuckDB file", source: ["shop.duckdb:deliveries"] },
    { form: "table in a schema of a DuckDB file", source: ["shop.duckdb:old.2023"] },
  ])("as $form gives the model of the same rows in a plain CSV", async ({ form, source, flags = [] }) => {
    const name = form.replaceAll(" ", "-");
    const { json } = await at.sluice("train", ...source, ...late, ...flags, "--name", name, "--json");
    expect(json.rows).toEqual(plain.rows);
    expect(json.stateHash).toBe(plain.stateHash);
    const scored = await at.sluice("predict", name, ...source, ...flags, "--to", `${name}.parquet`, "--json");
    expect(scored.json).toMatchObject({ rows: all.length, errors: 0 });
    expect((await scoredRows(`${name}.parquet`)).map(({ id }) => Number(id))).toEqual(all.map(({ id }) => id));
  });

  test.each([
    { form: "Arrow IPC", source: ["rows.arrow"] },
    { form: "a glob", source: ["parts/*.csv"] },
    { form: "two files", source: ["parts/1.csv", "parts/2.csv"] },
    { form: "a folder", source: ["parts"] },
    { form: "a hive folder of Parquet", source: ["shops"] },
    { form: "a hive folder of CSV", source: ["hive"] },
  ])("as $form trains and predicts, each row once", async ({ form, source }) => {
    const name = form.replaceAll(" ", "-");
    const { json } = await at.sluice("train", ...source, ...late, "--name", name, "--json");
    expect(json.rows).toMatchObject({ read: all.length, unlabelled: all.length - labelled(all) });
    expect(accounted(json.rows)).toBe(true);
    expect(json.metrics.validation.auc).toBeGreaterThan(json.metrics.baseline.validation.auc);
    const scored = await at.sluice("predict", name, ...source, "--to", `${name}.parquet`, "--json");
    expect(scored.json).toMatchObject({ rows: all.length, errors: 0 });
    const ids = (await scoredRows(`${name}.parquet`)).map(({ id }) => Number(id));
    expect(ids.toSorted((a, b) => a - b)).toEqual(all.map(({ id }) => id));
  });

  test("in a hive folder has its folders' names as columns", async () => {
    const { json } = await at.sluice("profile", "shops", "--json");
    const shop = json.columns.find((column: Told) => column.name === "shop");
    expect(shop).toMatchObject({ type: "text", missing: 0 });
    expect(json.rows).toBe(all.length);
  });

  test("as LIBSVM has a column for each number", async () => {
    const { json } = await at.sluice("train", "rows.svm", "--label", "label", "--name", "svm", "--json");
    expect(json.task).toBe("binary");
    expect(json.rows.read).toBe(all.length);
    const scored = await at.sluice("predict", "svm", "rows.svm", "--to", "svm.parquet", "--json");
    expect(scored.json).toMatchObject({ rows: all.length, errors: 0 });
  });

  test("from standard input is read once, and resumed from what was read", async () => {
    const text = asCsv(all);
    const piped = await at.piped(text, "train", "-", ...late, "--name", "piped", "--json");
    expect(piped.json.rows).toEqual(plain.rows);
    expect(piped.json.stateHash).toBe(plain.stateHash);
    const resumed = await at.piped("", "resume", piped.json.run, "--json");
    expect(resumed.json.stateHash).toBe(plain.stateHash);
    const scored = await at.piped(text, "predict", "piped", "-", "--to", "-", "--keep", "id");
    expect(scored.stdout.trimEnd().split("\n")).toHaveLength(all.length + 1);
  });

  test("of rows from an async iterable trains and predicts from TypeScript", async () => {
    async function* stream() {
      for (const row of all) yield row;
    }
    const here = { home: at.path("home"), cache: at.path("cache") };
    const model = await train({
      data: rowsOf(stream()),
      label: "late",
      drop: ["minutes", "size", "id", "weight"],
      ...here,
    });
    expect(model.result.rows).toEqual(plain.rows);
    expect(model.result.stateHash).toBe(plain.stateHash);
    const done = await predict(model, rowsOf(all), { to: at.path("streamed.jsonl"), keep: ["id"], ...here });
    expect(done).toMatchObject({ rows: all.length, errors: 0 });
    const lines = readFileSync(at.path("streamed.jsonl"), "utf8").trimEnd().split("\n");
    expect(lines.map((line) => Number(JSON.parse(line).id))).toEqual(all.map(({ id }) => id));
  });
});

test("a second training on the same rows starts from cached pages, and a cleared cache changes nothing", async () => {
  const again = await at.sluice("train", "rows.parquet", ...late, "--name", "warm", "--json");
  rmSync(at.path("cache"), { recursive: true });
  const cold = await at.sluice("train", "rows.parquet", ...late, "--name", "cold", "--json");
  expect([again.json.stateHash, cold.json.stateHash]).toEqual([plain.stateHash, plain.stateHash]);
});
