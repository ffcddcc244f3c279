import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { generator } from "../../src/base/seeds.js";
import type { Model } from "../../src/model/model.js";
import { scoreRow } from "../../src/predict/one.js";
import { predictFile } from "../../src/predict/predict.js";
import { homeAt } from "../../src/runs/home.js";
import type { TrainDetails, TrainSpec } from "../../src/train/spec.js";
import { trainModel } from "../../src/train/train.js";
import { Workspace } from "../../src/workspace/workspace.js";
import { duck } from "../support/duck.js";

const rows = 700;
const topics = ["sea", "sky", "sand"];
let dir: string;
let file: string;
let all: { text: string | null; place: string; topic: string; loud: boolean; size: number }[];

/** Texts of 3 to 3000 words: a page ends where its words are too many, long before its rows are. */
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "sluice-text-"));
  file = join(dir, "rows.jsonl");
  const next = generator(5);
  all = Array.from({ length: rows }, (_, i) => {
    const topic = topics[Math.floor(next() * 3)]!;
    const count = i % 3 === 0 ? 3000 : 3 + Math.floor(next() * 30);
    const words = Array.from({ length: count }, () => `word${Math.floor(next() ** 3 * 5000)}`);
    for (let k = 0; k < 1 + count / 20; k++) words[Math.floor(next() * count)] = `${topic}${Math.floor(next() * 20)}`;
    const text = i % 50 === 7 ? null : `Ünter 🦆 ${words.join(i % 2 ? " " : ", ")}`;
    return {
      text,
      place: `p${Math.floor(next() * 500)}`,
      topic,
      loud: next() < 0.5,
      size: count + (topic === "sea" ? 9 : 0),
    };
  });
  writeFileSync(file, all.map((row) => `${JSON.stringify(row)}\n`).join(""));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const open = (cache: string, memoryBytes = 1e9, threads = 2): Promise<Workspace> =>
  Workspace.open({ memoryBytes, threads, home: homeAt({ home: join(dir, "home"), cache: join(dir, cache) }) });

async function trained(
  spec: Partial<TrainSpec>,
  settings: { cache: string; memoryBytes?: number; threads?: number },
): Promise<TrainDetails> {
  await using workspace = await open(settings.cache, settings.memoryBytes, settings.threads);
  return await trainModel(
    {
      sources: [file],
      label: "topic",
      learner: "sparseLogistic",
      features: "tfidf(text, ngrams=2, bits=14), hashed(place)",
      params: { passes: 3, shards: 2, bits: 10 },
      ...spec,
    },
    workspace,
  );
}

test("words make the same model for any budget, number of threads and state of the cache", async () => {
  const runs = [
    { memoryBytes: 300e6, threads: 1, cache: "cold" },
    { memoryBytes: 2e9, threads: 3, cache: "cold" }, // warm: the pages of the first
    { memoryBytes: 1e9, threads: 2, cache: "other" },
  ];
  const made: TrainDetails[] = [];
  for (const settings of runs) made.push(await trained({}, settings));
  expect(new Set(made.map(({ result }) => result.stateHash)).size).toBe(1);
  // Rows would fit one page; their words and pairs do not.
  expect(made[0]!.pages.encoded).toBeGreaterThan(1);
  expect(made[1]!.pages.encoded).toBe(0);
  expect(made[2]!.quality).toEqual(made[0]!.quality);
  expect(made[0]!.quality["validation"]!.model.values["accuracy"]).toBeGreaterThan(0.8);
});

test("another label over the same words encodes them no more, and cuts its pages as they are cut", async () => {
  const other = { label: "loud", features: "text(text, bits=14), tfidf(text, bits=12, signed=true), place" };
  const cut = await trained({ ...other, label: "topic" }, { cache: "labels" });
  const pages = join(dir, "labels", "pages");
  const large = (): number[] =>
    readdirSync(pages)
      .map((name) => statSync(join(pages, name, "pages.bin")))
      .filter(({ size }) => size > 1e6)
      .map(({ mtimeMs }) => mtimeMs);
  const written = large();
  const warm = await trained(other, { cache: "labels" });
  expect(large()).toEqual(written);
  const cold = await trained(other, { cache: "labels-cold" });
  expect(warm.result.stateHash).toBe(cold.result.stateHash);
  expect(warm.quality).toEqual(cold.quality);
  expect(cut.result.stateHash).not.toBe(cold.result.stateHash);
});

test.each(["tfidf", "text"])("a damaged page of words is found and made again: %s", async (feature) => {
  const spec = { features: `${feature}(text, bits=14)` };
  const cache = `damaged ${feature}`;
  const first = await trained(spec, { cache });
  const pages = join(dir, cache, "pages");
  for (const name of readdirSync(pages)) {
    const file = join(pages, name, "pages.bin");
    const bytes = readFileSync(file);
    bytes[Math.floor(bytes.length / 2)]! ^= 1;
    bytes[Math.min(bytes.length - 1, 100)]! ^= 64;
    writeFileSync(file, bytes);
  }
  const again = await trained(spec, { cache });
  expect(again.result.stateHash).toBe(first.result.stateHash);
  expect(again.result.warnings.map(({ code }) => code)).toContain("damaged");
});

test.each([
  ["topic", "sparseLogistic"],
  ["loud", "sparseLogistic"],
  ["size", "sparseLinear"],
] as const)("scores of %s are the same in DuckDB, in the kernel and for one row", async (label, learner) => {
  const features = "tfidf(text, ngrams=2, bits=12, least=2), text(place, count=binary, norm=none, bits=8)";
  const { model, quality } = await trained(
    { label, learner, features, validate: "none", test: [file] },
    { cache: "scores" },
  );
  await using workspace = await open("scores");
  const to = join(dir, `${label}.parquet`);
  await predictFile(model as Model, [file], { to }, workspace);
  const scored = await duck(`SELECT * FROM '${to}'`);
  const one = scoreRow(model as Model);
  let wrong = 0;
  all.forEach((row, i) => {
    if (scored[i]!["prediction"] !== row[label]) wrong++;
    if (i % 5 > 0) return;
    const ours = one({ text: row.text, place: row.place });
    const theirs = scored[i]!;
    if (label === "size") expect(Number(theirs["prediction"])).toBeCloseTo(ours.prediction as number, 9);
    else expect(theirs["prediction"]).toBe(ours.prediction);
    if (label === "topic")
      for (const topic of topics) expect(theirs[`probability_${topic}`]).toBeCloseTo(ours.probabilities![topic]!, 10);
  });
  const { accuracy } = quality["test"]!.model.values;
  if (accuracy !== undefined) expect(accuracy).toBeCloseTo(1 - wrong / rows, 10);
});

test("a learner that has no weights for words says which one has", async () => {
  await expect(trained({ learner: "logistic", params: {} }, { cache: "refused" })).rejects.toThrow(
    /logistic gives no weights to the words of "text"; choose --learner sparseLogistic/,
  );
});
