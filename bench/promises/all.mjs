// Every promise with its trials.
import { budgetTrials } from "./budget.mjs";
import { fuzzTrials } from "./fuzz.mjs";
import { interruptTrials } from "./interrupt.mjs";
import { killTrials } from "./kill.mjs";
import { learnersNamed } from "./learners.mjs";
import { oneModelTrials } from "./one-model.mjs";
import { sourceTrials } from "./source.mjs";
import { togetherTrials } from "./together.mjs";

export const promises = {
  budget: budgetTrials,
  "one-model": oneModelTrials,
  kill: killTrials,
  interrupt: interruptTrials,
  source: sourceTrials,
  together: togetherTrials,
  fuzz: fuzzTrials,
};

/** Passes over pages, and rows that workers keep. */
const quickLearners = ["logistic", "boosting"];

/** The lines of all trials of the promises named. `learners` are names; `kills`, `budgets` (MB) and `quick` make it smaller. */
export async function tryPromises(names, { learners, ...options }) {
  const lines = [];
  for (const name of names) {
    const trials = promises[name];
    if (!trials) throw new Error(`no promise "${name}"; there are ${Object.keys(promises).join(", ")}`);
    const tried = learnersNamed(learners ?? (options.quick ? quickLearners : undefined));
    lines.push(...(await trials({ ...options, learners: tried })));
  }
  return lines;
}
