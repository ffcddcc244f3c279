import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { binaryTable } from "../../bench/data.mjs";
import { sluiceCapped } from "../support/cgroup.js";
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
      const [home, cache] = [join(scratch, `home-${budget}-${threads}`), join(scratch, "cache")];
      const args = [
        "train",
        file,
        "--label",
        "y",
        "--learner",
        "logistic",
        "--memory",
        `${budget}MB`,
        "--threads",
        `${threads}`,
      ];
      const run = await sluiceCapped([...args, "--home", home, "--cache", cache, "--json"], {
        limitBytes: budget * MB,
        timeoutMs: 600_000,
      });
      rmSync(cache, { recursive: true, force: true }); // the next one encodes for itself
      expect(run.stderr.includes('"error"') ? run.stderr : "").toBe("");
      expect(run).toMatchObject({ killed: 0, status: 0 });
      const told = JSON.parse(run.stdout) as {
        run: string;
        stateHash: string;
        peakRssBytes: number;
        rows: { read: number };
      };
      const { pages } = JSON.parse(readFileSync(join(home, "runs", told.run, "result.json"), "utf8")) as {
        pages: { read: number; encoded: number; encodedBytes: number };
      };
      expect(told.rows.read).toBe(rows);
      expect(pages.encodedBytes).toBeGreaterThan(4 * budget * MB);
      expect(pages.read).toBeGreaterThan(pages.encoded);
      expect(run.peakRssBytes).toBeLessThanOrEqual(budget * MB);
      expect(told.peakRssBytes).toBeLessThanOrEqual(budget * MB);
      hashes.push(told.stateHash);
    },
    660_000,
  );

  test("gives the same model for every budget and number of threads", () => {
    expect(hashes).toHaveLength(4);
    expect(new Set(hashes).size).toBe(1);
  });
});
