import { afterAll, expect, test } from "vitest";
import { accounted, place } from "./support/cli.js";
import { asCsv, deliveries } from "./support/deliveries.js";

// The journeys' first steps, so that the quick suite knows whether the built program works at all.
const at = place();
afterAll(() => at[Symbol.dispose]());

test("the built program trains, predicts, and refuses what is wrong", async () => {
  at.write("rows.csv", asCsv(deliveries(400)));
  const trained = await at.sluice(
    "train",
    "rows.csv",
    "--label",
    "late",
    "--drop",
    "minutes,size",
    "--name",
    "late",
    "--json",
  );
  expect(trained.code).toBe(0);
  expect(accounted(trained.json.rows)).toBe(true);
  expect(trained.json.metrics.validation.auc).toBeGreaterThan(0.7);

  const scored = await at.sluice("predict", "late", "rows.csv", "--to", "scored.csv", "--keep", "id", "--json");
  expect(scored.json).toMatchObject({ rows: 400, errors: 0 });
  expect(at.text("scored.csv")).toMatch(/^id,prediction,probability,error\n1,(yes|no),0\.\d+,\n/);

  const wrong = await at.sluice("train", "rows.csv", "--label", "latte", "--json");
  expect([wrong.code, wrong.json.error.code]).toEqual([2, "unknown_column"]);
});
