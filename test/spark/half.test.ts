import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SparkEngine } from "../../src/engines/spark.js";
import { place } from "../support/cli.js";
import { duck } from "../support/duck.js";
import { needs } from "../support/needs.js";
import { sparkKinds, sparkRemote } from "../support/spark.js";
import { sparkEngine } from "../support/spark-engine.js";

/** 300,000 rows, of which one near the end cannot be computed: those before it come in many batches. */
const late = {
  division: "SELECT id, 1 / (id - 290000) AS x FROM range(0, 300000, 1, 60)",
  cast: "SELECT id, CAST(IF(id = 290000, 'many', '1') AS DOUBLE) AS x FROM range(0, 300000, 1, 60)",
};

needs.spark()("a row that fails late", () => {
  const at = place();
  afterAll(() => at[Symbol.dispose]());

  describe.each(sparkKinds)("with %s streams", (kind) => {
    let engine: SparkEngine;
    beforeAll(async () => {
      engine = await sparkEngine(await sparkRemote(kind), at.path("cache"));
      mkdirSync(at.path("out"), { recursive: true });
    });
    afterAll(() => engine?.[Symbol.asyncDispose]());

    test.each(["csv", "jsonl", "parquet"] as const)("leaves no %s here, and the one that was there", async (format) => {
      const path = at.path(`out/scored.${format}`);
      const write = (text: string): Promise<unknown> => engine.write({ kind: "sql", text }, { format, path });
      await expect(write(late.division)).rejects.toMatchObject({
        code: "cluster_error",
        message: expect.stringContaining("1 / (id - 290000)"),
        facts: { errorClass: "DIVIDE_BY_ZERO" },
      });
      expect(readdirSync(at.path("out"))).toEqual([]);
      writeFileSync(path, "what was there");
      await expect(write(late.cast)).rejects.toMatchObject({
        message: expect.stringMatching(/'many'.*CAST/s),
        facts: { errorClass: "CAST_INVALID_INPUT" },
      });
      expect(readFileSync(path, "utf8")).toBe("what was there");
      await engine.write({ kind: "sql", text: "SELECT id FROM range(0, 300000, 1, 60)" }, { format, path });
      const [row] = await duck(`SELECT count(*) AS n, max(id) AS last FROM '${path}'`);
      expect(row).toMatchObject({ n: "300000", last: "299999" });
      expect(readdirSync(at.path("out"))).toEqual([`scored.${format}`]);
      rmSync(path);
    });
    test("leaves nothing on the cluster", async () => {
      const path = at.path(`there-${kind}`);
      await expect(
        engine.write({ kind: "sql", text: late.cast }, { format: "parquet", path: `sc:${path}` }),
      ).rejects.toMatchObject({
        message: expect.stringMatching(/'many'.*nothing is left at/s),
        facts: { errorClass: "CAST_INVALID_INPUT" },
      });
      expect(existsSync(path)).toBe(false);
    });
  });
});
