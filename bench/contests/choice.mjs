// The learner that is taken when none is named, beside all that might have been: the same training rows, the same test rows.
import { bell, heldOut, make, parquet, uniform } from "../make.mjs";
import { paired, trained } from "../paired.mjs";
import { keelSets, realTables } from "../real-data.mjs";
import { emptied } from "../sluice.mjs";

const classes = [
  "adult",
  "covtype-20k",
  "higgs-7k",
  "flights",
  "elec2",
  "a9a",
  "mnist",
  "kdd99",
  "kdd99-distinct",
  ...keelSets,
];
const numbers = ["california-housing", "diamonds", "nyc-taxi-fare", "protein-casp", "air-quality", "movielens-small"];
/** Classes that are written as numbers. */
const whole = [
  "covtype-20k",
  "mnist",
  "letter",
  "marketing",
  "optdigits",
  "penbased",
  "satimage",
  "segment",
  "texture",
];
const texts = ["sms-spam", "newsgroups20"];

export async function choice({ sets: only }) {
  const lines = [];
  for (const set of [...classes, ...numbers, ...texts]) {
    if (only && !only.includes(set)) continue;
    const [files] = (await realTables(set)) ?? [];
    if (files === undefined) console.log(`  ${set}: its data are not beside the project`);
    else lines.push(await lineOf(set, files));
  }
  for (const set of Object.keys(large)) {
    if (only && !only.includes(set)) continue;
    const files = await largeTable(set);
    lines.push(await lineOf(`${set}, 1 M rows, --sample 1%`, files, ["--sample", "1%"]));
    lines.push(await lineOf(`${set}, 1 M rows`, files));
  }
  return lines;
}

async function lineOf(set, [train, test], flags = []) {
  const home = emptied("choice");
  const isNumber = numbers.includes(set);
  const task = isNumber ? ["--task", "regression"] : whole.includes(set) ? ["--task", "multiclass"] : [];
  const one = (name, more) => trained(home, name, [train, ...task, ...flags, ...more], { test });
  const chosen = await one("chosen", []);
  const learner = chosen.result.learner;
  const of = { [learner]: chosen };
  const simplest = isNumber ? "linear" : "logistic";
  const ofWords = isNumber ? [] : ["sparseLogistic"];
  for (const name of [...(texts.includes(set) ? ofWords : [simplest]), "boosting"])
    if (!(name in of)) {
      try {
        of[name] = await one(name, ["--learner", name]);
      } catch (error) {
        console.log(`  ${set}: no ${name}: ${error.message.slice(-200)}`);
      }
    }
  const metric = isNumber ? "rmse" : "logLoss";
  const best = Object.keys(of).reduce((a, b) => (of[b].metrics[metric] < of[a].metrics[metric] ? b : a));
  const { gain, error } = paired(chosen.losses, of[best].losses);
  const tried = chosen.result.choice?.candidates.map(({ learner: name, value }) => `${name} ${shown(value)}`) ?? [];
  const line = {
    what: set,
    metric,
    chosen: learner,
    candidates: Object.entries(of)
      .map(([name, { metrics }]) => `${name} ${shown(metrics[metric])}`)
      .join(", "),
    behindBest: best === learner ? "0" : `${shown(gain)} ± ${shown(1.96 * error)}`,
    goal: "in the noise",
    verdict: best === learner || gain <= 1.96 * error ? "reached" : "MISSED",
    note:
      tried.length > 0
        ? `tried on ${chosen.result.choice.rows} rows: ${tried.join(", ")}`
        : (chosen.result.choice?.why ?? ""),
  };
  console.log(`  ${JSON.stringify(line)}`);
  return line;
}

const shown = (value) => Number(value).toPrecision(4);

/** Large tables: a plane, one with steps and products in it, and rare positives. */
const large = {
  plane: "0.9 * x0 - 0.7 * x1 + 0.5 * x2 + 0.8 * effect - 0.5",
  steps: "1.2 * sign(x0 * x1) + 0.9 * (x2 > 0.5)::INT - 0.6 * (x3 * x3) + 0.5 * effect",
  rare: "-8.2 + 0.9 * x0 + 0.6 * x1 - 0.5 * x2 + effect",
};
/** A million rows and 100,000 to judge on. */
export const largeTable = async (set) => [
  await make(`choice-${set}-train.parquet`, made(large[set], 0, 1_000_000), parquet),
  await make(`choice-${set}-test.parquet`, made(large[set], heldOut, 100_000), parquet),
];
function made(margin, from, rows) {
  const columns = [0, 1, 2, 3, 4, 5].map((j) => `${bell(`'x${j} ' || i`)} AS x${j}`);
  return `SELECT * EXCLUDE (i, chance, effect), (chance < 1 / (1 + exp(-(${margin}))))::TINYINT AS label
    FROM (SELECT *, ${bell("'level ' || kind")} AS effect FROM
      (SELECT i, ${columns.join(", ")}, 'k' || (${uniform("'kind ' || i")} * 50)::INTEGER AS kind, ${uniform("'label ' || i")} AS chance
       FROM range(${from}, ${from + rows}) t(i))) ORDER BY i`;
}
