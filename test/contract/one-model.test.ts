import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Ledger } from "../../src/base/ledger.js";
import { generator } from "../../src/base/seeds.js";
import { learners } from "../../src/learners/index.js";
import { homeAt } from "../../src/runs/home.js";
import type { TrainDetails } from "../../src/train/spec.js";
import { trainModel } from "../../src/train/train.js";
import { planMemory, Workspace } from "../../src/workspace/workspace.js";

const rows = 3000;
let dir: string;
let file: string;
/** The same rows in three files. */
let parts: string[];

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "sluice-one-model-"));
  file = join(dir, "rows.csv");
  const next = generator(11);
  const lines = Array.from({ length: rows }, (_, i) => {
    const [a, b, c] = [next() * 10, next() - 0.5, Math.floor(next() * 4)];
    const margin = 0.4 * a - 2 + 3 * b + (c === 2 ? 1 : 0);
    return [
      `r${i}`,
      a.toFixed(6),
      next() < 0.05 ? "" : b.toFixed(6),
      "wxyz"[c],
      next() < 1 / (1 + Math.exp(-margin)) ? "yes" : "no",
      (margin + next()).toFixed(6),
      next() < 0.01 ? 7 : 1 + (Math.floor(a + next()) % 6),
    ].join(",");
  });
  const header = "row,a,b,c,label,target,seven";
  writeFileSync(file, `${header}\n${lines.join("\n")}\n`);
  parts = [0, 1100, 1150].map((from, i, starts) => {
    const part = join(dir, `part-${i}.csv`);
    writeFileSync(part, `${header}\n${lines.slice(from, starts[i + 1]).join("\n")}\n`);
    return part;
  });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function trained(
  learner: string,
  label: string,
  settings: { memoryBytes: number; threads: number; cache: string },
  sources = [file],
): Promise<TrainDetails> {
  await using workspace = await Workspace.open({
    ...settings,
    home: homeAt({ home: join(dir, "home"), cache: join(dir, settings.cache) }),
  });
  // Pages of 64 rows: 47 of them, so that merging has an order to get wrong.
  const drop = ["label", "target", "seven"].filter((name) => name !== label);
  const params = learner === "boosting" || learner === "forest" ? { trees: 15 } : {};
  return await trainModel({ sources, label, learner, params, drop, id: "row", pageRows: 64 }, workspace);
}

/** Each learner on each kind of label that it learns. */
const cases = learners.flatMap(({ name, tasks, needs }) =>
  (
    [
      ["binary", "label", "logLoss"],
      ["multiclass", "seven", "logLoss"],
      ["regression", "target", "rmse"],
    ] as const
  ).flatMap(([task, label, loss]) =>
    tasks.includes(task) ? [{ name, label, loss, kept: needs.pages === "bins" }] : [],
  ),
);

describe.each(cases)("$name of $label", ({ name, label }) => {
  test("is the same model for any budget, number of threads and state of the cache", async () => {
    const cold = `cold-${name}-${label}`;
    const runs = [
      { memoryBytes: 300e6, threads: 1, cache: cold },
      { memoryBytes: 2e9, threads: 3, cache: cold }, // warm: the pages of the first
      { memoryBytes: 1e9, threads: 2, cache: `other-${name}-${label}` },
    ];
    const all: TrainDetails[] = [];
    for (const settings of runs) all.push(await trained(name, label, settings));
    expect(new Set(all.map(({ result }) => result.stateHash)).size).toBe(1);
    expect(all[0]!.pages.encoded).toBe(47);
    expect(all[1]!.pages.encoded).toBe(0);
    expect(all[1]!.pages.read).toBeGreaterThan(0);
    expect(all[2]!.quality).toEqual(all[0]!.quality);
  });
});

