import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { place } from "../support/cli.js";
import { needs } from "../support/needs.js";
import { sparkRemote } from "../support/spark.js";

const at = place();
afterAll(() => at[Symbol.dispose]());
const flights = join(import.meta.dirname, "../../node_modules/vega-datasets/data/flights-3m.parquet");

/** What the demo learns (`npm run demo -- --on spark`), judged on the last fifth of the time. */
needs.spark()("three million flights on Spark", () => {
  test("have the model card of DuckDB: rows, state, metrics, and the same words about features", async () => {
    const card = async (source: string, ...on: readonly string[]) => {
      const { json, stderr } = await at.sluice(
        ...["train", source, "--label", "delay > 15", "--learner", "logistic", "--time", "date", "--validate"],
        ...[
          "time:0.2",
          "--features",
          "distance, log(distance), onehot(origin), onehot(dayOfWeek(date))",
          "--json",
          ...on,
        ],
      );
      expect(stderr).not.toContain('"error"');
      return json;
    };
    const here = await card(flights);
    const there = await card(`sc:${flights}`, "--on", await sparkRemote());
    expect(here.rows.read).toBe(3_000_000);
    expect(there.rows).toEqual(here.rows);
    expect(there.stateHash).toBe(here.stateHash);
    expect(there.metrics).toEqual(here.metrics);
    expect(there.features).toEqual(here.features);
  }, 600_000);
});
