// Classes, many and uneven: our defaults beside those of scikit-learn, LightGBM and XGBoost, on the same training and test rows.

import { measureJson } from "../measure.mjs";
import { peer } from "../peers.mjs";
import { realTables } from "../real-data.mjs";
import { emptied, sluice } from "../sluice.mjs";

const sets = ["kdd99-attacks", "kdd99-distinct", "optdigits", "letter"];
const shown = ["logLoss", "accuracy", "auc"];
/** How far behind the best of the peers ours may be. */
const allowed = {
  logistic: { logLoss: 0.002, accuracy: 0.001, auc: 0.02 },
  boosting: { auc: 0.02 },
};
const peersOf = { logistic: ["logistic"], boosting: ["lightgbm", "xgboost"] };

export async function classes({ sets: only = sets }) {
  const lines = [];
  for (const set of only) {
    const pairs = await realTables(set);
    if (pairs === undefined) {
      console.log(`  ${set}: its data are not beside the project`);
      continue;
    }
    const [files] = pairs;
    lines.push(...(await besidePeers(set, files)));
  }
  return lines;
}

/** Lines of one set: each of our learners beside its peers, metric by metric. */
export async function besidePeers(set, [train, test], learners = Object.keys(peersOf)) {
  const names = learners.flatMap((learner) => peersOf[learner]);
  const { result } = await measureJson(...peer("classes", [names.join(","), train, test], "trees"));
  const lines = [];
  for (const learner of learners) {
    const told = ["--label", "label", "--test", test, "--validate", "none", "--learner", learner];
    const all = ["train", train, ...told, "--memory", "1GB", "--threads", "2"];
    const ours = (await sluice(all, emptied("classes"))).result.metrics.test;
    for (const metric of shown) {
      const theirs = Object.fromEntries(peersOf[learner].map((name) => [name, result[name][metric]]));
      const line = lineOf(`${set}, ${learner}`, metric, ours[metric], theirs, allowed[learner][metric]);
      console.log(`  ${line.what} ${metric}: ${line.ours} beside ${line.theirs}`);
      lines.push(line);
    }
  }
  return lines;
}

function lineOf(what, metric, ours, theirs, most) {
  const down = metric === "logLoss";
  const digits = down ? 5 : 4;
  const best = down ? Math.min(...Object.values(theirs)) : Math.max(...Object.values(theirs));
  const behind = down ? ours - best : best - ours;
  return {
    what,
    metric,
    peer: Object.keys(theirs).join(" / "),
    ours: ours.toFixed(digits),
    theirs: Object.values(theirs)
      .map((value) => value.toFixed(digits))
      .join(" / "),
    behindBest: behind.toFixed(digits),
    goal: most === undefined ? "" : `<= ${most}`,
    verdict: most === undefined ? "" : behind <= most ? "reached" : "MISSED",
  };
}
