// Rare positives, with signal in a few numbers and a category: boosting beside LightGBM and XGBoost, each with its defaults.
import { bell, heldOut, make, parquet, uniform } from "../make.mjs";
import { besidePeers } from "./classes.mjs";

const kinds = [
  { name: "1:1000 of 200 k", rows: 200_000, intercept: -7.85 },
  { name: "1:300 of 60 k", rows: 60_000, intercept: -6.65 },
];
const seeds = [1, 2, 3];
const testRows = 200_000;
const numbers = [0, 1, 2, 3, 4, 5];
const levels = 30;

export async function rare() {
  const lines = [];
  for (const { name, rows, intercept } of kinds)
    for (const seed of seeds) {
      const files = await Promise.all(
        [
          ["train", 0, rows],
          ["test", heldOut, testRows],
        ].map(([part, from, count]) =>
          make(`rare-${rows}-${part}.parquet`, table(seed, intercept, from, count), parquet),
        ),
      );
      lines.push(...(await besidePeers(`${name}, seed ${seed}`, files, ["boosting"])));
    }
  return lines.filter(({ metric }) => metric !== "accuracy");
}

function table(seed, intercept, from, count) {
  const key = (what) => `'${seed} ${what} ' || i`;
  const columns = numbers.map((j) => `${bell(key(`x${j}`))} AS x${j}`);
  const effect = bell(`'${seed} level ' || kind`);
  const margin = `${intercept} + 0.8 * x0 + 0.6 * x1 - 0.5 * x2 + 0.8 * ${effect}`;
  return `SELECT * EXCLUDE (i, chance), (chance < 1 / (1 + exp(-(${margin}))))::TINYINT AS label
    FROM (SELECT i, ${columns.join(", ")}, 'k' || (${uniform(key("kind"))} * ${levels})::INTEGER AS kind, ${uniform(key("label"))} AS chance
          FROM range(${from}, ${from + count}) t(i)) ORDER BY i`;
}
