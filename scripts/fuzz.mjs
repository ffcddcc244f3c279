// `npm run fuzz [-- --seconds 120 --seed N --only formulas,csv,json,arrow,models,kills]`: seeded random inputs against what must hold of each;
// prints a small failing input and the command that repeats it; exit 1 on a failure. --property and --path go straight to one input.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fuzz, targets } from "../bench/fuzz/all.mjs";

const { values: options } = parseArgs({
  options: {
    seconds: { type: "string", default: "120" },
    seed: { type: "string" },
    only: { type: "string", default: Object.keys(targets).join(",") },
    property: { type: "string" },
    path: { type: "string" },
  },
});

const seed = options.seed === undefined ? Date.now() % 2 ** 31 : Number(options.seed);
const scratch = mkdtempSync(join(tmpdir(), "sluice-fuzz-"));
console.log(`seed ${seed}`);
try {
  const { failures } = await fuzz({
    only: options.only.split(","),
    seconds: Number(options.seconds),
    seed,
    scratch,
    say: console.log,
    ...(options.path === undefined ? {} : { path: options.path }),
    ...(options.property === undefined ? {} : { property: options.property }),
  });
  for (const { target, property, input, problem, command } of failures)
    console.log(`\nFAILED ${target}: ${property}\n${problem}\nthe smallest input found:\n${input}\nagain: ${command}`);
  if (failures.length > 0) process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