// Their rows stay with the workers: a file that begins a page of its own makes other blocks.
describe.each(cases.filter(({ kept }) => kept))("$name of $label", ({ name, label, loss }) => {
  const lossOf = ({ result }: TrainDetails): number => (result.metrics.validation as Record<string, number>)[loss]!;

  test("learns as well from several files, and the same by any number of threads", async () => {
    const cache = `files-${name}-${label}`;
    const one = await trained(name, label, { memoryBytes: 300e6, threads: 1, cache }, parts);
    const three = await trained(name, label, { memoryBytes: 2e9, threads: 3, cache }, parts);
    expect(three.result.stateHash).toBe(one.result.stateHash);
    // The same rows learn and judge, by their id; gradients are rounded by a row's place, so trees differ by as much.
    const whole = await trained(name, label, { memoryBytes: 1e9, threads: 2, cache: `cold-${name}-${label}` });
    expect(lossOf(one)).toBeLessThan(1.15 * lossOf(whole));
  });
});

test.each(["logistic", "sgd", "boosting", "sparseLogistic"])(
  "a damaged page is found by %s and made again",
  async (learner) => {
    const settings = { memoryBytes: 1e9, threads: 2, cache: `damaged-${learner}` };
    const first = await trained(learner, "label", settings);
    const pages = join(dir, settings.cache, "pages");
    for (const name of readdirSync(pages)) {
      const file = join(pages, name, "pages.bin");
      const bytes = readFileSync(file);
      bytes[Math.floor(bytes.length / 2)]! ^= 1;
      writeFileSync(file, bytes);
    }
    const again = await trained(learner, "label", settings);
    expect(again.result.stateHash).toBe(first.result.stateHash);
    expect(again.result.warnings.map(({ code }) => code)).toContain("damaged");
    expect(again.pages.encoded).toBe(47);
  },
);

test("another split over the same features encodes none of them again", async () => {
  const cache = join(dir, "shared");
  const trainWith = async (validate: string): Promise<TrainDetails> => {
    await using workspace = await Workspace.open({
      memoryBytes: 1e9,
      threads: 2,
      home: homeAt({ home: join(dir, "home"), cache }),
    });
    return await trainModel(
      { sources: [file], label: "target", learner: "linear", features: "a, a * a", validate, pageRows: 64 },
      workspace,
    );
  };
  const writtenAt = (): number[] =>
    readdirSync(join(cache, "pages"))
      .map((name) => statSync(join(cache, "pages", name, "pages.bin")))
      .filter(({ size }) => size > 0)
      .map(({ mtimeMs, size }) => mtimeMs + size)
      .sort();
  await trainWith("random:0.2");
  const first = writtenAt();
  const second = await trainWith("random:0.4");
  // Two page sets, features and side, became three: a side of its own for the other split.
  expect(first).toHaveLength(2);
  expect(writtenAt()).toHaveLength(3);
  expect(writtenAt()).toEqual(expect.arrayContaining(first));
  rmSync(cache, { recursive: true, force: true });
  const cold = await trainWith("random:0.4");
  expect(second.result.stateHash).toBe(cold.result.stateHash);
  expect(second.quality).toEqual(cold.quality);
});

describe("the ledger", () => {
  test("gives what is free, takes it back, and refuses more with the budget that would do", () => {
    const ledger = new Ledger(100);
    const pages = ledger.lease("pages", 60);
    expect(ledger.leaseUpTo("sort", 80, 10).bytes).toBe(40);
    expect(() => ledger.lease("hash table", 1)).toThrow(
      expect.objectContaining({ code: "budget_too_small", neededBytes: 101 }),
    );
    pages.release();
    expect(ledger.lease("hash table", 50).bytes).toBe(50);
  });

  test("lowers threads before it refuses, and names the smallest budget that would do", () => {
    expect(planMemory(2e9, 8).threads).toBe(8);
    const { threads, neededBytes } = planMemory(256e6, 8);
    expect(threads).toBeLessThan(8);
    expect(planMemory(neededBytes, 1).threads).toBe(1);
    expect(() => planMemory(neededBytes - 1e6, 1)).toThrow(expect.objectContaining({ code: "budget_too_small" }));
  });
});
