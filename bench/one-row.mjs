// Scoring one row in this process, as a service would: `node bench/one-row.mjs MODEL.json` for a model of the visits table.
import { readFileSync } from "node:fs";
import { readModel } from "../dist/model/model.js";
import { scoreRow } from "../dist/predict/one.js";

const [file] = process.argv.slice(2);
const score = scoreRow(readModel(readFileSync(file, "utf8"), file));
const rows = Array.from({ length: 64 }, (_, i) => ({
  channel: ["mail", "search", "social", "direct", "partner"][i % 5],
  shop: `shop-${(i * 37) % 310}`,
  age: 20 + i,
  income: i % 7 === 0 ? null : i / 32 - 1,
  pages: i % 12,
  seconds: 40 + i,
  distance: 3.5,
  hour: i % 24,
  visits: i % 40,
  basket: 12.5 * (i % 9),
}));

let sum = 0;
const timed = (count) => {
  const started = performance.now();
  for (let i = 0; i < count; i++) sum += score(rows[i % rows.length]).probability;
  return ((performance.now() - started) * 1000) / count;
};
timed(5_000); // what a running service has behind it
const microseconds = timed(50_000);
if (!Number.isFinite(sum)) throw new Error("a row has no probability");
console.log(JSON.stringify({ microseconds }));
