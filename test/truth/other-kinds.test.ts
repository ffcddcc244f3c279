import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Model } from "../../src/model/model.js";
import { evaluateModel } from "../../src/predict/evaluate.js";
import { predictFile } from "../../src/predict/predict.js";
import { homeAt } from "../../src/runs/home.js";
import type { DataOptions } from "../../src/train/source.js";
import { trainModel } from "../../src/train/train.js";
import { Workspace } from "../../src/train/workspace.js";

// A model of typed columns, asked with texts that say the same in another kind: an instant for a wall clock, 0 and 1 for false and true.

const rows = Array.from({ length: 400 }, (_, i) => ({
  at: new Date(Date.UTC(2024, 0, 1, 0, 37 * i)),
  flag: (i * 7) % 3 === 0,
  count: (i * 11) % 2,
  day: new Date(Date.UTC(2024, 0, 1 + (i % 300))),
}));
type Thing = (typeof rows)[number];
const lateOf = ({ at, flag, count }: Thing): boolean => at.getUTCHours() + (flag ? 9 : 0) + count > 14;
const iso = (time: Date): string => time.toISOString().slice(0, 19);

let dir: string;
let workspace: Workspace;
let model: Model;
let right: unknown[];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "sluice-kinds-"));
  workspace = await Workspace.open({
    memoryBytes: 1e9,
    threads: 1,
    home: homeAt({ home: join(dir, "home"), cache: join(dir, "cache") }),
  });
  const values = rows.map(
    (row) =>
      `(TIMESTAMP '${iso(row.at)}', ${row.flag}, ${row.count}::BIGINT, DATE '${iso(row.day).slice(0, 10)}', ${lateOf(row)})`,
  );
  const text = `SELECT * FROM (VALUES ${values.join(", ")}) AS t("at", flag, count, "day", late)`;
  const path = join(dir, "typed.parquet");
  await workspace.local.write({ kind: "sql", text }, { format: "parquet", path });
  const features = "hour(at), flag, count, month(day)";
  const spec = { label: "late", learner: "boosting", params: { trees: 10 }, features, validate: "none" } as const;
  model = (await trainModel({ sources: [path], ...spec }, workspace)).model;
  right = await predicted(path);
}, 60_000);
afterAll(async () => {
  await workspace?.[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

let files = 0;
async function predicted(source: string, options: DataOptions = {}): Promise<unknown[]> {
  const to = join(dir, `out-${files++}.jsonl`);
  const done = await predictFile(model, [source], { ...options, to, keep: [] }, workspace);
  expect(done.errors).toBe(0);
  const lines = readFileSync(to, "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line).probability as unknown);
}

const asIs = {
  at: ({ at }: Thing): unknown => iso(at),
  flag: ({ flag }: Thing): unknown => flag,
  count: ({ count }: Thing): unknown => count,
  day: ({ day }: Thing): unknown => iso(day).slice(0, 10),
  late: (row: Thing): unknown => lateOf(row),
};
const spellings: Readonly<Record<string, Partial<typeof asIs>>> = {
  "as they are": {},
  "an instant in UTC": { at: ({ at }) => `${iso(at)}Z` },
  "an instant of another zone": { at: ({ at }) => `${iso(new Date(at.getTime() + 2 * 3600e3))}+02:00` },
  "the year first": {
    at: ({ at }) => iso(at).replaceAll("-", "/").replace("T", " "),
    day: ({ day }) => iso(day).slice(0, 10).replaceAll("-", "/"),
  },
  "a time of day behind a date": { day: ({ day }) => `${iso(day)}` },
  "0 and 1 for false and true": { flag: ({ flag }) => Number(flag), late: (row) => Number(lateOf(row)) },
  "true and false for 0 and 1": { count: ({ count }) => count === 1 },
};

describe.each(Object.entries(spellings))("rows with %s", (name, changes) => {
  const spelled = { ...asIs, ...changes };
  const records = rows.map((row) => Object.fromEntries(Object.entries(spelled).map(([key, of]) => [key, of(row)])));
  const write = (form: "csv" | "jsonl", some: typeof records): string => {
    const path = join(dir, `${name.replaceAll(" ", "-")}-${some.length}.${form}`);
    const lines =
      form === "jsonl"
        ? some.map((record) => JSON.stringify(record))
        : [Object.keys(spelled).join(","), ...some.map((record) => Object.values(record).join(","))];
    writeFileSync(path, `${lines.join("\n")}\n`);
    return path;
  };

  test.each(name === "the year first" ? (["csv"] as const) : (["csv", "jsonl"] as const))(
    "score and are judged alike as %s, alone and together",
    async (form) => {
      expect(await predicted(write(form, records))).toEqual(right);
      for (const i of [0, 1, 250]) expect(await predicted(write(form, [records[i]!]))).toEqual([right[i]]);
      const { rows: counts, model: quality } = await evaluateModel(model, [write(form, records)], {}, workspace);
      expect(counts.labelled).toBe(400);
      expect(quality.values["accuracy"]).toBe(
        rows.filter((row, i) => (right[i] as number) > 0.5 === lateOf(row)).length / 400,
      );
    },
  );
});

test("a day or month that comes first must be said", async () => {
  const path = join(dir, "day-first.csv");
  const lines = rows.map((row) => {
    const [year, month, day] = iso(row.day).slice(0, 10).split("-");
    return `${iso(row.at)},${row.flag},${row.count},${day}/${month}/${year}`;
  });
  writeFileSync(path, `at,flag,count,day\n${lines.join("\n")}\n`);
  await expect(evaluateModel(model, [path], {}, workspace)).rejects.toThrow(
    /"day": "\d+\/\d+\/2024" is not a date. --date-format/,
  );
  expect(await predicted(path, { csv: { dateFormat: "dmy" } })).toEqual(right);
});
