// `npm run promises [-- --only budget,one-model,kill,source,together,fuzz --learners linear,sgd --kills 20 --budgets 256,512 --quick]`: tries to break what the README
// promises, prints one table and writes it with its figures to PROMISES.md; exit 1 when a promise is broken.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { cacheFolder } from "./cache.mjs";
import { machine } from "./contest.mjs";
import { promises, tryPromises } from "./promises/all.mjs";
import { table } from "./promises/lines.mjs";

const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: Object.keys(promises).join(",") },
    learners: { type: "string" },
    quick: { type: "boolean", default: false },
    kills: { type: "string" },
    budgets: { type: "string" },
    "no-save": { type: "boolean", default: false },
  },
});

const scratch = mkdtempSync(join(cacheFolder(""), "promises-"));
const began = performance.now();
let lines;
try {
  lines = await tryPromises(options.only.split(","), {
    quick: options.quick,
    ...(options.learners && { learners: options.learners.split(",") }),
    ...(options.kills && { kills: Number(options.kills) }),
    ...(options.budgets && { budgets: options.budgets.split(",").map(Number) }),
    scratch,
    say: (text) => console.log(`${text} ...`),
  });
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`\n${table(lines)}\n`);
if (!options["no-save"]) save();
if (lines.some(({ result }) => result === "BROKEN")) process.exitCode = 1;

function save() {
  const text = `# Promises

Written by \`npm run promises\`: trials that can fail of what the README promises, on the command as npm installs it.

- machine: ${machine()}
- date: ${new Date().toISOString().slice(0, 10)}, ${((performance.now() - began) / 60_000).toFixed(0)} minutes
- command: \`npm run promises -- ${process.argv.slice(2).join(" ")}\`

${table(lines)}
`;
  writeFileSync(join(dirname(fileURLToPath(import.meta.url)), "PROMISES.md"), text);
}
