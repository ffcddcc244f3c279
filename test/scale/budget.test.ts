import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { binaryTable } from "../../bench/data.mjs";
import { trainCapped } from "../../bench/promises/budget.mjs";
import { needs } from "../support/needs.js";

/** 20 float32 columns: 2.08 GB of pages, four times the larger budget and eight times the smaller. */
const rows = 26_000_000;
const MB = 1e6;

needs.root()("training on pages larger than the budget", () => {
  const scratch = mkdtempSync(join(tmpdir(), "sluice-budget-"));
  const hashes: string[] = [];
  let file: string;
  beforeAll(async () => {
    file = await binaryTable(rows);
  }, 600_000);
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  test.each([
    { budget: 256, threads: 1 },
    { budget: 256, threads: 2 },
    { budget: 512, threads: 2 },
    { budget: 512, threads: 4 },
  ])(
    "stays within $budget MB with $threads threads, and no kernel has to help",
    async ({ budget, threads }) => {
      const args = [file, "--label", "y", "--learner", "logistic", "--threads", `${threads}`];
      const run = await trainCapped(args, budget, scratch);
      expect(run.error).toBeUndefined();
      expect(run).toMatchObject({ killed: 0, status: 0 });
      expect(run.told.rows.read).toBe(rows);
      expect(run.pages.encodedBytes).toBeGreaterThan(4 * budget * MB);
      expect(run.pages.read).toBeGreaterThan(run.pages.encoded);
      expect(run.peakRssBytes).toBeLessThanOrEqual(budget * MB);
      expect(run.told.peakRssBytes).toBeLessThanOrEqual(budget * MB);
      hashes.push(run.told.stateHash);
    },
    660_000,
  );

  test("gives the same model for every budget and number of threads", () => {
    expect(hashes).toHaveLength(4);
    expect(new Set(hashes).size).toBe(1);
  });
});
