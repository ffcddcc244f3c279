// Seeded inputs that nobody thought of. A target says how inputs are made and what must hold of each; what fails is shrunk by fast-check.
import fc from "fast-check";
import { arrowTarget } from "./arrow.mjs";
import { csvTarget } from "./csv.mjs";
import { formulasTarget } from "./formulas.mjs";
import { jsonTarget } from "./json.mjs";
import { killsTarget } from "./kills.mjs";
import { modelsTarget } from "./models.mjs";
import { watchdog } from "./watchdog.mjs";

/** Each opens what it needs in a folder and gives its properties: `{ input, holds, show? }` by name, `holds` throws where one fails. */
export const targets = {
  formulas: formulasTarget,
  csv: csvTarget,
  json: jsonTarget,
  arrow: arrowTarget,
  models: modelsTarget,
  kills: killsTarget,
};

const hangsAfterMs = 10_000;
const shrinksForMs = 20_000;

/**
 * Fuzzes the targets named, each for its share of the seconds. `path` goes straight to one input of one property, as a failure names it.
 * Gives `{ tried, failures }`. An input that takes 10 s ends the process, for nothing else stops a loop without end.
 */
export async function fuzz({ only = Object.keys(targets), seconds, seed, path, property, scratch, say }) {
  for (const name of only)
    if (!targets[name]) throw new Error(`no target "${name}"; there are ${Object.keys(targets).join(", ")}`);
  const failures = [];
  const tried = {};
  for (const name of only) {
    const target = await targets[name]({ scratch, seed });
    try {
      const wanted = Object.entries(target.properties).filter(([each]) => property === undefined || each === property);
      for (const [each, holds] of wanted) {
        const share = seconds / only.length / wanted.length;
        const again = { only: name, property: each, seed };
        const found = await check(holds, { seconds: share, seed, path, again });
        tried[`${name} ${each}`] = found.runs;
        say(`${name} ${each}: ${found.runs} inputs${found.failure ? ", FAILED" : ""}`);
        if (found.failure) failures.push({ target: name, property: each, ...found.failure });
      }
    } finally {
      await target.close?.();
    }
  }
  return { tried, failures };
}

/** The command that goes straight to an input. */
export const commandOf = ({ only, property, seed, path }) =>
  `npm run fuzz -- --only ${only} --property "${property}" --seed ${seed} --path ${path}`;

/** Some hundred inputs at a time, each time from the next seed: until the time is over, or one fails and is shrunk for a while. */
async function check(target, { seconds, seed, path, again }) {
  const until = performance.now() + seconds * 1000;
  let runs = 0;
  for (let own = seed; own === seed || performance.now() < until; own++) {
    const { tried, failure } = await checkSome(target, { until, path, again: { ...again, seed: own } });
    runs += tried;
    if (failure || path !== undefined) return { runs, failure };
  }
  return { runs };
}

async function checkSome({ input, holds, show = shown, untimed = false }, { until, path, again }) {
  let tried = 0;
  let end = until;
  const watched = untimed ? undefined : watchdog(hangsAfterMs);
  const one = fc.asyncProperty(input, async (value) => {
    if (path === undefined && tried > 0 && performance.now() > end) return;
    watched?.begin(() => `${commandOf({ ...again, path: path ?? tried })}\n${show(value)}`);
    tried++;
    try {
      await holds(value);
    } catch (error) {
      if (end === until) end = performance.now() + shrinksForMs;
      throw error;
    } finally {
      watched?.end();
    }
  });
  const { seed } = again;
  const told = await fc.check(
    one,
    path === undefined ? { seed, numRuns: 400 } : { seed, path, numRuns: 1, endOnFailure: true },
  );
  watched?.close();
  if (!told.failed) return { tried };
  return {
    tried,
    failure: {
      input: show(told.counterexample[0]),
      problem: String(told.errorInstance?.stack ?? told.errorInstance).slice(0, 3000),
      command: commandOf({ ...again, path: told.counterexamplePath }),
    },
  };
}

const shown = (value) => {
  const text = fc.stringify(value);
  return text.length > 4000 ? `${text.slice(0, 4000)} ... (${text.length} characters)` : text;
};
