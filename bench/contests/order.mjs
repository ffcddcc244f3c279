// Rows in the order of their label beside the same rows shuffled: what a model costs on the same test rows must not differ.
import { bell, heldOut, make, parquet, uniform } from "../make.mjs";
import { paired, trained } from "../paired.mjs";
import { realTables } from "../real-data.mjs";
import { emptied } from "../sluice.mjs";
import { largeTable } from "./choice.mjs";

const ofNumbers = ["logistic", "sgd", "sparseLogistic", "boosting", "forest", "tree"];
const sets = {
  "sms-spam": { learners: ["sparseLogistic"] },
  newsgroups20: { learners: ["sparseLogistic"] },
  "covtype-20k": { learners: ofNumbers, task: ["--task", "multiclass"] },
  skin: { learners: ofNumbers },
  plane: { learners: ["sgd", "sparseLogistic"] }, // a million rows: more pages than are learned from together
};
const madeOnes = { skin, plane: () => largeTable("plane") };

export async function order({ sets: only }) {
  const lines = [];
  for (const [set, { learners, task = [] }] of Object.entries(sets)) {
    if (only && !only.includes(set)) continue;
    const [files] = set in madeOnes ? [await madeOnes[set]()] : ((await realTables(set)) ?? []);
    if (files === undefined) {
      console.log(`  ${set}: its data are not beside the project`);
      continue;
    }
    const [train, test] = files;
    const by = async (name, key) =>
      await make(
        `${set}-${name}.parquet`,
        `SELECT * EXCLUDE (place) FROM (SELECT *, row_number() OVER () AS place FROM read_parquet('${train}')) ORDER BY ${key}`,
        parquet,
      );
    const sorted = await by("sorted", "label, place");
    const shuffled = await by("shuffled", "hash(place), place");
    const again = await by("shuffled-again", "hash(place + 1000000007), place");
    for (const learner of learners) lines.push(await lineOf(set, learner, task, { sorted, shuffled, again, test }));
  }
  return lines;
}

async function lineOf(set, learner, task, { sorted, shuffled, again, test }) {
  const home = emptied("order");
  const one = (name, file) => trained(home, name, [file, ...task, "--learner", learner], { test });
  const [inOrder, mixed, other] = [
    await one("sorted", sorted),
    await one("shuffled", shuffled),
    await one("again", again),
  ];
  const { gain, error } = paired(inOrder.losses, mixed.losses);
  const noise = Math.max(1.96 * error, Math.abs(other.metrics.logLoss - mixed.metrics.logLoss));
  const figures = ({ metrics }) => `${metrics.logLoss.toFixed(4)}, ${metrics.accuracy.toFixed(4)}`;
  const line = {
    what: `${set}, ${learner}`,
    metric: "logLoss, accuracy",
    sorted: figures(inOrder),
    shuffled: `${figures(mixed)}; ${figures(other)}`,
    behindBest: `${gain.toFixed(4)} ± ${(1.96 * error).toFixed(4)}`,
    goal: "in the noise",
    verdict: gain <= noise ? "reached" : "MISSED",
    note: inOrder.result.warnings.map(({ code }) => code).join(", "),
  };
  console.log(`  ${JSON.stringify(line)}`);
  return line;
}

/** Like UCI's skin segmentation: three colours, a fifth of the rows in a bent region of them, 245,057 rows in the order of their label. */
async function skin() {
  const table = (from, rows) => `SELECT b, g, r, skin AS label FROM (
    SELECT *, (${uniform("'kind ' || i")} < 0.21)::INTEGER AS skin, 150 + 45 * ${bell("'light ' || i")} AS light,
      ${bell("'one ' || i")} AS one, ${bell("'two ' || i")} AS two, ${bell("'three ' || i")} AS three FROM range(${from}, ${from + rows}) t(i)
  ), LATERAL (SELECT
    greatest(0, least(255, round(if(skin = 1, 0.62 * light + 14 * one, 0.75 * light + 40 * one))))::INTEGER AS b,
    greatest(0, least(255, round(if(skin = 1, 0.78 * light + 12 * two, 0.8 * light + 30 * two))))::INTEGER AS g,
    greatest(0, least(255, round(if(skin = 1, 1.15 * light + 14 * three, 0.78 * light + 38 * three))))::INTEGER AS r)`;
  return [
    await make("skin.parquet", table(0, 245_057), parquet),
    await make("skin-test.parquet", table(heldOut, 50_000), parquet),
  ];
}
