// Boosted trees past the budget: how time grows with rows, and 100 M rows beside those who hold them in memory or page them.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { airlineTable, airlineTest } from "../airline.mjs";
import { limitLine, takeTurns } from "../contest.mjs";
import { emptied, published, rowsText, scratch } from "../sluice.mjs";
import { aucLine, behindLine, boosted } from "./trees.mjs";

/** From 1 M rows doubled up to `rows`: one budget, every row in every tree. */
export async function scale({ rows = 32e6, rounds = 1 }) {
  const memory = "512MB";
  const sizes = [];
  for (let size = rows; size >= Math.min(1e6, rows / 2); size /= 2) sizes.unshift(size);
  const test = await airlineTest(500_000);
  const points = [];
  const lines = [];
  for (const size of sizes) {
    const file = await airlineTable(size);
    const { ours } = await takeTurns(
      { ours: () => boosted(file, test, "late", { rowSample: 1, memory }) },
      rounds,
      (said) => console.log(`  ${rowsText(size)}${said}`),
    );
    if (ours) points.push([size, ours.seconds]);
    lines.push({
      ...limitLine(
        `airline, ${rowsText(size)}: peak memory at ${memory}`,
        ours && ours.peakRssBytes / 1e6,
        512,
        "MB",
        0,
      ),
      note: ours ? `${ours.seconds.toFixed(2)} s, AUC ${ours.result.auc.toFixed(4)}` : "",
    });
  }
  const complete = points.length === sizes.length;
  const last = points.slice(-3);
  return [
    ...lines,
    limitLine("fitted exponent of seconds over rows", complete ? exponent(points) : undefined, 1.05, "", 3),
    // the start-up of the process flatters the exponent of small sizes
    limitLine("the same over the three largest", complete ? exponent(last) : undefined, 1.05, "", 3),
  ];
}

/** The slope of log seconds over log rows, by least squares. */
export function exponent(points) {
  const logs = points.map(([rows, seconds]) => [Math.log(rows), Math.log(seconds)]);
  const mean = (k) => logs.reduce((sum, each) => sum + each[k], 0) / logs.length;
  const [mx, my] = [mean(0), mean(1)];
  const products = logs.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0);
  return products / logs.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
}

/** 100 M rows in 1 GB. LightGBM holds them all in memory (8 GB), XGBoost writes pages of its own. */
export async function huge({ rows = 100e6 }) {
  const files = [await airlineTable(rows), await airlineTest(500_000)];
  const memory = "1GB";
  const external = () => {
    const folder = join(scratch, emptied("external"));
    mkdirSync(folder);
    return published("trees_xgboost", [...files, "--external", folder], "trees");
  };
  const { all, sampled, xgboost, lightgbm } = await takeTurns(
    {
      sampled: () => boosted(...files, "late", { memory }),
      all: () => boosted(...files, "late", { memory, rowSample: 1 }),
      xgboost: external,
      lightgbm: () => published("trees_lightgbm", files, "trees"),
    },
    1,
    console.log,
  );
  const name = `airline, ${rowsText(rows)} in ${memory}`;
  return [
    aucLine(`${name}, default sample`, sampled, "XGBoost external memory, level by level", xgboost, 0.2),
    aucLine(`${name}, every row`, all, "XGBoost external memory, level by level", xgboost),
    aucLine(`${name}, default sample`, sampled, "LightGBM in memory", lightgbm, 0.5),
    aucLine(`${name}, every row`, all, "LightGBM in memory", lightgbm),
    behindLine("default sample: AUC behind XGBoost", sampled, xgboost, 0.002),
    behindLine("every row: AUC behind XGBoost", all, xgboost, 0.002),
    limitLine("default sample: peak memory", sampled && sampled.peakRssBytes / 1e6, 1000, "MB", 0),
    limitLine("every row: peak memory", all && all.peakRssBytes / 1e6, 1000, "MB", 0),
  ];
}
